// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command slots: an id, the blocks of the data area that go with it, and the
 * memory that says whose they are.
 *
 * A slot's memory is allocated with its id's first use and stays until the
 * queue is freed, so that an id can be looked up without a lock, whatever the
 * program makes of it.
 */
#include "slot.h"

#include "tcmu.h"

#include <linux/slab.h>

static struct tcmu_cmd *alloc_chunk(u32 first_id)
{
	struct tcmu_cmd *chunk;
	u32 i;

	chunk = kcalloc(TCMU_CMDS_PER_CHUNK, sizeof(*chunk),
			GFP_NOIO | __GFP_NOWARN);
	if (!chunk)
		return NULL;
	for (i = 0; i < TCMU_CMDS_PER_CHUNK; i++) {
		chunk[i].id = first_id + i;
		chunk[i].runs = chunk[i].inline_runs;
		chunk[i].max_runs = TCMU_INLINE_RUNS;
		INIT_LIST_HEAD(&chunk[i].node);
	}
	return chunk;
}

static void free_chunk(struct tcmu_cmd *chunk)
{
	u32 i;

	if (!chunk)
		return;
	for (i = 0; i < TCMU_CMDS_PER_CHUNK; i++)
		if (chunk[i].runs != chunk[i].inline_runs)
			kfree(chunk[i].runs);
	kfree(chunk);
}

/* The memory of an id that the caller has taken, or NULL if there is none */
static struct tcmu_cmd *slot_of(struct tcmu_queue *q, u32 id)
{
	u32 idx = id / TCMU_CMDS_PER_CHUNK;
	struct tcmu_cmd *chunk;

	if (!READ_ONCE(q->chunks[idx])) {
		chunk = alloc_chunk(idx * TCMU_CMDS_PER_CHUNK);
		if (!chunk)
			return NULL;
		/* the taker of a neighbouring id may have been first */
		if (cmpxchg(&q->chunks[idx], NULL, chunk))
			free_chunk(chunk);
	}
	return tcmu_slot_of(q, id);
}

/* Data and BIDI get runs of their own, even where they are neighbours */
static int take_blocks_locked(struct tcmu_queue *q, struct tcmu_cmd *cmd,
			      u32 nr_data, u32 nr_bidi)
{
	int ret = 0;

	lockdep_assert_held(&q->alloc_lock);
	cmd->nr_data = 0;
	cmd->nr_bidi = 0;
	if (nr_data) {
		ret = tcmu_area_alloc(&q->blocks, nr_data, cmd->runs,
				      cmd->max_runs);
		if (ret < 0)
			return ret;
		cmd->nr_data = ret;
	}
	if (!nr_bidi)
		return 0;
	if (cmd->nr_data == cmd->max_runs)
		ret = -EOVERFLOW;
	else
		ret = tcmu_area_alloc(&q->blocks, nr_bidi,
				      cmd->runs + cmd->nr_data,
				      cmd->max_runs - cmd->nr_data);
	if (ret < 0) {
		tcmu_area_free(&q->blocks, cmd->runs, cmd->nr_data);
		cmd->nr_data = 0;
		return ret;
	}
	cmd->nr_bidi = ret;
	return 0;
}

static int grow_runs(struct tcmu_cmd *cmd, u32 most)
{
	u32 max = min(cmd->max_runs * 4, most);
	struct tcmu_run *runs;

	runs = kmalloc_array(max, sizeof(*runs), GFP_NOIO | __GFP_NOWARN);
	if (!runs)
		return -ENOMEM;
	if (cmd->runs != cmd->inline_runs)
		kfree(cmd->runs);
	cmd->runs = runs;
	cmd->max_runs = max;
	return 0;
}

/* An id with its blocks, by one look; without them where the slot has no memory yet */
static int take_both(struct tcmu_queue *q, u32 *id, struct tcmu_cmd **slot,
		     u32 nr_data, u32 nr_bidi)
{
	int ret;

	spin_lock(&q->alloc_lock);
	ret = tcmu_area_alloc_one(&q->ids);
	if (likely(ret > 0)) {
		*id = ret;
		*slot = tcmu_slot_of(q, ret);
		ret = *slot ? take_blocks_locked(q, *slot, nr_data, nr_bidi) : 0;
	} else {
		ret = -EUSERS;
	}
	spin_unlock(&q->alloc_lock);
	return ret;
}

