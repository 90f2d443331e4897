// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring's arithmetic for all numbers: each place of each cursor, each length,
 * each tail, in each ring of up to 256 bytes. What is right is counted place by
 * place, from one cursor to the other, and never subtracted.
 *
 * And entries of all small shapes, each in memory that ends where it does.
 */
#include "entry.h"
#include "pair.h"

#include <stdlib.h>

#define STEP	8U
#define MAX	256U

static struct tcmu_ring ring;
static unsigned long nr_cases;

static u32 after(u32 pos)
{
	return pos + STEP == ring.size ? 0 : pos + STEP;
}

/* Is @pos met on the way from @from to @to? */
static bool lies_between(u32 pos, u32 from, u32 to)
{
	u32 at;

	for (at = from; ; at = after(at)) {
		if (at == pos)
			return true;
		if (at == to)
			return false;
	}
}

/*
 * Where @len bytes go: at the head, or at the start behind a pad. All that is
 * written is free, and the head does not get to what was cleaned.
 */
static int expect(u32 len, u32 *pos)
{
	u32 at = ring.head;
	u32 left;

	*pos = at + len > ring.size ? 0 : at;
	for (left = *pos == at ? len : ring.size - at + len; left; left -= STEP) {
		at = after(at);
		if (at == ring.cleaned)
			return -ENOSPC;
	}
	return 0;
}

static void check_reserve(u32 len)
{
	struct tcmu_ring_slot slot;
	u32 pos;
	int ret = len > ring.size / 2 ? -EMSGSIZE : expect(len, &pos);

	nr_cases++;
	CHECK_EQ(tcmu_ring_reserve(&ring, len, &slot), ret);
	if (ret)
		return;
	CHECK_EQ(slot.pos, pos);
	CHECK_EQ(slot.len, len);
	CHECK_EQ(slot.pad, pos == ring.head ? 0 : ring.size - ring.head);
}

static void new_ring(u32 size)
{
	u32 bytes = TCMU_RING_OFF + size;

	tcmu_ring_init(&ring, unit_alloc(bytes), bytes, bytes,
		       unit_alloc(tcmu_ring_nr_recs(bytes) * sizeof(u32)));
}

/* Whatever the cursors and the length */
static void check_all(void (*check)(u32 len))
{
	u32 size, len;

	nr_cases = 0;
	for (size = 2 * STEP; size <= MAX; size += STEP) {
		new_ring(size);
		for (ring.head = 0; ring.head < size; ring.head += STEP)
			for (ring.cleaned = 0; ring.cleaned < size;
			     ring.cleaned += STEP)
				for (len = STEP; len <= size + STEP; len += STEP)
					check(len);
	}
	unit_note("%lu cases", nr_cases);
}

TEST("reserve finds just the room that there is, whatever the cursors and lengths")
{
	check_all(check_reserve);
}

/* Is it free up to @pos, in one piece? An entry there does not end the ring or fill it. */
static bool is_room(u32 pos)
{
	return pos < ring.size &&
	       (ring.cleaned <= ring.head || pos < ring.cleaned);
}

static void check_next_room(u32 len)
{
	struct tcmu_ring_slot slot, next;
	int ret = tcmu_ring_reserve(&ring, len, &slot);
	u32 room;

	for (room = ring.head; !room || is_room(room); room += STEP) {
		ring.room = room;
		nr_cases++;
		CHECK_EQ(tcmu_ring_reserve_next(&ring, len, &next), ret);
		/* and what it has seen is there for the next one, too */
		CHECK(!ring.room || is_room(ring.room));
		if (ret)
			continue;
		CHECK_EQ(next.pos, slot.pos);
		CHECK_EQ(next.len, slot.len);
		CHECK_EQ(next.pad, slot.pad);
	}
}

TEST("what was seen to be free is given away as if it was seen now")
{
	check_all(check_next_room);
}

