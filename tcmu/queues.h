/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_QUEUES_H
#define TCMU_QUEUES_H

#include "tcmu.h"

#include <linux/smp.h>

int tcmu_queues_bring_up(struct tcmu_dev *dev);
void tcmu_queues_stop(struct tcmu_dev *dev);
void tcmu_queues_put(struct tcmu_dev *dev);
void tcmu_queues_renew_timeout(struct tcmu_dev *dev);
u32 tcmu_queues_max(void);

/* The one for commands from this CPU; the device is enabled */
static inline struct tcmu_queue *tcmu_queues_here(const struct tcmu_dev *dev)
{
	/* which is what nearly all devices have, and saves a division */
	if (dev->nr_queues == 1)
		return dev->queues[0];
	return dev->queues[raw_smp_processor_id() % dev->nr_queues];
}

/* NULL behind the last one, and for a device that is not enabled */
static inline struct tcmu_queue *tcmu_queues_at(const struct tcmu_dev *dev,
						u32 idx)
{
	return idx < dev->nr_queues ? dev->queues[idx] : NULL;
}

#endif /* TCMU_QUEUES_H */
