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

#include <linux/bitops.h>
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
	plug->pending = 0;
	return &plug->se_plug;
}

/* core: the batch is over */
void tcmu_unplug(struct se_dev_plug *se_plug)
{
	struct tcmu_plug *plug = container_of(se_plug, struct tcmu_plug,
					      se_plug);
	struct tcmu_dev *dev = plug->dev;
	u64 pending = plug->pending;

	/* a task that moved to another CPU may still be the one that reads */
	smp_store_release(&plug->task, NULL);
	for (; pending; pending &= pending - 1)
		tcmu_event_batch(dev->queues[__ffs64(pending)]);
}
