// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * VERIFY, COMPARE AND WRITE: what is on the disk against what is in the buffer.
 *
 * COMPARE AND WRITE is one at a time for each disk. Who finds the lock taken waits
 * in a list, without a thread; the command that ends hands the lock over, and its
 * thread carries the next one out (cmd_run()). A command ends at the latest when
 * its handler's callbacks do, so that everybody's turn comes.
 */
#include "cmd.h"
#include "scsi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct compare_lock {
	pthread_mutex_t mutex;
	bool taken;
	struct tcmuser_cmd *first;	/* of those that wait */
	struct tcmuser_cmd **last;
};

struct compare_lock *compare_new(void)
{
	struct compare_lock *lock = calloc(1, sizeof(*lock));

	if (!lock)
		return NULL;
	pthread_mutex_init(&lock->mutex, NULL);
	lock->last = &lock->first;
	return lock;
}

void compare_free(struct compare_lock *lock)
{
	if (!lock)
		return;
	pthread_mutex_destroy(&lock->mutex);
	free(lock);
}

static int take_lock(struct tcmuser_cmd *cmd, cmd_then then)
{
	struct compare_lock *lock = cmd_disk(cmd)->compare;
	bool wait;
	int ret;

	pthread_mutex_lock(&lock->mutex);
	wait = lock->taken;
	/* before others see it in the list: then it may be gone at once */
	ret = wait ? cmd_wait(cmd, then) : cmd_go_on(cmd, 0, then);
	if (wait) {
		*lock->last = cmd;
		lock->last = &cmd->step.next;
	} else {
		cmd->step.locked = true;
		lock->taken = true;
	}
	pthread_mutex_unlock(&lock->mutex);
	return ret;
}

struct tcmuser_cmd *compare_unlock(struct tcmuser_cmd *cmd)
{
	struct compare_lock *lock = cmd_disk(cmd)->compare;
	struct tcmuser_cmd *next;

	cmd->step.locked = false;
	pthread_mutex_lock(&lock->mutex);
	next = lock->first;
	lock->taken = next;
	if (next) {
		lock->first = next->step.next;
		if (!lock->first)
			lock->last = &lock->first;
		next->step.locked = true;
	}
	pthread_mutex_unlock(&lock->mutex);
	return next;
}

/* SBC-3 5.2, 5.35: INFORMATION is the offset in the Data-Out Buffer */
static int miscompare(struct tcmuser_cmd *cmd, uint64_t at)
{
	struct sense sense = {
		.key = KEY_MISCOMPARE,
		.asc_ascq = ASC_MISCOMPARE,
		.has_info = true,
		.info = at,
	};

	return sense_set(cmd, &sense);
}

static size_t first_difference(const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i;

	if (!memcmp(a, b, len))
		return len;
	for (i = 0; a[i] == b[i]; i++)
		;
	return i;
}

/* How many bytes are the same as those of the command's buffer from @skip on */
static size_t same_bytes(const struct tcmuser_cmd *cmd, size_t skip,
			 const uint8_t *buf, size_t len)
{
	const struct iovec *iov = cmd->iov;
	size_t done = 0, n, same;
	int i;

	for (i = 0; i < cmd->iov_cnt && done < len; i++, iov++) {
		if (skip >= iov->iov_len) {
			skip -= iov->iov_len;
			continue;
		}
		n = iov->iov_len - skip;
		n = n < len - done ? n : len - done;
		same = first_difference((uint8_t *)iov->iov_base + skip,
					buf + done, n);
		done += same;
		if (same < n)
			break;
		skip = 0;
	}
	return done;
}

/* BYTCHK: SBC-3 5.35 */
enum { CHECK_MEDIUM = 0, CHECK_ALL = 1, CHECK_RESERVED = 2, CHECK_SAME = 3 };

static int bytchk(const struct tcmuser_cmd *cmd)
{
	/* COMPARE AND WRITE has other bits there */
	return cmd->cdb[0] == 0x89 ? CHECK_ALL : (cmd->cdb[1] >> 1) & 3;
}

/* Block after block against the first one of the buffer */
static size_t same_as_first(const struct tcmuser_cmd *cmd, const uint8_t *buf,
			    size_t len, size_t block_size)
{
	size_t done, same;

	for (done = 0; done < len; done += block_size) {
		same = same_bytes(cmd, 0, buf + done, block_size);
		if (same < block_size)
			return same;
	}
	return len;
}

static int compare_next(struct tcmuser_cmd *cmd, int result);

static int compare_chunk(struct tcmuser_cmd *cmd, int result)
{
	size_t len = cmd->step.iov[0].iov_len, same = len;
	uint64_t at = cmd->step.done;

	if (result)
		return result;
	switch (bytchk(cmd)) {
	case CHECK_ALL:
		same = same_bytes(cmd, at, cmd->step.buf, len);
		break;
	case CHECK_SAME:
		same = same_as_first(cmd, cmd->step.buf, len,
				     cmd_disk(cmd)->block_size);
		at = 0;
		break;
	}
	if (same < len)
		return miscompare(cmd, at + same);
	cmd->step.done += len;
	return compare_next(cmd, 0);
}

static int compare_next(struct tcmuser_cmd *cmd, int result)
{
	struct iovec *iov = cmd->step.iov;

	if (result)
		return result;
	if (cmd->step.done == cmd->step.len)
		return cmd_go_on(cmd, 0, cmd->step.after);
	iov->iov_base = cmd->step.buf;
	iov->iov_len = block_chunk(cmd, SCRATCH_BYTES);
	return cmd_read(cmd, iov, 1, cmd->step.off + cmd->step.done,
			compare_chunk);
}

static int compare_range(struct tcmuser_cmd *cmd, cmd_then then)
{
	cmd->step.done = 0;
	cmd->step.after = then;
	if (!cmd->step.len)
		return cmd_go_on(cmd, 0, then);
	if (!cmd_alloc_iov(cmd, 1) ||
	    !cmd_alloc_buf(cmd, block_chunk(cmd, SCRATCH_BYTES)))
		return -ENOMEM;
	return compare_next(cmd, 0);
}

int compare_written(struct tcmuser_cmd *cmd)
{
	return compare_range(cmd, NULL);
}

int compare_verify(struct tcmuser_cmd *cmd)
{
	int ret = block_range(cmd), check = bytchk(cmd);
	uint64_t need = cmd->step.len;

	if (ret)
		return ret;
	if (check == CHECK_RESERVED)
		return sense_bad_cdb(cmd, 1);
	if (check == CHECK_SAME && need)
		need = cmd_disk(cmd)->block_size;
	if (check != CHECK_MEDIUM && need > cmd->data_len)
		return sense_bad_cdb(cmd, 1);
	return compare_range(cmd, NULL);
}

/* The second half of the buffer, where the first one was found */
static int write_second(struct tcmuser_cmd *cmd, int result)
{
	if (result)
		return result;
	cmd->step.base = cmd->step.len;
	return block_write_range(cmd, NULL);
}

static int locked(struct tcmuser_cmd *cmd, int result)
{
	return result ? result : compare_range(cmd, write_second);
}

int compare_and_write(struct tcmuser_cmd *cmd)
{
	unsigned int count = cmd->cdb[13];
	int ret = block_set_range(cmd, block_lba(cmd), count);

	if (ret)
		return ret;
	if (!count)
		return 0;
	if (cmd->step.len * 2 > cmd->data_len)
		return sense_bad_cdb(cmd, 13);
	return take_lock(cmd, locked);
}
