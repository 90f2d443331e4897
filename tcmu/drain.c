// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of a command out of its ring: take the program's answers, and end the
 * commands with them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "drain.h"

#include "copy.h"
#include "iomode.h"
#include "reclaim.h"
#include "sense.h"
#include "slot.h"
#include "tcmu.h"
#include "trace.h"
#include "wait.h"

#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <scsi/scsi_proto.h>

/*
 * The program's mistake: data, not a bug. From here on the ring takes no
 * command and no answer, until it is reset.
 */
static void break_ring(struct tcmu_queue *q, const char *what, u32 val)
{
	lockdep_assert_held(&q->done_lock);
	spin_lock(&q->ring_lock);
	tcmu_queue_shut_locked(q, TCMU_SHUT_BROKEN, true);
	spin_unlock(&q->ring_lock);
	q->stats.broken++;
	pr_err_ratelimited("%s: ring is broken: %s %u; write 1 to action/reset_ring and mend the daemon\n",
			   q->dev->name, what, val);
}

/* @now: one look at the clock is enough for all that a program releases at once */
static void count(struct tcmu_queue *q, const struct tcmu_cmd *cmd, u64 now)
{
	const struct tcmu_req *req = &cmd->req;
	struct tcmu_stats *stats = &q->stats;
	enum tcmu_stat_kind kind;

	lockdep_assert_held(&q->done_lock);
	if (!req->se_cmd) {
		stats->late++;
		return;
	}
	kind = tcmu_req_kind(req);
	stats->latency[kind][tcmu_stat_bucket(now - req->start)]++;
	if (cmd->answer.status == SAM_STAT_GOOD)
		stats->bytes[kind] += req->len;
}

static noinline void take_sense(const struct tcmu_cmd *cmd, const void *slot)
{
	struct se_cmd *se_cmd = cmd->req.se_cmd;

	if (se_cmd && !(cmd->answer.uflags & TCMU_UFLAG_UNKNOWN_OP))
		transport_copy_sense_to_cmd(se_cmd,
					    (u8 *)tcmu_entry_sense(slot));
}

/* How many are ended at a time: the first waits until the last one's page is copied */
#define TOGETHER	16

/*
 * Commands that have their answers, in the order of those; later without their slots.
 * @left: bytes of the ring that are still to be walked: what was there in the
 *	beginning. A program may go on answering as long as there are commands.
 */
struct done_list {
	u32 left;
	u32 nr;
	union {
		struct tcmu_cmd *cmd;
		struct se_cmd *se_cmd;
	} at[TOGETHER];
};

/* The one look at an answer; the command is the caller's from here on */
static inline int take_answer(struct tcmu_queue *q, u32 pos, u64 now,
			      struct done_list *done)
{
	void *slot = tcmu_ring_slot_ptr(&q->ring, pos);
	u16 id = tcmu_entry_get_id(slot);
	struct tcmu_cmd *cmd;
	int state;

	/* 0 is one that is never used */
	cmd = tcmu_slot_of(q, id);
	/* pairs with the release when the command enters the ring */
	state = likely(cmd) ? smp_load_acquire(&cmd->state) : TCMU_CMD_FREE;
	if (unlikely(state != TCMU_CMD_RING && state != TCMU_CMD_EXPIRED)) {
		break_ring(q, "answer to a command that is not in it, id", id);
		return -EPROTO;
	}
	WRITE_ONCE(cmd->state, TCMU_CMD_DONE);
	tcmu_entry_get_answer(slot, &cmd->answer);
	count(q, cmd, now);
	trace_tcmu_complete(q, cmd, now);
	if (unlikely(cmd->answer.status == SAM_STAT_CHECK_CONDITION))
		take_sense(cmd, slot);
	done->at[done->nr++].cmd = cmd;
	return 0;
}

/* Walk what the program has released, as far as the list has room; true if it was any */
static __always_inline bool reap(struct tcmu_queue *q, struct done_list *done)
{
	u32 from = q->ring.walked;
	struct tcmu_ring_slot slot;
	u64 now = local_clock();
	u32 tail, walked;
	int ret = 0;

	lockdep_assert_held(&q->done_lock);
	if (tcmu_queue_is_broken(q))
		return false;
	if (tcmu_ring_tail(&q->ring, &tail)) {
		break_ring(q, "cmd_tail is out of place, last good one was",
			   q->ring.walked);
		return false;
	}
	done->left = min(done->left, tcmu_ring_distance(&q->ring, from, tail));
	while (done->nr < TOGETHER) {
		ret = tcmu_ring_next(&q->ring, tail, &slot);
		if (ret <= 0)
			break;
		if (slot.op == TCMU_OP_CMD &&
		    take_answer(q, slot.pos, now, done))
			break;
	}
	if (ret < 0)
		break_ring(q, "cmd_tail lies inside an entry:", tail);
	tcmu_ring_clean(&q->ring);
	walked = tcmu_ring_distance(&q->ring, from, q->ring.walked);
	done->left -= min(done->left, walked);
	return walked;
}

