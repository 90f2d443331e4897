// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that the program does not answer in time.
 *
 * The initiator gets an error; id and buffers stay with the program, which may
 * be using them, until it answers after all or the ring is reset.
 *
 * The timer is set for the command that will be late first, or earlier, and no
 * list is kept: the work looks at every slot in use. That is once in a while,
 * whereas a list would cost each command something.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "timeout.h"

#include "replay.h"
#include "sense.h"
#include "slot.h"
#include "tcmu.h"
#include "trace.h"

#include <linux/jiffies.h>
#include <linux/minmax.h>

/* Commands that are ended without taking the lock again */
#define BATCH	16

static void tcmu_expire_workfn(struct work_struct *work);
static void tcmu_expire_timerfn(struct timer_list *timer);

void tcmu_timeout_init(struct tcmu_queue *q)
{
	/* no command was ever in this jiffy */
	q->late.jiffy = jiffies - 1;
	INIT_WORK(&q->expire_work, tcmu_expire_workfn);
	timer_setup(&q->expire_timer, tcmu_expire_timerfn, 0);
}

void tcmu_timeout_stop(struct tcmu_queue *q)
{
	timer_shutdown_sync(&q->expire_timer);
	cancel_work_sync(&q->expire_work);
}

/* The jiffy in @secs seconds, at a full second so that timers meet */
unsigned long tcmu_timeout_at(u32 secs)
{
	u64 delay = min_t(u64, (u64)secs * HZ, MAX_JIFFY_OFFSET);

	return round_jiffies_up(jiffies + delay);
}

/*
 * When a command that enters the ring now is late; false: never. With ring_lock
 * held, or it is a guess. While a program is awaited its time does not count yet.
 */
bool tcmu_timeout_deadline(const struct tcmu_queue *q, unsigned long *deadline)
{
	u32 secs = READ_ONCE(q->dev->cmd_time_out);

	if (READ_ONCE(q->awaited)) {
		*deadline = READ_ONCE(q->await_until);
		return true;
	}
	*deadline = secs ? tcmu_timeout_at(secs) : 0;
	return secs;
}

/* Another jiffy than that of the last command, or another rule */
void tcmu_timeout_renew_locked(struct tcmu_queue *q)
{
	lockdep_assert_held(&q->ring_lock);
	q->late.jiffy = jiffies;
	q->late.timed = tcmu_timeout_deadline(q, &q->late.deadline);
}

/* Set the timer for a slot that stays as it is */
static void look_again(struct tcmu_queue *q, const struct tcmu_cmd *cmd)
{
	unsigned long deadline;

	/* pairs with the release when the command enters the ring */
	switch (smp_load_acquire(&cmd->state)) {
	case TCMU_CMD_RING:
		if (cmd->timed)
			timer_reduce(&q->expire_timer, cmd->deadline);
		break;
	case TCMU_CMD_FREE:
	case TCMU_CMD_BUILDING:
		if (tcmu_timeout_deadline(q, &deadline))
			timer_reduce(&q->expire_timer, deadline);
		break;
	default:
		break;
	}
}

static bool is_late(const struct tcmu_cmd *cmd)
{
	/* pairs with the release when the command enters the ring */
	return smp_load_acquire(&cmd->state) == TCMU_CMD_RING && cmd->timed &&
	       time_after_eq(jiffies, cmd->deadline);
}

/* Take up to BATCH late commands from slot *@id on; less is the end */
static u32 take_late(struct tcmu_queue *q, u32 *id, struct se_cmd **late)
{
	struct tcmu_cmd *cmd;
	u32 count = 0;

	mutex_lock(&q->done_lock);
	while (count < BATCH && (cmd = tcmu_slot_next_used(q, id))) {
		if (!is_late(cmd)) {
			look_again(q, cmd);
			continue;
		}
		trace_tcmu_expire(q, cmd);
		late[count++] = cmd->req.se_cmd;
		cmd->req.se_cmd = NULL;
		cmd->page = NULL;
		WRITE_ONCE(cmd->state, TCMU_CMD_EXPIRED);
	}
	q->stats.timeouts += count;
	mutex_unlock(&q->done_lock);
	return count;
}

static void tcmu_expire_workfn(struct work_struct *work)
{
	struct tcmu_queue *q = container_of(work, struct tcmu_queue,
					    expire_work);
	struct se_cmd *late[BATCH];
	u32 count, total = 0;
	u32 id = 0;
	u32 i;

	tcmu_replay_check(q);
	do {
		count = take_late(q, &id, late);
		for (i = 0; i < count; i++)
			tcmu_fail_cmd(late[i], -EPROTO);
		total += count;
	} while (count == BATCH);
	if (total)
		pr_warn_ratelimited("%s: %u commands not answered in time; is the daemon alive? See attrib/cmd_time_out and action/reset_ring\n",
				    q->dev->name, total);
}

static void tcmu_expire_timerfn(struct timer_list *timer)
{
	struct tcmu_queue *q = container_of(timer, struct tcmu_queue,
					    expire_timer);

	queue_work(tcmu_wq, &q->expire_work);
}
