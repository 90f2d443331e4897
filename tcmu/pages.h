/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_PAGES_H
#define TCMU_PAGES_H

#include <linux/types.h>

struct module;
struct page;
struct tcmu_queue;
struct tcmu_run;

/* The part of a list of runs that a buffer of so many bytes uses, page-wise */
struct tcmu_page_walk {
	const struct tcmu_run *run;
	u32 pages_per_blk;
	u64 left_in_run;
	u64 idx;
};

void tcmu_page_walk_init(struct tcmu_page_walk *walk,
			 const struct tcmu_queue *q,
			 const struct tcmu_run *runs);
u64 tcmu_page_walk_next(struct tcmu_page_walk *walk);

int tcmu_pages_fill(struct tcmu_queue *q, const struct tcmu_run *runs,
		    u64 len, bool clear);
struct page *tcmu_pages_get(struct tcmu_queue *q, u64 idx);
void tcmu_pages_free_all(struct tcmu_queue *q);

#endif /* TCMU_PAGES_H */
