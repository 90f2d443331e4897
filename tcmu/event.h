/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_EVENT_H
#define TCMU_EVENT_H

struct tcmu_queue;

void tcmu_event_init(struct tcmu_queue *q);
void tcmu_event_stop(struct tcmu_queue *q);
void tcmu_event_batch(struct tcmu_queue *q);
void tcmu_event(struct tcmu_queue *q);

#endif /* TCMU_EVENT_H */
