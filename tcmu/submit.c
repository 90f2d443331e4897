// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of a command into its ring.
 *
 * Each command goes it, so that what most of them need is one function in the end,
 * and the rest is left to others.
 */
#include "submit.h"

#include "event.h"
#include "fill.h"
#include "queues.h"
#include "ringmem.h"
#include "sense.h"
#include "slot.h"
#include "tcmu.h"
#include "timeout.h"
#include "trace.h"
#include "wait.h"

#include <linux/percpu.h>
#include <linux/sched.h>
#include <scsi/scsi_common.h>

/* May a command enter the ring? */
static inline int gate(const struct tcmu_queue *q, const struct se_cmd *se_cmd)
{
	u8 shut = READ_ONCE(q->shut);

	if (unlikely(READ_ONCE(se_cmd->transport_state) & CMD_T_ABORTED))
		return -ECANCELED;
	if (unlikely(shut))
		return shut == TCMU_SHUT_BROKEN ? -EPROTO : -EBUSY;
	return 0;
}

/* @one: its only block, or NULL, which is known when it is compiled */
static __always_inline void encode(struct tcmu_queue *q,
				   const struct tcmu_cmd *cmd, const u8 *cdb,
				   const struct tcmu_ring_slot *slot,
				   const struct tcmu_run *one)
{
	const struct tcmu_run *runs = one ?: cmd->runs;
	u32 nr_data = one ? 1 : cmd->nr_data;
	u32 nr_bidi = one ? 0 : cmd->nr_bidi;
	struct tcmu_entry_cmd entry = {
		.id = cmd->id,
		.cdb = cdb,
		.cdb_len = cmd->cdb_len,
		.data = { runs, nr_data, cmd->req.len },
		.bidi = { runs + nr_data, nr_bidi, cmd->bidi_len },
		.area_off = q->geo.ring_bytes,
		.blk_size = tcmu_blk_size(&q->geo),
	};

	tcmu_entry_put_cmd(tcmu_ring_slot_ptr(&q->ring, slot->pos),
			   TCMU_RING_OFF + slot->pos, slot->len, &entry);
}

static inline u64 entry_len(const struct tcmu_cmd *cmd)
{
	return tcmu_entry_cmd_len(cmd->nr_data + cmd->nr_bidi, cmd->cdb_len);
}

/*
 * From the store of CMD_RING on, a program that guesses ids may have the command
 * ended, so that nothing of it is touched behind; an honest one sees the entry
 * only after the store.
 */
static __always_inline int enter_at_locked(struct tcmu_queue *q,
					   struct tcmu_cmd *cmd, const u8 *cdb,
					   const struct tcmu_ring_slot *slot,
					   const struct tcmu_run *one)
{
	unsigned long deadline;
	bool timed;

	encode(q, cmd, cdb, slot, one);
	timed = tcmu_timeout_deadline_locked(q, &deadline);
	cmd->deadline = deadline;
	cmd->timed = timed;
	cmd->order = q->order;
	/* who sends events looks at it without the lock */
	WRITE_ONCE(q->order, cmd->order + 1);
	trace_tcmu_deliver(q, cmd);
	/* whoever finds it in the ring finds the rest of the slot */
	smp_store_release(&cmd->state, TCMU_CMD_RING);
	tcmu_ring_submit(&q->ring, slot);
	return timed;
}

/**
 * tcmu_submit_enter_locked - put a command's entry into the ring
 * @q: the queue
 * @cmd: its slot is filled
 *
 * Context: ring_lock is held.
 * Return: 1 if the command may be late, 0 if it may not; -EMSGSIZE or -ENOSPC;
 * -EFAULT where there is no memory behind the ring yet.
 */
int tcmu_submit_enter_locked(struct tcmu_queue *q, struct tcmu_cmd *cmd)
{
	struct tcmu_ring_slot slot;
	int ret;

	lockdep_assert_held(&q->ring_lock);
	ret = tcmu_ring_reserve_next(&q->ring, entry_len(cmd), &slot);
	if (ret)
		return ret;
	slot.op = TCMU_OP_CMD;
	return enter_at_locked(q, cmd, tcmu_req_cdb(&cmd->req), &slot, NULL);
}

/* The same for one run, by itself where there is room behind the last entry */
static __always_inline int enter_one_locked(struct tcmu_queue *q,
					    struct tcmu_cmd *cmd, const u8 *cdb,
					    const struct tcmu_run *one)
{
	struct tcmu_ring_slot slot = {
		.pos = q->ring.head,
		.len = tcmu_entry_cmd_len(1, cmd->cdb_len),
		.op = TCMU_OP_CMD,
	};

	if (unlikely(!tcmu_ring_has_room(&q->ring, slot.len)))
		return tcmu_submit_enter_locked(q, cmd);
	return enter_at_locked(q, cmd, cdb, &slot, one);
}

