/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_PAGES_H
#define TCMU_PAGES_H

#include "tcmu.h"

#include <linux/compiler.h>
#include <linux/highmem.h>
#include <linux/mm_types.h>
#include <linux/types.h>

struct list_head;

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
int tcmu_pages_fill_any(struct tcmu_queue *q, const struct tcmu_run *runs,
			u64 len, bool clear);
void tcmu_pages_clear(struct tcmu_queue *q, const struct tcmu_run *runs, u64 len);
struct page *tcmu_pages_get(const struct tcmu_queue *q, u64 idx);
bool tcmu_pages_any(const struct tcmu_queue *q, u64 first, u64 nr);
long tcmu_pages_take(struct tcmu_queue *q, u64 first, u64 nr,
		     struct list_head *taken);
void tcmu_pages_free(struct list_head *taken, long count);

/**
 * tcmu_pages_find - a page's place in the table
 * @q: the queue
 * @idx: the page's index in the data area
 *
 * Return: the place, and behind it those of the rest of its leaf; NULL if none
 * of them was ever used.
 */
static inline struct page **tcmu_pages_find(const struct tcmu_queue *q, u64 idx)
{
	struct page **leaf;

	leaf = READ_ONCE(q->leaves[idx / TCMU_PAGES_PER_LEAF]);
	return leaf ? leaf + idx % TCMU_PAGES_PER_LEAF : NULL;
}

/* The first page of a buffer whose blocks are the caller's; NULL if it has none yet */
static inline struct page *tcmu_pages_first(const struct tcmu_queue *q,
					    const struct tcmu_run *runs)
{
	u64 idx = tcmu_run_page(&q->geo, runs);
	struct page **leaf = READ_ONCE(q->leaves[idx / TCMU_PAGES_PER_LEAF]);

	/* by tcmu_pages_find() the kernel's compilers check the place for NULL, too */
	return leaf ? leaf[idx % TCMU_PAGES_PER_LEAF] : NULL;
}

static inline void tcmu_page_clear(struct page *page)
{
	clear_highpage(page);
	flush_dcache_page(page);
}

/**
 * tcmu_pages_fill - see to it that a buffer has its pages
 * @q: the queue
 * @runs: the buffer's blocks, owned by the caller
 * @len: its bytes
 * @clear: zero it, since the program may write less than it says
 *
 * Context: may sleep; no lock is held.
 * Return: 0 or -ENOMEM; pages that were allocated until then stay.
 */
static inline int tcmu_pages_fill(struct tcmu_queue *q,
				  const struct tcmu_run *runs, u64 len,
				  bool clear)
{
	struct page *page;

	/* one page that was used before: what nearly all commands have */
	if (likely(len && len <= PAGE_SIZE)) {
		page = tcmu_pages_first(q, runs);
		if (likely(page)) {
			if (clear)
				tcmu_page_clear(page);
			return 0;
		}
	}
	return tcmu_pages_fill_any(q, runs, len, clear);
}

#endif /* TCMU_PAGES_H */
