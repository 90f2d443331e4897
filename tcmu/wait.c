// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of commands for which the ring or the data area has no room now.
 *
 * They hold nothing: no id, no blocks, no ring. One work item tries them again
 * in their order, whenever something was given back. A command stays at the
 * head of the list while it is tried, so that nobody overtakes it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "wait.h"

#include "event.h"
#include "sense.h"
#include "submit.h"
#include "tcmu.h"
#include "timeout.h"
#include "tmr.h"
#include "trace.h"

#include <linux/slab.h>

/* How soon a command that found no free page is tried again */
#define NOMEM_DELAY	(HZ / 10)

/**
 * struct tcmu_waiter - a command that waits
 * @node: on the list
 * @req: the command, and what is asked
 * @deadline: jiffies; set once, when it began to wait
 */
struct tcmu_waiter {
	struct list_head node;
	struct tcmu_req req;
	unsigned long deadline;
};

static struct kmem_cache *waiter_cache;

static void tcmu_wait_workfn(struct work_struct *work);
static void tcmu_wait_timerfn(struct timer_list *timer);

int tcmu_wait_setup(void)
{
	waiter_cache = kmem_cache_create("tcmu_waiter",
					 sizeof(struct tcmu_waiter), 0, 0,
					 NULL);
	return waiter_cache ? 0 : -ENOMEM;
}

void tcmu_wait_teardown(void)
{
	kmem_cache_destroy(waiter_cache);
}

void tcmu_wait_init(struct tcmu_queue *q)
{
	spin_lock_init(&q->wait_lock);
	INIT_LIST_HEAD(&q->waiters);
	INIT_LIST_HEAD(&q->tmrs);
	init_waitqueue_head(&q->placed);
	INIT_WORK(&q->wait_work, tcmu_wait_workfn);
	timer_setup(&q->wait_timer, tcmu_wait_timerfn, 0);
}

/* No command comes any more, and none waits: LUNs are unlinked first */
void tcmu_wait_stop(struct tcmu_queue *q)
{
	timer_shutdown_sync(&q->wait_timer);
	cancel_work_sync(&q->wait_work);
	WARN_ON_ONCE(!list_empty(&q->waiters));
	tcmu_tmr_drop_all(q);
}

/* When a command that begins to wait now gives up; false: it may not wait */
static bool wait_deadline(const struct tcmu_queue *q, unsigned long *deadline)
{
	s32 secs = READ_ONCE(q->dev->qfull_time_out);

	if (!secs)
		return false;
	if (secs < 0)
		secs = READ_ONCE(q->dev->cmd_time_out);
	if (!secs)
		secs = TCMU_DEF_TIMEOUT;
	*deadline = tcmu_timeout_at(secs);
	return true;
}

static void count_full(struct tcmu_queue *q, const struct tcmu_req *req,
		       int reason)
{
	trace_tcmu_wait(q, req, reason);
	spin_lock(&q->wait_lock);
	q->stats.full++;
	spin_unlock(&q->wait_lock);
}

static bool is_aborted(const struct tcmu_waiter *waiter)
{
	return READ_ONCE(waiter->req.se_cmd->transport_state) & CMD_T_ABORTED;
}

/**
 * tcmu_wait_join - get in line
 * @q: the queue
 * @req: the command, and what is asked
 * @reason: why it does not fit: -ENOSPC, -ENOMEM, or 0 for those before it
 *
 * Return: 0 when the command will be ended from here, or an error of sense.h.
 */
int tcmu_wait_join(struct tcmu_queue *q, const struct tcmu_req *req,
		   int reason)
{
	struct tcmu_waiter *waiter;
	unsigned long deadline;
	bool first;

	count_full(q, req, reason);
	if (!wait_deadline(q, &deadline))
		return -ENOSPC;
	waiter = kmem_cache_alloc(waiter_cache, GFP_NOIO | __GFP_NOWARN);
	if (!waiter)
		return -ENOSPC;
	waiter->req = *req;
	waiter->deadline = deadline;

	spin_lock(&q->wait_lock);
	/* who aborts says so, then looks at the list: one of both sees the other */
	if (is_aborted(waiter)) {
		spin_unlock(&q->wait_lock);
		kmem_cache_free(waiter_cache, waiter);
		return -ECANCELED;
	}
	first = !q->nr_waiting;
	list_add_tail(&waiter->node, &q->waiters);
	WRITE_ONCE(q->nr_waiting, q->nr_waiting + 1);
	spin_unlock(&q->wait_lock);

	timer_reduce(&q->wait_timer, deadline);
	if (reason == -ENOMEM)
		timer_reduce(&q->wait_timer, jiffies + NOMEM_DELAY);
	/* what it wants may have been given back before it stood in line */
	if (first)
		queue_work(tcmu_wq, &q->wait_work);
	return 0;
}

/**
 * tcmu_wait_kick - something was given back: who waits may try again
 * @q: the queue
 *
 * Context: any.
 */
void tcmu_wait_kick(struct tcmu_queue *q)
{
	/* given back, then the list; who joins: list, then another try */
	smp_mb();
	if (READ_ONCE(q->nr_waiting) || READ_ONCE(q->nr_tmrs))
		queue_work(tcmu_wq, &q->wait_work);
}

static void unlink_locked(struct tcmu_queue *q, struct tcmu_waiter *waiter)
{
	lockdep_assert_held(&q->wait_lock);
	list_del(&waiter->node);
	WRITE_ONCE(q->nr_waiting, q->nr_waiting - 1);
}

