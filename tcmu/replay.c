// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of a queue's commands when its program goes, and nobody has the UIO
 * file any more: the attribute 'recovery'.
 *
 * hold: nothing. They stay where they are, and so do the program's out-of-order
 * answers: see Documentation/target/tcmu.rst.
 *
 * fail: they end with BUSY, and new ones do until somebody opens the file.
 *
 * replay: they are put into a fresh ring at once, in the order in which they came,
 * and new ones behind them; whoever opens the file finds them. Meanwhile they do
 * not expire, but for recovery_time_out: then they all do. What was answered does
 * not come again, nor what was aborted or has expired.
 *
 * Nobody writes to the shared memory meanwhile: the release hook is called when the
 * last mapping has gone. It and the open hook exclude each other (uio's info_lock).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "replay.h"

#include "recover.h"
#include "slot.h"
#include "submit.h"
#include "tcmu.h"
#include "timeout.h"
#include "tmr.h"
#include "trace.h"
#include "wait.h"

#include <linux/jiffies.h>
#include <linux/list_sort.h>

static bool is_aborted(const struct tcmu_cmd *cmd)
{
	return READ_ONCE(cmd->req.se_cmd->transport_state) & CMD_T_ABORTED;
}

/* Does a command in the ring stay there? Those that are late do not */
static bool stays(struct tcmu_queue *q, struct tcmu_cmd *cmd, bool late)
{
	if (late) {
		trace_tcmu_expire(q, cmd);
		q->stats.timeouts++;
	}
	return !late && !is_aborted(cmd);
}

static void sort_out_locked(struct tcmu_queue *q, bool late,
			    struct list_head *stay, struct list_head *over)
{
	struct tcmu_cmd *cmd;
	u32 id = 0;

	lockdep_assert_held(&q->done_lock);
	while ((cmd = tcmu_slot_next_used(q, &id))) {
		/* pairs with the release when the command enters the ring */
		switch (smp_load_acquire(&cmd->state)) {
		case TCMU_CMD_RING:
			if (stays(q, cmd, late)) {
				list_add_tail(&cmd->node, stay);
				break;
			}
			fallthrough;
		case TCMU_CMD_EXPIRED:
		case TCMU_CMD_KEPT:
			WRITE_ONCE(cmd->state, TCMU_CMD_DONE);
			list_add_tail(&cmd->node, over);
			break;
		default:
			break;
		}
	}
}

static int came_later(void *unused, const struct list_head *a,
		      const struct list_head *b)
{
	u32 order = list_entry(a, struct tcmu_cmd, node)->order;

	return (s32)(order - list_entry(b, struct tcmu_cmd, node)->order) > 0;
}

/*
 * They had room in the ring that was, unless the program has answered short ones in the
 * places of long ones: then more was begun than a ring holds, and what is over ends
 * with BUSY, upon which initiators send it again.
 */
static void enter_all_locked(struct tcmu_queue *q, struct list_head *stay,
			     struct list_head *over)
{
	struct tcmu_cmd *cmd, *next;

	list_sort(NULL, stay, came_later);
	list_for_each_entry_safe(cmd, next, stay, node) {
		list_del_init(&cmd->node);
		if (tcmu_submit_enter_locked(q, cmd) < 0) {
			WRITE_ONCE(cmd->state, TCMU_CMD_DONE);
			list_add_tail(&cmd->node, over);
		}
	}
}

static void set_awaited_locked(struct tcmu_queue *q, bool awaited)
{
	lockdep_assert_held(&q->ring_lock);
	WRITE_ONCE(q->awaited, awaited);
	/* another one from now on */
	tcmu_timeout_renew_locked(q);
}

/*
 * A fresh ring with all that is still to be done; with @late nothing is. Unless a
 * program has come meanwhile: then the ring is its own.
 */
static u32 rebuild(struct tcmu_queue *q, bool late)
{
	LIST_HEAD(stay);
	LIST_HEAD(over);

	mutex_lock(&q->done_lock);
	spin_lock(&q->ring_lock);
	/* a program may have come, and gone again */
	if (q->awaited && !(late && time_before(jiffies, q->await_until))) {
		set_awaited_locked(q, !late);
		sort_out_locked(q, late, &stay, &over);
		tcmu_ring_reset(&q->ring);
		tcmu_queue_shut_locked(q, TCMU_SHUT_BROKEN, false);
		q->nr_resets++;
		enter_all_locked(q, &stay, &over);
	}
	spin_unlock(&q->ring_lock);
	mutex_unlock(&q->done_lock);
	return tcmu_queue_end_slots(q, &over, late ? -EPROTO : -EBUSY);
}

static void wait_for_next(struct tcmu_queue *q)
{
	unsigned long until =
		tcmu_timeout_at(READ_ONCE(q->dev->recovery_time_out));

	tcmu_tmr_drop_all(q);
	spin_lock(&q->ring_lock);
	WRITE_ONCE(q->await_until, until);
	set_awaited_locked(q, true);
	spin_unlock(&q->ring_lock);
	/* awaited, then who is aborted; an abort: aborted, then who is awaited */
	smp_mb();
	rebuild(q, false);
	tcmu_timeout_arm(q, until);
}

static void abandon(struct tcmu_queue *q)
{
	spin_lock(&q->ring_lock);
	tcmu_queue_shut_locked(q, TCMU_SHUT_ABANDONED, true);
	spin_unlock(&q->ring_lock);
	tcmu_wait_flush(q);
	tcmu_queue_reset(q, -EBUSY);
}

/**
 * tcmu_replay_go - the program has gone
 * @q: the queue; nobody has its file or a mapping
 */
void tcmu_replay_go(struct tcmu_queue *q)
{
	enum tcmu_recovery recovery = READ_ONCE(q->dev->recovery);

	if (recovery == TCMU_RECOVERY_HOLD)
		return;
	if (recovery == TCMU_RECOVERY_FAIL)
		abandon(q);
	else
		wait_for_next(q);
}

/* From now on each command has its time once more */
static void restart_timers(struct tcmu_queue *q)
{
	struct tcmu_cmd *cmd;
	unsigned long deadline;
	u32 id = 0;
	bool timed;

	mutex_lock(&q->done_lock);
	timed = tcmu_timeout_deadline(q, &deadline);
	while ((cmd = tcmu_slot_next_used(q, &id))) {
		/* pairs with the release when the command enters the ring */
		if (smp_load_acquire(&cmd->state) != TCMU_CMD_RING)
			continue;
		cmd->deadline = deadline;
		cmd->timed = timed;
	}
	mutex_unlock(&q->done_lock);
	if (timed)
		tcmu_timeout_arm(q, deadline);
}

/**
 * tcmu_replay_come - a program opens the file
 * @q: the queue
 */
void tcmu_replay_come(struct tcmu_queue *q)
{
	bool awaited;

	spin_lock(&q->ring_lock);
	awaited = q->awaited;
	set_awaited_locked(q, false);
	tcmu_queue_shut_locked(q, TCMU_SHUT_ABANDONED, false);
	spin_unlock(&q->ring_lock);
	if (awaited)
		restart_timers(q);
}

/*
 * Commands were aborted while nobody is there. Nobody is to find them, and the
 * core waits for their end.
 */
void tcmu_replay_abort(struct tcmu_queue *q)
{
	/* pairs with the one in wait_for_next() */
	smp_mb();
	if (READ_ONCE(q->awaited))
		rebuild(q, false);
}

/* Is the time for a program to come over? What it would find, none is to find then */
void tcmu_replay_check(struct tcmu_queue *q)
{
	unsigned long until = READ_ONCE(q->await_until);
	u32 count;

	if (!READ_ONCE(q->awaited))
		return;
	if (time_before(jiffies, until)) {
		/* an older command's timer; there may be none that sets it again */
		tcmu_timeout_arm(q, until);
		return;
	}
	count = rebuild(q, true);
	pr_warn_ratelimited("%s: no daemon came within recovery_time_out; %u commands end with an error\n",
			    q->dev->name, count);
}
