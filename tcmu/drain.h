/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_DRAIN_H
#define TCMU_DRAIN_H

struct tcmu_queue;

void tcmu_queue_drain(struct tcmu_queue *q);

#endif /* TCMU_DRAIN_H */
