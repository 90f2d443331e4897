/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Things to be done later, by a thread of their own.
 */
#ifndef TCMUD_TIMER_H
#define TCMUD_TIMER_H

#include <stdint.h>

struct timers;

/* Part of whatever waits. @fn is called once, by the thread of its timers. */
struct timer {
	uint64_t when;		/* clock_now() */
	void (*fn)(struct timer *timer);
};

struct timers *timers_new(void);

/* Call @timer->fn at @timer->when. 0 or -ENOMEM. */
int timers_add(struct timers *timers, struct timer *timer);

/* Nothing waits any more. NULL is fine. */
void timers_free(struct timers *timers);

#endif /* TCMUD_TIMER_H */