static __always_inline int publish(struct tcmu_queue *q, struct tcmu_cmd *cmd,
				   struct se_cmd *se_cmd, const u8 *cdb,
				   const struct tcmu_run *one)
{
	unsigned long deadline;
	int ret;

	spin_lock(&q->ring_lock);
	ret = gate(q, se_cmd);
	if (unlikely(cmd->as_it_was && !tcmu_ring_fills(q->mbox)))
		ret = ret ?: -EAGAIN;
	if (likely(!ret))
		ret = one ? enter_one_locked(q, cmd, cdb, one) :
			    tcmu_submit_enter_locked(q, cmd);
	/* which the command's is, too; that may have been answered by now */
	deadline = q->late.deadline;
	spin_unlock(&q->ring_lock);
	if (unlikely(ret <= 0))
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

/* There was no memory behind the ring, or the program fills no buffer any more */
static int publish_again(struct tcmu_queue *q, struct tcmu_cmd *cmd, int ret)
{
	while (ret == -EFAULT || ret == -EAGAIN) {
		if (ret == -EAGAIN)
			tcmu_fill_clear(q, cmd);
		/* the head has come to where there is no memory yet */
		ret = look_for_room(q, cmd);
		if (!ret)
			ret = publish(q, cmd, cmd->req.se_cmd, NULL, NULL);
	}
	return ret;
}

static noinline int place_again(struct tcmu_queue *q, struct tcmu_cmd *cmd,
				struct se_cmd *se_cmd, int ret)
{
	ret = publish_again(q, cmd, ret);
	if (ret) {
		se_cmd->priv = NULL;
		tcmu_slot_put(q, cmd);
	}
	return ret;
}

/* A command has its slot, and gives it back if it does not get into the ring */
static __always_inline int place(struct tcmu_queue *q, struct tcmu_cmd *cmd,
				 struct se_cmd *se_cmd, const u8 *cdb,
				 const struct tcmu_run *one)
{
	int ret;

	ret = one ? tcmu_fill_one(q, cmd, one) : tcmu_fill_any(q, cmd);
	se_cmd->priv = cmd;
	if (likely(!ret))
		ret = publish(q, cmd, se_cmd, cdb, one);
	if (unlikely(ret))
		ret = place_again(q, cmd, se_cmd, ret);
	return ret;
}

static __always_inline int place_any(struct tcmu_queue *q, struct tcmu_cmd *cmd)
{
	return place(q, cmd, cmd->req.se_cmd, NULL, NULL);
}

/**
 * tcmu_submit_place - try to put a command into the ring
 * @q: the queue
 * @req: the command, and what is asked
 *
 * Context: may sleep; no lock is held.
 * Return: 0 when the program owns the command; otherwise an error of sense.h,
 * and the caller still owns it. -ENOSPC and -ENOMEM may go away by waiting.
 */
int tcmu_submit_place(struct tcmu_queue *q, const struct tcmu_req *req)
{
	struct tcmu_cmd *cmd;
	int ret;

	ret = gate(q, req->se_cmd);
	if (ret)
		return ret;
	ret = tcmu_slot_take(q, req->len, tcmu_req_bidi_len(req), &cmd);
	if (ret)
		return ret;
	cmd->req = *req;
	cmd->cdb_len = tcmu_req_cdb_len(req);
	if (tcmu_wait_is_busy(q))
		ret = look_for_room(q, cmd);
	if (ret) {
		tcmu_slot_put(q, cmd);
		return ret;
	}
	return place_any(q, cmd);
}

/* It did not get into the ring; perhaps it may wait */
static int not_placed(struct tcmu_queue *q, const struct tcmu_req *req, int ret)
{
	if (ret == -ENOSPC || ret == -ENOMEM)
		ret = tcmu_wait_join(q, req, ret);
	/* what was held and given back may be what a waiting command wants */
	tcmu_wait_kick(q);
	return ret;
}

static int submit(struct tcmu_queue *q, const struct tcmu_req *req)
{
	int ret;

	/* who waits goes first */
	if (tcmu_wait_is_busy(q))
		return gate(q, req->se_cmd) ?: tcmu_wait_join(q, req, 0);

	ret = tcmu_submit_place(q, req);
	if (ret)
		return not_placed(q, req, ret);
	tcmu_event(q);
	return 0;
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
	/* what was done with the queue, then the count; with tcmu_submit_wait() */
	smp_mb();
	this_cpu_dec(*q->submitters);
}

/* @ret: 0 where it was not tried yet */
static noinline int submit_slowly(struct tcmu_queue *q, struct se_cmd *se_cmd,
				  int ret)
{
	struct tcmu_req req;

	tcmu_req_init(&req, se_cmd, tcmu_req_data_len(se_cmd));
	return ret ? not_placed(q, &req, ret) : submit(q, &req);
}

/* Is it for the short way? One without data has no page */
static inline bool is_page(u32 len)
{
	return len - 1 < PAGE_SIZE;
}

/* For just what the initiator has sent: no request is made but in the slot */
static inline void begin(struct tcmu_cmd *cmd, struct se_cmd *se_cmd, u32 len)
{
	tcmu_req_init(&cmd->req, se_cmd, len);
	cmd->cdb_len = scsi_command_size(se_cmd->t_task_cdb);
}

/* As submit(), for what nobody and nothing is in the way of */
static noinline int submit_any(struct tcmu_queue *q, struct se_cmd *se_cmd,
			       u32 len)
{
	struct tcmu_cmd *cmd;
	int ret;

	ret = tcmu_slot_take(q, len, 0, &cmd);
	if (ret)
		return submit_slowly(q, se_cmd, ret);
	begin(cmd, se_cmd, len);
	ret = place_any(q, cmd);
	if (ret)
		return submit_slowly(q, se_cmd, ret);
	tcmu_event(q);
	return 0;
}

/* The same for one page or less. What few commands have is left to the others. */
static __always_inline int submit_fast(struct tcmu_queue *q,
				       struct se_cmd *se_cmd)
{
	u32 len = tcmu_req_data_len(se_cmd);
	struct tcmu_cmd *cmd;
	struct tcmu_run run;
	int ret;

	if (unlikely(tcmu_wait_is_busy(q) || READ_ONCE(q->shut) ||
		     se_cmd->se_cmd_flags & SCF_BIDI))
		return submit_slowly(q, se_cmd, 0);
	if (!is_page(len))
		return submit_any(q, se_cmd, len);
	cmd = tcmu_slot_take_one(q, &run);
	if (unlikely(!cmd))
		return submit_any(q, se_cmd, len);
	begin(cmd, se_cmd, len);
	ret = place(q, cmd, se_cmd, se_cmd->t_task_cdb, &run);
	if (unlikely(ret))
		return submit_slowly(q, se_cmd, ret);
	tcmu_event(q);
	return 0;
}

/**
 * tcmu_submit_cmd - take a command from the core just as the initiator has sent it
 * @se_cmd: the command
 *
 * Context: may sleep.
 * Return: TCM_NO_SENSE when the command will be ended from here; otherwise what
 * the core ends it with.
 */
sense_reason_t tcmu_submit_cmd(struct se_cmd *se_cmd)
{
	struct tcmu_queue *q = tcmu_queues_here(to_tcmu_dev(se_cmd->se_dev));
	int ret;

	trace_tcmu_submit(q, se_cmd, NULL);
	se_cmd->priv = NULL;
	come_in(q);
	ret = submit_fast(q, se_cmd);
	go_out(q);
	return likely(!ret) ? TCM_NO_SENSE : tcmu_errno_to_sense(ret);
}

/* As submit_fast(), for what iomode.c asks */
static __always_inline int submit_own(struct tcmu_queue *q,
				      const struct tcmu_req *req)
{
	struct tcmu_cmd *cmd;
	struct tcmu_run run;
	int ret;

	if (tcmu_wait_is_busy(q) || READ_ONCE(q->shut) || !is_page(req->len))
		return submit(q, req);
	cmd = tcmu_slot_take_one(q, &run);
	if (unlikely(!cmd))
		return submit(q, req);
	cmd->req = *req;
	cmd->cdb_len = TCMU_OWN_CDB_LEN;
	ret = place(q, cmd, req->se_cmd, req->cdb, &run);
	if (unlikely(ret))
		return not_placed(q, req, ret);
	tcmu_event(q);
	return 0;
}

/**
 * tcmu_submit_req - ask the program for what a command of the core needs
 * @q: the queue
 * @req: the command, and what is asked, with a CDB of its own
 *
 * Context: may sleep.
 * Return: 0 when the command will be ended from here; otherwise an error of
 * sense.h, which the caller ends it with.
 */
int tcmu_submit_req(struct tcmu_queue *q, const struct tcmu_req *req)
{
	int ret;

	trace_tcmu_submit(q, req->se_cmd, req);
	req->se_cmd->priv = NULL;
	come_in(q);
	ret = submit_own(q, req);
	go_out(q);
	return ret;
}

/* No command comes any more: the sum is 0 when the last one is out, and not before */
static bool has_submitters(const struct tcmu_queue *q)
{
	int sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		/* each CPU changes its own by one instruction, or as good as that */
		sum += data_race(READ_ONCE(*per_cpu_ptr(q->submitters, cpu)));
	}
	return sum;
}

/* Until all have left who have nothing to do any more but to return */
void tcmu_submit_wait(struct tcmu_queue *q)
{
	while (has_submitters(q))
		schedule_timeout_uninterruptible(1);
	/* pairs with the one in go_out() */
	smp_mb();
}
