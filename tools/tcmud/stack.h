/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk's layers as a whole, made from a dev_config.
 */
#ifndef TCMUD_STACK_H
#define TCMUD_STACK_H

#include "layer.h"

/**
 * struct stack_host - whom a stack works for
 * @done: a request has ended; it is the host's from now on. Any thread.
 * @log: a line for people, without newline; levels are those of syslog(3)
 * @resized: what backs the disk has another size now. Any thread, but none that
 *	requests depend on. Optional.
 */
struct stack_host {
	void (*done)(struct io *io);
	void (*log)(void *priv, int level, const char *message);
	void (*resized)(void *priv, uint64_t bytes);
};

/**
 * struct stack - the layers of a disk
 * @host: set by the caller of stack_new(), as what follows
 * @priv: the first argument of the host's log and resized
 * @size: bytes of the disk
 * @block_size: bytes of a logical block
 * @max_transfer: most bytes of one read or write; 0: not known
 * @nr_queues: &io.queue is below it
 * @top: the outermost layer
 * @io_size: bytes of a request, frames included
 */
struct stack {
	const struct stack_host *host;
	void *priv;
	uint64_t size;
	uint32_t block_size;
	uint32_t max_transfer;
	unsigned int nr_queues;
	struct layer *top;
	size_t io_size;
};

/**
 * stack_check - is this a config that could be opened?
 * @config: a whole dev_config: "file//var/tmp/x.img?direct=1"
 * @why: a message for the user, if it is not
 * @size: of @why
 *
 * Return: 0 or a negative errno.
 */
int stack_check(const char *config, char *why, size_t size);

/**
 * stack_open - make the layers and open them, from within outwards
 * @stack: zeroed, but for what the caller sets
 * @config: a whole dev_config
 *
 * What goes wrong is logged by the host.
 *
 * Return: 0 or a negative errno, with nothing left open.
 */
int stack_open(struct stack *stack, const char *config);

/* No request is under way any more */
void stack_close(struct stack *stack);

/* A request, zeroed, with room for the frames of all layers; or NULL. free() it. */
struct io *stack_new_io(struct stack *stack);

/* The size shall become @bytes. 0 or -errno; &stack.size follows if it is 0. */
int stack_resize(struct stack *stack, uint64_t bytes);

#endif /* TCMUD_STACK_H */
