// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages behind a data area.
 *
 * They are allocated when a block is first used and stay until reclaim takes
 * them from a block that is free. Whoever owns a block owns its pages, so that
 * no lock is needed to find them.
 *
 * The table that finds them has two levels. Its leaves come as they are used and
 * stay until the queue goes, so that a page is two loads away, and its neighbours
 * stand beside it.
 */
#include "pages.h"

#include "reclaim.h"
#include "tcmu.h"

#include <linux/highmem.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>

static u64 area_pages(const struct tcmu_queue *q)
{
	return (u64)q->geo.nr_blocks * q->geo.pages_per_blk;
}

static u32 nr_leaves(const struct tcmu_queue *q)
{
	return DIV_ROUND_UP_ULL(area_pages(q), TCMU_PAGES_PER_LEAF);
}

/* How many pages from @idx on stand side by side in the table, at most @max */
static u64 side_by_side(u64 idx, u64 max)
{
	return min(TCMU_PAGES_PER_LEAF - idx % TCMU_PAGES_PER_LEAF, max);
}

int tcmu_pages_init(struct tcmu_queue *q)
{
	q->leaves = kvcalloc(nr_leaves(q), sizeof(*q->leaves), GFP_KERNEL);
	return q->leaves ? 0 : -ENOMEM;
}

/* The queue is gone for everybody: no block is in use, nothing is mapped */
void tcmu_pages_exit(struct tcmu_queue *q)
{
	LIST_HEAD(pages);
	long count;
	u32 i;

	count = tcmu_pages_take(q, 0, area_pages(q), &pages);
	tcmu_pages_free(&pages, count);
	for (i = 0; i < nr_leaves(q); i++)
		free_page((unsigned long)q->leaves[i]);
	kvfree(q->leaves);
}

void tcmu_page_walk_init(struct tcmu_page_walk *walk,
			 const struct tcmu_queue *q,
			 const struct tcmu_run *runs)
{
	walk->run = runs;
	walk->pages_per_blk = q->geo.pages_per_blk;
	walk->idx = tcmu_run_page(&q->geo, runs);
	walk->left_in_run = (u64)runs->nr * walk->pages_per_blk;
}

/**
 * tcmu_page_walk_next - the next pages that stand side by side in the table
 * @walk: where one is; the caller knows how many pages it may ask for
 * @max: how many pages are wanted, at least 1
 * @idx: filled with the index of the first
 *
 * Return: how many, 1 to @max.
 */
u32 tcmu_page_walk_next(struct tcmu_page_walk *walk, u64 max, u64 *idx)
{
	u64 nr;

	if (!walk->left_in_run) {
		walk->run++;
		walk->idx = (u64)walk->run->first * walk->pages_per_blk;
		walk->left_in_run = (u64)walk->run->nr * walk->pages_per_blk;
	}
	nr = side_by_side(walk->idx, min(walk->left_in_run, max));
	*idx = walk->idx;
	walk->idx += nr;
	walk->left_in_run -= nr;
	return nr;
}

/* The page at an index of the data area, or NULL */
struct page *tcmu_pages_get(const struct tcmu_queue *q, u64 idx)
{
	struct page **place;

	/* a part of the area that makes no block has no page */
	if (idx >= area_pages(q))
		return NULL;
	place = tcmu_pages_find(q, idx);
	return place ? READ_ONCE(*place) : NULL;
}

/* The same as tcmu_pages_find(), but it makes the leaf; NULL without memory */
static struct page **make_leaf(struct tcmu_queue *q, u64 idx)
{
	unsigned long leaf = __get_free_page(GFP_NOIO | __GFP_ZERO |
					     __GFP_NOWARN);

	if (!leaf)
		return NULL;
	/* the owner of a neighbouring block may have been first */
	if (cmpxchg(&q->leaves[idx / TCMU_PAGES_PER_LEAF], NULL,
		    (struct page **)leaf))
		free_page(leaf);
	return tcmu_pages_find(q, idx);
}

