/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_SLOT_H
#define TCMU_SLOT_H

#include <linux/types.h>

struct tcmu_cmd;
struct tcmu_queue;
struct tcmu_req;

int tcmu_slots_init(struct tcmu_queue *q);
void tcmu_slots_exit(struct tcmu_queue *q);

struct tcmu_cmd *tcmu_slot_take(struct tcmu_queue *q,
				const struct tcmu_req *req);
void tcmu_slot_put(struct tcmu_queue *q, struct tcmu_cmd *cmd);
struct tcmu_cmd *tcmu_slot_find(struct tcmu_queue *q, u32 id);
struct tcmu_cmd *tcmu_slot_next_used(struct tcmu_queue *q, u32 *id);

#endif /* TCMU_SLOT_H */
