/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_EVENT_H
#define TCMU_EVENT_H

#include "plug.h"
#include "tcmu.h"

void tcmu_event_init(struct tcmu_queue *q);
void tcmu_event_stop(struct tcmu_queue *q);
void tcmu_event_send(struct tcmu_queue *q);

/**
 * tcmu_event_batch - what was submitted is in the ring
 * @q: the queue
 *
 * Wakes the program, now or within attrib/max_signal_delay, unless it says that it
 * is awake.
 *
 * Context: any but hard interrupts; no lock is held.
 */
static inline void tcmu_event_batch(struct tcmu_queue *q)
{
	/*
	 * An event that is held back will do, and needs no lock to be seen: it is let go
	 * of before its barrier, and what is in the ring before ours is then seen by
	 * whom it wakes.
	 */
	if (!tcmu_ring_is_awake(q->mbox) && !READ_ONCE(q->signal_held))
		tcmu_event_send(q);
}

/**
 * tcmu_event - there is news in the ring
 * @q: the queue
 *
 * Inside a batch, the end of the batch wakes the program.
 */
static inline void tcmu_event(struct tcmu_queue *q)
{
	if (!tcmu_plug_hold_signal(q))
		tcmu_event_batch(q);
}

#endif /* TCMU_EVENT_H */
