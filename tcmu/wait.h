/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_WAIT_H
#define TCMU_WAIT_H

#include "tcmu.h"

#include <linux/compiler.h>
#include <linux/types.h>

int tcmu_wait_setup(void);
void tcmu_wait_teardown(void);
void tcmu_wait_init(struct tcmu_queue *q);
void tcmu_wait_stop(struct tcmu_queue *q);

int tcmu_wait_join(struct tcmu_queue *q, const struct tcmu_req *req,
		   int reason);
void tcmu_wait_kick(struct tcmu_queue *q);
void tcmu_wait_flush(struct tcmu_queue *q);
void tcmu_wait_abort(struct tcmu_queue *q);

/* Must a new command get in line? */
static inline bool tcmu_wait_is_busy(const struct tcmu_queue *q)
{
	return READ_ONCE(q->nr_waiting);
}

#endif /* TCMU_WAIT_H */
