// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What was fetched from a ring and what was answered: which slot gets an answer,
 * which command has an id, who tells the kernel.
 *
 * An answer goes into the slot at the tail, whatever command that slot was for,
 * if the kernel can do with that. The slot's request was copied long ago: there
 * are never more answers than commands that were fetched.
 */
#include "queue.h"

#include "uio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_CONDITION 0x02

#define MIN_RECS 256
#define MIN_IDS 256

/* lock is held; nobody needs it any more, unless somebody holds it */
static void retire(struct tcmuser_queue *q, struct tcmuser_cmd *cmd)
{
	cmd->written = true;
	if (!cmd->held)
		pool_recycle(q, cmd);
}

void account_free(struct tcmuser_queue *q)
{
	free(q->recs);
	free(q->ids);
}

/* ---- records: all with lock held -------------------------------------------------- */

static struct queue_rec *rec_at(struct tcmuser_queue *q, uint32_t i)
{
	return &q->recs[i & (q->recs_max - 1)];
}

static bool grow_recs(struct tcmuser_queue *q)
{
	uint32_t i, max = q->recs_max ? q->recs_max * 2 : MIN_RECS;
	struct queue_rec *recs = calloc(max, sizeof(*recs));

	if (!recs)
		return false;
	for (i = q->rec_tail; i != q->rec_head; i++)
		recs[i & (max - 1)] = *rec_at(q, i);
	free(q->recs);
	q->recs = recs;
	q->recs_max = max;
	return true;
}

static bool push_rec(struct tcmuser_queue *q, uint32_t len,
		     struct tcmuser_cmd *cmd)
{
	if (q->rec_head - q->rec_tail == q->recs_max && !grow_recs(q))
		return false;
	*rec_at(q, q->rec_head++) = (struct queue_rec){ .len = len, .cmd = cmd };
	return true;
}

static uint32_t step(const struct tcmuser_queue *q, uint32_t pos, uint32_t len)
{
	pos += len;
	return pos == q->ring.size ? 0 : pos;
}

/* The oldest entry, or NULL */
static struct queue_rec *oldest(struct tcmuser_queue *q)
{
	return q->rec_tail == q->rec_head ? NULL : rec_at(q, q->rec_tail);
}

static void pop_rec(struct tcmuser_queue *q)
{
	q->ring.tail = step(q, q->ring.tail, oldest(q)->len);
	q->rec_tail++;
}

/* Give back what wants no answer, up to the next command: that, or NULL */
static struct queue_rec *oldest_cmd(struct tcmuser_queue *q)
{
	struct queue_rec *rec;

	while ((rec = oldest(q)) && !rec->cmd)
		pop_rec(q);
	return rec;
}

/* ---- ids: all with lock held --------------------------------------------------------- */

static bool grow_ids(struct tcmuser_queue *q, uint16_t id)
{
	uint32_t max = q->ids_max ? q->ids_max : MIN_IDS;
	struct tcmuser_cmd **ids;

	while (max <= id)
		max *= 2;
	ids = reallocarray(q->ids, max, sizeof(*ids));
	if (!ids)
		return false;
	memset(ids + q->ids_max, 0, (max - q->ids_max) * sizeof(*ids));
	q->ids = ids;
	q->ids_max = max;
	return true;
}

static struct tcmuser_cmd *find(const struct tcmuser_queue *q, uint16_t id)
{
	return id < q->ids_max ? q->ids[id] : NULL;
}

/* ---- resets ---------------------------------------------------------------------------- */

static uint32_t distance(const struct tcmuser_queue *q, uint32_t from, uint32_t to)
{
	return to >= from ? to - from : q->ring.size - from + to;
}

/* Nobody but us writes the tail, unless the ring is reset */
static bool tail_is_ours(const struct tcmuser_queue *q)
{
	return READ_ONCE(q->ring.mbox->cmd_tail) == q->told;
}

/*
 * lock is held. @head was read before. Where we hold all entries from told to next,
 * the head cannot lie between.
 */
static bool is_stale(const struct tcmuser_queue *q, uint32_t head)
{
	return !tail_is_ours(q) ||
	       distance(q, q->told, head) < distance(q, q->told, q->ring.next);
}

bool account_is_stale(struct tcmuser_queue *q, uint32_t head)
{
	bool ret;

	pthread_mutex_lock(&q->lock);
	ret = is_stale(q, head);
	pthread_mutex_unlock(&q->lock);
	return ret;
}

