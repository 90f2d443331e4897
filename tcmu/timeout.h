/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_TIMEOUT_H
#define TCMU_TIMEOUT_H

#include "tcmu.h"

#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/timer.h>
#include <linux/types.h>

void tcmu_timeout_init(struct tcmu_queue *q);
void tcmu_timeout_stop(struct tcmu_queue *q);
unsigned long tcmu_timeout_at(u32 secs);
bool tcmu_timeout_deadline(const struct tcmu_queue *q,
			   unsigned long *deadline);
void tcmu_timeout_renew_locked(struct tcmu_queue *q);

/* As tcmu_timeout_deadline(), under ring_lock: it is found out once in a jiffy */
static inline bool tcmu_timeout_deadline_locked(struct tcmu_queue *q,
						unsigned long *deadline)
{
	unsigned long now = jiffies;

	lockdep_assert_held(&q->ring_lock);
	if (unlikely(q->late.jiffy != now))
		tcmu_timeout_renew_locked(q);
	*deadline = q->late.deadline;
	return q->late.timed;
}

/**
 * tcmu_timeout_arm - see to it that the work looks at a command in time
 * @q: the queue
 * @deadline: the command's
 *
 * Usually the timer is set for an older command and this is only a look. The
 * work may be about to run just then: it finds the command's id in use, since
 * taking that was a full barrier, and looks again if the command is not in the
 * ring yet.
 */
static inline void tcmu_timeout_arm(struct tcmu_queue *q, unsigned long deadline)
{
	struct timer_list *timer = &q->expire_timer;
	unsigned long expires;

	if (likely(timer_pending(timer))) {
		/* as timer_reduce() looks, too, while somebody may be setting it */
		expires = data_race(READ_ONCE(timer->expires));
		if (likely(time_before_eq(expires, deadline)))
			return;
	}
	timer_reduce(timer, deadline);
}

#endif /* TCMU_TIMEOUT_H */
