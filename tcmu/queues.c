// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queues of a device: as many as its creator has asked for, one for every
 * so-manieth CPU. They come and go together, and share nothing else than the
 * device's configuration.
 */
#include "queues.h"

#include "queue.h"
#include "timeout.h"
#include "uio.h"

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/minmax.h>

/* cmd_time_out has changed: the next commands get another deadline */
void tcmu_queues_renew_timeout(struct tcmu_dev *dev)
{
	struct tcmu_queue *q;
	u32 i;

	lockdep_assert_held(&dev->cfg_lock);
	for (i = 0; (q = tcmu_queues_at(dev, i)); i++) {
		spin_lock(&q->ring_lock);
		tcmu_timeout_renew_locked(q);
		spin_unlock(&q->ring_lock);
	}
}

/* How many are of use */
u32 tcmu_queues_max(void)
{
	return min_t(u32, num_possible_cpus(), TCMU_MAX_QUEUES);
}

static int add_queue(struct tcmu_dev *dev, u32 idx)
{
	struct tcmu_queue *q;
	int ret;

	q = tcmu_queue_alloc(dev, idx);
	if (IS_ERR(q))
		return PTR_ERR(q);
	tcmu_queue_start(q);
	ret = tcmu_uio_register(q);
	if (ret) {
		tcmu_queue_stop(q);
		tcmu_queue_put(q);
		return ret;
	}
	dev->queues[idx] = q;
	return 0;
}

/**
 * tcmu_queues_bring_up - make a device's queues, and let programs find them
 * @dev: the device, new and locked
 *
 * The first one comes last: whoever sees it by its classic name finds the others.
 *
 * Return: 0 or -errno; then there are none.
 */
int tcmu_queues_bring_up(struct tcmu_dev *dev)
{
	u32 idx = dev->nr_queues;
	int ret;

	lockdep_assert_held(&dev->cfg_lock);
	while (idx--) {
		ret = add_queue(dev, idx);
		if (ret)
			goto err_stop;
	}
	return 0;

err_stop:
	tcmu_queues_stop(dev);
	tcmu_queues_put(dev);
	return ret;
}

/**
 * tcmu_queues_stop - take them from programs, and end all that runs for them
 * @dev: the device; no command comes any more, and none is unanswered
 */
void tcmu_queues_stop(struct tcmu_dev *dev)
{
	u32 idx;

	for (idx = 0; idx < dev->nr_queues; idx++) {
		if (!dev->queues[idx])
			continue;
		tcmu_uio_unregister(dev->queues[idx]);
		tcmu_queue_stop(dev->queues[idx]);
		tcmu_uio_put(dev->queues[idx]);
	}
}

/* The device has none any more; mappings may keep their memory */
void tcmu_queues_put(struct tcmu_dev *dev)
{
	struct tcmu_queue *q;
	u32 idx;

	lockdep_assert_held(&dev->cfg_lock);
	for (idx = 0; idx < dev->nr_queues; idx++) {
		q = dev->queues[idx];
		dev->queues[idx] = NULL;
		if (q)
			tcmu_queue_put(q);
	}
}