static int add_page(struct tcmu_queue *q, struct page **place)
{
	struct page *page;

	page = alloc_page(GFP_NOIO | __GFP_ZERO | __GFP_HIGHMEM | __GFP_NOWARN);
	if (!page)
		return -ENOMEM;
	/* a fault that finds the page finds it zeroed */
	smp_store_release(place, page);
	atomic_long_inc(&q->nr_pages);
	tcmu_reclaim_add_page();
	return 0;
}

static int fill(struct tcmu_queue *q, u64 idx, u32 nr, bool clear)
{
	struct page **place = tcmu_pages_find(q, idx);
	int ret = 0;

	if (!place)
		place = make_leaf(q, idx);
	if (!place)
		return -ENOMEM;
	for (; nr && !ret; nr--, place++) {
		if (!*place)
			ret = add_page(q, place);
		else if (clear)
			tcmu_page_clear(*place);
	}
	return ret;
}

/* As tcmu_pages_fill(), for any number of pages */
int tcmu_pages_fill_any(struct tcmu_queue *q, const struct tcmu_run *runs,
			u64 len, bool clear)
{
	u64 left = DIV_ROUND_UP_ULL(len, PAGE_SIZE);
	struct tcmu_page_walk walk;
	int ret = 0;
	u64 idx;
	u32 nr;

	if (!left)
		return 0;
	tcmu_page_walk_init(&walk, q, runs);
	for (; left && !ret; left -= nr) {
		nr = tcmu_page_walk_next(&walk, left, &idx);
		ret = fill(q, idx, nr, clear);
	}
	return ret;
}

/* Zero a buffer that has its pages; its blocks are the caller's or the ring's */
void tcmu_pages_clear(struct tcmu_queue *q, const struct tcmu_run *runs, u64 len)
{
	/* nothing is allocated, so that nothing can fail */
	tcmu_pages_fill(q, runs, len, true);
}

/* Where the pages from @first on end, of which a part may make no block */
static u64 end_of(const struct tcmu_queue *q, u64 first, u64 nr)
{
	return min(first + nr, area_pages(q));
}

static bool any_of(struct page *const *place, u64 nr)
{
	for (; nr; nr--, place++)
		if (READ_ONCE(*place))
			return true;
	return false;
}

/* Has any of these @nr pages, from index @first on, been allocated? A guess. */
bool tcmu_pages_any(const struct tcmu_queue *q, u64 first, u64 nr)
{
	u64 end = end_of(q, first, nr);
	struct page **place;
	u64 idx;

	for (idx = first; idx < end; idx += nr) {
		nr = side_by_side(idx, end - idx);
		place = tcmu_pages_find(q, idx);
		if (place && any_of(place, nr))
			return true;
	}
	return false;
}

static long take(struct page **place, u64 nr, struct list_head *taken)
{
	long count = 0;

	for (; nr; nr--, place++) {
		if (!*place)
			continue;
		list_add(&(*place)->lru, taken);
		WRITE_ONCE(*place, NULL);
		count++;
	}
	return count;
}

/**
 * tcmu_pages_take - take pages off the area
 * @q: the queue
 * @first: the index of the first
 * @nr: how many, if they are all there
 * @taken: the list that they are put on
 *
 * Context: their blocks are the caller's; map_sem is held for writing unless
 * nobody can map them.
 * Return: how many there were, for tcmu_pages_free().
 */
long tcmu_pages_take(struct tcmu_queue *q, u64 first, u64 nr,
		     struct list_head *taken)
{
	u64 end = end_of(q, first, nr);
	struct page **place;
	long count = 0;
	u64 idx;

	/* an area is large, and most of it was never used */
	for (idx = first; idx < end; idx += nr) {
		nr = side_by_side(idx, end - idx);
		place = tcmu_pages_find(q, idx);
		if (place)
			count += take(place, nr, taken);
	}
	atomic_long_sub(count, &q->nr_pages);
	return count;
}

/* What tcmu_pages_take() has taken; nobody has it mapped any more */
void tcmu_pages_free(struct list_head *taken, long count)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, taken, lru)
		__free_page(page);
	tcmu_reclaim_sub_pages(count);
}
