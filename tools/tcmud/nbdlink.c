// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store nbd: a connection, and its thread, which alone talks to libnbd.
 *
 * When the connection breaks, what was on its way goes back to the list of what
 * waits. The thread connects again, ever more seldom, and sends all of it once more,
 * which does no harm: a request that was not answered may have been carried out or
 * not. What has waited longer than the option timeout fails.
 */
#include "nbd.h"

#include "clock.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <syslog.h>
#include <unistd.h>

#define FIRST_PAUSE (100 * NS_PER_MS)
#define LONGEST_PAUSE (5 * NS_PER_S)
/* How often is looked who has waited too long */
#define TICK_MS 500

/* ---- what others call --------------------------------------------------- */

static void wake(struct nbd_link *link)
{
	uint64_t one = 1;

	if (write(link->wake, &one, sizeof(one)) < 0)
		return;		/* it is full of wake-ups: that will do */
}

void nbd_link_add(struct nbd_link *link, struct nbd_frame *frame)
{
	frame->link = link;
	frame->since = clock_now();
	pthread_mutex_lock(&link->lock);
	nbd_list_add(&link->came, frame);
	pthread_mutex_unlock(&link->lock);
}

void nbd_link_wake(struct nbd_link *link)
{
	bool needed;

	pthread_mutex_lock(&link->lock);
	needed = link->came.first && !link->woken;
	if (needed)
		link->woken = true;
	pthread_mutex_unlock(&link->lock);
	if (needed)
		wake(link);
}

void nbd_link_renew(struct nbd_link *link)
{
	pthread_mutex_lock(&link->lock);
	link->renew = true;
	pthread_mutex_unlock(&link->lock);
	wake(link);
}

/* ---- connecting --------------------------------------------------------- */

/* For open, which waits for it */
static void tell_first(struct nbd_link *link, int result, const char *why)
{
	pthread_mutex_lock(&link->lock);
	if (link->first == 1) {
		link->first = result;
		snprintf(link->why, sizeof(link->why), "%s", why ? why : "");
		pthread_cond_signal(&link->cond);
	}
	pthread_mutex_unlock(&link->lock);
}

/* The handle is of no use. Commands on their way come back by their callbacks. */
static void drop(struct nbd_link *link, const char *why)
{
	struct nbd_handle *handle = link->handle;

	if (link->ready)
		layer_log(link->nbd->layer, LOG_WARNING,
			  "connection %u is lost (%s); connecting again",
			  link->nr, why);
	link->ready = false;
	link->handle = NULL;
	if (handle)
		nbd_close(handle);
	link->retry = clock_now() + link->pause;
	link->pause *= 2;
	if (link->pause > LONGEST_PAUSE)
		link->pause = LONGEST_PAUSE;
}

static void failed(struct nbd_link *link, int error, const char *why)
{
	char text[256];

	snprintf(text, sizeof(text), "%s", why ? why : strerror(error));
	tell_first(link, -(error ? error : ENOTCONN), text);
	drop(link, text);
}

static void begin(struct nbd_link *link)
{
	link->began = clock_now();
	link->handle = nbd_handle_new(&link->nbd->address);
	if (!link->handle)
		failed(link, nbd_get_errno(), nbd_get_error());
}

/* Connected: is it still the same disk? */
static void greet(struct nbd_link *link)
{
	struct nbd *nbd = link->nbd;
	uint64_t size = __atomic_load_n(&nbd->size, __ATOMIC_RELAXED);
	int ret = nbd_handle_facts(link->handle, &link->facts);

	if (!ret && link->was_up && link->facts.size < size) {
		layer_log(nbd->layer, LOG_ERR, "the server's disk has %" PRIu64
			  " bytes now, not %" PRIu64, link->facts.size, size);
		ret = -EINVAL;
	}
	if (ret) {
		failed(link, -ret, nbd_get_error());
		return;
	}
	if (link->was_up)
		layer_log(nbd->layer, LOG_NOTICE, "connection %u is there again",
			  link->nr);
	link->ready = true;
	link->was_up = true;
	link->pause = FIRST_PAUSE;
	link->moved = clock_now();
	tell_first(link, 0, NULL);
}

static void go_on_connecting(struct nbd_link *link)
{
	if (!link->handle) {
		if (clock_now() >= link->retry)
			begin(link);
	} else if (nbd_aio_is_ready(link->handle) > 0) {
		greet(link);
	} else if (nbd_aio_is_dead(link->handle) > 0 ||
		   nbd_aio_is_closed(link->handle) > 0) {
		failed(link, nbd_get_errno(), nbd_get_error());
	} else if (clock_now() >= link->began + link->nbd->connect) {
		failed(link, ETIMEDOUT, "the server does not answer");
	}
}

/* ---- the thread --------------------------------------------------------- */

/* Returns whether it is to stop */
static bool take_what_came(struct nbd_link *link)
{
	struct nbd_frame *frame;
	bool stop, renew;

	pthread_mutex_lock(&link->lock);
	while ((frame = nbd_list_take(&link->came)))
		nbd_list_add(&link->waiting, frame);
	link->woken = false;
	stop = link->stop;
	renew = link->renew;
	link->renew = false;
	pthread_mutex_unlock(&link->lock);
	if (renew && link->ready) {
		/* nothing is wrong with it: no message, no pause */
		link->ready = false;
		drop(link, "");
		link->retry = 0;
	}
	return stop;
}

