// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fake's commands.
 */
#include "fake.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct tcmuser_cmd {
	struct tcmuser_dev *dev;
	enum fake_op op;
	struct iovec *iov;
	int cnt;
	size_t len;
	uint64_t off;
	unsigned int flags;
	struct fake_end end;
	bool ended;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static const uint8_t cdb[10] = { 0xc1, 1, 2, 3, 4, 5, 6, 7, 8, 9 };

static int call(struct tcmuser_cmd *cmd)
{
	const struct tcmuser_handler *to = cmd->dev->handler;

	cmd->end.calls++;
	switch (cmd->op) {
	case FAKE_READ:
		return to->read(cmd, cmd->iov, cmd->cnt, cmd->len, cmd->off);
	case FAKE_READ_THEN_WRITE:
		return (cmd->end.calls == 1 ? to->read : to->write)
			(cmd, cmd->iov, cmd->cnt, cmd->len, cmd->off);
	case FAKE_WRITE:
		return to->write(cmd, cmd->iov, cmd->cnt, cmd->len, cmd->off);
	case FAKE_FLUSH:
		return to->flush(cmd);
	case FAKE_DISCARD:
		return to->discard(cmd, cmd->off, cmd->len);
	case FAKE_ZERO:
		return to->zero(cmd, cmd->off, cmd->len);
	case FAKE_CDB:
		return to->cdb(cmd);
	}
	return -EINVAL;
}

static void end(struct tcmuser_cmd *cmd, int result)
{
	pthread_mutex_lock(&lock);
	if (cmd->ended)
		abort();
	cmd->end.result = result;
	cmd->ended = true;
	cmd->dev->running = NULL;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void tcmuser_cmd_complete(struct tcmuser_cmd *cmd, int result)
{
	if (cmd->op == FAKE_READ_THEN_WRITE && cmd->end.calls == 1 && !result)
		result = call(cmd);
	if (result != TCMUSER_PENDING)
		end(cmd, result);
}

static void *queue(void *arg)
{
	struct tcmuser_cmd *cmd = arg;
	int result = call(cmd);

	/* a step is over, as it would be by the other way */
	if (result != TCMUSER_PENDING)
		tcmuser_cmd_complete(cmd, result);
	return NULL;
}

static int wait_for_end(struct tcmuser_cmd *cmd)
{
	struct timespec until;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	pthread_mutex_lock(&lock);
	while (!cmd->ended && !err)
		err = pthread_cond_timedwait(&changed, &lock, &until);
	pthread_mutex_unlock(&lock);
	return -err;
}

/* The last piece takes what is left */
static void cut(struct tcmuser_cmd *cmd, int pieces)
{
	size_t each = pieces ? cmd->len / pieces : 0, left = cmd->len;
	int i;

	cmd->iov = calloc(pieces + 1, sizeof(*cmd->iov));
	cmd->cnt = pieces;
	for (i = 0; i < pieces; i++) {
		cmd->iov[i].iov_len = i == pieces - 1 ? left : each;
		cmd->iov[i].iov_base = calloc(1, cmd->iov[i].iov_len + 1);
		left -= cmd->iov[i].iov_len;
	}
}

int fake_command(struct tcmuser_dev *dev, enum fake_op op, void *data,
		 int pieces, size_t len, uint64_t off, unsigned int flags,
		 struct fake_end *end)
{
	struct tcmuser_cmd *cmd = calloc(1, sizeof(*cmd));
	pthread_t thread;
	int err;

	*cmd = (struct tcmuser_cmd){ .dev = dev, .op = op, .len = len,
				     .off = off, .flags = flags };
	cut(cmd, pieces);
	tcmuser_iov_put(cmd->iov, pieces, 0, data, data ? len : 0);
	dev->running = cmd;
	if (pthread_create(&thread, NULL, queue, cmd))
		abort();
	pthread_join(thread, NULL);
	err = wait_for_end(cmd);
	/* whoever has it still may end it later: it is not freed then */
	if (err)
		return err;
	*end = cmd->end;
	tcmuser_iov_get(cmd->iov, pieces, 0, data, data ? len : 0);
	while (pieces--)
		free(cmd->iov[pieces].iov_base);
	free(cmd->iov);
	free(cmd);
	return 0;
}

void fake_tmr(struct tcmuser_dev *dev, int type)
{
	struct tcmuser_cmd *cmds[] = { dev->running };

	dev->handler->tmr(dev, type, cmds, dev->running ? 1 : 0);
}

int tcmuser_cmd_sense(struct tcmuser_cmd *cmd, uint8_t key, uint16_t asc_ascq)
{
	cmd->end.status = 2;
	cmd->end.key = key;
	cmd->end.asc_ascq = asc_ascq;
	return TCMUSER_SENSE;
}

int tcmuser_cmd_status(struct tcmuser_cmd *cmd, uint8_t status)
{
	cmd->end.status = status;
	return TCMUSER_SENSE;
}

unsigned int tcmuser_cmd_flags(const struct tcmuser_cmd *cmd)
{
	return cmd->flags;
}

struct tcmuser_dev *tcmuser_cmd_dev(const struct tcmuser_cmd *cmd)
{
	return cmd->dev;
}

unsigned int tcmuser_cmd_queue(const struct tcmuser_cmd *cmd)
{
	return 1;
}

const uint8_t *tcmuser_cmd_cdb(const struct tcmuser_cmd *cmd, size_t *len)
{
	*len = sizeof(cdb);
	return cdb;
}

const struct iovec *tcmuser_cmd_iov(const struct tcmuser_cmd *cmd, int *cnt,
				    size_t *len)
{
	*cnt = cmd->cnt;
	*len = cmd->len;
	return cmd->iov;
}

void tcmuser_cmd_set_read_len(struct tcmuser_cmd *cmd, size_t len)
{
	cmd->end.read_len = len;
}
