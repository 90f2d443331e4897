// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The devices of a context: which are ours, and what becomes of them by events.
 */
#include "context.h"

#include "device.h"
#include "uio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

/* ---- the list -------------------------------------------------------------------- */

static const struct tcmuser_handler *find_handler(const struct tcmuser *ctx,
						  const struct uio_name *name)
{
	unsigned int i;

	for (i = 0; i < ctx->nr_handlers; i++)
		if (device_config(ctx->handlers[i], name->config))
			return ctx->handlers[i];
	return NULL;
}

static void close_dev(struct tcmuser_dev **at)
{
	struct tcmuser_dev *dev = *at;

	*at = dev->next;
	device_close(dev);
}

/* The one that is served by uio@nr: where it hangs, or NULL */
static struct tcmuser_dev **find_dev(struct tcmuser *ctx, unsigned int nr,
				     const struct uio_name *name)
{
	struct tcmuser_dev **dev;

	for (dev = &ctx->devs; *dev; dev = &(*dev)->next)
		if (device_is(*dev, nr, name))
			break;
	if (!*dev)
		return NULL;
	if (!device_is_gone(*dev))
		return dev;
	/* a new one has its name and its number already */
	close_dev(dev);
	return NULL;
}

void context_close_all(struct tcmuser *ctx)
{
	struct tcmuser_dev *dev;

	/* all at once, then one after the other */
	for (dev = ctx->devs; dev; dev = dev->next)
		device_stop(dev);
	while (ctx->devs)
		close_dev(&ctx->devs);
}

void context_dev_dead(struct tcmuser_dev *dev)
{
	__atomic_store_n(&dev->dead, true, __ATOMIC_RELEASE);
	eventfd_write(dev->ctx->dead_fd, 1);
}

void context_close_dead(struct tcmuser *ctx)
{
	struct tcmuser_dev **dev = &ctx->devs;

	while (*dev) {
		if (__atomic_load_n(&(*dev)->dead, __ATOMIC_ACQUIRE))
			close_dev(dev);
		else
			dev = &(*dev)->next;
	}
}

/* ---- those that exist ---------------------------------------------------------------- */

static int claim(struct tcmuser *ctx, unsigned int nr, const struct uio_name *name,
		 bool reset)
{
	const struct tcmuser_handler *handler = find_handler(ctx, name);
	struct tcmuser_dev *dev;
	int ret;

	ret = device_open(ctx, handler, nr, name, reset, &dev);
	if (ret)
		return ret;
	dev->next = ctx->devs;
	ctx->devs = dev;
	return 0;
}

static int claim_existing(struct tcmuser *ctx, unsigned int nr,
			  const struct uio_name *name)
{
	return claim(ctx, nr, name, !(ctx->flags & TCMUSER_NO_RESET));
}

/* One that cannot be taken is left alone */
static int look_at(void *arg, unsigned int nr, const struct uio_name *name)
{
	struct tcmuser *ctx = arg;

	if (!name->queue && find_handler(ctx, name) && !find_dev(ctx, nr, name))
		claim_existing(ctx, nr, name);
	return 0;
}

int context_scan(struct tcmuser *ctx)
{
	/* those that have gone are found by their queues */
	context_close_dead(ctx);
	return uio_each(look_at, ctx);
}

/* ---- events --------------------------------------------------------------------------- */

static int added(struct tcmuser *ctx, unsigned int nr, const struct uio_name *name)
{
	int ret;

	/* found already, or told twice */
	if (find_dev(ctx, nr, name))
		return 0;
	ret = claim(ctx, nr, name, false);
	return ret == DEVICE_TAKEN ? CONTEXT_NO_ANSWER : ret;
}

/* Nobody can refuse that: whoever has it closes it, too */
static int removed(struct tcmuser *ctx, unsigned int nr,
		   const struct uio_name *name)
{
	struct tcmuser_dev **dev = find_dev(ctx, nr, name);

	if (dev)
		close_dev(dev);
	return 0;
}

/* Does another program have it? */
static bool is_taken(unsigned int nr)
{
	int fd = uio_ops.open(nr);

	if (fd >= 0)
		uio_ops.close(fd);
	return fd == -EBUSY;
}

static int reconfig(struct tcmuser *ctx, const struct tcmuser_event *event,
		    const struct uio_name *name)
{
	struct tcmuser_dev **dev = find_dev(ctx, event->uio, name);
	int ret;

	if (!dev) {
		/* one that somebody else's death has left to us */
		ret = claim_existing(ctx, event->uio, name);
		if (ret)
			return ret == DEVICE_TAKEN ? CONTEXT_NO_ANSWER : -ENODEV;
		dev = find_dev(ctx, event->uio, name);
	}
	return device_reconfig(*dev, event);
}

/* Of a device that no handler here knows */
static int foreign(struct tcmuser *ctx, const struct tcmuser_event *event,
		   const struct uio_name *name)
{
	if (!(ctx->flags & TCMUSER_REFUSES) || is_taken(event->uio))
		return CONTEXT_NO_ANSWER;
	if (event->type == TCMUSER_EVENT_REMOVED)
		return 0;
	if (event->type == TCMUSER_EVENT_RECONFIG)
		return -ENODEV;
	tcmuser_log(ctx, TCMUSER_ERROR, "%u/%s: no handler for the config '%s'",
		    name->host, name->name, name->config);
	return -ENOENT;
}

static int act(struct tcmuser *ctx, const struct tcmuser_event *event,
	       const struct uio_name *name)
{
	if (!find_handler(ctx, name))
		return foreign(ctx, event, name);
	switch (event->type) {
	case TCMUSER_EVENT_ADDED:
		return added(ctx, event->uio, name);
	case TCMUSER_EVENT_REMOVED:
		return removed(ctx, event->uio, name);
	case TCMUSER_EVENT_RECONFIG:
		return reconfig(ctx, event, name);
	default:
		return CONTEXT_NO_ANSWER;
	}
}

int context_event(struct tcmuser *ctx, const struct tcmuser_event *event)
{
	struct uio_name *name = malloc(sizeof(*name));
	int ret;

	if (!name)
		return -ENOMEM;
	ret = uio_parse(event->name, name);
	ret = ret || name->queue ? CONTEXT_NO_ANSWER : act(ctx, event, name);
	free(name);
	return ret;
}
