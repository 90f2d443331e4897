// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Built in kernel and userspace: include only what tools/include supplies.
 *
 * The kernel's end of the shared command ring. See ring.h for who writes what
 * and for the letters at the ordered accesses.
 */
#include "ring.h"

#include <asm/barrier.h>
#include <linux/align.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/string.h>

#define MBOX_FLAGS	(TCMU_MAILBOX_FLAG_CAP_OOOC | \
			 TCMU_MAILBOX_FLAG_CAP_READ_LEN | \
			 TCMU_MAILBOX_FLAG_CAP_TMR | \
			 TCMU_MAILBOX_FLAG_CAP_KEEP_BUF | \
			 TCMU_MAILBOX_FLAG_CAP_AWAKE | \
			 TCMU_MAILBOX_FLAG_CAP_FILLS)

static_assert(offsetof(struct tcmu_mailbox, cmdr_off) == 4);
static_assert(offsetof(struct tcmu_mailbox, cmdr_size) == 8);
static_assert(offsetof(struct tcmu_mailbox, cmd_head) == 12);
#ifndef __CHECKER__	/* sparse does not align members of packed structures */
static_assert(sizeof(struct tcmu_mailbox) == 128);
static_assert(offsetof(struct tcmu_mailbox, cmd_tail) == 64);
static_assert(offsetof(struct tcmu_mailbox, awake) == 68);
static_assert(offsetof(struct tcmu_mailbox, fills) == 72);
#endif

/* each has a record of its own, found by its place */
static_assert(sizeof(struct tcmu_tmr_entry) >= TCMU_RING_REC_STEP);
static_assert(sizeof(struct tcmu_cmd_entry) >= TCMU_RING_REC_STEP);

/**
 * tcmu_ring_init - set up a ring and its mailbox
 * @ring: the ring
 * @base: zeroed shared memory
 * @bytes: its size, a multiple of 8
 * @mapped: how many of these have memory; tcmu_ring_move() makes it more
 * @recs: memory for tcmu_ring_nr_recs(@mapped) records
 */
void tcmu_ring_init(struct tcmu_ring *ring, void *base, u32 bytes, u32 mapped,
		    u32 *recs)
{
	memset(ring, 0, sizeof(*ring));
	ring->mbox = base;
	ring->size = bytes - TCMU_RING_OFF;
	ring->mapped = mapped - TCMU_RING_OFF;
	ring->recs = recs;
	tcmu_ring_reset(ring);
}

/**
 * tcmu_ring_move - more of a ring has memory, perhaps at another address
 * @ring: the ring
 * @base: the shared memory
 * @mapped: how many bytes of it have memory
 * @recs: memory for tcmu_ring_nr_recs(@mapped) records; the caller has the old one
 *
 * Context: neither a producer nor the reaper may run; a guess of
 * tcmu_ring_reserve() may.
 */
void tcmu_ring_move(struct tcmu_ring *ring, void *base, u32 mapped, u32 *recs)
{
	u32 first = ring->cleaned / TCMU_RING_REC_STEP;
	u32 end = DIV_ROUND_UP(ring->head, TCMU_RING_REC_STEP);

	/* it has not been at its end yet */
	memcpy(recs + first, ring->recs + first, (end - first) * sizeof(*recs));
	ring->mbox = base;
	ring->recs = recs;
	WRITE_ONCE(ring->mapped, mapped - TCMU_RING_OFF);
}

/**
 * tcmu_ring_reset - make the ring empty, at offset 0
 * @ring: the ring
 *
 * The whole mailbox is written, since the program may have spoilt any of it.
 *
 * Context: neither a producer nor the reaper may run.
 */
void tcmu_ring_reset(struct tcmu_ring *ring)
{
	ring->head = 0;
	ring->room = 0;
	ring->cleaned = 0;
	ring->walked = 0;
	WRITE_ONCE(ring->mbox->version, TCMU_MAILBOX_VERSION);
	WRITE_ONCE(ring->mbox->flags, MBOX_FLAGS);
	WRITE_ONCE(ring->mbox->cmdr_off, TCMU_RING_OFF);
	WRITE_ONCE(ring->mbox->cmdr_size, ring->size);
	WRITE_ONCE(ring->mbox->cmd_tail, 0);
	tcmu_ring_forget_words(ring->mbox);
	smp_store_release(&ring->mbox->cmd_head, 0);	/* A, pairs with B */
}

