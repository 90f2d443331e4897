/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store file, in rooms: file.c (options, opening, closing), fileprobe.c (what
 * kind of file it is), fileio.c (requests by io_uring), filecall.c (requests by
 * system calls that block).
 */
#ifndef TCMUD_FILE_H
#define TCMUD_FILE_H

#include "layer.h"
#include "pool.h"
#include "uring.h"

struct file {
	/* options */
	bool direct;
	bool sync;
	bool create;
	bool shared;
	bool shrink;
	char *engine;
	uint64_t depth;
	/* the rest */
	struct layer *layer;
	char *name;		/* path without escapes */
	int fd;
	bool block;		/* a block device */
	bool can_discard;
	uint64_t size;
	uint32_t mem_align;	/* of addresses, by direct; else 1 */
	uint32_t off_align;	/* of offsets and lengths */
	struct pool *pool;	/* for what blocks */
	struct uring **rings;	/* one for each queue; NULL: the pool does it */
	bool shrunk;		/* atomic: it was said that the file is too short */
};

struct file_frame {
	struct work work;
	struct file *file;
	struct io *io;
	void *bounce;		/* in place of pieces that are not aligned */
	struct iovec whole;	/* all of it */
	const struct iovec *iov;
	int cnt;
	uint64_t done;		/* bytes */
};

/* filecall.c: by system calls, from @frame->done on. 0 or -errno. */
int file_call(struct file_frame *frame);

/* fileio.c */
void file_io(struct layer *layer, struct io *io);
void file_submit(struct layer *layer, unsigned int queue);
int file_start(struct file *file);
void file_stop(struct file *file);

/* fileprobe.c: each sets what it finds, or says why not. 0 or -errno. */
int file_probe(struct file *file);
/* The size that it has now */
int file_size(struct file *file, uint64_t *size);

#endif /* TCMUD_FILE_H */
