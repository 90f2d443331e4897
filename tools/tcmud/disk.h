/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk: a stack of layers that can be replaced while requests come.
 *
 * Nothing here knows the library, so that tests can be the library.
 */
#ifndef TCMUD_DISK_H
#define TCMUD_DISK_H

#include "stack.h"

struct disk;

/* A request; stays whoever asks's until @ended was called */
struct disk_ask {
	enum io_op op;
	bool fua;
	unsigned int queue;
	int cnt;
	const struct iovec *iov;
	uint64_t off;
	uint64_t len;
	void *priv;
};

struct disk_host {
	/* A request has ended, @sense as in &struct io. Any thread. */
	void (*ended)(void *priv, int result, uint32_t sense);
	void (*log)(void *owner, int level, const char *message);
	void (*resized)(void *owner, uint64_t bytes);
};

struct disk_shape {
	uint64_t size;
	uint32_t block_size;
	uint32_t max_transfer;
	unsigned int nr_queues;
};

/**
 * disk_open - open a disk
 * @disk: where it goes
 * @host: whom it works for
 * @owner: first argument of the host's log and resized
 * @shape: what the device is
 * @config: a whole dev_config
 *
 * Return: 0 or a negative errno; the host has been told why.
 */
int disk_open(struct disk **disk, const struct disk_host *host, void *owner,
	      const struct disk_shape *shape, const char *config);

/* All requests have ended */
void disk_close(struct disk *disk);

/**
 * disk_start - a request
 * @disk: the disk
 * @ask: is copied
 *
 * By the queue's thread, which calls disk_submit() later, or from within ended().
 *
 * Return: 0, and ended() is called, maybe before this returns; or -ENOMEM.
 */
int disk_start(struct disk *disk, const struct disk_ask *ask);

/* Start what has only been gathered. By the queue's thread. */
void disk_submit(struct disk *disk, unsigned int queue);

/* 0 or a negative errno, and everything is as before */
int disk_resize(struct disk *disk, uint64_t bytes);
int disk_reconfig(struct disk *disk, const char *config);

/* The outermost layer, for its features and limits. From open to reconfig. */
const struct layer *disk_top(const struct disk *disk);

#endif /* TCMUD_DISK_H */
