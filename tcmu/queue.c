// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue: its life.
 */
#include "queue.h"

#include "device.h"
#include "event.h"
#include "pages.h"
#include "reclaim.h"
#include "ringmem.h"
#include "slot.h"
#include "submit.h"
#include "tcmu.h"
#include "timeout.h"
#include "wait.h"

#include <linux/bits.h>
#include <linux/percpu.h>
#include <linux/slab.h>

static int init_memory(struct tcmu_queue *q)
{
	int ret;

	ret = tcmu_slots_init(q);
	if (ret)
		return ret;
	ret = tcmu_ringmem_init(q);
	if (ret)
		goto err_slots;
	ret = tcmu_pages_init(q);
	if (ret)
		goto err_ringmem;
	return 0;

err_ringmem:
	tcmu_ringmem_exit(q);
err_slots:
	tcmu_slots_exit(q);
	return ret;
}

static void free_memory(struct tcmu_queue *q)
{
	tcmu_pages_exit(q);
	tcmu_ringmem_exit(q);
	tcmu_slots_exit(q);
}

/* The data area is the device's: each queue has an equal share */
static void set_geometry(struct tcmu_queue *q, const struct tcmu_dev *dev)
{
	u32 area_mb = dev->area_mb / dev->nr_queues;
	struct tcmu_geometry *geo = &q->geo;

	geo->ring_bytes = dev->ring_mb << 20;
	geo->map_bytes = ((u64)dev->ring_mb + area_mb) << 20;
	geo->pages_per_blk = dev->pages_per_blk;
	geo->nr_blocks = (area_mb << (20 - PAGE_SHIFT)) / dev->pages_per_blk;
}

/**
 * tcmu_queue_alloc - a queue of a device, with everything but its UIO device
 * @dev: the device, its configuration locked
 * @idx: which of its queues
 *
 * Return: the queue with one reference, or -ENOMEM.
 */
struct tcmu_queue *tcmu_queue_alloc(struct tcmu_dev *dev, u32 idx)
{
	struct tcmu_queue *q;
	int ret;

	q = kzalloc(sizeof(*q), GFP_KERNEL);
	if (!q)
		return ERR_PTR(-ENOMEM);
	set_geometry(q, dev);
	kref_init(&q->kref);
	spin_lock_init(&q->alloc_lock);
	spin_lock_init(&q->ring_lock);
	mutex_init(&q->done_lock);
	init_rwsem(&q->map_sem);
	tcmu_wait_init(q);
	tcmu_timeout_init(q);
	tcmu_event_init(q);
	ret = init_memory(q);
	if (ret)
		goto err_free;
	q->submitters = alloc_percpu(int);
	if (!q->submitters) {
		ret = -ENOMEM;
		goto err_free_memory;
	}
	q->dev = dev;
	q->idx = idx;
	q->bit = BIT_ULL(idx);
	kref_get(&dev->kref);
	return q;

err_free_memory:
	free_memory(q);
err_free:
	kfree(q);
	return ERR_PTR(ret);
}

static void queue_release(struct kref *kref)
{
	struct tcmu_queue *q = container_of(kref, struct tcmu_queue, kref);

	free_percpu(q->submitters);
	free_memory(q);
	tcmu_dev_put(q->dev);
	kfree(q->uio.name);
	kfree(q);
}

void tcmu_queue_get(struct tcmu_queue *q)
{
	kref_get(&q->kref);
}

void tcmu_queue_put(struct tcmu_queue *q)
{
	kref_put(&q->kref, queue_release);
}

/* Everybody may find it from here on */
void tcmu_queue_start(struct tcmu_queue *q)
{
	tcmu_reclaim_add_queue(q);
}

/**
 * tcmu_queue_stop - end all that runs on its own for a queue
 * @q: the queue; no command comes any more, and none is unanswered
 *
 * Mappings may live on, and keep the memory.
 */
void tcmu_queue_stop(struct tcmu_queue *q)
{
	tcmu_submit_wait(q);
	tcmu_reclaim_del_queue(q);
	tcmu_timeout_stop(q);
	tcmu_wait_stop(q);
	/* those were the last who send events */
	tcmu_event_stop(q);
}
