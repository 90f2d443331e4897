// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store file: requests by io_uring, or by a pool of threads where there is none.
 */
#include "file.h"

#include "stack.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <tcmuser.h>

/* What blocks: seldom a request, or each one */
#define THREADS_ASIDE 4
#define THREADS_ALL 32

/* ---- alignment ---------------------------------------------------------- */

static bool aligned(const struct file *file, const struct io *io)
{
	int i;

	if (!file->direct)
		return true;
	for (i = 0; i < io->cnt; i++) {
		if ((uintptr_t)io->iov[i].iov_base % file->mem_align ||
		    io->iov[i].iov_len % file->off_align)
			return false;
	}
	return true;
}

/* All of the data in one buffer, which begins where direct I/O wants it to */
static int bounce(struct file_frame *frame)
{
	const struct io *io = frame->io;

	if (posix_memalign(&frame->bounce, 4096, io->len))
		return -ENOMEM;
	if (io->op == IO_WRITE)
		tcmuser_iov_get(io->iov, io->cnt, 0, frame->bounce, io->len);
	frame->whole.iov_base = frame->bounce;
	frame->whole.iov_len = io->len;
	frame->iov = &frame->whole;
	frame->cnt = 1;
	return 0;
}

/* ---- ends --------------------------------------------------------------- */

static void finish(struct file_frame *frame, int result)
{
	struct io *io = frame->io;

	if (frame->bounce && io->op == IO_READ && !result)
		tcmuser_iov_put(io->iov, io->cnt, 0, frame->bounce, io->len);
	free(frame->bounce);
	io_done(frame->file->layer, io, result);
}

static void by_pool(struct work *work)
{
	struct file_frame *frame = (struct file_frame *)work;

	finish(frame, file_call(frame));
}

static void to_pool(struct file_frame *frame)
{
	frame->work.fn = by_pool;
	pool_add(frame->file->pool, &frame->work);
}

/* By the thread of the ring. What is done by half is for the pool. */
static void ring_done(void *data, int result)
{
	struct file_frame *frame = data;
	const struct io *io = frame->io;

	if (result == -EAGAIN || result == -EINTR) {
		to_pool(frame);
	} else if (result < 0 || io->op == IO_FLUSH) {
		finish(frame, result);
	} else {
		frame->done = result;
		if (frame->done < io->len)
			to_pool(frame);
		else
			finish(frame, 0);
	}
}

/* ---- begins ------------------------------------------------------------- */

static void to_ring(struct file_frame *frame)
{
	struct file *file = frame->file;
	const struct io *io = frame->io;
	struct io_uring_sqe sqe;

	memset(&sqe, 0, sizeof(sqe));
	if (io->op == IO_READ)
		io_uring_prep_readv(&sqe, file->fd, frame->iov, frame->cnt,
				    io->off);
	else if (io->op == IO_WRITE)
		io_uring_prep_writev2(&sqe, file->fd, frame->iov, frame->cnt,
				      io->off, io->fua ? RWF_DSYNC : 0);
	else
		io_uring_prep_fsync(&sqe, file->fd, IORING_FSYNC_DATASYNC);
	uring_add(file->rings[io->queue], &sqe, frame);
}

void file_io(struct layer *layer, struct io *io)
{
	struct file *file = layer->priv;
	struct file_frame *frame = io_frame(layer, io);

	frame->file = file;
	frame->io = io;
	frame->iov = io->iov;
	frame->cnt = io->cnt;
	if ((io->op == IO_READ || io->op == IO_WRITE) && !aligned(file, io) &&
	    bounce(frame)) {
		io_done(layer, io, -ENOMEM);
		return;
	}
	if (!file->rings || io->op == IO_DISCARD || io->op == IO_ZERO ||
	    frame->cnt > IOV_MAX)
		to_pool(frame);
	else
		to_ring(frame);
}

void file_submit(struct layer *layer, unsigned int queue)
{
	struct file *file = layer->priv;

	if (file->rings)
		uring_submit(file->rings[queue]);
}

/* ---- life --------------------------------------------------------------- */

static void free_rings(struct file *file)
{
	unsigned int i;

	for (i = 0; file->rings && i < file->layer->stack->nr_queues; i++)
		uring_free(file->rings[i]);
	free(file->rings);
	file->rings = NULL;
}

static int make_rings(struct file *file)
{
	unsigned int i, nr = file->layer->stack->nr_queues;
	int ret = 0;

	file->rings = calloc(nr, sizeof(*file->rings));
	if (!file->rings)
		return -ENOMEM;
	for (i = 0; i < nr && !ret; i++)
		ret = uring_new(&file->rings[i], file->depth, ring_done);
	if (ret)
		free_rings(file);
	return ret;
}

static bool engine_is(const struct file *file, const char *name)
{
	return file->engine && !strcmp(file->engine, name);
}

int file_start(struct file *file)
{
	struct layer *layer = file->layer;
	int ret = -EOPNOTSUPP;

	if (!engine_is(file, "threads"))
		ret = make_rings(file);
	if (ret && engine_is(file, "io_uring"))
		return layer_fail(layer, -ret, "io_uring: %s", strerror(-ret));
	if (ret && !engine_is(file, "threads"))
		layer_log(layer, LOG_NOTICE, "io_uring: %s; threads do its work",
			  strerror(-ret));
	file->pool = pool_new(file->rings ? THREADS_ASIDE : THREADS_ALL);
	if (file->pool)
		return 0;
	free_rings(file);
	return layer_fail(layer, ENOMEM, "no memory");
}

void file_stop(struct file *file)
{
	/* the rings first, for they hand to the pool what is done by half */
	free_rings(file);
	pool_free(file->pool);
	file->pool = NULL;
}
