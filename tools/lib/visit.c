// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Other threads in a queue: what they leave to its own one, for a handler that wants
 * all that its callbacks have gathered to be submitted by that.
 */
#include "queue.h"

#include <sys/eventfd.h>

bool visit_submits(const struct tcmuser_queue *q)
{
	return q->dev->handler->submit && !q->dev->handler->threads;
}

/* lock is held, or the queue might be gone before this is done */
static void wake(struct tcmuser_queue *q)
{
	eventfd_write(q->wake_fd, 1);
	pthread_cond_broadcast(&q->idle);
}

static void resume(struct tcmuser_queue *q, struct tcmuser_cmd *cmd)
{
	pthread_mutex_lock(&q->lock);
	cmd->next = q->resumed;
	q->resumed = cmd;
	wake(q);
	pthread_mutex_unlock(&q->lock);
}

static void want_submit(struct tcmuser_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->want_submit = true;
	if (!queue_is_own_pass(q))
		wake(q);
	pthread_mutex_unlock(&q->lock);
}

struct tcmuser_cmd *visit_take(struct tcmuser_queue *q, bool *submit)
{
	struct tcmuser_cmd *cmd;

	pthread_mutex_lock(&q->lock);
	cmd = q->resumed;
	q->resumed = NULL;
	*submit = q->want_submit;
	q->want_submit = false;
	pthread_mutex_unlock(&q->lock);
	return cmd;
}

bool queue_enter(struct tcmuser_queue *q)
{
	if (!visit_submits(q))
		return false;
	__atomic_fetch_add(&q->visitors, 1, __ATOMIC_RELAXED);
	return true;
}

void queue_leave(struct tcmuser_queue *q, bool called)
{
	if (called)
		want_submit(q);
	__atomic_fetch_sub(&q->visitors, 1, __ATOMIC_RELEASE);
}

bool queue_resume(struct tcmuser_cmd *cmd)
{
	if (!visit_submits(cmd->q))
		return false;
	resume(cmd->q, cmd);
	return true;
}
