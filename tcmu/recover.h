/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_RECOVER_H
#define TCMU_RECOVER_H

#include <linux/types.h>

struct list_head;
struct tcmu_queue;

void tcmu_queue_set_blocked(struct tcmu_queue *q, bool blocked);
void tcmu_queue_flush(struct tcmu_queue *q);
void tcmu_queue_reset(struct tcmu_queue *q, int err);
u32 tcmu_queue_end_slots(struct tcmu_queue *q, struct list_head *list, int err);
int tcmu_queue_free_kept(struct tcmu_queue *q, u16 id);
void tcmu_queue_free_all_kept(struct tcmu_queue *q);

#endif /* TCMU_RECOVER_H */
