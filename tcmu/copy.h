/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_COPY_H
#define TCMU_COPY_H

#include <linux/types.h>

struct scatterlist;
struct tcmu_queue;
struct tcmu_run;

void tcmu_copy_to_area(struct tcmu_queue *q, const struct tcmu_run *runs,
		       struct scatterlist *sg, u32 nents, u32 len);
void tcmu_copy_from_area(struct tcmu_queue *q, const struct tcmu_run *runs,
			 struct scatterlist *sg, u32 nents, u32 len);

#endif /* TCMU_COPY_H */
