/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring with both of its ends.
 */
#ifndef PAIR_H
#define PAIR_H

#include "ring.h"
#include "ring_user.h"
#include "unit.h"

#include <string.h>

/* No real entry is shorter than a task management entry that names nothing */
#define PAIR_MIN_LEN	32

struct pair {
	struct tcmu_ring ring;
	struct tcmu_ring_user user;
	u32 bytes;
};

static inline u32 *pair_recs(u32 bytes)
{
	return unit_alloc(tcmu_ring_nr_recs(bytes) * sizeof(u32));
}

/*
 * What is behind the ring and its records is poisoned by AddressSanitizer; a
 * ring is as long as @size, without the mailbox, of which @mapped has memory.
 */
static inline struct pair *pair_new_with(u32 size, u32 mapped)
{
	struct pair *pair = unit_alloc(sizeof(*pair));

	pair->bytes = TCMU_RING_OFF + size;
	mapped += TCMU_RING_OFF;
	tcmu_ring_init(&pair->ring, unit_alloc(pair->bytes), pair->bytes,
		       mapped, pair_recs(mapped));
	CHECK_EQ(tcmu_ring_user_init(&pair->user, pair->ring.mbox,
				     pair->bytes), 0);
	return pair;
}

static inline struct pair *pair_new(u32 size)
{
	return pair_new_with(size, size);
}

/* Reserve, fill and submit; the entry's bytes are all @fill */
static inline int pair_put(struct pair *pair, u32 len, u8 fill)
{
	struct tcmu_ring_slot slot;
	struct tcmu_cmd_entry_hdr *hdr;
	int ret = tcmu_ring_reserve_next(&pair->ring, len, &slot);

	if (ret)
		return ret;
	slot.op = TCMU_OP_CMD;
	hdr = tcmu_ring_slot_ptr(&pair->ring, slot.pos);
	memset(hdr, fill, len);
	hdr->len_op = len | TCMU_OP_CMD;
	hdr->cmd_id = fill;
	tcmu_ring_submit(&pair->ring, &slot);
	return 0;
}

/* The program takes one entry and gives it back; returns its len_op, or 0 */
static inline u32 pair_answer(struct pair *pair)
{
	struct tcmu_cmd_entry *entry;
	u32 len_op;

	if (tcmu_ring_user_peek(&pair->user, &entry) != 1)
		return 0;
	len_op = entry->hdr.len_op;
	tcmu_ring_user_release(&pair->user, tcmu_hdr_get_len(len_op));
	return len_op;
}

/* The kernel reaps all that was given back; how many entries, or -EPROTO */
static inline int pair_reap(struct pair *pair)
{
	struct tcmu_ring_slot slot;
	int nr = 0, ret;
	u32 tail;

	ret = tcmu_ring_tail(&pair->ring, &tail);
	if (ret)
		return ret;
	while ((ret = tcmu_ring_next(&pair->ring, tail, &slot)) == 1)
		nr++;
	if (ret)
		return ret;
	tcmu_ring_clean(&pair->ring);
	return nr;
}

/*
 * Bring an empty ring to @pos with both ends at rest there; @pos is 0 or at
 * least PAIR_MIN_LEN, and so is its distance to the end. No entry is longer
 * than the ring takes.
 */
static inline void pair_goto(struct pair *pair, u32 pos)
{
	u32 max = tcmu_ring_max_entry(&pair->ring) & ~7U;
	u32 left, len;

	CHECK_EQ(pair->ring.head, 0);
	while ((left = pos - pair->ring.head)) {
		len = left <= max ? left : max;
		if (left - len && left - len < PAIR_MIN_LEN)
			len = left - PAIR_MIN_LEN;
		CHECK_EQ(pair_put(pair, len, 0), 0);
		CHECK(pair_answer(pair));
		CHECK_EQ(pair_reap(pair), 1);
	}
}

#endif /* PAIR_H */
