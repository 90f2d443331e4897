// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue: its life, and the way of a command into its ring.
 */
#include "queue.h"

#include "copy.h"
#include "device.h"
#include "event.h"
#include "pages.h"
#include "reclaim.h"
#include "ringmem.h"
#include "slot.h"
#include "tcmu.h"
#include "timeout.h"
#include "trace.h"
#include "wait.h"

#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <scsi/scsi_proto.h>

/* Which part of the blocks is what; the BIDI Data-In comes behind */
static struct tcmu_run *bidi_runs(const struct tcmu_cmd *cmd)
{
	return cmd->runs + cmd->nr_data;
}

/* Pages for the buffers, and Data-Out in them */
static int fill_buffers(struct tcmu_queue *q, struct tcmu_cmd *cmd)
{
	const struct tcmu_req *req = &cmd->req;
	bool out = req->dir == DMA_TO_DEVICE;
	bool clear = !tcmu_ring_fills(q->mbox);
	int ret;

	cmd->as_it_was = !clear;
	ret = tcmu_pages_fill(q, cmd->runs, req->len, clear && !out);
	if (!ret && cmd->bidi_len)
		ret = tcmu_pages_fill(q, bidi_runs(cmd), cmd->bidi_len, clear);
	if (!ret && out)
		tcmu_copy_to_area(q, cmd->runs, req->sg, req->nents, req->len);
	return ret;
}

/* The program that was to fill them has gone: its next one has promised nothing */
static void clear_buffers(struct tcmu_queue *q, struct tcmu_cmd *cmd)
{
	if (cmd->req.dir == DMA_FROM_DEVICE)
		tcmu_pages_clear(q, cmd->runs, cmd->req.len);
	if (cmd->bidi_len)
		tcmu_pages_clear(q, bidi_runs(cmd), cmd->bidi_len);
	cmd->as_it_was = false;
}

/**
 * tcmu_queue_clear - zero what a program is to find that has promised nothing
 * @q: the queue; its UIO file is being opened, so that nobody promises anything
 *
 * Context: may sleep; no lock is held.
 */
void tcmu_queue_clear(struct tcmu_queue *q)
{
	struct tcmu_cmd *cmd;
	u32 id = 0;

	/* who has seen the promise of the last one is in the ring by now */
	spin_lock(&q->ring_lock);
	spin_unlock(&q->ring_lock);
	mutex_lock(&q->done_lock);
	while ((cmd = tcmu_slot_next_used(q, &id))) {
		/* pairs with the release when the command enters the ring */
		if (smp_load_acquire(&cmd->state) == TCMU_CMD_RING &&
		    cmd->as_it_was)
			clear_buffers(q, cmd);
	}
	mutex_unlock(&q->done_lock);
}

/* May a command enter the ring? */
static int gate(const struct tcmu_queue *q, const struct se_cmd *se_cmd)
{
	if (READ_ONCE(se_cmd->transport_state) & CMD_T_ABORTED)
		return -ECANCELED;
	if (READ_ONCE(q->blocked) || READ_ONCE(q->abandoned))
		return -EBUSY;
	if (READ_ONCE(q->broken))
		return -EPROTO;
	return 0;
}

static void encode(struct tcmu_queue *q, const struct tcmu_cmd *cmd,
		   const struct tcmu_ring_slot *slot)
{
	struct tcmu_entry_cmd entry = {
		.id = cmd->id,
		.cdb = tcmu_req_cdb(&cmd->req),
		.cdb_len = cmd->cdb_len,
		.data = { cmd->runs, cmd->nr_data, cmd->req.len },
		.bidi = { bidi_runs(cmd), cmd->nr_bidi, cmd->bidi_len },
		.area_off = q->geo.ring_bytes,
		.blk_size = tcmu_blk_size(&q->geo),
	};

	tcmu_entry_put_cmd(tcmu_ring_slot_ptr(&q->ring, slot->pos),
			   TCMU_RING_OFF + slot->pos, slot->len, &entry);
}

static u64 entry_len(const struct tcmu_cmd *cmd)
{
	return tcmu_entry_cmd_len(cmd->nr_data + cmd->nr_bidi, cmd->cdb_len);
}

/**
 * tcmu_queue_enter_locked - put a command's entry into the ring
 * @q: the queue
 * @cmd: its slot is filled
 * @deadline: where to put the jiffies at which it is late
 *
 * From the store of CMD_RING on, a program that guesses ids may have the command
 * ended, so that nothing of it is touched behind; an honest one sees the entry
 * only after the store.
 *
 * Context: ring_lock is held.
 * Return: 1 if the command may be late, 0 if it may not; -EMSGSIZE or -ENOSPC;
 * -EFAULT where there is no memory behind the ring yet.
 */
int tcmu_queue_enter_locked(struct tcmu_queue *q, struct tcmu_cmd *cmd,
			    unsigned long *deadline)
{
	struct tcmu_ring_slot slot = { .op = TCMU_OP_CMD };
	bool timed;
	int ret;

	lockdep_assert_held(&q->ring_lock);
	ret = tcmu_ring_reserve_next(&q->ring, entry_len(cmd), &slot);
	if (ret)
		return ret;
	encode(q, cmd, &slot);
	timed = tcmu_timeout_deadline(q, deadline);
	cmd->deadline = *deadline;
	cmd->timed = timed;
	cmd->order = q->order;
	/* who sends events looks at it without the lock */
	WRITE_ONCE(q->order, cmd->order + 1);
	trace_tcmu_deliver(q, cmd);
	/* whoever finds it in the ring finds the rest of the slot */
	smp_store_release(&cmd->state, TCMU_CMD_RING);
	tcmu_ring_submit(&q->ring, &slot);
	return timed;
}

