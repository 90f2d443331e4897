// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event that wakes a program: at once, once for a batch, or up to
 * attrib/max_signal_delay later, once for all that has come until then. How much
 * later, and whether that is of use, pace.c finds out.
 */
#include "event.h"

#include "compat.h"
#include "pace.h"
#include "tcmu.h"

#include <linux/hrtimer.h>
#include <linux/timekeeping.h>

/* The program is about to come for what has entered the ring since the last time */
static void count_round_locked(struct tcmu_queue *q)
{
	u32 order = READ_ONCE(q->order);

	lockdep_assert_held(&q->signal_lock);
	if (order == q->signalled)
		return;
	if (tcmu_pace_round(&q->pace, order - q->signalled))
		tcmu_pace_judge(&q->pace, ktime_get_ns());
	q->signalled = order;
}

/* Whether it is to be woken now; otherwise the timer does it */
static bool may_wake_locked(struct tcmu_queue *q, u32 delay_us)
{
	u32 delay;

	lockdep_assert_held(&q->signal_lock);
	if (q->signal_held)
		return false;
	if (q->delay_us != delay_us) {
		q->delay_us = delay_us;
		tcmu_pace_limit(&q->pace, delay_us * (u64)NSEC_PER_USEC);
	}
	delay = tcmu_pace_length(&q->pace);
	if (!delay) {
		count_round_locked(q);
		return true;
	}
	WRITE_ONCE(q->signal_held, true);
	hrtimer_start(&q->signal_timer, ns_to_ktime(delay),
		      HRTIMER_MODE_REL_SOFT);
	return false;
}

static enum hrtimer_restart tcmu_event_timerfn(struct hrtimer *timer)
{
	struct tcmu_queue *q = container_of(timer, struct tcmu_queue,
					    signal_timer);

	spin_lock(&q->signal_lock);
	WRITE_ONCE(q->signal_held, false);
	count_round_locked(q);
	spin_unlock(&q->signal_lock);
	/* who comes from here on finds that nothing is held, and sees to it himself */
	if (!tcmu_ring_is_awake(q->mbox))
		uio_event_notify(&q->uio);
	return HRTIMER_NORESTART;
}

/* The program is not awake, and nothing is held back for it */
void tcmu_event_send(struct tcmu_queue *q)
{
	u32 delay_us = READ_ONCE(q->dev->max_signal_delay);
	bool now = true;

	if (delay_us) {
		spin_lock_bh(&q->signal_lock);
		now = may_wake_locked(q, delay_us);
		spin_unlock_bh(&q->signal_lock);
	}
	if (now)
		uio_event_notify(&q->uio);
}

void tcmu_event_init(struct tcmu_queue *q)
{
	spin_lock_init(&q->signal_lock);
	hrtimer_setup(&q->signal_timer, tcmu_event_timerfn, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_SOFT);
}

/* Nothing enters the ring any more, and nobody is called */
void tcmu_event_stop(struct tcmu_queue *q)
{
	hrtimer_cancel(&q->signal_timer);
}