/* In ring order, answers that waited for their turn wait no more */
static void drop_recs(struct tcmuser_queue *q)
{
	for (; q->rec_tail != q->rec_head; q->rec_tail++)
		if (rec_at(q, q->rec_tail)->cmd &&
		    !(q->caps & TCMU_MAILBOX_FLAG_CAP_OOOC) &&
		    rec_at(q, q->rec_tail)->cmd->ended)
			retire(q, rec_at(q, q->rec_tail)->cmd);
}

int account_restart(struct tcmuser_queue *q)
{
	int ret;

	pthread_mutex_lock(&q->lock);
	q->generation++;
	drop_recs(q);
	if (q->ids)
		memset(q->ids, 0, q->ids_max * sizeof(*q->ids));
	ret = tcmu_ring_user_init(&q->ring, q->map, q->map_size);
	q->told = q->ring.tail;
	pthread_mutex_unlock(&q->lock);
	return ret;
}

/* ---- what was fetched --------------------------------------------------------------------- */

static int fetch_locked(struct tcmuser_queue *q, const struct queue_entry *entry,
			struct tcmuser_cmd *cmd)
{
	if (is_stale(q, entry->head))
		return -ESTALE;
	if (cmd && find(q, cmd->id))
		return -EPROTO;
	if (cmd && cmd->id >= q->ids_max && !grow_ids(q, cmd->id))
		return -ENOMEM;
	if (!push_rec(q, entry->len, cmd))
		return -ENOMEM;
	q->ring.next = step(q, entry->pos, entry->len);
	if (cmd) {
		q->ids[cmd->id] = cmd;
		cmd->generation = q->generation;
		q->live++;
	}
	return 1;
}

int account_fetch(struct tcmuser_queue *q, const struct queue_entry *entry,
		  struct tcmuser_cmd *cmd)
{
	int ret;

	pthread_mutex_lock(&q->lock);
	ret = fetch_locked(q, entry, cmd);
	pthread_mutex_unlock(&q->lock);
	return ret;
}

static size_t hold(struct tcmuser_queue *q, const uint16_t *ids, int cnt)
{
	struct tcmuser_cmd *cmd;
	size_t held = 0;
	int i;

	for (i = 0; i < cnt; i++) {
		cmd = find(q, READ_ONCE(ids[i]));
		/* one that is named twice is held once */
		if (!cmd || cmd->held || cmd->ended)
			continue;
		cmd->held = true;
		q->tmr[held++] = cmd;
	}
	return held;
}

static bool make_room(struct tcmuser_queue *q, size_t cnt)
{
	struct tcmuser_cmd **tmr;

	if (cnt <= q->tmr_max)
		return true;
	tmr = reallocarray(q->tmr, cnt, sizeof(*tmr));
	if (!tmr)
		return false;
	q->tmr = tmr;
	q->tmr_max = cnt;
	return true;
}

int account_fetch_tmr(struct tcmuser_queue *q, const struct queue_entry *entry,
		      int cnt, size_t *held)
{
	const struct tcmu_tmr_entry *tmr = (void *)entry->at;
	int ret;

	if (!make_room(q, cnt))
		return -ENOMEM;
	pthread_mutex_lock(&q->lock);
	ret = fetch_locked(q, entry, NULL);
	if (ret == 1)
		*held = hold(q, tmr->cmd_ids, cnt);
	pthread_mutex_unlock(&q->lock);
	return ret;
}

void account_let_go(struct tcmuser_queue *q, size_t held)
{
	size_t i;

	pthread_mutex_lock(&q->lock);
	for (i = 0; i < held; i++) {
		q->tmr[i]->held = false;
		if (q->tmr[i]->written)
			pool_recycle(q, q->tmr[i]);
	}
	pthread_mutex_unlock(&q->lock);
}

/* ---- answers -------------------------------------------------------------------------------- */

static void write_sense(struct tcmu_cmd_entry *slot, const struct tcmuser_cmd *cmd)
{
	char *to = slot->rsp.sense_buffer;
	size_t len = cmd->sense_len;

	if (len > sizeof(cmd->sense))
		len = sizeof(cmd->sense);
	memcpy(to, cmd->sense, len);
	memset(to + len, 0, sizeof(slot->rsp.sense_buffer) - len);
}