/* Does the answer say how much of a read is valid? */
static bool has_read_len(const struct tcmu_req *req,
			 const struct tcmu_answer *answer)
{
	return req->dir == DMA_FROM_DEVICE &&
	       (answer->uflags & TCMU_UFLAG_READ_LEN) && answer->read_len;
}

static void copy_back(struct tcmu_queue *q, const struct tcmu_cmd *cmd)
{
	const struct tcmu_answer *answer = &cmd->answer;
	const struct tcmu_req *req = &cmd->req;
	struct se_cmd *se_cmd = req->se_cmd;

	if (answer->uflags & TCMU_UFLAG_UNKNOWN_OP)
		return;
	if (answer->status == SAM_STAT_CHECK_CONDITION &&
	    !has_read_len(req, answer))
		return;
	if (req->dir == DMA_FROM_DEVICE)
		tcmu_copy_from_area(q, cmd->runs, req->sg, req->nents,
				    tcmu_answer_read_len(answer, req->len));
	if (!cmd->bidi_len)
		return;
	tcmu_copy_from_area(q, cmd->runs + cmd->nr_data, se_cmd->t_bidi_data_sg,
			    se_cmd->t_bidi_data_nents, cmd->bidi_len);
}

static void complete_cmd(struct tcmu_queue *q, struct se_cmd *se_cmd,
			 bool has_len, const struct tcmu_answer *answer)
{
	if (answer->uflags & TCMU_UFLAG_UNKNOWN_OP) {
		pr_warn_ratelimited("%s: daemon does not know opcode %#x\n",
				    q->dev->name, se_cmd->t_task_cdb[0]);
		tcmu_fail_cmd(se_cmd, -EPROTO);
		return;
	}
	if (!has_len) {
		target_complete_cmd(se_cmd, answer->status);
		return;
	}
	/* a tape's short block: sense and data both count */
	if (answer->status == SAM_STAT_CHECK_CONDITION)
		se_cmd->se_cmd_flags |= SCF_TREAT_READ_AS_NORMAL;
	target_complete_cmd_with_length(se_cmd, answer->status,
					tcmu_answer_read_len(answer,
							     se_cmd->data_length));
}

/*
 * Give back id and blocks, or leave them to the program that wants to keep them.
 * Not if it has gone or the ring was reset since its answer was taken: nobody would
 * give them back then.
 */
static void give_back(struct tcmu_queue *q, struct tcmu_cmd *cmd,
		      unsigned int nr_resets)
{
	bool kept;

	cmd->req.se_cmd = NULL;
	if (likely(!(cmd->answer.uflags & TCMU_UFLAG_KEEP_BUF))) {
		tcmu_slot_put(q, cmd);
		return;
	}
	mutex_lock(&q->done_lock);
	kept = nr_resets == q->nr_resets && test_bit(0, &q->uio_open);
	if (kept)
		WRITE_ONCE(cmd->state, TCMU_CMD_KEPT);
	mutex_unlock(&q->done_lock);
	if (!kept)
		tcmu_slot_put(q, cmd);
}

static void finish_own(struct tcmu_queue *q, struct tcmu_cmd *cmd,
		       unsigned int nr_resets)
{
	const struct tcmu_answer answer = cmd->answer;
	const struct tcmu_req req = cmd->req;

	give_back(q, cmd, nr_resets);
	tcmu_io_complete(q, &req, &answer);
}

/* Nothing but GOOD, which nearly all are */
static inline bool is_good(const struct tcmu_cmd *cmd)
{
	return !cmd->answer.uflags && !cmd->answer.status;
}

/*
 * One buffer at the most, and somebody waits for it. I/O mode's requests without data
 * may have another one behind them.
 */
static inline bool is_plain(const struct tcmu_cmd *cmd)
{
	return cmd->req.se_cmd && !cmd->bidi_len &&
	       (!cmd->req.own || cmd->req.len);
}

