// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pool of threads: see pool.h. The first thread is there from the beginning, so
 * that work is done even if no other can be made.
 */
#include "pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t cond;	/* there is work, or stop */
	struct work *first;
	struct work **last;
	unsigned int waiting;	/* work that nobody has begun */
	unsigned int idle;
	unsigned int nr;
	unsigned int max;
	bool stop;
	pthread_t threads[];
};

/* The lock is held. NULL: to end. */
static struct work *next_work(struct pool *pool)
{
	struct work *work;

	pool->idle++;
	while (!pool->first && !pool->stop)
		pthread_cond_wait(&pool->cond, &pool->lock);
	pool->idle--;
	work = pool->first;
	if (!work)
		return NULL;
	pool->waiting--;
	pool->first = work->next;
	if (!pool->first)
		pool->last = &pool->first;
	return work;
}

static void *run(void *arg)
{
	struct pool *pool = arg;
	struct work *work;

	pthread_mutex_lock(&pool->lock);
	while ((work = next_work(pool))) {
		pthread_mutex_unlock(&pool->lock);
		work->fn(work);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static int add_thread(struct pool *pool)
{
	int ret = pthread_create(&pool->threads[pool->nr], NULL, run, pool);

	if (!ret)
		pool->nr++;
	return ret;
}

struct pool *pool_new(unsigned int max)
{
	struct pool *pool;

	pool = calloc(1, sizeof(*pool) + max * sizeof(pool->threads[0]));
	if (!pool)
		return NULL;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->cond, NULL);
	pool->last = &pool->first;
	pool->max = max;
	if (!add_thread(pool))
		return pool;
	free(pool);
	return NULL;
}

void pool_add(struct pool *pool, struct work *work)
{
	work->next = NULL;
	pthread_mutex_lock(&pool->lock);
	*pool->last = work;
	pool->last = &work->next;
	pool->waiting++;
	if (pool->waiting > pool->idle && pool->nr < pool->max)
		add_thread(pool);
	pthread_cond_signal(&pool->cond);
	pthread_mutex_unlock(&pool->lock);
}

void pool_free(struct pool *pool)
{
	unsigned int i;

	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->cond);
	pthread_mutex_unlock(&pool->lock);
	for (i = 0; i < pool->nr; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->cond);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}
