// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Threads that carry out a queue's commands, for handlers that block.
 */
#include "worker.h"

#include "cmd.h"
#include "thread.h"

#include <errno.h>
#include <stdlib.h>

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct tcmuser_cmd *first;
	struct tcmuser_cmd *last;
	unsigned int asleep;
	bool end;
	unsigned int nr;
	pthread_t threads[];
};

/* The next command, or NULL when there will be none any more */
static struct tcmuser_cmd *take(struct workers *workers)
{
	struct tcmuser_cmd *cmd;

	pthread_mutex_lock(&workers->lock);
	while (!workers->first && !workers->end) {
		workers->asleep++;
		pthread_cond_wait(&workers->work, &workers->lock);
		workers->asleep--;
	}
	cmd = workers->first;
	if (cmd)
		workers->first = cmd->next;
	pthread_mutex_unlock(&workers->lock);
	return cmd;
}

static void *work(void *arg)
{
	struct tcmuser_cmd *cmd;

	while ((cmd = take(arg)))
		cmd_start(cmd);
	return NULL;
}

void workers_add(struct workers *workers, struct tcmuser_cmd *cmd)
{
	bool wake;

	cmd->next = NULL;
	pthread_mutex_lock(&workers->lock);
	if (workers->first)
		workers->last->next = cmd;
	else
		workers->first = cmd;
	workers->last = cmd;
	wake = workers->asleep;
	pthread_mutex_unlock(&workers->lock);
	if (wake)
		pthread_cond_signal(&workers->work);
}

void workers_end(struct workers *workers)
{
	unsigned int i;

	if (!workers)
		return;
	pthread_mutex_lock(&workers->lock);
	workers->end = true;
	pthread_mutex_unlock(&workers->lock);
	pthread_cond_broadcast(&workers->work);
	for (i = 0; i < workers->nr; i++)
		pthread_join(workers->threads[i], NULL);
	pthread_cond_destroy(&workers->work);
	pthread_mutex_destroy(&workers->lock);
	free(workers);
}

int workers_start(struct workers **workers, unsigned int nr, const char *name)
{
	struct workers *new;
	int ret;

	new = calloc(1, sizeof(*new) + nr * sizeof(new->threads[0]));
	if (!new)
		return -ENOMEM;
	pthread_mutex_init(&new->lock, NULL);
	pthread_cond_init(&new->work, NULL);
	for (; new->nr < nr; new->nr++) {
		ret = thread_start(&new->threads[new->nr], work, new, name);
		if (ret) {
			workers_end(new);
			return ret;
		}
	}
	*workers = new;
	return 0;
}
