/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_QUEUE_H
#define TCMU_QUEUE_H

#include <linux/types.h>

struct tcmu_dev;
struct tcmu_queue;

struct tcmu_queue *tcmu_queue_alloc(struct tcmu_dev *dev, u32 idx);
void tcmu_queue_get(struct tcmu_queue *q);
void tcmu_queue_put(struct tcmu_queue *q);
void tcmu_queue_start(struct tcmu_queue *q);
void tcmu_queue_stop(struct tcmu_queue *q);

#endif /* TCMU_QUEUE_H */
