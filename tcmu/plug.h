/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_PLUG_H
#define TCMU_PLUG_H

#include "tcmu.h"

#include <linux/compiler.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/types.h>

struct se_dev_plug;
struct se_device;

struct se_dev_plug *tcmu_plug(struct se_device *se_dev);
void tcmu_unplug(struct se_dev_plug *se_plug);

/* Is the caller inside a batch? Then the end of the batch signals. */
static inline bool tcmu_plug_hold_signal(const struct tcmu_queue *q)
{
	struct tcmu_plug *plug = raw_cpu_ptr(q->dev->plugs);

	if (READ_ONCE(plug->task) != current)
		return false;
	plug->pending |= q->bit;
	return true;
}

#endif /* TCMU_PLUG_H */
