// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A command's way through the callbacks: see cmd.h. And what programs ask of a
 * command, and tell it.
 */
#include "cmd.h"

#include "scsi.h"

#include <errno.h>
#include <stdlib.h>

/*
 * Who goes on after a callback: two may come, the thread that has called it and
 * the one that completes the command, and the command belongs to the second of
 * them. The first one finds TURN_CALLING, and touches the command no more. So a
 * callback that completes its command before it returns is no recursion, however
 * often it happens.
 */
enum {
	TURN_NONE,	/* no callback, or one that has not said PENDING */
	TURN_CALLING,	/* neither has come yet */
	TURN_RETURNED,	/* the callback has said PENDING */
	TURN_COMPLETED,	/* cmd->result is there */
};

static uint32_t take_turn(struct tcmuser_cmd *cmd, uint32_t turn)
{
	return __atomic_exchange_n(&cmd->turn, turn, __ATOMIC_ACQ_REL);
}

/* This thread's calls of callbacks, to tell whether there were any */
static __thread unsigned int calls;

static void begin(struct tcmuser_cmd *cmd, cmd_then then)
{
	calls++;
	cmd->then = then;
	__atomic_store_n(&cmd->turn, TURN_CALLING, __ATOMIC_RELAXED);
}

/* The callback has returned @result */
static int came_back(struct tcmuser_cmd *cmd, int result)
{
	if (result == TCMUSER_PENDING) {
		if (take_turn(cmd, TURN_RETURNED) == TURN_CALLING)
			return TCMUSER_PENDING;
		result = cmd->result;
	}
	__atomic_store_n(&cmd->turn, TURN_NONE, __ATOMIC_RELAXED);
	return result;
}

/* What callbacks gather here is to be submitted, too */
static void go_on(struct tcmuser_cmd *cmd, int result)
{
	struct tcmuser_queue *q = cmd->q;
	bool entered = queue_enter(q);
	unsigned int before = calls;

	cmd_run(cmd, result);
	if (entered)
		queue_leave(q, calls != before);
}

void tcmuser_cmd_complete(struct tcmuser_cmd *cmd, int result)
{
	/* or it would never end */
	if (result == TCMUSER_PENDING)
		result = -EIO;
	cmd->result = result;
	if (take_turn(cmd, TURN_COMPLETED) == TURN_RETURNED)
		go_on(cmd, result);
}

static void settle(struct tcmuser_cmd *cmd, int result)
{
	if (!result)
		cmd->status = STATUS_GOOD;
	else if (result < 0)
		sense_errno(cmd, -result);
	else if (result == TCMUSER_NOT_HANDLED)
		sense_errno(cmd, EOPNOTSUPP);
	else if (result != TCMUSER_SENSE)
		sense_errno(cmd, EIO);
}

/* Answers; returns who has waited for this command's end */
static struct tcmuser_cmd *finish(struct tcmuser_cmd *cmd, int result)
{
	struct tcmuser_cmd *next = NULL;

	if (cmd->step.locked)
		next = compare_unlock(cmd);
	settle(cmd, result);
	queue_answer(cmd);
	return next;
}

/* The command that goes on after one that has ended: NULL if not here */
static struct tcmuser_cmd *end(struct tcmuser_cmd *cmd, int result)
{
	struct tcmuser_queue *q = cmd->q;
	struct tcmuser_cmd *next = finish(cmd, result);

	/* another queue's thread submits for its own */
	if (next && next->q != q && queue_resume(next))
		return NULL;
	return next;
}

void cmd_run(struct tcmuser_cmd *cmd, int result)
{
	cmd_then then;

	while (cmd && result != TCMUSER_PENDING) {
		then = cmd->then;
		cmd->then = NULL;
		if (then) {
			result = then(cmd, result);
		} else {
			cmd = end(cmd, result);
			result = 0;
		}
	}
}

static int after_cdb(struct tcmuser_cmd *cmd, int result)
{
	if (result == TCMUSER_NOT_HANDLED)
		return scsi_execute(cmd);
	cmd->used = true;
	return result;
}

void cmd_start(struct tcmuser_cmd *cmd)
{
	const struct tcmuser_handler *handler = tcmuser_cmd_dev(cmd)->handler;

	cmd->status = STATUS_GOOD;
	cmd->sense_len = 0;
	cmd->flags = 0;
	cmd->has_read_len = false;
	cmd->used = false;
	cmd->then = NULL;
	if (!handler->cdb) {
		cmd_run(cmd, scsi_execute(cmd));
		return;
	}
	begin(cmd, after_cdb);
	cmd_run(cmd, came_back(cmd, handler->cdb(cmd)));
}

