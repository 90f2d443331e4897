// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a ring, which is there as far as it has been used.
 *
 * Entries are written from the start of the ring to its end, so that the kernel
 * maps a first part of the pages, in one piece, and twice as much when the head
 * comes to its end. The program may touch any page at any time, and gets it. Once
 * there, a page stays as long as the queue.
 *
 * The kernel's mapping moves when it grows. Whoever uses it holds done_lock or
 * ring_lock; it is moved under both. So are the records of what is in the ring.
 */
#include "ringmem.h"

#include "tcmu.h"

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#define FIRST_BYTES	SZ_64K

/* The page at an index of the ring, or NULL */
struct page *tcmu_ringmem_find(struct tcmu_queue *q, unsigned long idx)
{
	/* pairs with the cmpxchg in tcmu_ringmem_get() */
	return smp_load_acquire(&q->ring_pages[idx]);
}

/* The same, and it is made if it is not there; NULL without memory */
struct page *tcmu_ringmem_get(struct tcmu_queue *q, unsigned long idx)
{
	struct page *page = tcmu_ringmem_find(q, idx);
	struct page *other;

	if (page)
		return page;
	page = alloc_page(GFP_NOIO | __GFP_ZERO | __GFP_NOWARN);
	if (!page)
		return NULL;
	other = cmpxchg(&q->ring_pages[idx], NULL, page);
	if (!other)
		return page;
	__free_page(page);
	return other;
}

/* Map the first @bytes; NULL without memory */
static void *map_pages(struct tcmu_queue *q, u32 bytes)
{
	unsigned int nr = bytes >> PAGE_SHIFT;
	unsigned int flags, i;
	void *mem;

	for (i = 0; i < nr; i++)
		if (!tcmu_ringmem_get(q, i))
			return NULL;
	/* I/O may wait for this command */
	flags = memalloc_noio_save();
	mem = vmap(q->ring_pages, nr, VM_MAP, PAGE_KERNEL);
	memalloc_noio_restore(flags);
	return mem;
}

/* For a ring of which so many bytes are mapped; NULL without memory */
static u32 *alloc_recs(u32 bytes)
{
	unsigned int flags;
	u32 *recs;

	/* I/O may wait for this command */
	flags = memalloc_noio_save();
	recs = kvmalloc_array(tcmu_ring_nr_recs(bytes), sizeof(*recs),
			      GFP_KERNEL);
	memalloc_noio_restore(flags);
	return recs;
}

static int grow_locked(struct tcmu_queue *q, u64 need)
{
	u32 bytes = min_t(u64, roundup_pow_of_two(need), q->geo.ring_bytes);
	void *old_recs = q->ring.recs;
	void *old = q->ring_mem;
	u32 *recs;
	void *mem;

	lockdep_assert_held(&q->grow_lock);
	mem = map_pages(q, bytes);
	recs = alloc_recs(bytes);
	if (!mem || !recs) {
		vunmap(mem);
		kvfree(recs);
		return -ENOMEM;
	}
	mutex_lock(&q->done_lock);
	spin_lock(&q->ring_lock);
	q->ring_mem = mem;
	tcmu_ring_move(&q->ring, mem, bytes, recs);
	spin_unlock(&q->ring_lock);
	mutex_unlock(&q->done_lock);
	vunmap(old);
	kvfree(old_recs);
	return 0;
}

static u32 mapped_bytes(const struct tcmu_queue *q)
{
	return TCMU_RING_OFF + READ_ONCE(q->ring.mapped);
}

static int cover(struct tcmu_queue *q, u64 need)
{
	int ret = 0;

	if (need <= mapped_bytes(q))
		return 0;
	mutex_lock(&q->grow_lock);
	if (need > mapped_bytes(q))
		ret = grow_locked(q, need);
	mutex_unlock(&q->grow_lock);
	return ret;
}

/**
 * tcmu_ringmem_cover - make sure of memory for an entry, and for what goes before it
 * @q: the queue
 * @slot: from tcmu_ring_reserve()
 *
 * Context: may sleep; neither done_lock nor ring_lock is held.
 * Return: 0 or -ENOMEM.
 */
int tcmu_ringmem_cover(struct tcmu_queue *q, const struct tcmu_ring_slot *slot)
{
	/* a pad is at the end of the ring */
	return cover(q, slot->pad ? q->geo.ring_bytes :
				    (u64)TCMU_RING_OFF + slot->pos + slot->len);
}

/**
 * tcmu_ringmem_cover_all - make all of the ring resident
 * @q: the queue
 *
 * For who cannot do so later.
 *
 * Context: as tcmu_ringmem_cover().
 * Return: 0 or -ENOMEM.
 */
int tcmu_ringmem_cover_all(struct tcmu_queue *q)
{
	return cover(q, q->geo.ring_bytes);
}

/**
 * tcmu_ringmem_init - an empty ring, with the first part of its memory
 * @q: the queue; its geometry is set
 *
 * Return: 0 or -ENOMEM; then there is nothing to undo.
 */
int tcmu_ringmem_init(struct tcmu_queue *q)
{
	unsigned int nr = q->geo.ring_bytes >> PAGE_SHIFT;
	u32 *recs;

	mutex_init(&q->grow_lock);
	q->ring_pages = kvcalloc(nr, sizeof(*q->ring_pages), GFP_KERNEL);
	if (!q->ring_pages)
		return -ENOMEM;
	q->ring_mem = map_pages(q, FIRST_BYTES);
	recs = alloc_recs(FIRST_BYTES);
	if (!q->ring_mem || !recs) {
		kvfree(recs);
		tcmu_ringmem_exit(q);
		return -ENOMEM;
	}
	q->mbox = page_address(q->ring_pages[0]);
	tcmu_ring_init(&q->ring, q->ring_mem, q->geo.ring_bytes, FIRST_BYTES,
		       recs);
	return 0;
}

/* Nobody has it mapped any more */
void tcmu_ringmem_exit(struct tcmu_queue *q)
{
	unsigned int nr = q->geo.ring_bytes >> PAGE_SHIFT;
	unsigned int i;

	kvfree(q->ring.recs);
	vunmap(q->ring_mem);
	for (i = 0; i < nr; i++)
		if (q->ring_pages[i])
			__free_page(q->ring_pages[i]);
	kvfree(q->ring_pages);
}
