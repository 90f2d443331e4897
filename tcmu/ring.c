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
#include <linux/string.h>

/* The shortest command entry: response area plus a CDB of six bytes */
#define MIN_CMD_LEN	(sizeof(struct tcmu_cmd_entry) + 8)

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

/* Bytes from @from forward to @to */
static u32 distance(const struct tcmu_ring *ring, u32 from, u32 to)
{
	return to >= from ? to - from : ring->size - from + to;
}

static u32 advance(const struct tcmu_ring *ring, u32 pos, u32 len)
{
	pos += len;
	return pos == ring->size ? 0 : pos;
}

static u32 next_rec(const struct tcmu_ring *ring, u32 rec)
{
	return rec + 1 == ring->nr_recs ? 0 : rec + 1;
}

/**
 * tcmu_ring_nr_recs - how many records a ring ever needs
 * @bytes: mailbox and ring together
 *
 * Enough for a ring full of the shortest commands, a pad, and the one that
 * stays free to tell full from empty. Shorter entries (task management) may run
 * out of records before they run out of ring.
 */
u32 tcmu_ring_nr_recs(u32 bytes)
{
	return (bytes - TCMU_RING_OFF) / MIN_CMD_LEN + 3;
}

/**
 * tcmu_ring_init - set up a ring and its mailbox
 * @ring: the ring
 * @base: zeroed shared memory
 * @bytes: its size, a multiple of 8
 * @recs: memory for records
 * @nr_recs: how many, 3 to tcmu_ring_nr_recs(@bytes); tcmu_ring_move_recs() makes
 *	it more
 */
void tcmu_ring_init(struct tcmu_ring *ring, void *base, u32 bytes, u32 *recs,
		    u32 nr_recs)
{
	memset(ring, 0, sizeof(*ring));
	ring->mbox = base;
	ring->size = bytes - TCMU_RING_OFF;
	ring->recs = recs;
	ring->nr_recs = nr_recs;
	tcmu_ring_reset(ring);
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
	ring->rec_head = 0;
	ring->cleaned = 0;
	ring->rec_tail = 0;
	ring->walked = 0;
	ring->rec_walked = 0;
	WRITE_ONCE(ring->mbox->version, TCMU_MAILBOX_VERSION);
	WRITE_ONCE(ring->mbox->flags, MBOX_FLAGS);
	WRITE_ONCE(ring->mbox->cmdr_off, TCMU_RING_OFF);
	WRITE_ONCE(ring->mbox->cmdr_size, ring->size);
	WRITE_ONCE(ring->mbox->cmd_tail, 0);
	tcmu_ring_forget_words(ring->mbox);
	smp_store_release(&ring->mbox->cmd_head, 0);	/* A, pairs with B */
}

/* Records from @from forward to @to */
static u32 rec_distance(const struct tcmu_ring *ring, u32 from, u32 to)
{
	return to >= from ? to - from : ring->nr_recs - from + to;
}

static u32 free_recs(const struct tcmu_ring *ring)
{
	u32 tail = smp_load_acquire(&ring->rec_tail);	/* L, pairs with K */
	u32 head = READ_ONCE(ring->rec_head);

	return ring->nr_recs - rec_distance(ring, tail, head) - 1;
}

/**
 * tcmu_ring_move_recs - have the records in a larger array
 * @ring: the ring
 * @recs: the array
 * @nr_recs: its capacity, more than that of the one in use
 *
 * Context: neither a producer nor the reaper may run; a guess of
 * tcmu_ring_reserve() may.
 * Return: the array that was in use.
 */
u32 *tcmu_ring_move_recs(struct tcmu_ring *ring, u32 *recs, u32 nr_recs)
{
	u32 used = rec_distance(ring, ring->rec_tail, ring->rec_head);
	u32 walked = rec_distance(ring, ring->rec_tail, ring->rec_walked);
	u32 *old = ring->recs;
	u32 from = ring->rec_tail;
	u32 i;

	for (i = 0; i < used; i++) {
		recs[i] = old[from];
		from = next_rec(ring, from);
	}
	ring->recs = recs;
	WRITE_ONCE(ring->rec_tail, 0);
	ring->rec_walked = walked;
	WRITE_ONCE(ring->rec_head, used);
	WRITE_ONCE(ring->nr_recs, nr_recs);
	return old;
}

/**
 * tcmu_ring_reserve - find room for one entry
 * @ring: the ring
 * @len: bytes that the entry needs, a multiple of 8
 * @slot: filled on success, but for its opcode
 *
 * Nothing is written; what was reserved is forgotten unless tcmu_ring_submit()
 * follows before the next reservation.
 *
 * Context: one producer at a time. As a guess also without: then the answer may
 * be outdated, but nothing is harmed.
 * Return: 0, -EMSGSIZE if the ring never takes an entry of this length, -ENOSPC
 * if it is too full now, -EFAULT if it is not but needs more records.
 */
