/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An io_uring, and a thread that takes what is done out of it.
 */
#ifndef TCMUD_URING_H
#define TCMUD_URING_H

#include <liburing.h>

struct uring;

/**
 * uring_new - a ring
 * @ring: where it goes
 * @depth: requests that are handed over at once
 * @done: called by the ring's thread: what uring_add() got as @data, and the
 *	result as of the system call, or a negative errno
 *
 * Return: 0; -ENOSYS or -EPERM where there is no io_uring, or not for us.
 */
int uring_new(struct uring **ring, unsigned int depth,
	      void (*done)(void *data, int result));

/**
 * uring_add - gather a request
 * @ring: the ring
 * @sqe: a template, made by io_uring_prep_*()
 * @data: for done()
 *
 * Any thread. It is started by uring_submit(), or earlier.
 */
void uring_add(struct uring *ring, const struct io_uring_sqe *sqe, void *data);
void uring_submit(struct uring *ring);

/* No request is under way. NULL is fine. */
void uring_free(struct uring *ring);

#endif /* TCMUD_URING_H */
