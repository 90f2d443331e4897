/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_RECLAIM_H
#define TCMU_RECLAIM_H

#include <linux/types.h>

struct tcmu_queue;

void tcmu_reclaim_add_queue(struct tcmu_queue *q);
void tcmu_reclaim_del_queue(struct tcmu_queue *q);
void tcmu_reclaim_add_page(void);
void tcmu_reclaim_sub_pages(long nr);
bool tcmu_reclaim_wanted(void);
void tcmu_reclaim_kick(void);
u32 tcmu_reclaim_limit_mb(void);
int tcmu_reclaim_setup(void);
void tcmu_reclaim_exit(void);

#endif /* TCMU_RECLAIM_H */
