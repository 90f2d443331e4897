// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes between a command's scatterlist and its blocks of the data area. The
 * caller owns both; no lock is held.
 */
#include "copy.h"

#include "pages.h"
#include "tcmu.h"

#include <linux/highmem.h>
#include <linux/scatterlist.h>

/* Copy @len bytes between a page and where the scatterlist stands */
static void copy_page_part(struct sg_mapping_iter *sg, struct page *page,
			   u32 len, bool to_area)
{
	void *mem = kmap_local_page(page);
	u32 off = 0;
	u32 n;

	/* sg_miter_next() goes on behind what was consumed of a piece */
	while (off < len && sg_miter_next(sg)) {
		n = min_t(u32, len - off, sg->length);
		if (to_area)
			memcpy(mem + off, sg->addr, n);
		else
			memcpy(sg->addr, mem + off, n);
		sg->consumed = n;
		off += n;
	}
	kunmap_local(mem);
}

static void copy(struct tcmu_queue *q, const struct tcmu_run *runs,
		 struct scatterlist *sgl, u32 nents, u32 len, bool to_area)
{
	unsigned int flags = to_area ? SG_MITER_FROM_SG : SG_MITER_TO_SG;
	struct sg_mapping_iter sg;
	struct tcmu_page_walk walk;
	struct page *page;
	u32 n;

	if (!len)
		return;
	sg_miter_start(&sg, sgl, nents, flags);
	for (tcmu_page_walk_init(&walk, q, runs); len; len -= n) {
		n = min_t(u32, len, PAGE_SIZE);
		page = tcmu_pages_get(q, tcmu_page_walk_next(&walk));
		if (WARN_ON_ONCE(!page))
			break;
		if (!to_area)
			flush_dcache_page(page);
		copy_page_part(&sg, page, n, to_area);
		if (to_area)
			flush_dcache_page(page);
	}
	sg_miter_stop(&sg);
}

/**
 * tcmu_copy_to_area - Data-Out into the blocks
 * @q: the queue
 * @runs: the blocks, filled with pages for @len bytes
 * @sg: the data
 * @nents: entries in @sg
 * @len: bytes
 */
void tcmu_copy_to_area(struct tcmu_queue *q, const struct tcmu_run *runs,
		       struct scatterlist *sg, u32 nents, u32 len)
{
	copy(q, runs, sg, nents, len, true);
}

/**
 * tcmu_copy_from_area - Data-In out of the blocks
 * @q: the queue
 * @runs: the blocks, filled with pages for @len bytes
 * @sg: where to put it; what does not fit is left
 * @nents: entries in @sg
 * @len: bytes
 */
void tcmu_copy_from_area(struct tcmu_queue *q, const struct tcmu_run *runs,
			 struct scatterlist *sg, u32 nents, u32 len)
{
	copy(q, runs, sg, nents, len, false);
}