/* A callback that is not there */
static int absent(struct tcmuser_cmd *cmd, cmd_then then)
{
	return cmd_go_on(cmd, -EOPNOTSUPP, then);
}

int cmd_read(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
	     uint64_t off, cmd_then then)
{
	const struct tcmuser_handler *handler = tcmuser_cmd_dev(cmd)->handler;

	if (!handler->read)
		return absent(cmd, then);
	cmd->step.wrote = false;
	cmd->used = true;
	begin(cmd, then);
	return came_back(cmd, handler->read(cmd, iov, cnt,
					    tcmuser_iov_len(iov, cnt), off));
}

int cmd_write(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
	      uint64_t off, cmd_then then)
{
	const struct tcmuser_handler *handler = tcmuser_cmd_dev(cmd)->handler;

	if (!handler->write)
		return absent(cmd, then);
	cmd->step.wrote = true;
	cmd->used = true;
	begin(cmd, then);
	return came_back(cmd, handler->write(cmd, iov, cnt,
					     tcmuser_iov_len(iov, cnt), off));
}

int cmd_flush(struct tcmuser_cmd *cmd, cmd_then then)
{
	struct tcmuser_dev *dev = tcmuser_cmd_dev(cmd);

	if (!(dev->disk.features & TCMUSER_CAN_FLUSH) || !dev->handler->flush)
		return cmd_go_on(cmd, 0, then);
	cmd->step.wrote = true;
	begin(cmd, then);
	return came_back(cmd, dev->handler->flush(cmd));
}

int cmd_discard(struct tcmuser_cmd *cmd, uint64_t off, uint64_t len,
		cmd_then then)
{
	const struct tcmuser_handler *handler = tcmuser_cmd_dev(cmd)->handler;

	if (!handler->discard)
		return absent(cmd, then);
	cmd->step.wrote = true;
	begin(cmd, then);
	return came_back(cmd, handler->discard(cmd, off, len));
}

int cmd_zero(struct tcmuser_cmd *cmd, uint64_t off, uint64_t len,
	     cmd_then then)
{
	const struct tcmuser_handler *handler = tcmuser_cmd_dev(cmd)->handler;

	if (!handler->zero)
		return absent(cmd, then);
	cmd->step.wrote = true;
	begin(cmd, then);
	return came_back(cmd, handler->zero(cmd, off, len));
}

int cmd_go_on(struct tcmuser_cmd *cmd, int result, cmd_then then)
{
	cmd->then = then;
	return result;
}

int cmd_wait(struct tcmuser_cmd *cmd, cmd_then then)
{
	cmd->then = then;
	return TCMUSER_PENDING;
}

void *cmd_alloc_buf(struct tcmuser_cmd *cmd, size_t size)
{
	free(cmd->step.buf);
	cmd->step.buf = calloc(1, size);
	return cmd->step.buf;
}

struct iovec *cmd_alloc_iov(struct tcmuser_cmd *cmd, int cnt)
{
	free(cmd->step.iov);
	cmd->step.iov = calloc(cnt, sizeof(*cmd->step.iov));
	cmd->step.iov_cnt = cmd->step.iov ? cnt : 0;
	return cmd->step.iov;
}

int cmd_reply(struct tcmuser_cmd *cmd, const void *buf, size_t len,
	      size_t allowed)
{
	if (len > allowed)
		len = allowed;
	tcmuser_cmd_set_read_len(cmd, tcmuser_iov_put(cmd->iov, cmd->iov_cnt,
						      0, buf, len));
	return 0;
}

void tcmuser_cmd_set_read_len(struct tcmuser_cmd *cmd, size_t len)
{
	cmd->read_len = len < cmd->data_len ? len : cmd->data_len;
	cmd->has_read_len = true;
	cmd->used = true;
}

int tcmuser_cmd_status(struct tcmuser_cmd *cmd, uint8_t status)
{
	cmd->status = status;
	cmd->sense_len = 0;
	return TCMUSER_SENSE;
}

unsigned int tcmuser_cmd_flags(const struct tcmuser_cmd *cmd)
{
	return cmd->flags;
}

void tcmuser_cmd_set_priv(struct tcmuser_cmd *cmd, void *priv)
{
	cmd->priv = priv;
}

void *tcmuser_cmd_priv(const struct tcmuser_cmd *cmd)
{
	return cmd->priv;
}

const uint8_t *tcmuser_cmd_cdb(const struct tcmuser_cmd *cmd, size_t *len)
{
	if (len)
		*len = cmd->cdb_len;
	return cmd->cdb;
}

const struct iovec *tcmuser_cmd_iov(const struct tcmuser_cmd *cmd, int *cnt,
				    size_t *len)
{
	if (cnt)
		*cnt = cmd->iov_cnt;
	if (len)
		*len = cmd->data_len;
	return cmd->iov;
}
