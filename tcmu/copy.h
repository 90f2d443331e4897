/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_COPY_H
#define TCMU_COPY_H

#include <linux/compiler.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

struct tcmu_queue;
struct tcmu_run;

void tcmu_copy_to_area(struct tcmu_queue *q, const struct tcmu_run *runs,
		       struct scatterlist *sg, u32 nents, u32 len);
void tcmu_copy_from_area(struct tcmu_queue *q, const struct tcmu_run *runs,
			 struct scatterlist *sg, u32 nents, u32 len);

/* The page of an entry where its byte @off is */
static inline struct page *tcmu_copy_page_at(struct scatterlist *sg, u32 off)
{
	off += sg->offset;
	return pfn_to_page(page_to_pfn(sg_page(sg)) + (off >> PAGE_SHIFT));
}

/*
 * A whole page, which is what nearly all pieces are: copy_page() is the fastest,
 * since memcpy() may go by words, and neither of them needs to be looked at by bytes.
 */
static inline void tcmu_copy_page(struct page *page, struct page *data,
				  bool to_area)
{
	void *in_area = kmap_local_page(page);
	void *in_list = kmap_local_page(data);

	if (!to_area)
		flush_dcache_page(page);
	if (to_area)
		copy_page(in_area, in_list);
	else
		copy_page(in_list, in_area);
	kunmap_local(in_list);
	kunmap_local(in_area);
	flush_dcache_page(to_area ? page : data);
}

/**
 * tcmu_copy_one - copy a page, if that is what there is to be copied
 * @page: the first page of the blocks
 * @sg: the data
 * @nents: entries in @sg
 * @len: bytes
 * @to_area: the direction, known when it is compiled
 *
 * Return: false if it is not a page in one piece; nothing is done then.
 */
static __always_inline bool tcmu_copy_one(struct page *page,
					  struct scatterlist *sg, u32 nents,
					  u32 len, bool to_area)
{
	if (unlikely(len != PAGE_SIZE || !nents || sg->length < PAGE_SIZE ||
		     sg->offset))
		return false;
	tcmu_copy_page(page, sg_page(sg), to_area);
	return true;
}

#endif /* TCMU_COPY_H */
