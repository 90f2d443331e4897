// SPDX-License-Identifier: GPL-2.0-only
/*
 * Task management: commands that wait are ended, and a program that wants to
 * know is told which ones of those that it has were aborted.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "tmr.h"

#include "event.h"
#include "queues.h"
#include "replay.h"
#include "ringmem.h"
#include "slot.h"
#include "tcmu.h"
#include "wait.h"

#include <linux/slab.h>

/* Announcements that may wait for room; an initiator may send any number */
#define MAX_TMRS	1024

/* A command, as long as its slot has not gone to another one */
struct tmr_ref {
	struct tcmu_cmd *cmd;
	u32 seq;
};

/**
 * struct tcmu_tmr - an announcement that is not in the ring yet
 * @node: on the queue's list
 * @type: TCMU_TMR_*
 * @nr: how many commands it names
 * @ids: room for their ids
 * @refs: the commands
 */
struct tcmu_tmr {
	struct list_head node;
	u8 type;
	u32 nr;
	u16 *ids;
	struct tmr_ref refs[];
};

static u8 tmr_type(enum tcm_tmreq_table tmf)
{
	switch (tmf) {
	case TMR_ABORT_TASK:
		return TCMU_TMR_ABORT_TASK;
	case TMR_ABORT_TASK_SET:
		return TCMU_TMR_ABORT_TASK_SET;
	case TMR_CLEAR_ACA:
		return TCMU_TMR_CLEAR_ACA;
	case TMR_CLEAR_TASK_SET:
		return TCMU_TMR_CLEAR_TASK_SET;
	case TMR_LUN_RESET:
		return TCMU_TMR_LUN_RESET;
	case TMR_TARGET_WARM_RESET:
		return TCMU_TMR_TARGET_WARM_RESET;
	case TMR_TARGET_COLD_RESET:
		return TCMU_TMR_TARGET_COLD_RESET;
	case TMR_LUN_RESET_PRO:
		return TCMU_TMR_LUN_RESET_PRO;
	default:
		return TCMU_TMR_UNKNOWN;
	}
}

static struct tcmu_tmr *alloc_tmr(struct list_head *aborted)
{
	size_t nr = list_count_nodes(aborted);
	struct tcmu_tmr *tmr;

	tmr = kvzalloc(struct_size(tmr, refs, nr), GFP_NOIO | __GFP_NOWARN);
	if (!tmr)
		return NULL;
	tmr->ids = kvcalloc(nr, sizeof(*tmr->ids), GFP_NOIO | __GFP_NOWARN);
	if (!tmr->ids) {
		kvfree(tmr);
		return NULL;
	}
	return tmr;
}

static void free_tmr(struct tcmu_tmr *tmr)
{
	kvfree(tmr->ids);
	kvfree(tmr);
}

/* Which of the aborted commands does the queue's program still have? */
static void fill_refs_locked(struct tcmu_queue *q, struct tcmu_tmr *tmr,
			     struct list_head *aborted)
{
	struct tcmu_cmd *cmd;
	struct se_cmd *se_cmd;

	lockdep_assert_held(&q->done_lock);
	list_for_each_entry(se_cmd, aborted, state_list) {
		cmd = READ_ONCE(se_cmd->priv);
		/* a slot stays when its command is gone, so that this is safe */
		if (!cmd || tcmu_slot_find(q, cmd->id) != cmd)
			continue;
		/* pairs with the release when the command enters the ring */
		if (smp_load_acquire(&cmd->state) != TCMU_CMD_RING ||
		    cmd->req.se_cmd != se_cmd)
			continue;
		tmr->refs[tmr->nr++] = (struct tmr_ref){ cmd, cmd->seq };
	}
}

/* Those that were answered while the announcement waited are left out */
static u32 collect_ids(struct tcmu_tmr *tmr)
{
	u32 nr = 0;
	u32 i;

	for (i = 0; i < tmr->nr; i++) {
		struct tcmu_cmd *cmd = tmr->refs[i].cmd;

		if (READ_ONCE(cmd->state) == TCMU_CMD_RING &&
		    cmd->seq == tmr->refs[i].seq)
			tmr->ids[nr++] = cmd->id;
	}
	return nr;
}

