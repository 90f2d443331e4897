// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How a queue's thread waits for news: asleep until the kernel calls, or others want
 * it; or first by a nap, from which the kernel need not wake it.
 */
#include "queue.h"

#include "uio.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>

/* Naps, without news, before it sleeps */
#define MAX_NAPS 2

/* Nanoseconds of one */
#define MAX_NAP 400000

uint64_t sleep_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* By the thread, once: a nap is as long as it is said to be */
void sleep_begin(struct tcmuser_queue *q)
{
	q->naps = (q->caps & TCMU_MAILBOX_FLAG_CAP_AWAKE) &&
		  (q->dev->disk.features & TCMUSER_NAPS);
	if (!q->naps)
		return;
	tcmu_pace_limit(&q->pace, MAX_NAP);
	prctl(PR_SET_TIMERSLACK, 1);
}

/* By others: there is something to be done */
void sleep_end(struct tcmuser_queue *q)
{
	eventfd_write(q->wake_fd, 1);
}

static void forget_calls(struct tcmuser_queue *q)
{
	eventfd_t count;

	eventfd_read(q->wake_fd, &count);
}

/* True when there is something to be done */
static bool nap(struct tcmuser_queue *q)
{
	const struct timespec length = { .tv_nsec = q->nap };
	struct pollfd wake = { .fd = q->wake_fd, .events = POLLIN };
	int i;

	for (i = 0; i < MAX_NAPS; i++) {
		if (ppoll(&wake, 1, &length, NULL) > 0) {
			forget_calls(q);
			return true;
		}
		if (tcmu_ring_user_has_news(&q->ring))
			return true;
	}
	return false;
}

/* Until there is news; -ENODEV when the device has gone */
static int wait_for_news(struct tcmuser_queue *q)
{
	struct pollfd fds[] = {
		{ .fd = q->fd, .events = POLLIN },
		{ .fd = q->wake_fd, .events = POLLIN },
	};

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return -errno;
	if (fds[1].revents)
		forget_calls(q);
	if (fds[0].revents & (POLLERR | POLLHUP | POLLNVAL))
		return -ENODEV;
	if (fds[0].revents && uio_ops.ack(q->fd))
		return -ENODEV;
	return 0;
}

int sleep_after(struct tcmuser_queue *q, unsigned int nr)
{
	int ret;

	if (q->naps && nr) {
		if (tcmu_pace_round(&q->pace, nr))
			tcmu_pace_judge(&q->pace, sleep_now());
		q->nap = tcmu_pace_length(&q->pace);
	}
	if (q->nap && nap(q))
		return 0;
	if (!tcmu_ring_user_may_sleep(&q->ring))
		return 0;
	ret = wait_for_news(q);
	tcmu_ring_user_wake(&q->ring);
	return ret;
}
