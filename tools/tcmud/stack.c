// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk's layers as a whole: see stack.h.
 */
#include "stack.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

/* ---- on the way back ---------------------------------------------------- */

void io_done(struct layer *layer, struct io *io, int result)
{
	io->result = result;
	for (layer = layer->outer; layer; layer = layer->outer) {
		if (layer->ops->done)
			layer->ops->done(layer, io);
	}
	io->stack->host->done(io);
}

void layer_submit(struct layer *layer, unsigned int queue)
{
	for (; layer; layer = layer->inner) {
		if (layer->ops->submit)
			layer->ops->submit(layer, queue);
	}
}

/* ---- saying something --------------------------------------------------- */

static void say(struct layer *layer, int level, const char *format, va_list args)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "%s: ", layer->ops->name);

	vsnprintf(text + n, sizeof(text) - n, format, args);
	layer->stack->host->log(layer->stack->priv, level, text);
}

void layer_log(struct layer *layer, int level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(layer, level, format, args);
	va_end(args);
}

int layer_fail(struct layer *layer, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(layer, LOG_ERR, format, args);
	va_end(args);
	return -error;
}

/* ---- making it ---------------------------------------------------------- */

static void free_layer(struct layer *layer)
{
	if (layer->priv)
		config_free_options(layer->ops->options, layer->priv);
	free(layer->priv);
	free(layer->path);
	free(layer);
}

static void free_layers(struct stack *stack)
{
	struct layer *layer, *inner;

	for (layer = stack->top; layer; layer = inner) {
		inner = layer->inner;
		free_layer(layer);
	}
	stack->top = NULL;
}

/* A priv with its options; NULL only without memory */
static int make_priv(const struct layer_ops *ops, const struct config_part *part,
		     void **priv, char *why, size_t size)
{
	*priv = calloc(1, ops->priv_size ? ops->priv_size : 1);
	if (!*priv)
		return check_fail(why, size, ENOMEM, "no memory");
	if (ops->defaults)
		ops->defaults(*priv);
	return config_options(part, ops->options, *priv, why, size);
}

static struct layer *make_layer(struct stack *stack,
				const struct config_part *part, char *why,
				size_t size)
{
	struct layer *layer = calloc(1, sizeof(*layer));

	if (!layer)
		return NULL;
	layer->stack = stack;
	layer->ops = layer_kind(part->name, part->name_len);
	layer->frame = stack->io_size - sizeof(struct io);
	stack->io_size += (layer->ops->frame_size + 15) & ~(size_t)15;
	layer->path = strndup(part->path ? part->path : "", part->path_len);
	if (layer->path && !make_priv(layer->ops, part, &layer->priv, why, size))
		return layer;
	free_layer(layer);
	return NULL;
}

static int make_layers(struct stack *stack, const char *config, char *why,
		       size_t size)
{
	struct config_part parts[CONFIG_MAX_PARTS];
	struct layer *layer, *outer = NULL;
	int i, n;

	n = config_split(config, layer_kind, parts, why, size);
	for (i = 0; i < n; i++) {
		layer = make_layer(stack, &parts[i], why, size);
		if (!layer) {
			free_layers(stack);
			return -EINVAL;
		}
		layer->outer = outer;
		layer->read_only = outer && (outer->read_only ||
					     outer->ops->read_only);
		*(outer ? &outer->inner : &stack->top) = layer;
		outer = layer;
	}
	return n < 0 ? n : 0;
}

/* ---- opening and closing ------------------------------------------------ */

static void close_layers(struct stack *stack)
{
	struct layer *layer;

	/* outermost first: what is within may be used until then */
	for (layer = stack->top; layer; layer = layer->inner) {
		if (layer->opened && layer->ops->close)
			layer->ops->close(layer);
		layer->opened = false;
	}
}

static void inherit(struct layer *layer)
{
	const struct layer *inner = layer->inner;

	if (!inner)
		return;
	layer->features = inner->features;
	layer->physical_block = inner->physical_block;
	layer->io_opt = inner->io_opt;
	layer->discard_granularity = inner->discard_granularity;
}

static int open_layer(struct layer *layer)
{
	const struct layer_ops *ops = layer->ops;
	char why[256] = "";
	int ret;

	inherit(layer);
	ret = ops->check ? ops->check(layer->priv, layer->path, why,
				      sizeof(why)) : 0;
	if (ret)
		return layer_fail(layer, -ret, "%s", why);
	ret = ops->open ? ops->open(layer) : 0;
	layer->opened = !ret;
	return ret;
}

static int open_layers(struct stack *stack)
{
	struct layer *layer = stack->top;
	int ret = 0;

	while (layer->inner)
		layer = layer->inner;
	for (; layer && !ret; layer = layer->outer)
		ret = open_layer(layer);
	return ret;
}

int stack_open(struct stack *stack, const char *config)
{
	char why[256] = "no memory";
	int ret;

	stack->io_size = sizeof(struct io);
	ret = make_layers(stack, config, why, sizeof(why));
	if (ret) {
		stack->host->log(stack->priv, LOG_ERR, why);
		return ret;
	}
	ret = open_layers(stack);
	if (ret)
		stack_close(stack);
	return ret;
}

void stack_close(struct stack *stack)
{
	close_layers(stack);
	free_layers(stack);
}

/* ---- checking ----------------------------------------------------------- */

static int check_part(const struct config_part *part, char *why, size_t size)
{
	const struct layer_ops *ops = layer_kind(part->name, part->name_len);
	char *path = strndup(part->path ? part->path : "", part->path_len);
	void *priv = NULL;
	int ret = path ? make_priv(ops, part, &priv, why, size) : -ENOMEM;

	if (!ret && ops->check)
		ret = ops->check(priv, path, why, size);
	if (priv)
		config_free_options(ops->options, priv);
	free(priv);
	free(path);
	return ret;
}

int stack_check(const char *config, char *why, size_t size)
{
	struct config_part parts[CONFIG_MAX_PARTS];
	int i, n, ret = 0;

	n = config_split(config, layer_kind, parts, why, size);
	for (i = 0; i < n && !ret; i++)
		ret = check_part(&parts[i], why, size);
	return n < 0 ? n : ret;
}

/* ---- the rest ----------------------------------------------------------- */

struct io *stack_new_io(struct stack *stack)
{
	struct io *io = calloc(1, stack->io_size);

	if (io)
		io->stack = stack;
	return io;
}

int stack_resize(struct stack *stack, uint64_t bytes)
{
	struct layer *layer = stack->top;
	int ret = 0;

	while (layer->inner)
		layer = layer->inner;
	for (; layer && !ret; layer = layer->outer) {
		if (layer->ops->resize)
			ret = layer->ops->resize(layer, bytes);
	}
	if (!ret)
		__atomic_store_n(&stack->size, bytes, __ATOMIC_RELAXED);
	return ret;
}
