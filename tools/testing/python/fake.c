// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fake's contexts, devices and pieces of memory.
 */
#include "fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAX 16

struct tcmuser {
	const struct tcmuser_handler *handlers[MAX];
	int nr_handlers;
	struct tcmuser_dev devs[MAX];
	int nr_devs;
	int nr_opened;
	int fd;
	int stopped;
	bool started;
	unsigned int flags;
	tcmuser_log_fn log;
	enum tcmuser_level level;
	void (*on_event)(void *priv, const struct tcmuser_event *event);
};

static int nr_freed;

int tcmuser_new(struct tcmuser **ctx, unsigned int flags)
{
	*ctx = calloc(1, sizeof(**ctx));
	(*ctx)->fd = eventfd(0, EFD_NONBLOCK);
	(*ctx)->flags = flags;
	return 0;
}

int tcmuser_add_handler(struct tcmuser *ctx,
			const struct tcmuser_handler *handler)
{
	bool moves = handler->read && handler->write;

	if (!handler->name[0] || strchr(handler->name, '/') ||
	    handler->size != sizeof(*handler) || !(moves || handler->cdb))
		return -EINVAL;
	if (ctx->started || ctx->nr_handlers == MAX)
		return -EBUSY;
	ctx->handlers[ctx->nr_handlers++] = handler;
	return 0;
}

/* A test may want it to fail */
int tcmuser_start(struct tcmuser *ctx)
{
	const char *error = getenv("FAKE_START");

	if (error && atoi(error))
		return -atoi(error);
	ctx->started = true;
	return 0;
}

int tcmuser_fd(const struct tcmuser *ctx)
{
	return ctx->fd;
}

static void open_dev(struct tcmuser_dev *dev)
{
	const struct tcmuser_handler *handler;
	size_t len;
	int i;

	dev->result = -ENOENT;
	for (i = 0; i < dev->ctx->nr_handlers; i++) {
		handler = dev->ctx->handlers[i];
		len = strlen(handler->name);
		if (strncmp(dev->config, handler->name, len) ||
		    !strchr("/", dev->config[len]))
			continue;
		dev->config += len + (dev->config[len] == '/');
		dev->handler = handler;
		dev->result = handler->open(dev);
	}
}

int tcmuser_dispatch(struct tcmuser *ctx)
{
	uint64_t news;

	if (read(ctx->fd, &news, sizeof(news)) < 0 && errno != EAGAIN)
		return -errno;
	while (ctx->nr_opened < ctx->nr_devs)
		open_dev(&ctx->devs[ctx->nr_opened++]);
	return ctx->stopped ? -ECANCELED : 0;
}

static void wake(struct tcmuser *ctx)
{
	uint64_t one = 1;

	if (write(ctx->fd, &one, sizeof(one)) < 0)
		abort();
}

void tcmuser_stop(struct tcmuser *ctx)
{
	ctx->stopped = 1;
	wake(ctx);
}

void tcmuser_free(struct tcmuser *ctx)
{
	int i;

	for (i = 0; i < ctx->nr_opened; i++) {
		if (!ctx->devs[i].result)
			ctx->devs[i].handler->close(&ctx->devs[i]);
	}
	close(ctx->fd);
	free(ctx);
	nr_freed++;
}

int fake_nr_freed(void)
{
	return nr_freed;
}

void tcmuser_set_log(struct tcmuser *ctx, tcmuser_log_fn log, void *priv,
		     enum tcmuser_level level)
{
	ctx->log = log;
	ctx->level = level;
}

static void say(struct tcmuser *ctx, enum tcmuser_level level,
		const char *format, va_list args)
{
	char text[1000];

	vsnprintf(text, sizeof(text), format, args);
	if (level <= ctx->level)
		ctx->log(NULL, level, text);
}

void tcmuser_log(struct tcmuser *ctx, enum tcmuser_level level,
		 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(ctx, level, format, args);
	va_end(args);
}

void tcmuser_dev_log(struct tcmuser_dev *dev, enum tcmuser_level level,
		     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(dev->ctx, level, format, args);
	va_end(args);
}

const char *tcmuser_version(void)
{
	return "9.8.7";
}

void tcmuser_on_event(struct tcmuser *ctx,
		      void (*fn)(void *priv, const struct tcmuser_event *event),
		      void *priv)
{
	ctx->on_event = fn;
}

void fake_event(struct tcmuser *ctx, const struct tcmuser_event *event)
{
	ctx->on_event(NULL, event);
}

void fake_add(struct tcmuser *ctx, const char *config, uint64_t size)
{
	struct tcmuser_dev *dev = &ctx->devs[ctx->nr_devs];

	*dev = (struct tcmuser_dev){ .ctx = ctx, .config = config, .size = size };
	ctx->nr_devs++;
	wake(ctx);
}

unsigned int fake_flags(const struct tcmuser *ctx)
{
	return ctx->flags;
}

int fake_opened(struct tcmuser *ctx, int nr, struct tcmuser_dev **dev)
{
	*dev = &ctx->devs[nr];
	return nr < ctx->nr_opened ? ctx->devs[nr].result : -ENOENT;
}

int fake_check(struct tcmuser *ctx, const char *config, char *why, size_t size)
{
	return ctx->handlers[0]->check(ctx->handlers[0], config, why, size);
}

int fake_resize(struct tcmuser_dev *dev, uint64_t bytes)
{
	int err = dev->handler->resize ? dev->handler->resize(dev, bytes) : 0;

	if (!err)
		dev->size = bytes;
	return err;
}

int fake_reconfig(struct tcmuser_dev *dev, const char *config)
{
	if (!dev->handler->reconfig)
		return -EOPNOTSUPP;
	return dev->handler->reconfig(dev, config);
}

const char *tcmuser_dev_name(const struct tcmuser_dev *dev)
{
	return "3/fake";
}

const char *tcmuser_dev_config(const struct tcmuser_dev *dev)
{
	return dev->config;
}

uint64_t tcmuser_dev_size(const struct tcmuser_dev *dev)
{
	return dev->size;
}

uint32_t tcmuser_dev_block_size(const struct tcmuser_dev *dev)
{
	return 512;
}

uint32_t tcmuser_dev_max_transfer(const struct tcmuser_dev *dev)
{
	return 65536;
}

unsigned int tcmuser_dev_nr_queues(const struct tcmuser_dev *dev)
{
	return 2;
}

void tcmuser_dev_set_features(struct tcmuser_dev *dev, uint32_t features)
{
	dev->features = features;
}

uint32_t tcmuser_dev_features(const struct tcmuser_dev *dev)
{
	return dev->features;
}

void tcmuser_dev_set_limits(struct tcmuser_dev *dev, uint32_t physical_block,
			    uint32_t io_opt, uint32_t discard_granularity)
{
	dev->limits[0] = physical_block;
	dev->limits[1] = io_opt;
	dev->limits[2] = discard_granularity;
}

int tcmuser_dev_set_size(struct tcmuser_dev *dev, uint64_t bytes)
{
	if (bytes % 512)
		return -EINVAL;
	dev->size = bytes;
	return 0;
}
