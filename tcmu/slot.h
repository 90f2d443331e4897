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

int tcmu_slot_take(struct tcmu_queue *q, u32 len, u32 bidi_len,
		   struct tcmu_cmd **slot);
struct tcmu_cmd *tcmu_slot_next_used(struct tcmu_queue *q, u32 *id);

/* The slot of an id up to TCMU_MAX_CMD_ID, or NULL for one that was never used */
static __always_inline struct tcmu_cmd *
tcmu_slot_of(const struct tcmu_queue *q, u32 id)
{
	struct tcmu_cmd *chunk, *cmd;

	chunk = READ_ONCE(q->chunks[id / TCMU_CMDS_PER_CHUNK]);
	if (unlikely(!chunk))
		return NULL;
	cmd = &chunk[id % TCMU_CMDS_PER_CHUNK];
	/* or the compiler looks at both */
	if (!cmd)
		__builtin_unreachable();
	return cmd;
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

/* The slot's next command begins */
static inline void tcmu_slot_begin(struct tcmu_cmd *cmd, u32 bidi_len)
{
	cmd->seq++;
	cmd->bidi_len = bidi_len;
	WRITE_ONCE(cmd->state, TCMU_CMD_BUILDING);
}

/*
 * As tcmu_slot_take(), for one block, and where the slot has its memory: what nearly
 * all commands have. NULL if there is none; the long way knows why.
 */
static __always_inline struct tcmu_cmd *tcmu_slot_take_one(struct tcmu_queue *q,
							   struct tcmu_run *run)
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
	blk = tcmu_area_alloc_one(&q->blocks);
	if (unlikely(blk < 0))
		goto out_free_id;
	spin_unlock(&q->alloc_lock);
	*run = (struct tcmu_run){ blk, 1 };
	*cmd->runs = *run;
	cmd->nr_data = 1;
	cmd->nr_bidi = 0;
	tcmu_slot_begin(cmd, 0);
	return cmd;

out_free_id:
	tcmu_area_free_one(&q->ids, id);
out_unlock:
	spin_unlock(&q->alloc_lock);
	return NULL;
}

/**
 * tcmu_slot_put - give back a slot and its blocks
 * @q: the queue
 * @cmd: the slot, owned by the caller
 *
 * Context: any; takes no lock.
 */
static inline void tcmu_slot_put(struct tcmu_queue *q, struct tcmu_cmd *cmd)
{
	WRITE_ONCE(cmd->state, TCMU_CMD_FREE);
	tcmu_area_free(&q->blocks, cmd->runs, cmd->nr_data + cmd->nr_bidi);
	/* the next owner may be there at once: the id goes last */
	tcmu_area_free_one(&q->ids, cmd->id);
}

/**
 * struct tcmu_slot_gift - slots that are given back together
 * @ids: theirs
 * @blocks: theirs
 */
struct tcmu_slot_gift {
	struct tcmu_area_gift ids;
	struct tcmu_area_gift blocks;
};

/**
 * tcmu_slot_put_one - give back a slot of one block with tcmu_slot_give(), or before
 * @q: the queue
 * @gift: all zero at first
 * @cmd: the slot, owned by the caller
 *
 * Context: any; takes no lock.
 */
static inline void tcmu_slot_put_one(struct tcmu_queue *q,
				     struct tcmu_slot_gift *gift,
				     struct tcmu_cmd *cmd)
{
	WRITE_ONCE(cmd->state, TCMU_CMD_FREE);
	/* nothing of the slot is read behind this: its id may go before its block */
	tcmu_area_put(&q->blocks, &gift->blocks, cmd->runs->first);
	tcmu_area_put(&q->ids, &gift->ids, cmd->id);
}

/* The same as tcmu_slot_put() for all that were put into a gift */
static inline void tcmu_slot_give(struct tcmu_queue *q,
				  struct tcmu_slot_gift *gift)
{
	tcmu_area_give(&q->blocks, &gift->blocks);
	tcmu_area_give(&q->ids, &gift->ids);
}

#endif /* TCMU_SLOT_H */
