// SPDX-License-Identifier: GPL-2.0-only
/*
 * Things to be done later: a heap, and a thread that sleeps until the first is due.
 */
#include "timer.h"

#include "clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

struct timers {
	pthread_mutex_t lock;
	pthread_cond_t cond;	/* the first one is another, or stop */
	pthread_t thread;
	bool stop;
	struct timer **heap;	/* none is due before its parent, (i - 1) / 2 */
	size_t nr;
	size_t max;
};

static void swap(struct timers *timers, size_t a, size_t b)
{
	struct timer *timer = timers->heap[a];

	timers->heap[a] = timers->heap[b];
	timers->heap[b] = timer;
}

static bool before(const struct timers *timers, size_t a, size_t b)
{
	return timers->heap[a]->when < timers->heap[b]->when;
}

/* Returns whether it is the first one now */
static bool push(struct timers *timers, struct timer *timer)
{
	size_t i = timers->nr++;

	timers->heap[i] = timer;
	for (; i && before(timers, i, (i - 1) / 2); i = (i - 1) / 2)
		swap(timers, i, (i - 1) / 2);
	return i == 0;
}

static struct timer *pop(struct timers *timers)
{
	struct timer *first = timers->heap[0];
	size_t i = 0, child;

	timers->heap[0] = timers->heap[--timers->nr];
	for (;;) {
		child = 2 * i + 1;
		if (child + 1 < timers->nr && before(timers, child + 1, child))
			child++;
		if (child >= timers->nr || !before(timers, child, i))
			return first;
		swap(timers, i, child);
		i = child;
	}
}

/* The lock is held. The next one that is due, or NULL to stop. */
static struct timer *next_due(struct timers *timers)
{
	struct timespec when;

	while (!timers->stop || timers->nr) {
		if (!timers->nr) {
			pthread_cond_wait(&timers->cond, &timers->lock);
			continue;
		}
		if (timers->heap[0]->when <= clock_now())
			return pop(timers);
		when = clock_timespec(timers->heap[0]->when);
		pthread_cond_timedwait(&timers->cond, &timers->lock, &when);
	}
	return NULL;
}

static void *run(void *arg)
{
	struct timers *timers = arg;
	struct timer *timer;

	pthread_mutex_lock(&timers->lock);
	while ((timer = next_due(timers))) {
		pthread_mutex_unlock(&timers->lock);
		timer->fn(timer);
		pthread_mutex_lock(&timers->lock);
	}
	pthread_mutex_unlock(&timers->lock);
	return NULL;
}

struct timers *timers_new(void)
{
	struct timers *timers = calloc(1, sizeof(*timers));

	if (!timers)
		return NULL;
	pthread_mutex_init(&timers->lock, NULL);
	clock_cond_init(&timers->cond);
	if (!pthread_create(&timers->thread, NULL, run, timers))
		return timers;
	free(timers);
	return NULL;
}

static bool has_room(struct timers *timers)
{
	size_t max = timers->max ? timers->max * 2 : 64;
	struct timer **heap;

	if (timers->nr < timers->max)
		return true;
	heap = reallocarray(timers->heap, max, sizeof(*heap));
	if (!heap)
		return false;
	timers->heap = heap;
	timers->max = max;
	return true;
}

int timers_add(struct timers *timers, struct timer *timer)
{
	int ret = -ENOMEM;

	pthread_mutex_lock(&timers->lock);
	if (has_room(timers)) {
		if (push(timers, timer))
			pthread_cond_signal(&timers->cond);
		ret = 0;
	}
	pthread_mutex_unlock(&timers->lock);
	return ret;
}

void timers_free(struct timers *timers)
{
	if (!timers)
		return;
	pthread_mutex_lock(&timers->lock);
	timers->stop = true;
	pthread_cond_signal(&timers->cond);
	pthread_mutex_unlock(&timers->lock);
	pthread_join(timers->thread, NULL);
	pthread_cond_destroy(&timers->cond);
	pthread_mutex_destroy(&timers->lock);
	free(timers->heap);
	free(timers);
}