/**
 * tcmu_ring_reserve - find room for one entry
 * @ring: the ring
 * @len: bytes that the entry needs, a multiple of 8
 * @slot: filled, but for its opcode; also with -EFAULT
 *
 * Nothing is written; what was reserved is forgotten unless tcmu_ring_submit()
 * follows before the next reservation.
 *
 * Context: one producer at a time. As a guess also without: then the answer may
 * be outdated, but nothing is harmed.
 * Return: 0, -EMSGSIZE if the ring never takes an entry of this length, -ENOSPC
 * if it is too full now, -EFAULT if it is not but has no memory there yet.
 */
int tcmu_ring_reserve(const struct tcmu_ring *ring, u32 len,
		      struct tcmu_ring_slot *slot)
{
	u32 head = READ_ONCE(ring->head);
	u32 cleaned = smp_load_acquire(&ring->cleaned);	/* H, pairs with G */
	u32 room = ring->size - tcmu_ring_distance(ring, cleaned, head) - 1;
	u32 to_end = ring->size - head;
	u32 end;

	if (len > tcmu_ring_max_entry(ring))
		return -EMSGSIZE;

	slot->pad = to_end < len ? to_end : 0;
	slot->pos = slot->pad ? 0 : head;
	slot->len = len;
	if (room < slot->pad + len)
		return -ENOSPC;
	/* a pad is at the end of the ring */
	end = slot->pad ? ring->size : head + len;
	return end <= READ_ONCE(ring->mapped) ? 0 : -EFAULT;
}

/*
 * Up to where the next ones need not ask: one that ends with the ring begins it anew,
 * and one that ends at @cleaned would make it look empty.
 */
static u32 room_behind(const struct tcmu_ring *ring)
{
	u32 cleaned = smp_load_acquire(&ring->cleaned);	/* H, pairs with G */
	u32 end = cleaned > ring->head ? cleaned : ring->size;

	return min(end - 1, ring->mapped);
}

/* As tcmu_ring_reserve_next(), where it was not seen before that there is room */
int tcmu_ring_reserve_more(struct tcmu_ring *ring, u32 len,
			   struct tcmu_ring_slot *slot)
{
	int ret = tcmu_ring_reserve(ring, len, slot);

	/* behind the end of the ring it is another one */
	if (ret || slot->pad || slot->pos + len == ring->size)
		ring->room = 0;
	else
		ring->room = room_behind(ring);
	return ret;
}

/* There is no program any more that could keep the promises */
void tcmu_ring_forget_words(struct tcmu_mailbox *mbox)
{
	WRITE_ONCE(mbox->awake, 0);
	WRITE_ONCE(mbox->fills, 0);
}

/**
 * tcmu_ring_tail - take the program's index, once, and check it
 * @ring: the ring
 * @tail: where to put it
 *
 * Context: the reaper.
 * Return: 0; -EPROTO if it is not aligned, off the ring, or not between what
 * was cleaned last and what was published.
 */
int tcmu_ring_tail(const struct tcmu_ring *ring, u32 *tail)
{
	u32 pos = smp_load_acquire(&ring->mbox->cmd_tail); /* D, pairs with C */
	u32 head = smp_load_acquire(&ring->head);	/* F, pairs with E */

	if (!IS_ALIGNED(pos, TCMU_OP_ALIGN_SIZE))
		return -EPROTO;
	if (pos >= ring->size)
		return -EPROTO;
	if (tcmu_ring_distance(ring, ring->walked, pos) >
	    tcmu_ring_distance(ring, ring->walked, head))
		return -EPROTO;
	*tail = pos;
	return 0;
}

/* The rest of the ring, where the next entry does not fit; a producer's */
void tcmu_ring_put_pad(struct tcmu_ring *ring, u32 len)
{
	struct tcmu_cmd_entry_hdr *hdr;

	hdr = tcmu_ring_slot_ptr(ring, ring->head);
	memset(hdr, 0, sizeof(*hdr));
	hdr->len_op = len | TCMU_OP_PAD;
	tcmu_ring_put_rec(ring, ring->head, len, TCMU_OP_PAD);
}
