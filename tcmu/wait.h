/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_WAIT_H
#define TCMU_WAIT_H

#include <linux/types.h>

struct se_cmd;
struct tcmu_queue;

int tcmu_wait_setup(void);
void tcmu_wait_teardown(void);
void tcmu_wait_init(struct tcmu_queue *q);
void tcmu_wait_stop(struct tcmu_queue *q);

bool tcmu_wait_is_busy(const struct tcmu_queue *q);
int tcmu_wait_join(struct tcmu_queue *q, struct se_cmd *se_cmd, int reason);
void tcmu_wait_kick(struct tcmu_queue *q);
void tcmu_wait_flush(struct tcmu_queue *q);
void tcmu_wait_abort(struct tcmu_queue *q);

#endif /* TCMU_WAIT_H */
