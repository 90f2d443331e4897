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

static inline bool copy_whole(struct sg_pos *pos, struct page *page,
			      bool to_area)
{
	if (offset_in_page(pos->sg->offset + pos->off) ||
	    pos->sg->length - pos->off < PAGE_SIZE)
		return false;
	tcmu_copy_page(page, tcmu_copy_page_at(pos->sg, pos->off), to_area);
	advance(pos, PAGE_SIZE);
	return true;
}

/*
 * Up to @nr pages of the area, of entries that are a page each, as the core has them;
 * returns how many.
 */
static inline u32 copy_pages(struct sg_pos *pos, struct page **place, u32 nr,
			     bool to_area)
{
	struct scatterlist *sg = pos->sg;
	u32 i;

	if (pos->off)
		return 0;
	for (i = 0; i < nr && sg; i++) {
		if (sg->length != PAGE_SIZE || sg->offset)
			break;
		tcmu_copy_page(place[i], sg_page(sg), to_area);
		sg = --pos->nents ? sg_next(sg) : NULL;
	}
	pos->sg = sg;
	return i;
}

/* The largest piece that neither page nor scatterlist interrupts */
static u32 copy_piece(struct sg_pos *pos, struct page *page, u32 off, u32 len,
		      bool to_area)
{
	u32 sg_off = offset_in_page(pos->sg->offset + pos->off);
	struct page *data = tcmu_copy_page_at(pos->sg, pos->off);

	len = min3(len, pos->sg->length - pos->off, (u32)PAGE_SIZE - sg_off);
	/* its bound known, the compiler would not call the CPU's best memcpy() */
	OPTIMIZER_HIDE_VAR(len);
	if (to_area) {
		memcpy_page(page, off, data, sg_off, len);
	} else {
		memcpy_page(data, sg_off, page, off, len);
		flush_dcache_page(data);
	}
	advance(pos, len);
	return len;
}

/* Out of line, or the compiler spoils the way of whole pages for it */
static noinline void copy_pieces(struct sg_pos *pos, struct page *page, u32 len,
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

/* The first @len bytes of a page; what the scatterlist has no room for is left */
static inline void copy_page_part(struct sg_pos *pos, struct page *page,
				  u32 len, bool to_area)
{
	if (!pos->sg || len < PAGE_SIZE || !copy_whole(pos, page, to_area))
		copy_pieces(pos, page, len, to_area);
}

/* For each direction by itself: what the compiler knows of it, it leaves out */
static __always_inline void copy(struct tcmu_queue *q,
				 const struct tcmu_run *runs,
				 struct scatterlist *sgl, u32 nents, u32 len,
				 bool to_area)
{
	struct sg_pos pos = { nents ? sgl : NULL, nents };
	struct tcmu_page_walk walk;
	struct page **place;
	u64 idx;
	u32 nr;
	u32 n;

	if (!len)
		return;
	tcmu_page_walk_init(&walk, q, runs);
	while (len) {
		nr = tcmu_page_walk_next(&walk, DIV_ROUND_UP(len, PAGE_SIZE),
					 &idx);
		place = tcmu_pages_find(q, idx);
		n = copy_pages(&pos, place, min_t(u32, nr, len / PAGE_SIZE),
			       to_area);
		nr -= n;
		place += n;
		len -= n * PAGE_SIZE;
		for (; nr; nr--, place++, len -= n) {
			n = min_t(u32, len, PAGE_SIZE);
			copy_page_part(&pos, *place, n, to_area);
		}
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
