// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store file: requests by system calls that block. Discarding and zeroing go
 * this way, what io_uring has done a part of, and everything where there is none.
 */
#include "file.h"

#include "stack.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <syslog.h>
#include <unistd.h>

/* ---- reading and writing ------------------------------------------------ */

#define PIECES 64

/* The pieces from byte @skip on, as many as there is room for */
static int rest_of(const struct file_frame *frame, uint64_t skip,
		   struct iovec *rest)
{
	int i, n = 0;

	for (i = 0; i < frame->cnt && n < PIECES; i++) {
		if (skip >= frame->iov[i].iov_len) {
			skip -= frame->iov[i].iov_len;
			continue;
		}
		rest[n].iov_base = (char *)frame->iov[i].iov_base + skip;
		rest[n++].iov_len = frame->iov[i].iov_len - skip;
		skip = 0;
	}
	return n;
}

/* Somebody has cut it */
static int too_short(struct file *file)
{
	if (!__atomic_exchange_n(&file->shrunk, true, __ATOMIC_RELAXED))
		layer_log(file->layer, LOG_ERR,
			  "%s has become shorter than the device: reads fail",
			  file->name);
	return -EIO;
}

static ssize_t read_or_write(const struct file_frame *frame)
{
	const struct io *io = frame->io;
	struct iovec rest[PIECES];
	int n = rest_of(frame, frame->done, rest);
	off_t off = io->off + frame->done;

	if (io->op == IO_READ)
		return preadv2(frame->file->fd, rest, n, off, 0);
	return pwritev2(frame->file->fd, rest, n, off, io->fua ? RWF_DSYNC : 0);
}

static int move(struct file_frame *frame)
{
	ssize_t n;

	while (frame->done < frame->io->len) {
		n = read_or_write(frame);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (n == 0)
			return frame->io->op == IO_READ ?
				too_short(frame->file) : -ENOSPC;
		if (n > 0)
			frame->done += n;
	}
	return 0;
}

/* ---- discarding and zeroing --------------------------------------------- */

static int discard(struct file *file, uint64_t off, uint64_t len)
{
	uint64_t range[2] = { off, len };

	if (file->block)
		return ioctl(file->fd, BLKDISCARD, range) ? -errno : 0;
	return fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			 off, len) ? -errno : 0;
}

/* Where nothing better can be had */
static int write_zeroes(struct file *file, uint64_t off, uint64_t len)
{
	const size_t size = 256 * 1024;
	ssize_t n = 0;
	void *zeroes;

	if (posix_memalign(&zeroes, 4096, size))
		return -ENOMEM;
	memset(zeroes, 0, size);
	while (len && (n >= 0 || errno == EINTR)) {
		n = pwrite(file->fd, zeroes, len < size ? len : size, off);
		if (n > 0) {
			off += n;
			len -= n;
		}
	}
	free(zeroes);
	return len ? -errno : 0;
}

static bool unsupported(int error)
{
	return error == EOPNOTSUPP || error == ENOTTY;
}

static int zero(struct file *file, uint64_t off, uint64_t len)
{
	static const int modes[] = {
		FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
	};
	uint64_t range[2] = { off, len };
	int i;

	if (file->block && !ioctl(file->fd, BLKZEROOUT, range))
		return 0;
	for (i = 0; !file->block && i < 2; i++) {
		if (!fallocate(file->fd, modes[i], off, len))
			return 0;
		if (!unsupported(errno))
			return -errno;
	}
	if (file->block && !unsupported(errno))
		return -errno;
	return write_zeroes(file, off, len);
}

/* ---- all of them -------------------------------------------------------- */

static int sync_data(struct file *file)
{
	return fdatasync(file->fd) ? -errno : 0;
}

int file_call(struct file_frame *frame)
{
	struct file *file = frame->file;
	const struct io *io = frame->io;
	int ret;

	switch (io->op) {
	case IO_READ:
	case IO_WRITE:
		return move(frame);
	case IO_FLUSH:
		return sync_data(file);
	case IO_DISCARD:
		ret = discard(file, io->off, io->len);
		/* to do nothing is allowed */
		return unsupported(-ret) ? 0 : ret;
	case IO_ZERO:
		ret = zero(file, io->off, io->len);
		return ret || !file->sync ? ret : sync_data(file);
	default:
		return -EOPNOTSUPP;
	}
}