/* Room first, here and below, so that the initiator's next command finds it */
static void finish_good(struct tcmu_queue *q, struct tcmu_cmd *cmd)
{
	const struct tcmu_req *req = &cmd->req;
	struct se_cmd *se_cmd = req->se_cmd;

	if (req->dir == DMA_FROM_DEVICE)
		tcmu_copy_from_area(q, cmd->runs, req->sg, req->nents,
				    req->len);
	cmd->req.se_cmd = NULL;
	tcmu_slot_put(q, cmd);
	target_complete_cmd(se_cmd, SAM_STAT_GOOD);
}

static noinline void finish_any(struct tcmu_queue *q, struct tcmu_cmd *cmd,
				unsigned int nr_resets)
{
	const struct tcmu_answer answer = cmd->answer;
	struct se_cmd *se_cmd = cmd->req.se_cmd;
	bool has_len = has_read_len(&cmd->req, &answer);

	if (se_cmd)
		copy_back(q, cmd);
	if (se_cmd && cmd->req.own) {
		finish_own(q, cmd, nr_resets);
		return;
	}
	give_back(q, cmd, nr_resets);
	if (se_cmd)
		complete_cmd(q, se_cmd, has_len, &answer);
}

/*
 * One page that is GOOD: all but telling the core, which wants no more of I/O mode's
 * reads and writes either; the slot is the gift's then. Only tcmu_fill_one() gives a
 * slot a page: it has one block.
 */
static inline struct se_cmd *finish_page(struct tcmu_queue *q,
					 struct tcmu_cmd *cmd,
					 struct tcmu_slot_gift *gift)
{
	const struct tcmu_req *req = &cmd->req;
	struct se_cmd *se_cmd = req->se_cmd;

	if (req->dir == DMA_FROM_DEVICE &&
	    !tcmu_copy_one(cmd->page, req->sg, req->nents, req->len, false))
		tcmu_copy_from_area(q, cmd->runs, req->sg, req->nents,
				    req->len);
	cmd->req.se_cmd = NULL;
	tcmu_slot_put_one(q, gift, cmd);
	return se_cmd;
}

/* The core hears of those that finish_page() has prepared */
static void tell(struct tcmu_queue *q, const struct done_list *done, u32 from,
		 u32 to, struct tcmu_slot_gift *gift)
{
	if (from == to)
		return;
	tcmu_slot_give(q, gift);
	for (; from < to; from++)
		target_complete_cmd(done->at[from].se_cmd, SAM_STAT_GOOD);
}

static __always_inline void finish_all(struct tcmu_queue *q,
				       struct done_list *done,
				       unsigned int nr_resets)
{
	struct tcmu_slot_gift gift = {};
	struct tcmu_cmd *cmd;
	u32 told = 0;
	u32 i;

	for (i = 0; i < done->nr; i++) {
		cmd = done->at[i].cmd;
		if (likely(cmd->page && is_good(cmd))) {
			done->at[i].se_cmd = finish_page(q, cmd, &gift);
			continue;
		}
		tell(q, done, told, i, &gift);
		if (is_plain(cmd) && is_good(cmd))
			finish_good(q, cmd);
		else
			finish_any(q, cmd, nr_resets);
		told = i + 1;
	}
	tell(q, done, told, done->nr, &gift);
}

/* As many as one list has room for; false if there was nothing */
static bool drain_some(struct tcmu_queue *q, struct done_list *done)
{
	unsigned int nr_resets;
	bool any;

	done->nr = 0;
	mutex_lock(&q->done_lock);
	any = reap(q, done);
	nr_resets = q->nr_resets;
	mutex_unlock(&q->done_lock);
	finish_all(q, done, nr_resets);
	return any;
}

/**
 * tcmu_queue_drain - take the answers that are there, and end their commands
 * @q: the queue
 *
 * Context: may sleep; no lock of the queue is held.
 */
void tcmu_queue_drain(struct tcmu_queue *q)
{
	/* nobody reads beyond what was put there, and zeroing costs a lone command more */
	struct done_list done __uninitialized;
	bool any = false;

	done.left = U32_MAX;
	do {
		any |= drain_some(q, &done);
		cond_resched();
	} while (done.nr == TOGETHER && done.left);
	if (!any)
		return;
	tcmu_wait_kick(q);
	if (tcmu_reclaim_wanted() && !tcmu_area_nr_used(&q->blocks))
		tcmu_reclaim_kick();
}
