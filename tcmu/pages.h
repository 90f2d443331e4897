/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_PAGES_H
#define TCMU_PAGES_H

#include <linux/mm_types.h>
#include <linux/types.h>

struct list_head;
struct tcmu_queue;
struct tcmu_run;

/* The part of a list of runs that a buffer of so many bytes uses, page-wise */
struct tcmu_page_walk {
	const struct tcmu_run *run;
	u32 pages_per_blk;
	u64 left_in_run;
	u64 idx;
};

/* How many pages one part of the table is for; it is a page itself */
#define TCMU_PAGES_PER_LEAF	(PAGE_SIZE / sizeof(struct page *))

void tcmu_page_walk_init(struct tcmu_page_walk *walk,
			 const struct tcmu_queue *q,
			 const struct tcmu_run *runs);
u32 tcmu_page_walk_next(struct tcmu_page_walk *walk, u64 max, u64 *idx);

int tcmu_pages_init(struct tcmu_queue *q);
void tcmu_pages_exit(struct tcmu_queue *q);
int tcmu_pages_fill(struct tcmu_queue *q, const struct tcmu_run *runs,
		    u64 len, bool clear);
void tcmu_pages_clear(struct tcmu_queue *q, const struct tcmu_run *runs, u64 len);
struct page **tcmu_pages_find(const struct tcmu_queue *q, u64 idx);
struct page *tcmu_pages_get(const struct tcmu_queue *q, u64 idx);
bool tcmu_pages_any(const struct tcmu_queue *q, u64 first, u64 nr);
long tcmu_pages_take(struct tcmu_queue *q, u64 first, u64 nr,
		     struct list_head *taken);
void tcmu_pages_free(struct list_head *taken, long count);

#endif /* TCMU_PAGES_H */
