// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a supervisor does to a queue when its program goes and comes back: hold
 * new commands off, start from an empty ring, take back what was kept.
 */
#include "recover.h"

#include "drain.h"
#include "sense.h"
#include "slot.h"
#include "tcmu.h"
#include "tmr.h"
#include "trace.h"
#include "wait.h"

/**
 * tcmu_queue_set_blocked - answer new commands BUSY, or stop doing that
 * @q: the queue
 * @blocked: which
 *
 * When this returns, a blocked ring gets no further command. Those that are in
 * it go on.
 */
void tcmu_queue_set_blocked(struct tcmu_queue *q, bool blocked)
{
	spin_lock(&q->ring_lock);
	tcmu_queue_shut_locked(q, TCMU_SHUT_BLOCKED, blocked);
	spin_unlock(&q->ring_lock);
}

/**
 * tcmu_queue_flush - end what can be ended in a blocked queue
 * @q: the queue
 *
 * Answers that are there are taken; commands that wait for room end with BUSY.
 */
void tcmu_queue_flush(struct tcmu_queue *q)
{
	tcmu_queue_drain(q);
	tcmu_wait_flush(q);
}

/* Move every slot of these states to @list; it is the caller's then */
static void take_slots_locked(struct tcmu_queue *q, unsigned long states,
			      struct list_head *list)
{
	struct tcmu_cmd *cmd;
	u32 id = 0;

	lockdep_assert_held(&q->done_lock);
	while ((cmd = tcmu_slot_next_used(q, &id))) {
		/* pairs with the release when the command enters the ring */
		if (!(BIT(smp_load_acquire(&cmd->state)) & states))
			continue;
		WRITE_ONCE(cmd->state, TCMU_CMD_DONE);
		list_add_tail(&cmd->node, list);
	}
}

/**
 * tcmu_queue_end_slots - give back slots, and end their commands
 * @q: the queue
 * @list: slots in state DONE, which are the caller's; empty afterwards
 * @err: what the commands end with, as in sense.h; to the initiator of an aborted
 *	one the core says something else
 *
 * Context: may sleep; no lock of the queue is held.
 * Return: how many commands that was.
 */
u32 tcmu_queue_end_slots(struct tcmu_queue *q, struct list_head *list, int err)
{
	struct tcmu_cmd *cmd, *next;
	struct se_cmd *se_cmd;
	u32 count = 0;

	list_for_each_entry_safe(cmd, next, list, node) {
		list_del_init(&cmd->node);
		se_cmd = cmd->req.se_cmd;
		cmd->req.se_cmd = NULL;
		tcmu_slot_put(q, cmd);
		if (!se_cmd)
			continue;
		tcmu_fail_cmd(se_cmd, err);
		count++;
	}
	tcmu_wait_kick(q);
	return count;
}

/**
 * tcmu_queue_reset - forget everything that is in the ring
 * @q: the queue
 * @err: what its commands end with, as in sense.h
 *
 * The program must not be using the ring, or must look at its mailbox again.
 */
void tcmu_queue_reset(struct tcmu_queue *q, int err)
{
	LIST_HEAD(list);

	trace_tcmu_reset(q, err);
	tcmu_tmr_drop_all(q);
	mutex_lock(&q->done_lock);
	spin_lock(&q->ring_lock);
	take_slots_locked(q, BIT(TCMU_CMD_RING) | BIT(TCMU_CMD_EXPIRED) |
			  BIT(TCMU_CMD_KEPT), &list);
	tcmu_ring_reset(&q->ring);
	tcmu_queue_shut_locked(q, TCMU_SHUT_BROKEN, false);
	q->nr_resets++;
	spin_unlock(&q->ring_lock);
	mutex_unlock(&q->done_lock);
	tcmu_queue_end_slots(q, &list, err);
}

/**
 * tcmu_queue_free_kept - the program needs a command's buffers no more
 * @q: the queue
 * @id: the command
 *
 * Return: 0, or -EINVAL if the command is not one that was kept.
 */
int tcmu_queue_free_kept(struct tcmu_queue *q, u16 id)
{
	struct tcmu_cmd *cmd = tcmu_slot_find(q, id);
	bool kept;

	if (!cmd)
		return -EINVAL;
	mutex_lock(&q->done_lock);
	kept = READ_ONCE(cmd->state) == TCMU_CMD_KEPT;
	if (kept)
		WRITE_ONCE(cmd->state, TCMU_CMD_DONE);
	mutex_unlock(&q->done_lock);
	if (!kept)
		return -EINVAL;
	tcmu_slot_put(q, cmd);
	tcmu_wait_kick(q);
	return 0;
}

/*
 * The program has gone: nobody is left to free what it kept, nor what others, who have
 * taken its answers, are about to keep for it.
 */
void tcmu_queue_free_all_kept(struct tcmu_queue *q)
{
	LIST_HEAD(list);

	mutex_lock(&q->done_lock);
	q->nr_resets++;
	take_slots_locked(q, BIT(TCMU_CMD_KEPT), &list);
	mutex_unlock(&q->done_lock);
	tcmu_queue_end_slots(q, &list, 0);
}