int tcmu_ring_reserve(const struct tcmu_ring *ring, u32 len,
		      struct tcmu_ring_slot *slot)
{
	u32 head = READ_ONCE(ring->head);
	u32 cleaned = smp_load_acquire(&ring->cleaned);	/* H, pairs with G */
	u32 room = ring->size - distance(ring, cleaned, head) - 1;
	u32 to_end = ring->size - head;

	if (len > tcmu_ring_max_entry(ring))
		return -EMSGSIZE;

	slot->pad = to_end < len ? to_end : 0;
	slot->pos = slot->pad ? 0 : head;
	slot->len = len;
	if (room < slot->pad + len)
		return -ENOSPC;
	if (free_recs(ring) >= 2)
		return 0;
	return ring->nr_recs < tcmu_ring_nr_recs(TCMU_RING_OFF + ring->size) ?
		-EFAULT : -ENOSPC;
}

static void push_rec(struct tcmu_ring *ring, u32 len, u32 op)
{
	ring->recs[ring->rec_head] = len | op;
	WRITE_ONCE(ring->rec_head, next_rec(ring, ring->rec_head));
}

static void put_pad(struct tcmu_ring *ring, u32 len)
{
	struct tcmu_cmd_entry_hdr *hdr;

	hdr = tcmu_ring_slot_ptr(ring, ring->head);
	memset(hdr, 0, sizeof(*hdr));
	hdr->len_op = len | TCMU_OP_PAD;
	push_rec(ring, len, TCMU_OP_PAD);
}

/**
 * tcmu_ring_submit - publish the entry that fills a reserved slot
 * @ring: the ring
 * @slot: from tcmu_ring_reserve(), with its opcode set
 *
 * The moment this returns, or earlier, the program may have answered.
 *
 * Context: the producer that reserved.
 */
void tcmu_ring_submit(struct tcmu_ring *ring,
		      const struct tcmu_ring_slot *slot)
{
	u32 head = advance(ring, slot->pos, slot->len);

	if (slot->pad)
		put_pad(ring, slot->pad);
	push_rec(ring, slot->len, slot->op);
	smp_store_release(&ring->head, head);		/* E, pairs with F */
	smp_store_release(&ring->mbox->cmd_head, head);	/* A, pairs with B */
}

/**
 * tcmu_ring_is_awake - will the program look at the ring without being woken?
 * @mbox: the ring's mailbox
 *
 * It only promises: one that breaks its word sleeps through its own commands.
 *
 * Context: after the submissions that it is to see, of this context or of one
 * that is ordered before it.
 */
bool tcmu_ring_is_awake(const struct tcmu_mailbox *mbox)
{
	smp_mb();					/* I, pairs with J */
	return READ_ONCE(mbox->awake) == TCMU_AWAKE;
}

/**
 * tcmu_ring_fills - does the program fill each buffer that it says it has read?
 * @mbox: the ring's mailbox
 *
 * It has the bytes of all commands and may show any of them to an initiator:
 * zeroing its buffers guards against its mistakes alone, which it answers for.
 */
bool tcmu_ring_fills(const struct tcmu_mailbox *mbox)
{
	return READ_ONCE(mbox->fills) == TCMU_FILLS;
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
	if (distance(ring, ring->walked, pos) >
	    distance(ring, ring->walked, head))
		return -EPROTO;
	*tail = pos;
	return 0;
}

/**
 * tcmu_ring_next - step to the next entry that the program is done with
 * @ring: the ring
 * @tail: from tcmu_ring_tail()
 * @slot: filled with place, length and opcode of the entry
 *
 * Context: the reaper.
 * Return: 1 and an entry; 0 at @tail; -EPROTO if @tail lies inside an entry.
 */
int tcmu_ring_next(struct tcmu_ring *ring, u32 tail,
		   struct tcmu_ring_slot *slot)
{
	u32 rec;

	if (ring->walked == tail)
		return 0;

	rec = ring->recs[ring->rec_walked];
	slot->pos = ring->walked;
	slot->len = tcmu_hdr_get_len(rec);
	slot->op = tcmu_hdr_get_op(rec);
	slot->pad = 0;
	if (slot->len > distance(ring, ring->walked, tail))
		return -EPROTO;

	ring->walked = advance(ring, ring->walked, slot->len);
	ring->rec_walked = next_rec(ring, ring->rec_walked);
	return 1;
}

/**
 * tcmu_ring_clean - give everything that was walked back to the producers
 * @ring: the ring
 *
 * Context: the reaper, when it has read all that it wants from the entries.
 */
void tcmu_ring_clean(struct tcmu_ring *ring)
{
	smp_store_release(&ring->rec_tail, ring->rec_walked);	/* K, with L */
	smp_store_release(&ring->cleaned, ring->walked);	/* G, pairs with H */
}