/* Any number that a program can write there is one of these, or larger */
static void check_tail(u32 pos)
{
	bool good = pos < ring.size && pos % STEP == 0 &&
		    lies_between(pos, ring.walked, ring.head);
	u32 tail = ~0U;

	nr_cases++;
	ring.mbox->cmd_tail = pos;
	CHECK_EQ(tcmu_ring_tail(&ring, &tail), good ? 0 : -EPROTO);
	CHECK_EQ(tail, good ? pos : ~0U);
}

TEST("a tail is taken just if it lies on the way from the last one to the head")
{
	static const u32 far[] = { 1U << 16, 1U << 31, ~0U - 7, ~0U };
	u32 size, pos;

	nr_cases = 0;
	for (size = 2 * STEP; size <= MAX; size += STEP) {
		new_ring(size);
		for (ring.head = 0; ring.head < size; ring.head += STEP)
			for (ring.walked = 0; ring.walked < size;
			     ring.walked += STEP) {
				for (pos = 0; pos <= size + STEP; pos++)
					check_tail(pos);
				for (pos = 0; pos < ARRAY_SIZE(far); pos++)
					check_tail(far[pos]);
			}
	}
	unit_note("%lu cases", nr_cases);
}

/* An entry of @len bytes at @at, in a ring that is walked up to there */
static void check_next(u32 at, u32 len, u32 tail)
{
	u32 end = (at + len) % ring.size;
	struct tcmu_ring_slot slot;
	int ret = 1;

	nr_cases++;
	ring.walked = at;
	ring.recs[at / TCMU_RING_REC_STEP] = len | TCMU_OP_CMD;
	if (tail == at)
		ret = 0;
	else if (!lies_between(end, after(at), tail))
		ret = -EPROTO;
	CHECK_EQ(tcmu_ring_next(&ring, tail, &slot), ret);
	CHECK_EQ(ring.walked, ret == 1 ? end : at);
	if (ret != 1)
		return;
	CHECK_EQ(slot.pos, at);
	CHECK_EQ(slot.len, len);
}

TEST("an entry is walked just if it ends at the tail or before it")
{
	u32 size, at, len, tail;

	nr_cases = 0;
	for (size = 2 * STEP; size <= MAX; size += STEP) {
		new_ring(size);
		for (at = 0; at < size; at += STEP)
			for (len = STEP; len <= size / 2 && at + len <= size;
			     len += STEP)
				for (tail = 0; tail < size; tail += STEP)
					check_next(at, len, tail);
	}
	unit_note("%lu cases", nr_cases);
}

static void check_entry(u32 nr_data, u32 nr_bidi, u32 cdb_len)
{
	static const struct tcmu_run runs[8] = { { 1, 1 }, { 3, 2 } };
	static const u8 cdb[64];
	struct tcmu_entry_cmd cmd = {
		.id = 1, .cdb = cdb, .cdb_len = cdb_len, .blk_size = 4096,
		.data = { runs, nr_data, 0 }, .bidi = { runs, nr_bidi, 0 },
	};
	u64 len = tcmu_entry_cmd_len(nr_data + nr_bidi, cdb_len);
	struct tcmu_cmd_entry *entry = malloc(len);

	tcmu_entry_put_cmd(entry, 128, len, &cmd);
	nr_cases += entry->hdr.len_op == (len | TCMU_OP_CMD) && len >= 112 &&
		    len % STEP == 0 && entry->req.cdb_off - 128 + cdb_len <= len;
	free(entry);
}

TEST("an entry of any number of pieces and any CDB fills its length, and no more")
{
	u32 nr_data, nr_bidi, cdb_len;

	nr_cases = 0;
	for (nr_data = 0; nr_data <= 8; nr_data++)
		for (nr_bidi = 0; nr_bidi <= 8; nr_bidi++)
			for (cdb_len = 0; cdb_len <= 64; cdb_len++)
				check_entry(nr_data, nr_bidi, cdb_len);
	CHECK_EQ(nr_cases, 9 * 9 * 65);
}