static int put_tmr_locked(struct tcmu_queue *q, struct tcmu_tmr *tmr)
{
	struct tcmu_ring_slot slot;
	u32 nr = collect_ids(tmr);
	int ret = 0;

	spin_lock(&q->ring_lock);
	if (tcmu_queue_is_broken(q))
		goto out_unlock;
	ret = tcmu_ring_reserve_next(&q->ring, tcmu_entry_tmr_len(nr), &slot);
	/* there was no memory: it is tried again when the daemon has answered */
	if (ret == -EFAULT)
		ret = -ENOSPC;
	if (ret)
		goto out_unlock;
	slot.op = TCMU_OP_TMR;
	tcmu_entry_put_tmr(tcmu_ring_slot_ptr(&q->ring, slot.pos), slot.len,
			   tmr->type, tmr->ids, nr);
	tcmu_ring_submit(&q->ring, &slot);

out_unlock:
	spin_unlock(&q->ring_lock);
	return ret;
}

/* Put into the ring what fits, in order; returns how many that was */
static u32 push_locked(struct tcmu_queue *q)
{
	struct tcmu_tmr *tmr, *next;
	u32 count = 0;

	lockdep_assert_held(&q->done_lock);
	list_for_each_entry_safe(tmr, next, &q->tmrs, node) {
		if (put_tmr_locked(q, tmr) == -ENOSPC)
			break;
		list_del(&tmr->node);
		WRITE_ONCE(q->nr_tmrs, q->nr_tmrs - 1);
		free_tmr(tmr);
		count++;
	}
	return count;
}

/* Announcements that wait try again; returns whether there is news */
u32 tcmu_tmr_push(struct tcmu_queue *q)
{
	u32 count;

	if (!READ_ONCE(q->nr_tmrs))
		return 0;
	mutex_lock(&q->done_lock);
	count = push_locked(q);
	mutex_unlock(&q->done_lock);
	return count;
}

/* The ring was reset, or goes */
void tcmu_tmr_drop_all(struct tcmu_queue *q)
{
	struct tcmu_tmr *tmr, *next;

	mutex_lock(&q->done_lock);
	list_for_each_entry_safe(tmr, next, &q->tmrs, node) {
		list_del(&tmr->node);
		free_tmr(tmr);
	}
	WRITE_ONCE(q->nr_tmrs, 0);
	mutex_unlock(&q->done_lock);
}

static void announce(struct tcmu_queue *q, u8 type, struct list_head *aborted)
{
	struct tcmu_tmr *tmr;
	u32 count;

	tmr = READ_ONCE(q->nr_tmrs) < MAX_TMRS ? alloc_tmr(aborted) : NULL;
	if (!tmr) {
		pr_warn_ratelimited("%s: daemon is not told of a task management function: %s\n",
				    q->dev->name, READ_ONCE(q->nr_tmrs) ?
				    "it has not fetched the last ones" :
				    "no memory");
		return;
	}
	tmr->type = type;
	/* it may have to be put in by somebody who cannot wait for memory */
	if (tcmu_ringmem_cover_all(q))
		pr_warn_ratelimited("%s: no memory for all of the ring; the daemon may be told late of a task management function\n",
				    q->dev->name);
	mutex_lock(&q->done_lock);
	fill_refs_locked(q, tmr, aborted);
	list_add_tail(&tmr->node, &q->tmrs);
	WRITE_ONCE(q->nr_tmrs, q->nr_tmrs + 1);
	count = push_locked(q);
	mutex_unlock(&q->done_lock);
	if (count)
		tcmu_event(q);
}

/**
 * tcmu_tmr_notify - the core has carried out a task management function
 * @se_dev: the device
 * @tmf: which
 * @aborted: the commands that it aborted, linked by their state_list
 *
 * Context: may sleep. The core holds references to the commands, and waits for
 * them afterwards without a limit: cmd_time_out is the limit.
 */
void tcmu_tmr_notify(struct se_device *se_dev, enum tcm_tmreq_table tmf,
		     struct list_head *aborted)
{
	struct tcmu_dev *dev = to_tcmu_dev(se_dev);
	struct tcmu_queue *q;
	u32 i;

	for (i = 0; (q = tcmu_queues_at(dev, i)); i++) {
		tcmu_wait_abort(q);
		tcmu_replay_abort(q);
	}
	if (!READ_ONCE(dev->tmr_notification))
		return;
	for (i = 0; (q = tcmu_queues_at(dev, i)); i++)
		announce(q, tmr_type(tmf), aborted);
}
