// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A program's connection to the driver: begin, wait, end.
 */
#include "context.h"

#include "device.h"
#include "events.h"
#include "sysfs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ALL_FLAGS	(TCMUSER_ANSWERS | TCMUSER_NO_RESET | \
			 TCMUSER_NO_EVENTS | TCMUSER_REFUSES)

/* Threads of a queue */
#define MAX_THREADS 256

/* ---- life --------------------------------------------------------------------------- */

static int watch(struct tcmuser *ctx, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(ctx->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int open_fds(struct tcmuser *ctx)
{
	int ret;

	ctx->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	ctx->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ctx->dead_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ctx->epoll_fd < 0 || ctx->stop_fd < 0 || ctx->dead_fd < 0)
		return -errno;
	ret = watch(ctx, ctx->stop_fd);
	return ret ? ret : watch(ctx, ctx->dead_fd);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

int tcmuser_new(struct tcmuser **ctxp, unsigned int flags)
{
	struct tcmuser *ctx;
	int ret;

	if (flags & ~ALL_FLAGS)
		return -EINVAL;
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;
	ctx->flags = flags;
	ctx->log.level = TCMUSER_WARNING;
	pthread_mutex_init(&ctx->log.lock, NULL);
	ret = open_fds(ctx);
	if (ret) {
		tcmuser_free(ctx);
		return ret;
	}
	*ctxp = ctx;
	return 0;
}

/*
 * Whoever waits for the answer of a daemon that is dead waits for ever, unless the
 * driver sends the event once more, or gives up by itself.
 */
static bool waits_for_ever(void)
{
	char buf[32];

	return sysfs_param_get("netlink_timeout", buf, sizeof(buf)) < 0;
}

/*
 * Whoever waits for an answer of ours is let go by it. On a driver that would go on
 * to wait for answers, another daemon's are not waited for either until it starts
 * again: that does less harm.
 */
static void stop_answering(struct tcmuser *ctx)
{
	if (!ctx->events)
		return;
	if (ctx->started && (ctx->flags & TCMUSER_ANSWERS) && waits_for_ever())
		events_retract(ctx);
	events_close(ctx);
}

void tcmuser_free(struct tcmuser *ctx)
{
	if (!ctx)
		return;
	context_close_all(ctx);
	stop_answering(ctx);
	close_fd(ctx->epoll_fd);
	close_fd(ctx->stop_fd);
	close_fd(ctx->dead_fd);
	free(ctx->handlers);
	pthread_mutex_destroy(&ctx->log.lock);
	free(ctx);
}

static int check_handler(const struct tcmuser_handler *handler)
{
	if (handler->size < sizeof(*handler) || !handler->name ||
	    !*handler->name || strchr(handler->name, '/'))
		return -EINVAL;
	if (!(handler->read && handler->write) && !handler->cdb)
		return -EINVAL;
	return handler->threads > MAX_THREADS ? -EINVAL : 0;
}

int tcmuser_add_handler(struct tcmuser *ctx,
			const struct tcmuser_handler *handler)
{
	const struct tcmuser_handler **handlers;
	unsigned int i;
	int ret;

	ret = check_handler(handler);
	if (ret)
		return ret;
	if (ctx->started)
		return -EBUSY;
	for (i = 0; i < ctx->nr_handlers; i++)
		if (!strcmp(ctx->handlers[i]->name, handler->name))
			return -EEXIST;
	handlers = reallocarray(ctx->handlers, ctx->nr_handlers + 1,
				sizeof(*handlers));
	if (!handlers)
		return -ENOMEM;
	ctx->handlers = handlers;
	handlers[ctx->nr_handlers++] = handler;
	return 0;
}

void tcmuser_on_event(struct tcmuser *ctx,
		      void (*fn)(void *priv, const struct tcmuser_event *event),
		      void *priv)
{
	ctx->on_event = fn;
	ctx->event_priv = priv;
}

/* ---- beginning ---------------------------------------------------------------------------- */

/* Until devices are open nobody may begin to wait; who waits already is let go */
static bool block_netlink(struct tcmuser *ctx)
{
	if (!ctx->events || !(ctx->flags & TCMUSER_ANSWERS) || !waits_for_ever())
		return false;
	if (sysfs_param_set("block_netlink", 1))
		return false;
	sysfs_param_set("reset_netlink", 1);
	return true;
}

/* What the driver sends once more is answered before devices are looked for */
static int announce(struct tcmuser *ctx)
{
	if (!ctx->events || !(ctx->flags & TCMUSER_ANSWERS))
		return 0;
	return events_announce(ctx);
}

/*
 * Whoever waits for an answer about a device that is being removed holds its
 * directory in configfs: to look at it there would be to wait for oneself. So the
 * waiters come first.
 */
static int catch_up(struct tcmuser *ctx)
{
	bool blocked = block_netlink(ctx);
	int ret;

	ret = announce(ctx);
	if (!ret)
		ret = context_scan(ctx);
	if (blocked)
		sysfs_param_set("block_netlink", 0);
	return ret;
}

/* Every version of the module has this parameter */
static bool is_loaded(void)
{
	char buf[32];

	return sysfs_param_get("global_max_data_area_mb", buf, sizeof(buf)) >= 0;
}

static int listen_to_events(struct tcmuser *ctx)
{
	int ret;

	if (ctx->flags & TCMUSER_NO_EVENTS)
		return is_loaded() ? 0 : -ENODEV;
	ret = events_open(ctx);
	return ret ? ret : watch(ctx, events_fd(ctx));
}

int tcmuser_start(struct tcmuser *ctx)
{
	int ret;

	if (ctx->started)
		return -EBUSY;
	ret = listen_to_events(ctx);
	if (!ret) {
		ctx->started = true;
		ret = catch_up(ctx);
	}
	if (!ret)
		return 0;
	context_close_all(ctx);
	events_close(ctx);
	ctx->started = false;
	return ret;
}

/* ---- going on ----------------------------------------------------------------------------- */

int tcmuser_fd(const struct tcmuser *ctx)
{
	return ctx->epoll_fd;
}

void tcmuser_stop(struct tcmuser *ctx)
{
	int saved = errno;

	__atomic_store_n(&ctx->stopped, true, __ATOMIC_RELAXED);
	eventfd_write(ctx->stop_fd, 1);
	errno = saved;
}

static int dispatch_events(struct tcmuser *ctx)
{
	int ret = events_receive(ctx);

	if (ret || !events_were_lost(ctx))
		return ret;
	tcmuser_log(ctx, TCMUSER_NOTICE, "events were lost; looking again");
	return catch_up(ctx);
}

int tcmuser_dispatch(struct tcmuser *ctx)
{
	eventfd_t count;

	if (__atomic_load_n(&ctx->stopped, __ATOMIC_RELAXED))
		return -ECANCELED;
	if (!eventfd_read(ctx->dead_fd, &count))
		context_close_dead(ctx);
	return ctx->events ? dispatch_events(ctx) : 0;
}

int tcmuser_run(struct tcmuser *ctx)
{
	struct pollfd fd = { .fd = ctx->epoll_fd, .events = POLLIN };
	int ret = 0;

	if (!ctx->started)
		ret = tcmuser_start(ctx);
	while (!ret) {
		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			return -errno;
		ret = tcmuser_dispatch(ctx);
	}
	return ret == -ECANCELED ? 0 : ret;
}

/* ---- the simple way -------------------------------------------------------------------------- */

static struct tcmuser *served;

static void on_signal(int sig)
{
	tcmuser_stop(served);
}

static int run_until_signal(struct tcmuser *ctx)
{
	struct sigaction action = { .sa_handler = on_signal }, term, intr;
	int ret;

	served = ctx;
	sigaction(SIGTERM, &action, &term);
	sigaction(SIGINT, &action, &intr);
	ret = tcmuser_run(ctx);
	sigaction(SIGTERM, &term, NULL);
	sigaction(SIGINT, &intr, NULL);
	return ret;
}

int tcmuser_serve(const struct tcmuser_handler *handler)
{
	struct tcmuser *ctx;
	int ret;

	ret = tcmuser_new(&ctx, TCMUSER_ANSWERS);
	if (ret)
		return ret;
	ret = tcmuser_add_handler(ctx, handler);
	if (!ret)
		ret = run_until_signal(ctx);
	tcmuser_free(ctx);
	return ret;
}