/* lock is held. Into the slot at the tail. */
static void write_answer(struct tcmuser_queue *q, struct tcmuser_cmd *cmd)
{
	struct tcmu_cmd_entry *slot = tcmu_ring_user_at(&q->ring, q->ring.tail);

	slot->hdr.cmd_id = cmd->id;
	slot->hdr.uflags = cmd->has_read_len ? TCMU_UFLAG_READ_LEN : 0;
	slot->rsp.scsi_status = cmd->status;
	slot->rsp.read_len = cmd->has_read_len ? cmd->read_len : 0;
	/* the others have none, and what the request has left there does no harm */
	if (cmd->status == CHECK_CONDITION)
		write_sense(slot, cmd);
	pop_rec(q);
	retire(q, cmd);
}

/* lock is held. In ring order: as far as the next one that is not ended */
static void write_in_order(struct tcmuser_queue *q)
{
	struct queue_rec *rec;

	while ((rec = oldest_cmd(q)) && rec->cmd->ended)
		write_answer(q, rec->cmd);
}

/* lock is held */
static void end_cmd(struct tcmuser_queue *q, struct tcmuser_cmd *cmd)
{
	cmd->ended = true;
	q->live--;
	if (cmd->generation != q->generation || !tail_is_ours(q)) {
		/* the ring was reset; its thread will see it, too */
		retire(q, cmd);
		return;
	}
	q->ids[cmd->id] = NULL;
	if (!(q->caps & TCMU_MAILBOX_FLAG_CAP_OOOC))
		write_in_order(q);
	else if (oldest_cmd(q))
		write_answer(q, cmd);
	else
		retire(q, cmd);
}

/*
 * A length of 0 says nothing to the kernel, and one that knows no lengths takes all
 * of the buffer, in which there may be anything. So it does with a command that is
 * answered without a look at its buffer, which may be for Data-In.
 */
static void finish_read_len(const struct tcmuser_queue *q, struct tcmuser_cmd *cmd)
{
	if (q->fills && !cmd->used)
		tcmuser_iov_zero(cmd->iov, cmd->iov_cnt, 0, cmd->data_len);
	if (!cmd->has_read_len)
		return;
	if (cmd->read_len && (q->caps & TCMU_MAILBOX_FLAG_CAP_READ_LEN))
		return;
	tcmuser_iov_zero(cmd->iov, cmd->iov_cnt, cmd->read_len, cmd->data_len);
	cmd->has_read_len = false;
}

/* lock is held. The kernel may take the answers; false if the ring is not ours. */
static bool publish(struct tcmuser_queue *q)
{
	void *tail = &q->ring.mbox->cmd_tail;
	uint32_t told = q->told;

	/* C, pairs with D; but for a tail that a reset has moved meanwhile */
	if (!__atomic_compare_exchange_n((uint32_t *)tail, &told, q->ring.tail,
					 false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		return false;
	q->told = q->ring.tail;
	return true;
}

/* lock is held, and let go meanwhile */
static void tell(struct tcmuser_queue *q)
{
	if (q->kicking)
		return;
	q->kicking = true;
	while (q->ring.tail != q->told && publish(q)) {
		pthread_mutex_unlock(&q->lock);
		/* who takes the file away is heard of by poll(2) */
		uio_ops.kick(q->fd);
		pthread_mutex_lock(&q->lock);
	}
	q->kicking = false;
	if (!q->live)
		pthread_cond_broadcast(&q->idle);
}

void queue_answer(struct tcmuser_cmd *cmd)
{
	struct tcmuser_queue *q = cmd->q;

	free(cmd->step.buf);
	free(cmd->step.iov);
	finish_read_len(q, cmd);
	pthread_mutex_lock(&q->lock);
	end_cmd(q, cmd);
	/* its pass tells the kernel of it, in a while */
	if (queue_is_own_pass(q))
		q->deferred++;
	else
		tell(q);
	pthread_mutex_unlock(&q->lock);
}

void account_flush(struct tcmuser_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->deferred = 0;
	q->deferred_since = 0;
	oldest_cmd(q);
	tell(q);
	pthread_mutex_unlock(&q->lock);
}

bool account_wait_idle(struct tcmuser_queue *q)
{
	bool todo;

	pthread_mutex_lock(&q->lock);
	while ((q->live || q->kicking) && !q->resumed && !q->want_submit)
		pthread_cond_wait(&q->idle, &q->lock);
	todo = q->resumed || q->want_submit;
	pthread_mutex_unlock(&q->lock);
	return todo;
}
