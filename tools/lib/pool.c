// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The commands of a queue, which are used again and again: after a while nothing is
 * allocated for one any more, its buffer's pieces included.
 */
#include "queue.h"

#include <stdlib.h>

/* A command that had so many pieces once does not keep the memory */
#define KEEP_IOV 1024

/* lock is held */
static bool add_chunk(struct tcmuser_queue *q)
{
	struct queue_chunk *chunk = calloc(1, sizeof(*chunk));
	int i;

	if (!chunk)
		return false;
	chunk->next = q->chunks;
	q->chunks = chunk;
	for (i = 0; i < QUEUE_CHUNK; i++) {
		chunk->cmds[i].q = q;
		chunk->cmds[i].next = q->free;
		q->free = &chunk->cmds[i];
	}
	return true;
}

struct tcmuser_cmd *pool_get(struct tcmuser_queue *q)
{
	struct tcmuser_cmd *cmd = NULL;

	pthread_mutex_lock(&q->lock);
	if (q->free || add_chunk(q)) {
		cmd = q->free;
		q->free = cmd->next;
	}
	pthread_mutex_unlock(&q->lock);
	return cmd;
}

void pool_recycle(struct tcmuser_queue *q, struct tcmuser_cmd *cmd)
{
	if (cmd->iov_max > KEEP_IOV) {
		free(cmd->iov);
		cmd->iov = NULL;
		cmd->iov_max = 0;
	}
	cmd->next = q->free;
	q->free = cmd;
}

void pool_put(struct tcmuser_queue *q, struct tcmuser_cmd *cmd)
{
	pthread_mutex_lock(&q->lock);
	pool_recycle(q, cmd);
	pthread_mutex_unlock(&q->lock);
}

void pool_free(struct tcmuser_queue *q)
{
	struct queue_chunk *chunk;
	int i;

	while ((chunk = q->chunks)) {
		q->chunks = chunk->next;
		for (i = 0; i < QUEUE_CHUNK; i++)
			free(chunk->cmds[i].iov);
		free(chunk);
	}
}
