/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_TIMEOUT_H
#define TCMU_TIMEOUT_H

#include <linux/types.h>

struct tcmu_queue;

void tcmu_timeout_init(struct tcmu_queue *q);
void tcmu_timeout_stop(struct tcmu_queue *q);
unsigned long tcmu_timeout_at(u32 secs);
bool tcmu_timeout_deadline(const struct tcmu_queue *q,
			   unsigned long *deadline);
void tcmu_timeout_arm(struct tcmu_queue *q, unsigned long deadline);

#endif /* TCMU_TIMEOUT_H */
