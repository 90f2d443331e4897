/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_SLOT_H
#define TCMU_SLOT_H

#include "tcmu.h"

#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/types.h>

int tcmu_slots_init(struct tcmu_queue *q);
void tcmu_slots_exit(struct tcmu_queue *q);

struct tcmu_cmd *tcmu_slot_take_any(struct tcmu_queue *q, u32 nr_data,
				    u32 nr_bidi);
struct tcmu_cmd *tcmu_slot_next_used(struct tcmu_queue *q, u32 *id);

/* The slot of an id up to TCMU_MAX_CMD_ID, or NULL for one that was never used */
static inline struct tcmu_cmd *tcmu_slot_of(const struct tcmu_queue *q, u32 id)
{
	struct tcmu_cmd *chunk;

	chunk = READ_ONCE(q->chunks[id / TCMU_CMDS_PER_CHUNK]);
	return chunk ? &chunk[id % TCMU_CMDS_PER_CHUNK] : NULL;
}

/**
 * tcmu_slot_find - the slot of an id
 * @q: the queue
 * @id: any number
 *
 * Context: any. The slot stays where it is; what state it is in, only its owner
 * or the holder of done_lock can tell.
 * Return: the slot, or NULL for an id that was never used.
 */
static inline struct tcmu_cmd *tcmu_slot_find(const struct tcmu_queue *q, u32 id)
{
	return id && id <= TCMU_MAX_CMD_ID ? tcmu_slot_of(q, id) : NULL;
}

/*
 * An id with at most one block, whose slot has its memory: what nearly all commands
 * have. NULL if there is none; the long way knows why.
 */
static __always_inline struct tcmu_cmd *tcmu_slot_take_one(struct tcmu_queue *q,
							   u32 nr_data)
{
	struct tcmu_cmd *cmd;
	int id, blk;

	spin_lock(&q->alloc_lock);
	id = tcmu_area_alloc_one(&q->ids);
	if (unlikely(id < 0))
		goto out_unlock;
	cmd = tcmu_slot_of(q, id);
	if (unlikely(!cmd))
		goto out_free_id;
	if (nr_data) {
		blk = tcmu_area_alloc_one(&q->blocks);
		if (unlikely(blk < 0))
			goto out_free_id;
		*cmd->runs = (struct tcmu_run){ blk, 1 };
	}
	spin_unlock(&q->alloc_lock);
	cmd->nr_data = nr_data;
	cmd->nr_bidi = 0;
	return cmd;

out_free_id:
	tcmu_area_free_one(&q->ids, id);
out_unlock:
	spin_unlock(&q->alloc_lock);
	return NULL;
}

/* Blocks for so many bytes */
static inline u32 tcmu_slot_nr_blocks(const struct tcmu_queue *q, u32 len)
{
	u32 pages = DIV_ROUND_UP_ULL(len, PAGE_SIZE);

	/* which is what nearly all devices have, and saves a division */
	if (q->geo.pages_per_blk == 1)
		return pages;
	return DIV_ROUND_UP(pages, q->geo.pages_per_blk);
}

/**
 * tcmu_slot_take - a slot for a command, and its blocks
 * @q: the queue
 * @len: bytes of data
 * @bidi_len: bytes of BIDI Data-In
 * @slot: where to put it; in state BUILDING, its request to be filled
 *
 * Context: may sleep.
 * Return: 0; -EUSERS if no id is free, -ENOMEM without memory, -EMSGSIZE if the
 * area will never hold the data, -ENOSPC if it does not now.
 */
static __always_inline int tcmu_slot_take(struct tcmu_queue *q, u32 len,
					  u32 bidi_len, struct tcmu_cmd **slot)
{
	u32 nr_data = tcmu_slot_nr_blocks(q, len);
	struct tcmu_cmd *cmd = NULL;

	if (likely(nr_data <= 1 && !bidi_len))
		cmd = tcmu_slot_take_one(q, nr_data);
	if (unlikely(!cmd)) {
		cmd = tcmu_slot_take_any(q, nr_data,
					 tcmu_slot_nr_blocks(q, bidi_len));
		if (IS_ERR(cmd))
			return PTR_ERR(cmd);
	}
	cmd->seq++;
	cmd->bidi_len = bidi_len;
	WRITE_ONCE(cmd->state, TCMU_CMD_BUILDING);
	*slot = cmd;
	return 0;
}

/**
 * tcmu_slot_put - give back a slot and its blocks
 * @q: the queue
 * @cmd: the slot, owned by the caller
 *
 * Context: any; takes no lock.
 */
static __always_inline void tcmu_slot_put(struct tcmu_queue *q,
					  struct tcmu_cmd *cmd)
{
	u32 nr_runs = cmd->nr_data + cmd->nr_bidi;

	WRITE_ONCE(cmd->state, TCMU_CMD_FREE);
	if (likely(nr_runs == 1 && cmd->runs->nr == 1))
		tcmu_area_free_one(&q->blocks, cmd->runs->first);
	else
		tcmu_area_free(&q->blocks, cmd->runs, nr_runs);
	/* the next owner may be there at once: the id goes last */
	tcmu_area_free_one(&q->ids, cmd->id);
}

#endif /* TCMU_SLOT_H */
