// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages behind a data area.
 *
 * They are allocated when a block is first used and stay until reclaim takes
 * them from a block that is free. Whoever owns a block owns its pages, so that
 * no lock is needed to find them.
 */
#include "pages.h"

#include "reclaim.h"
#include "tcmu.h"

#include <linux/highmem.h>
#include <linux/math64.h>
#include <linux/mm.h>

void tcmu_page_walk_init(struct tcmu_page_walk *walk,
			 const struct tcmu_queue *q,
			 const struct tcmu_run *runs)
{
	walk->run = runs;
	walk->pages_per_blk = q->geo.pages_per_blk;
	walk->idx = (u64)runs->first * walk->pages_per_blk;
	walk->left_in_run = (u64)runs->nr * walk->pages_per_blk;
}

/* The index of the next page; the caller knows how many it may ask for */
u64 tcmu_page_walk_next(struct tcmu_page_walk *walk)
{
	if (!walk->left_in_run) {
		walk->run++;
		walk->idx = (u64)walk->run->first * walk->pages_per_blk;
		walk->left_in_run = (u64)walk->run->nr * walk->pages_per_blk;
	}
	walk->left_in_run--;
	return walk->idx++;
}

/* The page at an index of the data area, or NULL */
struct page *tcmu_pages_get(struct tcmu_queue *q, u64 idx)
{
	return xa_load(&q->pages, idx);
}

static int add_page(struct tcmu_queue *q, u64 idx)
{
	struct page *page;
	int ret;

	page = alloc_page(GFP_NOIO | __GFP_ZERO | __GFP_HIGHMEM | __GFP_NOWARN);
	if (!page)
		return -ENOMEM;
	ret = xa_err(xa_store(&q->pages, idx, page, GFP_NOIO | __GFP_NOWARN));
	if (ret) {
		__free_page(page);
		return ret;
	}
	atomic_long_inc(&q->nr_pages);
	tcmu_reclaim_add_page();
	return 0;
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
int tcmu_pages_fill(struct tcmu_queue *q, const struct tcmu_run *runs,
		    u64 len, bool clear)
{
	u64 left = DIV_ROUND_UP_ULL(len, PAGE_SIZE);
	struct tcmu_page_walk walk;
	struct page *page;
	int ret = 0;
	u64 idx;

	if (!left)
		return 0;
	for (tcmu_page_walk_init(&walk, q, runs); left && !ret; left--) {
		idx = tcmu_page_walk_next(&walk);
		page = tcmu_pages_get(q, idx);
		if (!page) {
			ret = add_page(q, idx);
		} else if (clear) {
			clear_highpage(page);
			flush_dcache_page(page);
		}
	}
	return ret;
}

/* The queue is gone for everybody: no block is in use, nothing is mapped */
void tcmu_pages_free_all(struct tcmu_queue *q)
{
	struct page *page;
	unsigned long idx;

	xa_for_each(&q->pages, idx, page)
		__free_page(page);
	xa_destroy(&q->pages);
	tcmu_reclaim_sub_pages(atomic_long_read(&q->nr_pages));
}