static bool is_dead(struct nbd_link *link)
{
	return nbd_aio_is_dead(link->handle) > 0 ||
		nbd_aio_is_closed(link->handle) > 0;
}

static void send_waiting(struct nbd_link *link)
{
	struct nbd_frame *frame;

	while (link->ready && !is_dead(link) &&
	       (frame = nbd_list_take(&link->waiting)))
		nbd_cmd_send(link, frame);
}

/* Those that have waited too long; the others in their order */
static void expire(struct nbd_link *link)
{
	struct nbd_list all = link->waiting;
	uint64_t now = clock_now();
	struct nbd_frame *frame;

	if (!all.first)
		return;
	nbd_list_init(&link->waiting);
	while ((frame = nbd_list_take(&all))) {
		if (now < frame->since + link->nbd->timeout)
			nbd_list_add(&link->waiting, frame);
		else
			nbd_cmd_end(frame, -ENOTCONN);
	}
}

static void look_after(struct nbd_link *link)
{
	if (link->ready && link->in_flight &&
	    clock_now() >= link->moved + link->nbd->timeout)
		drop(link, "the server does not answer");
	if (!link->ready)
		go_on_connecting(link);
	send_waiting(link);
	/* sending finds it out, too, and then no event will follow */
	if (link->ready && is_dead(link))
		drop(link, nbd_get_error() ? nbd_get_error() : "closed");
	if (!link->ready)
		expire(link);
}

static int timeout_of(struct nbd_link *link)
{
	uint64_t now = clock_now();
	uint64_t ms = TICK_MS;

	if (link->ready && !link->in_flight)
		return -1;
	if (!link->handle)
		ms = link->retry > now ? (link->retry - now) / NS_PER_MS + 1 : 0;
	return ms < TICK_MS ? ms : TICK_MS;
}

static short wanted(struct nbd_handle *handle)
{
	unsigned int direction = nbd_aio_get_direction(handle);

	return (direction & LIBNBD_AIO_DIRECTION_READ ? POLLIN : 0) |
		(direction & LIBNBD_AIO_DIRECTION_WRITE ? POLLOUT : 0);
}

/* As libnbd wants it: one of them, for it may change what the other is for */
static void notify(struct nbd_link *link, short events)
{
	unsigned int direction = nbd_aio_get_direction(link->handle);

	if (events & (POLLIN | POLLHUP | POLLERR) &&
	    direction & LIBNBD_AIO_DIRECTION_READ)
		nbd_aio_notify_read(link->handle);
	else if (events & (POLLOUT | POLLHUP | POLLERR) &&
		 direction & LIBNBD_AIO_DIRECTION_WRITE)
		nbd_aio_notify_write(link->handle);
}

static void wait_for_news(struct nbd_link *link)
{
	struct pollfd fds[2] = {
		{ .fd = link->wake, .events = POLLIN },
		{ .fd = -1 },
	};
	uint64_t count;

	if (link->handle) {
		fds[1].fd = nbd_aio_get_fd(link->handle);
		fds[1].events = wanted(link->handle);
	}
	if (poll(fds, 2, timeout_of(link)) <= 0)
		return;
	if (fds[0].revents && read(link->wake, &count, sizeof(count)) < 0)
		return;
	if (link->handle && fds[1].revents)
		notify(link, fds[1].revents);
}

static void *run(void *arg)
{
	struct nbd_link *link = arg;

	while (!take_what_came(link)) {
		look_after(link);
		wait_for_news(link);
	}
	if (link->handle)
		nbd_handle_free(link->handle);
	return NULL;
}

/* ---- life --------------------------------------------------------------- */

static int wait_for_first(struct nbd_link *link)
{
	int ret;

	pthread_mutex_lock(&link->lock);
	while (link->first == 1)
		pthread_cond_wait(&link->cond, &link->lock);
	ret = link->first;
	pthread_mutex_unlock(&link->lock);
	return ret ? layer_fail(link->nbd->layer, -ret, "%s", link->why) : 0;
}

static void destroy(struct nbd_link *link)
{
	close(link->wake);
	pthread_cond_destroy(&link->cond);
	pthread_mutex_destroy(&link->lock);
	free(link);
}

void nbd_link_free(struct nbd_link *link)
{
	pthread_mutex_lock(&link->lock);
	link->stop = true;
	pthread_mutex_unlock(&link->lock);
	wake(link);
	pthread_join(link->thread, NULL);
	destroy(link);
}

/* A link that is connected, as @nbd->links[@nr]. 0 or -errno. */
int nbd_link_new(struct nbd *nbd, unsigned int nr)
{
	struct nbd_link *link = calloc(1, sizeof(*link));
	int ret;

	if (!link)
		return layer_fail(nbd->layer, ENOMEM, "no memory");
	link->nbd = nbd;
	link->nr = nr;
	link->first = 1;
	link->pause = FIRST_PAUSE;
	link->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&link->lock, NULL);
	pthread_cond_init(&link->cond, NULL);
	nbd_list_init(&link->came);
	nbd_list_init(&link->waiting);
	if (link->wake < 0 || pthread_create(&link->thread, NULL, run, link)) {
		destroy(link);
		return layer_fail(nbd->layer, ENOMEM, "no thread");
	}
	ret = wait_for_first(link);
	if (ret)
		nbd_link_free(link);
	else
		nbd->links[nr] = link;
	return ret;
}
