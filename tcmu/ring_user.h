/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Built in kernel and userspace: include only what tools/include supplies.
 *
 * The program's end of the shared command ring: a consumer of entries, who
 * answers in place. The letters are those of ring.h.
 */
#ifndef TCMU_RING_USER_H
#define TCMU_RING_USER_H

#include <asm/barrier.h>
#include <linux/align.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/target_core_user.h>
#include <linux/types.h>

/**
 * struct tcmu_ring_user - one ring, as a program keeps it
 * @mbox: the mapping
 * @off: byte offset of the ring in the mapping
 * @size: bytes in the ring
 * @next: the first entry that was not fetched yet
 * @tail: the first entry that was not answered yet
 */
struct tcmu_ring_user {
	struct tcmu_mailbox *mbox;
	u32 off;
	u32 size;
	u32 next;
	u32 tail;
};

/**
 * tcmu_ring_user_init - attach to a ring, where the last program left it
 * @ring: the ring
 * @map: the mapping
 * @bytes: its size
 *
 * Return: 0; -EPROTO if the mailbox is of another version or makes no sense.
 */
static inline int tcmu_ring_user_init(struct tcmu_ring_user *ring, void *map,
				      u64 bytes)
{
	ring->mbox = map;
	ring->off = READ_ONCE(ring->mbox->cmdr_off);
	ring->size = READ_ONCE(ring->mbox->cmdr_size);
	ring->tail = READ_ONCE(ring->mbox->cmd_tail);
	ring->next = ring->tail;
	if (READ_ONCE(ring->mbox->version) != TCMU_MAILBOX_VERSION)
		return -EPROTO;
	if ((u64)ring->off + ring->size > bytes || ring->tail >= ring->size)
		return -EPROTO;
	return 0;
}

/**
 * tcmu_ring_user_at - the entry at a place in the ring
 * @ring: the ring
 * @pos: byte offset in the ring
 */
static inline struct tcmu_cmd_entry *
tcmu_ring_user_at(const struct tcmu_ring_user *ring, u32 pos)
{
	return (void *)((char *)ring->mbox + ring->off + pos);
}

/**
 * tcmu_ring_user_has_news - is there an entry that was not fetched yet?
 * @ring: the ring
 *
 * A guess, of which peeking makes sure.
 */
static inline bool tcmu_ring_user_has_news(const struct tcmu_ring_user *ring)
{
	return READ_ONCE(ring->mbox->cmd_head) != ring->next;
}

/**
 * tcmu_ring_user_peek - the next entry that was not fetched yet
 * @ring: the ring
 * @entry: where to put it
 *
 * Return: 1 and an entry, padding included; 0 if there is none; -EPROTO if the
 * entry runs past the ring.
 */
static inline int tcmu_ring_user_peek(struct tcmu_ring_user *ring,
				      struct tcmu_cmd_entry **entry)
{
	u32 head = smp_load_acquire(&ring->mbox->cmd_head); /* B, pairs with A */
	u32 len;

	if (ring->next == head)
		return 0;
	*entry = tcmu_ring_user_at(ring, ring->next);
	len = tcmu_hdr_get_len(READ_ONCE((*entry)->hdr.len_op));
	if (len < sizeof((*entry)->hdr) || len > ring->size - ring->next)
		return -EPROTO;
	ring->next += len;
	if (ring->next == ring->size)
		ring->next = 0;
	return 1;
}

/**
 * tcmu_ring_user_release - give the oldest entry back to the kernel
 * @ring: the ring
 * @len: the entry's length
 *
 * The answer, if the entry wants one, is in place. The kernel looks at it after
 * the program's next write(2) to the UIO file.
 */
static inline void tcmu_ring_user_release(struct tcmu_ring_user *ring, u32 len)
{
	ring->tail += len;
	if (ring->tail == ring->size)
		ring->tail = 0;
	smp_store_release(&ring->mbox->cmd_tail, ring->tail); /* C, pairs with D */
}

/**
 * tcmu_ring_user_wake - the program looks at the ring from now on
 * @ring: the ring
 *
 * Of no account to a kernel without %TCMU_MAILBOX_FLAG_CAP_AWAKE.
 */
static inline void tcmu_ring_user_wake(struct tcmu_ring_user *ring)
{
	WRITE_ONCE(ring->mbox->awake, TCMU_AWAKE);
}

/**
 * tcmu_ring_user_may_sleep - is there nothing to be done, and will there be a call?
 * @ring: the ring
 *
 * Return: true when the kernel will send an event for every entry that comes from
 * here on; false when there is an entry: then the ring is awake again.
 */
static inline bool tcmu_ring_user_may_sleep(struct tcmu_ring_user *ring)
{
	WRITE_ONCE(ring->mbox->awake, 0);
	smp_mb();					/* J, pairs with I */
	if (!tcmu_ring_user_has_news(ring))
		return true;
	tcmu_ring_user_wake(ring);
	return false;
}

#endif /* TCMU_RING_USER_H */