static int publish(struct tcmu_queue *q, struct tcmu_cmd *cmd)
{
	unsigned long deadline;
	int ret;

	spin_lock(&q->ring_lock);
	ret = gate(q, cmd->req.se_cmd);
	if (!ret && cmd->as_it_was && !tcmu_ring_fills(q->mbox))
		ret = -EAGAIN;
	if (!ret)
		ret = tcmu_queue_enter_locked(q, cmd, &deadline);
	spin_unlock(&q->ring_lock);
	if (ret <= 0)
		return ret;
	tcmu_timeout_arm(q, deadline);
	return 0;
}

/* A guess before the data of one that had no room is copied for nothing again */
static int look_for_room(struct tcmu_queue *q, struct tcmu_cmd *cmd)
{
	struct tcmu_ring_slot slot;
	u64 len = entry_len(cmd);
	int ret;

	if (len > tcmu_ring_max_entry(&q->ring))
		return -EMSGSIZE;
	ret = tcmu_ring_reserve(&q->ring, len, &slot);
	return ret == -EFAULT ? tcmu_ringmem_cover(q, &slot) : ret;
}

/**
 * tcmu_queue_place - try to put a command into the ring
 * @q: the queue
 * @req: the command, and what is asked
 *
 * Context: may sleep; no lock is held.
 * Return: 0 when the program owns the command; otherwise an error of sense.h,
 * and the caller still owns it. -ENOSPC and -ENOMEM may go away by waiting.
 */
int tcmu_queue_place(struct tcmu_queue *q, const struct tcmu_req *req)
{
	struct se_cmd *se_cmd = req->se_cmd;
	struct tcmu_cmd *cmd;
	int ret;

	ret = gate(q, se_cmd);
	if (ret)
		return ret;
	cmd = tcmu_slot_take(q, req);
	if (IS_ERR(cmd))
		return PTR_ERR(cmd);
	se_cmd->priv = cmd;

	if (tcmu_wait_is_busy(q))
		ret = look_for_room(q, cmd);
	if (!ret)
		ret = fill_buffers(q, cmd);
	if (!ret)
		ret = publish(q, cmd);
	while (ret == -EFAULT || ret == -EAGAIN) {
		if (ret == -EAGAIN)
			clear_buffers(q, cmd);
		/* the head has come to where there is no memory yet */
		ret = look_for_room(q, cmd);
		if (!ret)
			ret = publish(q, cmd);
	}
	if (ret) {
		se_cmd->priv = NULL;
		tcmu_slot_put(q, cmd);
	}
	return ret;
}

static int submit(struct tcmu_queue *q, const struct tcmu_req *req)
{
	int ret;

	/* who waits goes first */
	if (tcmu_wait_is_busy(q))
		return gate(q, req->se_cmd) ?: tcmu_wait_join(q, req, 0);

	ret = tcmu_queue_place(q, req);
	if (!ret) {
		tcmu_event(q);
		return 0;
	}
	if (ret == -ENOSPC || ret == -ENOMEM)
		ret = tcmu_wait_join(q, req, ret);
	/* what was held and given back may be what a waiting command wants */
	tcmu_wait_kick(q);
	return ret;
}

/*
 * A command may be answered, its LUN unlinked and the device on its way out before
 * its submitter returns: the count keeps the queue until he has.
 */
static inline void come_in(struct tcmu_queue *q)
{
	this_cpu_inc(*q->submitters);
}

static inline void go_out(struct tcmu_queue *q)
{
	/* what was done with the queue, then the count; with tcmu_queue_stop() */
	smp_mb();
	this_cpu_dec(*q->submitters);
}

/**
 * tcmu_queue_submit - take a command from the core
 * @q: the queue
 * @req: the command, and what is asked
 *
 * Context: may sleep.
 * Return: 0 when the command will be ended from here; otherwise an error of
 * sense.h, which the caller ends it with.
 */
int tcmu_queue_submit(struct tcmu_queue *q, const struct tcmu_req *req)
{
	int ret;

	trace_tcmu_submit(q, req);
	req->se_cmd->priv = NULL;
	come_in(q);
	ret = submit(q, req);
	go_out(q);
	return ret;
}

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

/* No command comes any more: the sum is 0 when the last one is out, and not before */
static bool has_submitters(const struct tcmu_queue *q)
{
	int sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(q->submitters, cpu));
	return sum;
}

/**
 * tcmu_queue_stop - end all that runs on its own for a queue
 * @q: the queue; no command comes any more, and none is unanswered
 *
 * Mappings may live on, and keep the memory.
 */
void tcmu_queue_stop(struct tcmu_queue *q)
{
	/* they have nothing left to do but to return */
	while (has_submitters(q))
		schedule_timeout_uninterruptible(1);
	/* pairs with the one in go_out() */
	smp_mb();
	tcmu_reclaim_del_queue(q);
	tcmu_timeout_stop(q);
	tcmu_wait_stop(q);
	/* those were the last who send events */
	tcmu_event_stop(q);
}
