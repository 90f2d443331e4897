// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes between a command's scatterlist and its blocks of the data area. The
 * caller owns both; no lock is held.
 */
#include "copy.h"

#include "pages.h"
#include "tcmu.h"

#include <linux/highmem.h>
#include <linux/minmax.h>
#include <linux/scatterlist.h>

/**
 * struct sg_pos - where one is in a scatterlist
 * @sg: the entry; NULL at the end
 * @nents: entries from there on
 * @off: bytes of it that are done
 */
struct sg_pos {
	struct scatterlist *sg;
	u32 nents;
	u32 off;
};

static void advance(struct sg_pos *pos, u32 len)
{
	pos->off += len;
	if (pos->off < pos->sg->length)
		return;
	pos->off = 0;
	pos->sg = --pos->nents ? sg_next(pos->sg) : NULL;
}

/* Of whole pages copy_page() is the fastest: memcpy() may go by words */
static inline void copy_bytes(struct page *to, u32 to_off, struct page *from,
			      u32 from_off, u32 len)
{
	void *src;
	void *dst;

	if (len < PAGE_SIZE) {
		/* its bound known, the compiler would not call the CPU's best */
		OPTIMIZER_HIDE_VAR(len);
		memcpy_page(to, to_off, from, from_off, len);
		return;
	}
	dst = kmap_local_page(to);
	src = kmap_local_page(from);
	copy_page(dst, src);
	kunmap_local(src);
	kunmap_local(dst);
}

/* The largest piece that neither page nor scatterlist interrupts */
static u32 copy_piece(struct sg_pos *pos, struct page *page, u32 off, u32 len,
		      bool to_area)
{
	u32 sg_off = pos->sg->offset + pos->off;
	struct page *data;

	data = pfn_to_page(page_to_pfn(sg_page(pos->sg)) +
			      (sg_off >> PAGE_SHIFT));
	sg_off = offset_in_page(sg_off);
	len = min3(len, pos->sg->length - pos->off, (u32)PAGE_SIZE - sg_off);
	if (to_area) {
		copy_bytes(page, off, data, sg_off, len);
	} else {
		copy_bytes(data, sg_off, page, off, len);
		flush_dcache_page(data);
	}
	advance(pos, len);
	return len;
}

/* The first @len bytes of a page; what the scatterlist has no room for is left */
static void copy_page_part(struct sg_pos *pos, struct page *page, u32 len,
			   bool to_area)
{
	u32 off = 0;

	if (!to_area)
		flush_dcache_page(page);
	while (off < len && pos->sg)
		off += copy_piece(pos, page, off, len - off, to_area);
	if (to_area)
		flush_dcache_page(page);
}

static void copy(struct tcmu_queue *q, const struct tcmu_run *runs,
		 struct scatterlist *sgl, u32 nents, u32 len, bool to_area)
{
	struct sg_pos pos = { nents ? sgl : NULL, nents };
	struct tcmu_page_walk walk;
	struct page **place;
	u32 nr = 1;
	u64 idx;
	u32 n;

	if (!len)
		return;
	tcmu_page_walk_init(&walk, q, runs);
	idx = walk.idx;
	if (len > PAGE_SIZE)
		nr = tcmu_page_walk_next(&walk, DIV_ROUND_UP(len, PAGE_SIZE),
					 &idx);
	while (1) {
		place = tcmu_pages_find(q, idx);
		for (; nr; nr--, place++, len -= n) {
			n = min_t(u32, len, PAGE_SIZE);
			copy_page_part(&pos, *place, n, to_area);
		}
		if (!len)
			return;
		nr = tcmu_page_walk_next(&walk, DIV_ROUND_UP(len, PAGE_SIZE),
					 &idx);
	}
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
