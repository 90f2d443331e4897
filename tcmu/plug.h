/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_PLUG_H
#define TCMU_PLUG_H

#include <linux/types.h>

struct se_dev_plug;
struct se_device;
struct tcmu_queue;

struct se_dev_plug *tcmu_plug(struct se_device *se_dev);
void tcmu_unplug(struct se_dev_plug *se_plug);
bool tcmu_plug_hold_signal(const struct tcmu_queue *q);

#endif /* TCMU_PLUG_H */
