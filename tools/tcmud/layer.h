/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layers: a disk is one store, and any number of filters over it.
 *
 * A request enters by the outermost layer. A filter looks at it and hands it to
 * its inner layer by layer_io(), now or later and from any thread; a store carries
 * it out. Whoever ends it, by io_done(), does so once, from any thread, inside of
 * the io callback or later. On the way back each filter's done callback may look.
 *
 * None of the callbacks for requests blocks for longer than a memory copy.
 */
#ifndef TCMUD_LAYER_H
#define TCMUD_LAYER_H

#include "config.h"
#include "io.h"

#include <stddef.h>

struct layer;

/**
 * struct layer_ops - a kind of layer
 * @name: as in dev_config
 * @desc: a line for people
 * @usage: what a config looks like
 * @filter: it has an inner layer; otherwise it is a store
 * @read_only: what is within is never written to
 * @options: ends with an option without name; they are parsed into the layer's priv
 * @priv_size: bytes of &layer.priv, zeroed before options are parsed
 * @frame_size: bytes that each request has for the layer
 * @defaults: options that are not zero if not given; optional
 * @check: are @path and the options what open could take? Touches nothing.
 *	Returns 0 or a negative errno, and says why. Optional.
 * @open: inner layers are open. Sets features and limits of &struct layer. Says
 *	by layer_fail() why it fails. Optional.
 * @close: no request is under way. Called only after an open that succeeded.
 *	Optional.
 * @io: carry out the request, or hand it on
 * @done: a filter's: the request has ended, and its result may be looked at, or be
 *	changed. Optional.
 * @submit: what io has only gathered for this queue is to be started. A filter's
 *	inner layers are called anyway. Optional.
 * @resize: the size shall become @bytes; &stack.size is still the old one.
 *	Without it nothing has to be done for it.
 */
struct layer_ops {
	const char *name;
	const char *desc;
	const char *usage;
	bool filter;
	bool read_only;
	const struct config_option *options;
	size_t priv_size;
	size_t frame_size;
	void (*defaults)(void *priv);
	int (*check)(const void *priv, const char *path, char *why, size_t size);
	int (*open)(struct layer *layer);
	void (*close)(struct layer *layer);
	void (*io)(struct layer *layer, struct io *io);
	void (*done)(struct layer *layer, struct io *io);
	void (*submit)(struct layer *layer, unsigned int queue);
	int (*resize)(struct layer *layer, uint64_t bytes);
};

/**
 * struct layer - one of a disk's layers
 * @features: TCMUSER_CAN_* and the like; a filter begins with its inner layer's
 * @physical_block: as of tcmuser_dev_set_limits(); inherited, too
 * @io_opt: the same
 * @discard_granularity: the same
 * @path: a store's: what stands before '?', still with its escapes
 * @read_only: some layer above never writes
 * @opened: close has to be called
 * @frame: where in &io.frames its memory is
 */
struct layer {
	const struct layer_ops *ops;
	struct stack *stack;
	struct layer *outer;
	struct layer *inner;
	void *priv;
	char *path;
	size_t frame;
	bool read_only;
	bool opened;
	uint32_t features;
	uint32_t physical_block;
	uint32_t io_opt;
	uint32_t discard_granularity;
};

/* All kinds, by name; NULL ends them */
extern const struct layer_ops *const layer_kinds[];
const struct layer_ops *layer_kind(const char *name, size_t len);

/* The layer's own memory in a request */
static inline void *io_frame(const struct layer *layer, struct io *io)
{
	return io->frames + layer->frame;
}

/* Hand a request to a layer */
static inline void layer_io(struct layer *layer, struct io *io)
{
	layer->ops->io(layer, io);
}

/* @layer ends a request. It is not to be touched afterwards. */
void io_done(struct layer *layer, struct io *io, int result);

/* Start what has been gathered, by @layer and those within */
void layer_submit(struct layer *layer, unsigned int queue);

/* Levels are those of syslog(3) */
void layer_log(struct layer *layer, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Say why something failed. Returns -@error. */
int layer_fail(struct layer *layer, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Into @why, for check callbacks. Returns -@error. */
int check_fail(char *why, size_t size, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* What the layers of this program are; those without library are absent */
extern const struct layer_ops delay_layer, error_layer, log_layer, readonly_layer;
extern const struct layer_ops file_layer, nbd_layer, null_layer, ram_layer;
extern const struct layer_ops rbd_layer;

#endif /* TCMUD_LAYER_H */