/*
 * Take those for which @wanted holds off the list, but for the one that the
 * work has in hand; return that one if it is wanted too.
 */
static struct tcmu_waiter *
collect(struct tcmu_queue *q, bool (*wanted)(const struct tcmu_waiter *),
	struct list_head *gone)
{
	struct tcmu_waiter *waiter, *next;
	struct tcmu_waiter *in_hand = NULL;

	spin_lock(&q->wait_lock);
	list_for_each_entry_safe(waiter, next, &q->waiters, node) {
		if (!wanted(waiter))
			continue;
		if (waiter == q->placing) {
			in_hand = waiter;
			continue;
		}
		unlink_locked(q, waiter);
		list_add_tail(&waiter->node, gone);
	}
	spin_unlock(&q->wait_lock);
	return in_hand;
}

static u32 end_all(struct list_head *gone, void (*end)(struct se_cmd *se_cmd))
{
	struct tcmu_waiter *waiter, *next;
	u32 count = 0;

	list_for_each_entry_safe(waiter, next, gone, node) {
		end(waiter->req.se_cmd);
		kmem_cache_free(waiter_cache, waiter);
		count++;
	}
	return count;
}

static bool is_any(const struct tcmu_waiter *waiter)
{
	return true;
}

static bool is_late(const struct tcmu_waiter *waiter)
{
	return time_after_eq(jiffies, waiter->deadline);
}

static void end_busy(struct se_cmd *se_cmd)
{
	tcmu_fail_cmd(se_cmd, -EBUSY);
}

static void end_aborted(struct se_cmd *se_cmd)
{
	target_complete_cmd(se_cmd, SAM_STAT_TASK_ABORTED);
}

static void end_late(struct se_cmd *se_cmd)
{
	tcmu_fail_cmd(se_cmd, -ETIMEDOUT);
}

/* The device is blocked: end all with BUSY. One in hand meets the gate. */
void tcmu_wait_flush(struct tcmu_queue *q)
{
	LIST_HEAD(gone);

	collect(q, is_any, &gone);
	end_all(&gone, end_busy);
}

/*
 * End the aborted ones. When this returns, those that were in hand are either
 * in the ring or ended.
 */
void tcmu_wait_abort(struct tcmu_queue *q)
{
	struct tcmu_waiter *in_hand;
	LIST_HEAD(gone);

	while ((in_hand = collect(q, is_aborted, &gone)))
		wait_event(q->placed, READ_ONCE(q->placing) != in_hand);
	end_all(&gone, end_aborted);
}

static void end_late_ones(struct tcmu_queue *q)
{
	LIST_HEAD(gone);
	u32 count;

	collect(q, is_late, &gone);
	count = end_all(&gone, end_late);
	if (count)
		pr_warn_ratelimited("%s: %u commands found no room in time; is the daemon alive and fast enough?\n",
				    q->dev->name, count);
}

/* Take the first in hand; it stays on the list */
static struct tcmu_waiter *hold_first(struct tcmu_queue *q)
{
	struct tcmu_waiter *waiter;

	spin_lock(&q->wait_lock);
	waiter = list_first_entry_or_null(&q->waiters, struct tcmu_waiter,
					  node);
	WRITE_ONCE(q->placing, waiter);
	spin_unlock(&q->wait_lock);
	return waiter;
}

static void let_go(struct tcmu_queue *q, struct tcmu_waiter *waiter, bool stays)
{
	spin_lock(&q->wait_lock);
	WRITE_ONCE(q->placing, NULL);
	if (!stays)
		unlink_locked(q, waiter);
	spin_unlock(&q->wait_lock);
	wake_up_all(&q->placed);
}

/* Put into the ring what fits; returns how many commands that was */
static u32 place_waiters(struct tcmu_queue *q)
{
	struct tcmu_waiter *waiter;
	struct se_cmd *se_cmd;
	u32 count = 0;
	int ret;

	while ((waiter = hold_first(q))) {
		se_cmd = waiter->req.se_cmd;
		ret = tcmu_submit_place(q, &waiter->req);
		if (ret == -ENOSPC || ret == -ENOMEM) {
			let_go(q, waiter, true);
			if (ret == -ENOMEM)
				timer_reduce(&q->wait_timer,
					     jiffies + NOMEM_DELAY);
			break;
		}
		let_go(q, waiter, false);
		kmem_cache_free(waiter_cache, waiter);
		if (ret)
			tcmu_fail_cmd(se_cmd, ret);
		else
			count++;
	}
	return count;
}

/* The attribute may change at any time: the first to give up may be anywhere */
static void arm(struct tcmu_queue *q)
{
	struct tcmu_waiter *waiter;

	spin_lock(&q->wait_lock);
	list_for_each_entry(waiter, &q->waiters, node)
		timer_reduce(&q->wait_timer, waiter->deadline);
	spin_unlock(&q->wait_lock);
}

static void tcmu_wait_workfn(struct work_struct *work)
{
	struct tcmu_queue *q = container_of(work, struct tcmu_queue, wait_work);
	u32 count;

	end_late_ones(q);
	count = tcmu_tmr_push(q);
	/* task management goes first */
	if (!READ_ONCE(q->nr_tmrs))
		count += place_waiters(q);
	if (count)
		tcmu_event(q);
	arm(q);
}

static void tcmu_wait_timerfn(struct timer_list *timer)
{
	struct tcmu_queue *q = container_of(timer, struct tcmu_queue,
					    wait_timer);

	queue_work(tcmu_wq, &q->wait_work);
}
