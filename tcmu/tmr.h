/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_TMR_H
#define TCMU_TMR_H

#include <linux/types.h>
#include <target/target_core_base.h>

struct list_head;
struct tcmu_queue;

void tcmu_tmr_notify(struct se_device *se_dev, enum tcm_tmreq_table tmf,
		     struct list_head *aborted);
u32 tcmu_tmr_push(struct tcmu_queue *q);
void tcmu_tmr_drop_all(struct tcmu_queue *q);

#endif /* TCMU_TMR_H */
