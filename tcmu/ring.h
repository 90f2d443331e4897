/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Built in kernel and userspace: include only what tools/include supplies.
 *
 * The kernel's end of the shared command ring: producers of entries, and the
 * reaper of the answers. The program's end is ring_user.h.
 *
 * Who writes what. The mailbox has one index for each direction; each end owns
 * one of them, keeps the truth in private memory, and never reads back what it
 * wrote to the shared copy:
 *
 *	kernel, producer			program, consumer
 *
 *	(entry)					if (LOAD mailbox.cmd_head)  B
 *	STORE mailbox.cmd_head  A		(entry)
 *
 *	if (LOAD mailbox.cmd_tail)  D		(answer)
 *	(answer)				STORE mailbox.cmd_tail  C
 *
 * A pairs with B: without it the program sees the new head before the bytes of
 * the entry. C pairs with D: without it the kernel takes the answer before the
 * program has written all of it, or hands the slot out again while the program
 * still reads it.
 *
 * Inside the kernel, producers (the queue's ring_lock) and the reaper (its
 * done_lock) share no lock, so that they exchange two private cursors:
 *
 *	producer				reaper
 *
 *	(recs)					if (LOAD head)  F
 *	STORE head  E				(recs)
 *
 *	if (LOAD cleaned)  H			(answers and recs read)
 *	(slot, recs)				STORE cleaned  G
 *
 * E pairs with F: without it the reaper takes the length of an entry from a
 * record that is not written yet. G pairs with H: without it a producer overwrites
 * a slot, or its record, that the reaper still reads.
 *
 * A program that polls before it sleeps says so in mailbox.awake, and gets no
 * event meanwhile. Each end stores one word and then loads the other's:
 *
 *	kernel, after it has submitted		program, before it sleeps
 *
 *	STORE mailbox.cmd_head			STORE mailbox.awake = 0
 *	full barrier  I				full barrier  J
 *	if (LOAD mailbox.awake)			if (LOAD mailbox.cmd_head)
 *
 * I pairs with J: without either of them both ends may see the old word of the
 * other one: the program sleeps, and the kernel does not wake it.
 */
#ifndef TCMU_RING_H
#define TCMU_RING_H

#include <asm/barrier.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/target_core_user.h>
#include <linux/types.h>

#define TCMU_RING_OFF		((u32)sizeof(struct tcmu_mailbox))

/* No two entries begin in so many bytes: a pad is shorter, and the last one */
#define TCMU_RING_REC_STEP	32

/**
 * struct tcmu_ring - one ring, as the kernel keeps it
 * @mbox: the shared memory
 * @size: bytes in the ring, without the mailbox
 * @recs: len_op of each entry in the ring, by its place: what an entry is and
 *	how long it is, is never asked from shared memory
 * @mapped: bytes of the ring, from its start on, that have memory and records
 * @head: where the next entry goes
 * @room: up to here, from @head on and in one piece, there is room; or further
 * @walked: up to where the reaper has looked
 * @cleaned: up to where slots may be used again
 */
struct tcmu_ring {
	/* constant while either end of it runs; size always */
	struct tcmu_mailbox *mbox;
	u32 size;
	u32 mapped;
	u32 *recs;

	/* producers write, the reaper reads head */
	u32 head ____cacheline_aligned_in_smp;
	u32 room;

	/* the reaper writes, producers read cleaned */
	u32 cleaned ____cacheline_aligned_in_smp;
	u32 walked;
};

/**
 * struct tcmu_ring_slot - a place in the ring
 * @pos: byte offset in the ring
 * @len: bytes
 * @pad: bytes of padding that go before it, up to the end of the ring
 * @op: enum tcmu_opcode
 */
struct tcmu_ring_slot {
	u32 pos;
	u32 len;
	u32 pad;
	u32 op;
};

void tcmu_ring_init(struct tcmu_ring *ring, void *base, u32 bytes, u32 mapped,
		    u32 *recs);
void tcmu_ring_move(struct tcmu_ring *ring, void *base, u32 mapped, u32 *recs);
void tcmu_ring_reset(struct tcmu_ring *ring);
int tcmu_ring_reserve(const struct tcmu_ring *ring, u32 len,
		      struct tcmu_ring_slot *slot);
int tcmu_ring_reserve_more(struct tcmu_ring *ring, u32 len,
			   struct tcmu_ring_slot *slot);