static int take_blocks(struct tcmu_queue *q, struct tcmu_cmd *cmd, u32 nr_data,
		       u32 nr_bidi)
{
	int ret;

	spin_lock(&q->alloc_lock);
	ret = take_blocks_locked(q, cmd, nr_data, nr_bidi);
	spin_unlock(&q->alloc_lock);
	return ret;
}

static int take_scattered(struct tcmu_queue *q, struct tcmu_cmd *cmd,
			  u32 nr_data, u32 nr_bidi)
{
	int ret;

	do {
		ret = grow_runs(cmd, nr_data + nr_bidi);
		if (!ret)
			ret = take_blocks(q, cmd, nr_data, nr_bidi);
	} while (ret == -EOVERFLOW);
	return ret;
}

/* As tcmu_slot_take(), but only the slot's blocks are filled */
static struct tcmu_cmd *take_any(struct tcmu_queue *q, u32 nr_data, u32 nr_bidi)
{
	struct tcmu_cmd *cmd;
	u32 id;
	int ret;

	if ((u64)nr_data + nr_bidi > q->geo.nr_blocks)
		return ERR_PTR(-EMSGSIZE);
	ret = take_both(q, &id, &cmd, nr_data, nr_bidi);
	if (ret == -EUSERS)
		return ERR_PTR(ret);
	if (unlikely(!cmd)) {
		cmd = slot_of(q, id);
		ret = cmd ? take_blocks(q, cmd, nr_data, nr_bidi) : -ENOMEM;
	}
	if (unlikely(ret == -EOVERFLOW))
		ret = take_scattered(q, cmd, nr_data, nr_bidi);
	if (ret) {
		tcmu_area_free_one(&q->ids, id);
		return ERR_PTR(ret);
	}
	return cmd;
}

/* Blocks for so many bytes */
static u32 nr_blocks(const struct tcmu_queue *q, u32 len)
{
	u32 pages = DIV_ROUND_UP_ULL(len, PAGE_SIZE);

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
int tcmu_slot_take(struct tcmu_queue *q, u32 len, u32 bidi_len,
		   struct tcmu_cmd **slot)
{
	struct tcmu_cmd *cmd;

	cmd = take_any(q, nr_blocks(q, len), nr_blocks(q, bidi_len));
	if (IS_ERR(cmd))
		return PTR_ERR(cmd);
	tcmu_slot_begin(cmd, bidi_len);
	cmd->page = NULL;
	*slot = cmd;
	return 0;
}

/**
 * tcmu_slot_next_used - walk the slots that are in use
 * @q: the queue
 * @id: start with 0; advanced
 *
 * Context: done_lock, or the slots come and go.
 * Return: a slot, or NULL at the end.
 */
struct tcmu_cmd *tcmu_slot_next_used(struct tcmu_queue *q, u32 *id)
{
	unsigned long used;
	struct tcmu_cmd *cmd;
	u32 first;

	while (*id <= TCMU_MAX_CMD_ID) {
		first = round_down(*id, BITS_PER_LONG);
		used = tcmu_area_used_word(&q->ids, first / BITS_PER_LONG);
		used &= ~0UL << (*id - first);
		if (!used) {
			*id = first + BITS_PER_LONG;
			continue;
		}
		*id = first + __ffs(used) + 1;
		cmd = tcmu_slot_of(q, *id - 1);
		if (cmd)
			return cmd;
	}
	return NULL;
}

int tcmu_slots_init(struct tcmu_queue *q)
{
	u32 nr_ids = TCMU_MAX_CMD_ID + 1;

	q->id_mem = kvzalloc(tcmu_area_bytes(nr_ids), GFP_KERNEL);
	q->area_mem = kvzalloc(tcmu_area_bytes(q->geo.nr_blocks), GFP_KERNEL);
	q->chunks = kvcalloc(TCMU_NR_CHUNKS, sizeof(*q->chunks), GFP_KERNEL);
	if (!q->id_mem || !q->area_mem || !q->chunks) {
		tcmu_slots_exit(q);
		return -ENOMEM;
	}
	tcmu_area_init(&q->ids, q->id_mem, nr_ids);
	tcmu_area_init(&q->blocks, q->area_mem, q->geo.nr_blocks);
	/* 0 is no id: taken for good */
	tcmu_area_alloc_one(&q->ids);
	return 0;
}

void tcmu_slots_exit(struct tcmu_queue *q)
{
	u32 i;

	for (i = 0; q->chunks && i < TCMU_NR_CHUNKS; i++)
		free_chunk(q->chunks[i]);
	kvfree(q->chunks);
	kvfree(q->area_mem);
	kvfree(q->id_mem);
}
