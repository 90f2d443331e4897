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
 *	(recs, rec_head)			if (LOAD head)  F
 *	STORE head  E				(recs)
 *
 *	if (LOAD cleaned)  H			(answers read)
 *	(slot)					STORE cleaned  G
 *
 *	if (LOAD rec_tail)  L			(records read)
 *	(recs)					STORE rec_tail  K
 *
 * E pairs with F: without it the reaper takes the length of an entry from a
 * record that is not written yet. G pairs with H, and K with L: without them a
 * producer overwrites a slot, or a record, that the reaper still reads.
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

#include <linux/cache.h>
#include <linux/target_core_user.h>
#include <linux/types.h>

#define TCMU_RING_OFF		((u32)sizeof(struct tcmu_mailbox))

/**
 * struct tcmu_ring - one ring, as the kernel keeps it
 * @mbox: the shared memory
 * @size: bytes in the ring, without the mailbox
 * @recs: len_op of each entry in the ring, in ring order: what an entry is and
 *	how long it is, is never asked from shared memory
 * @nr_recs: capacity of @recs
 * @head: where the next entry goes
 * @rec_head: its record
 * @walked: up to where the reaper has looked
 * @rec_walked: the record at @walked
 * @cleaned: up to where slots may be used again
 * @rec_tail: the record at @cleaned
 */
struct tcmu_ring {
	/* constant while either end of it runs; size always */
	struct tcmu_mailbox *mbox;
	u32 size;
	u32 *recs;
	u32 nr_recs;

	/* producers write, the reaper reads head */
	u32 head ____cacheline_aligned_in_smp;
	u32 rec_head;

	/* the reaper writes, producers read cleaned and rec_tail */
	u32 cleaned ____cacheline_aligned_in_smp;
	u32 rec_tail;
	u32 walked;
	u32 rec_walked;
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

u32 tcmu_ring_nr_recs(u32 bytes);
void tcmu_ring_init(struct tcmu_ring *ring, void *base, u32 bytes, u32 *recs,
		    u32 nr_recs);
u32 *tcmu_ring_move_recs(struct tcmu_ring *ring, u32 *recs, u32 nr_recs);
void tcmu_ring_reset(struct tcmu_ring *ring);

/* producers */
int tcmu_ring_reserve(const struct tcmu_ring *ring, u32 len,
		      struct tcmu_ring_slot *slot);
void tcmu_ring_submit(struct tcmu_ring *ring,
		      const struct tcmu_ring_slot *slot);

/* whoever wakes the program, once or for many entries */
bool tcmu_ring_is_awake(const struct tcmu_mailbox *mbox);
/* what else a program promises, and that there is none */
bool tcmu_ring_fills(const struct tcmu_mailbox *mbox);
void tcmu_ring_forget_words(struct tcmu_mailbox *mbox);

/* the reaper */
int tcmu_ring_tail(const struct tcmu_ring *ring, u32 *tail);
int tcmu_ring_next(struct tcmu_ring *ring, u32 tail,
		   struct tcmu_ring_slot *slot);
void tcmu_ring_clean(struct tcmu_ring *ring);

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

#endif /* TCMU_RING_H */
