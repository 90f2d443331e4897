/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_QUEUES_H
#define TCMU_QUEUES_H

#include "tcmu.h"

#include <linux/smp.h>

int tcmu_queues_bring_up(struct tcmu_dev *dev);
void tcmu_queues_stop(struct tcmu_dev *dev);
void tcmu_queues_put(struct tcmu_dev *dev);
u32 tcmu_queues_max(void);

/* The one for commands from this CPU; the device is enabled */
static inline struct tcmu_queue *tcmu_queues_here(const struct tcmu_dev *dev)
{
	return dev->queues[raw_smp_processor_id() % dev->nr_queues];
}

/* Every queue, as long as there are any */
#define tcmu_for_each_queue(dev, q, i)					\
	for ((i) = 0; (i) < (dev)->nr_queues && ((q) = (dev)->queues[i]); \
	     (i)++)

#endif /* TCMU_QUEUES_H */