int tcmu_ring_tail(const struct tcmu_ring *ring, u32 *tail);
void tcmu_ring_put_pad(struct tcmu_ring *ring, u32 len);
void tcmu_ring_forget_words(struct tcmu_mailbox *mbox);

/* Where the slot's bytes are */
static inline void *tcmu_ring_slot_ptr(const struct tcmu_ring *ring, u32 pos)
{
	return (char *)ring->mbox + TCMU_RING_OFF + pos;
}

/* The longest entry that the ring takes */
static inline u32 tcmu_ring_max_entry(const struct tcmu_ring *ring)
{
	return ring->size / 2;
}

/* Bytes from @from forward to @to */
static inline u32 tcmu_ring_distance(const struct tcmu_ring *ring, u32 from,
				     u32 to)
{
	return to >= from ? to - from : ring->size - from + to;
}

static inline u32 tcmu_ring_advance(const struct tcmu_ring *ring, u32 pos,
				    u32 len)
{
	pos += len;
	return pos == ring->size ? 0 : pos;
}

/* Records for so many bytes of mailbox and ring */
static inline u32 tcmu_ring_nr_recs(u32 bytes)
{
	return bytes / TCMU_RING_REC_STEP;
}

static inline void tcmu_ring_put_rec(struct tcmu_ring *ring, u32 pos, u32 len,
				     u32 op)
{
	ring->recs[pos / TCMU_RING_REC_STEP] = len | op;
}

/*
 * Was it seen before that there is room at @head for an entry of @len bytes, not more
 * than tcmu_ring_max_entry()? Nearly always.
 */
static inline bool tcmu_ring_has_room(const struct tcmu_ring *ring, u32 len)
{
	return ring->head + len <= ring->room;
}

/**
 * tcmu_ring_reserve_next - find room for one entry, which is submitted next
 * @ring: the ring
 * @len: bytes that the entry needs, a multiple of 8
 * @slot: filled, but for its opcode; also with -EFAULT
 *
 * Context: one producer at a time.
 * Return: as tcmu_ring_reserve().
 */
static inline int tcmu_ring_reserve_next(struct tcmu_ring *ring, u32 len,
					 struct tcmu_ring_slot *slot)
{
	if (len > tcmu_ring_max_entry(ring) || !tcmu_ring_has_room(ring, len))
		return tcmu_ring_reserve_more(ring, len, slot);
	slot->pos = ring->head;
	slot->len = len;
	slot->pad = 0;
	return 0;
}

/**
 * tcmu_ring_submit - publish the entry that fills a reserved slot
 * @ring: the ring
 * @slot: from tcmu_ring_reserve_next(), with its opcode set
 *
 * The moment this returns, or earlier, the program may have answered.
 *
 * Context: the producer that reserved.
 */
static inline void tcmu_ring_submit(struct tcmu_ring *ring,
				    const struct tcmu_ring_slot *slot)
{
	u32 head = tcmu_ring_advance(ring, slot->pos, slot->len);

	if (unlikely(slot->pad))
		tcmu_ring_put_pad(ring, slot->pad);
	tcmu_ring_put_rec(ring, slot->pos, slot->len, slot->op);
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
static inline bool tcmu_ring_is_awake(const struct tcmu_mailbox *mbox)
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
static inline bool tcmu_ring_fills(const struct tcmu_mailbox *mbox)
{
	return READ_ONCE(mbox->fills) == TCMU_FILLS;
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
static inline int tcmu_ring_next(struct tcmu_ring *ring, u32 tail,
				 struct tcmu_ring_slot *slot)
{
	u32 rec;

	if (ring->walked == tail)
		return 0;

	rec = ring->recs[ring->walked / TCMU_RING_REC_STEP];
	slot->pos = ring->walked;
	slot->len = tcmu_hdr_get_len(rec);
	slot->op = tcmu_hdr_get_op(rec);
	slot->pad = 0;
	if (slot->len > tcmu_ring_distance(ring, ring->walked, tail))
		return -EPROTO;

	ring->walked = tcmu_ring_advance(ring, ring->walked, slot->len);
	return 1;
}

/**
 * tcmu_ring_clean - give everything that was walked back to the producers
 * @ring: the ring
 *
 * Context: the reaper, when it has read all that it wants from the entries.
 */
static inline void tcmu_ring_clean(struct tcmu_ring *ring)
{
	smp_store_release(&ring->cleaned, ring->walked);	/* G, pairs with H */
}

#endif /* TCMU_RING_H */
