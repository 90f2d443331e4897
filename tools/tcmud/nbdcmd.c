// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store nbd: a request becomes one or more commands of NBD, which know but one
 * piece of memory.
 */
#include "nbd.h"

#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <tcmuser.h>

/* Trim and zero carry no data; a multiple of any block size, within 32 bits */
#define MAX_RANGE 0x40000000u

/* ---- lists -------------------------------------------------------------- */

void nbd_list_init(struct nbd_list *list)
{
	list->first = NULL;
	list->last = &list->first;
}

void nbd_list_add(struct nbd_list *list, struct nbd_frame *frame)
{
	frame->next = NULL;
	*list->last = frame;
	list->last = &frame->next;
}

struct nbd_frame *nbd_list_take(struct nbd_list *list)
{
	struct nbd_frame *frame = list->first;

	if (!frame)
		return NULL;
	list->first = frame->next;
	if (!list->first)
		list->last = &list->first;
	return frame;
}

/* ---- memory in one piece ------------------------------------------------ */

/* Pieces that lie behind each other are one */
static bool is_one_piece(const struct io *io)
{
	int i;

	for (i = 1; i < io->cnt; i++) {
		if ((char *)io->iov[i - 1].iov_base + io->iov[i - 1].iov_len !=
		    io->iov[i].iov_base)
			return false;
	}
	return io->cnt > 0;
}

static int gather(struct nbd_frame *frame)
{
	const struct io *io = frame->io;

	if (frame->buf || (io->op != IO_READ && io->op != IO_WRITE))
		return 0;
	if (is_one_piece(io)) {
		frame->buf = io->iov[0].iov_base;
		return 0;
	}
	frame->buf = malloc(io->len);
	if (!frame->buf)
		return -ENOMEM;
	frame->bounce = true;
	if (io->op == IO_WRITE)
		tcmuser_iov_get(io->iov, io->cnt, 0, frame->buf, io->len);
	return 0;
}

void nbd_cmd_end(struct nbd_frame *frame, int result)
{
	struct io *io = frame->io;

	if (frame->bounce) {
		if (io->op == IO_READ && !result)
			tcmuser_iov_put(io->iov, io->cnt, 0, frame->buf, io->len);
		free(frame->buf);
	}
	io_done(frame->link->nbd->layer, io, result);
}

/* ---- commands ----------------------------------------------------------- */

/* An error of the connection, not of the disk */
static bool is_lost(int error)
{
	return error == ENOTCONN || error == ESHUTDOWN || error == EPIPE ||
		error == ECONNRESET;
}

static void note(struct nbd_frame *frame, int error)
{
	if (error && !is_lost(error))
		frame->error = error;
	if (!is_lost(error) || frame->lost)
		return;
	frame->lost = true;
	frame->since = clock_now();
}

/* One command less; after the last one it is known how the request ended */
static void put(struct nbd_frame *frame)
{
	struct nbd_link *link = frame->link;

	if (--frame->left)
		return;
	link->in_flight--;
	link->moved = clock_now();
	if (frame->answered < frame->sent)
		note(frame, ENOTCONN);
	if (frame->lost && !frame->error)
		nbd_list_add(&link->waiting, frame);
	else
		nbd_cmd_end(frame, -frame->error);
}

/* An answer has come. Returns 1: libnbd forgets the command. */
static int answered(void *data, int *error)
{
	struct nbd_frame *frame = data;

	frame->answered++;
	note(frame, *error);
	return 1;
}

/* Always and last; alone when the handle is closed, or the command not taken */
static void forgotten(void *data)
{
	put(data);
}

static int64_t issue(struct nbd_handle *handle, struct nbd_frame *frame,
		     uint64_t done, uint64_t len)
{
	nbd_completion_callback then = {
		.callback = answered,
		.user_data = frame,
		.free = forgotten,
	};
	const struct io *io = frame->io;
	uint32_t fua = io->fua ? LIBNBD_CMD_FLAG_FUA : 0;

	switch (io->op) {
	case IO_READ:
		return nbd_aio_pread(handle, frame->buf + done, len,
				     io->off + done, then, 0);
	case IO_WRITE:
		return nbd_aio_pwrite(handle, frame->buf + done, len,
				      io->off + done, then, fua);
	case IO_DISCARD:
		return nbd_aio_trim(handle, len, io->off + done, then, fua);
	case IO_ZERO:
		return nbd_aio_zero(handle, len, io->off + done, then, fua);
	default:
		return nbd_aio_flush(handle, then, 0);
	}
}

static uint64_t most(const struct nbd_link *link, const struct io *io)
{
	return io->op == IO_READ || io->op == IO_WRITE ?
		link->facts.max_block : MAX_RANGE;
}

void nbd_cmd_send(struct nbd_link *link, struct nbd_frame *frame)
{
	const struct io *io = frame->io;
	uint64_t max = most(link, io), done = 0, len;

	if (!link->in_flight++)
		link->moved = clock_now();
	frame->left = 1;
	frame->sent = 0;
	frame->answered = 0;
	frame->lost = false;
	frame->error = -gather(frame);
	do {
		len = io->len - done < max ? io->len - done : max;
		if (frame->error || frame->lost)
			break;
		frame->left++;
		if (issue(link->handle, frame, done, len) < 0)
			note(frame, nbd_get_errno() ? nbd_get_errno() : EIO);
		else
			frame->sent++;
		done += len;
	} while (done < io->len);
	put(frame);
}
