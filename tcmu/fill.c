// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a command's buffers hold when the program first sees them. See fill.h.
 */
#include "fill.h"

#include "slot.h"

#include <linux/mutex.h>
#include <linux/spinlock.h>

/* Which part of the blocks is what; the BIDI Data-In comes behind */
static struct tcmu_run *bidi_runs(const struct tcmu_cmd *cmd)
{
	return cmd->runs + cmd->nr_data;
}

/**
 * tcmu_fill_any - pages for the buffers, and Data-Out or zeros in them
 * @q: the queue
 * @cmd: its slot, with blocks and request
 *
 * Context: may sleep; no lock is held: whoever owns a block owns its pages.
 * Return: 0 or -ENOMEM.
 */
int tcmu_fill_any(struct tcmu_queue *q, struct tcmu_cmd *cmd)
{
	const struct tcmu_req *req = &cmd->req;
	bool out = req->dir == DMA_TO_DEVICE;
	bool clear = !tcmu_ring_fills(q->mbox);
	int ret;

	cmd->as_it_was = !clear;
	ret = tcmu_pages_fill(q, cmd->runs, req->len, clear && !out);
	if (unlikely(!ret && cmd->bidi_len))
		ret = tcmu_pages_fill(q, bidi_runs(cmd), cmd->bidi_len, clear);
	if (!ret && out)
		tcmu_copy_to_area(q, cmd->runs, req->sg, req->nents, req->len);
	return ret;
}

/**
 * tcmu_fill_clear - zero the buffers that were left as they were
 * @q: the queue
 * @cmd: the slot; the program that was to fill them has gone, and its next one
 *	has promised nothing
 */
void tcmu_fill_clear(struct tcmu_queue *q, struct tcmu_cmd *cmd)
{
	if (cmd->req.dir == DMA_FROM_DEVICE)
		tcmu_pages_clear(q, cmd->runs, cmd->req.len);
	if (cmd->bidi_len)
		tcmu_pages_clear(q, bidi_runs(cmd), cmd->bidi_len);
	cmd->as_it_was = false;
}

/**
 * tcmu_fill_clear_all - zero what a program is to find that has promised nothing
 * @q: the queue; its UIO file is being opened, so that nobody promises anything
 *
 * Context: may sleep; no lock is held.
 */
void tcmu_fill_clear_all(struct tcmu_queue *q)
{
	struct tcmu_cmd *cmd;
	u32 id = 0;

	/* who has seen the promise of the last one is in the ring by now */
	spin_lock(&q->ring_lock);
	spin_unlock(&q->ring_lock);
	mutex_lock(&q->done_lock);
	while ((cmd = tcmu_slot_next_used(q, &id))) {
		/* pairs with the release when the command enters the ring */
		if (smp_load_acquire(&cmd->state) == TCMU_CMD_RING &&
		    cmd->as_it_was)
			tcmu_fill_clear(q, cmd);
	}
	mutex_unlock(&q->done_lock);
}
