// SPDX-License-Identifier: GPL-2.0-only
/*
 * One signal for a batch of commands, and for each queue that got some.
 *
 * The core submits a batch from one task on one CPU, and says when it begins
 * and ends. What belongs to the batch is told by the task: nobody else looks at
 * its plug, so nobody's signal waits for another's batch, and no barrier is
 * needed.
 */
#include "plug.h"

#include "event.h"
#include "tcmu.h"

#include <linux/bitmap.h>
#include <linux/percpu.h>
#include <linux/sched.h>

/* core: a batch begins. NULL if another one is open on this CPU. */
struct se_dev_plug *tcmu_plug(struct se_device *se_dev)
{
	struct tcmu_dev *dev = to_tcmu_dev(se_dev);
	struct tcmu_plug *plug = raw_cpu_ptr(dev->plugs);

	if (cmpxchg(&plug->task, NULL, current))
		return NULL;
	plug->dev = dev;
	bitmap_zero(plug->pending, TCMU_MAX_QUEUES);
	return &plug->se_plug;
}

/* core: the batch is over */
void tcmu_unplug(struct se_dev_plug *se_plug)
{
	struct tcmu_plug *plug = container_of(se_plug, struct tcmu_plug,
					      se_plug);
	struct tcmu_dev *dev = plug->dev;
	DECLARE_BITMAP(pending, TCMU_MAX_QUEUES);
	u32 idx;

	bitmap_copy(pending, plug->pending, TCMU_MAX_QUEUES);
	/* a task that moved to another CPU may still be the one that reads */
	smp_store_release(&plug->task, NULL);
	for_each_set_bit(idx, pending, TCMU_MAX_QUEUES)
		tcmu_event_batch(dev->queues[idx]);
}

/* Is the caller inside a batch? Then the end of the batch signals. */
bool tcmu_plug_hold_signal(const struct tcmu_queue *q)
{
	struct tcmu_plug *plug = raw_cpu_ptr(q->dev->plugs);

	if (READ_ONCE(plug->task) != current)
		return false;
	__set_bit(q->idx, plug->pending);
	return true;
}
