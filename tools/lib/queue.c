// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A queue's life, and its thread: fetch what is there, start it, tell the kernel
 * of the answers, sleep.
 */
#include "queue.h"

#include "cmd.h"
#include "context.h"
#include "thread.h"
#include "uio.h"
#include "worker.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Entries of a pass: what was gathered is submitted after so many */
#define PASS_MAX 128

/* Answers that wait for more of their kind, and for how long (nanoseconds) */
#define DEFER_MAX 32
#define DEFER_TIME 50000

/* ---- commands ------------------------------------------------------------------- */

/*
 * A fast handler's answers are told together; those of a slow one do not wait for
 * the commands behind them. So the time begins with the first one's command, not
 * with its answer: what it took, the next one will take, too.
 */
static void maybe_flush(struct tcmuser_queue *q)
{
	if (q->deferred >= DEFER_MAX ||
	    (q->deferred && sleep_now() - q->deferred_since > DEFER_TIME))
		account_flush(q);
}

static int take_cmd(struct tcmuser_queue *q, const struct queue_entry *entry,
		    const char **why)
{
	struct tcmuser_cmd *cmd = pool_get(q);
	int ret;

	if (!cmd)
		return -ENOMEM;
	if (!q->deferred_since)
		q->deferred_since = sleep_now();
	ret = fetch_cmd(q, entry, cmd, why);
	if (!ret)
		ret = account_fetch(q, entry, cmd);
	if (ret < 0) {
		pool_put(q, cmd);
		return ret;
	}
	if (q->workers)
		workers_add(q->workers, cmd);
	else
		cmd_start(cmd);
	maybe_flush(q);
	return 1;
}

static int take_tmr(struct tcmuser_queue *q, const struct queue_entry *entry,
		    const char **why)
{
	const struct tcmu_tmr_entry *tmr = (void *)entry->at;
	const struct tcmuser_handler *handler = q->dev->handler;
	uint8_t type = READ_ONCE(tmr->tmr_type);
	int cnt, ret;
	size_t held;

	cnt = fetch_tmr(entry, why);
	if (cnt < 0)
		return cnt;
	ret = account_fetch_tmr(q, entry, cnt, &held);
	if (ret < 0)
		return ret;
	if (handler->tmr && (q->dev->disk.features & TCMUSER_CAN_TMR))
		handler->tmr(q->dev, type, q->tmr, held);
	account_let_go(q, held);
	return 1;
}

/* ---- passes ---------------------------------------------------------------------- */

static int take_entry(struct tcmuser_queue *q, struct queue_entry *entry,
		      const char **why)
{
	int ret = fetch_peek(q, entry, why);

	if (ret <= 0)
		return ret;
	switch (entry->op) {
	case TCMU_OP_CMD:
		return take_cmd(q, entry, why);
	case TCMU_OP_TMR:
		return take_tmr(q, entry, why);
	default:
		return account_fetch(q, entry, NULL);
	}
}

static int check_ring(const struct tcmuser_queue *q)
{
	const struct tcmu_ring_user *ring = &q->ring;

	if (ring->off < sizeof(struct tcmu_mailbox) ||
	    ring->off % TCMU_OP_ALIGN_SIZE || !ring->size ||
	    ring->size % TCMU_OP_ALIGN_SIZE || ring->tail % TCMU_OP_ALIGN_SIZE)
		return -EPROTO;
	return 0;
}

/* Tell the kernel what the handler does; a reset makes it forget */
static void promise(struct tcmuser_queue *q)
{
	q->fills = (q->caps & TCMU_MAILBOX_FLAG_CAP_FILLS) &&
		   (q->dev->disk.features & TCMUSER_FILLS);
	if (q->fills)
		WRITE_ONCE(q->ring.mbox->fills, TCMU_FILLS);
}

/* Somebody has written to action/reset_ring */
static int restart(struct tcmuser_queue *q, const char **why)
{
	int ret = account_restart(q);

	if (!ret)
		ret = check_ring(q);
	if (ret) {
		*why = "the mailbox makes no sense after a reset";
		return ret;
	}
	promise(q);
	tcmuser_dev_log(q->dev, TCMUSER_NOTICE, "the ring has been reset");
	return 1;
}

static int step(struct tcmuser_queue *q, const char **why)
{
	struct queue_entry entry;
	int ret;

	ret = take_entry(q, &entry, why);
	/* what makes no sense may be what a reset has left there */
	if (ret == -ESTALE ||
	    (ret == -EPROTO && account_is_stale(q, entry.head)))
		return restart(q, why);
	return ret;
}

/* What others have left to this thread; true if there was anything */
static bool do_for_others(struct tcmuser_queue *q)
{
	struct tcmuser_cmd *cmd, *next;
	bool submit;

	cmd = visit_take(q, &submit);
	submit |= !!cmd;
	for (; cmd; cmd = next) {
		next = cmd->next;
		cmd_run(cmd, 0);
	}
	return submit;
}

/* To submit may end commands at once, whose next steps are submitted, too */
static void submit(struct tcmuser_queue *q)
{
	do {
		q->dev->handler->submit(q->dev, q->index);
	} while (do_for_others(q));
}

static int take_entries(struct tcmuser_queue *q, const char **why)
{
	int nr, ret = 1;

	for (nr = 0; nr < PASS_MAX; nr++) {
		ret = step(q, why);
		if (ret <= 0)
			break;
	}
	return ret < 0 ? ret : nr;
}

/* How many entries there were, or -errno; @stop: none are to be looked for */
static int pass(struct tcmuser_queue *q, bool stop, const char **why)
{
	bool others;
	int ret = 0;

	q->in_pass = true;
	others = do_for_others(q);
	if (!stop)
		ret = take_entries(q, why);
	if (visit_submits(q) && (ret || others))
		submit(q);
	q->in_pass = false;
	account_flush(q);
	return ret;
}

/* ---- the thread --------------------------------------------------------------------- */

static bool stopping(const struct tcmuser_queue *q)
{
	return __atomic_load_n(&q->stop, __ATOMIC_ACQUIRE);
}

/* Memory may come back; the kernel's patience is longer than this */
static void wait_for_memory(void)
{
	static const struct timespec pause = { .tv_nsec = 20000000 };

	nanosleep(&pause, NULL);
}

static int serve_once(struct tcmuser_queue *q, const char **why)
{
	int ret = pass(q, false, why);

	if (ret == -ENOMEM) {
		wait_for_memory();
		return 0;
	}
	return ret < 0 ? ret : sleep_after(q, ret);
}

static void give_up(struct tcmuser_queue *q, int error, const char *why)
{
	if (error == -ENODEV)
		tcmuser_dev_log(q->dev, TCMUSER_INFO, "the device is gone");
	else if (error == -EPROTO)
		tcmuser_dev_error(q->dev, "queue %u cannot be served any more: %s at %u of its ring; start the program again, which resets it",
				  q->index, why, q->ring.next);
	else
		tcmuser_dev_error(q->dev, "queue %u cannot be served any more: %s",
				  q->index, strerror(-error));
	context_dev_dead(q->dev);
}

/* What was fetched is answered; then nobody needs this thread any more */
static void finish(struct tcmuser_queue *q)
{
	const char *why;

	while (account_wait_idle(q))
		pass(q, true, &why);
	account_flush(q);
	while (__atomic_load_n(&q->visitors, __ATOMIC_ACQUIRE))
		sched_yield();
	WRITE_ONCE(q->ring.mbox->awake, 0);
	if (q->fills)
		WRITE_ONCE(q->ring.mbox->fills, 0);
}

static void *serve(void *arg)
{
	const char *why = "a command has the id of one that is not answered";
	struct tcmuser_queue *q = arg;
	int ret = 0;

	q->self = pthread_self();
	sleep_begin(q);
	promise(q);
	tcmu_ring_user_wake(&q->ring);
	while (!stopping(q)) {
		ret = serve_once(q, &why);
		if (ret < 0)
			break;
	}
	if (ret < 0)
		give_up(q, ret, why);
	finish(q);
	return NULL;
}

/* ---- life ------------------------------------------------------------------------------ */

static struct tcmuser_queue *new_queue(struct tcmuser_dev *dev, unsigned int index,
				       unsigned int uio)
{
	struct tcmuser_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->dev = dev;
	q->index = index;
	q->uio = uio;
	q->fd = -1;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->idle, NULL);
	q->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return q;
}

int queue_open(struct tcmuser_dev *dev, unsigned int index, unsigned int uio,
	       struct tcmuser_queue **queue)
{
	struct tcmuser_queue *q = new_queue(dev, index, uio);

	if (!q)
		return -ENOMEM;
	q->fd = q->wake_fd < 0 ? -EMFILE : uio_ops.open(uio);
	if (q->fd < 0) {
		int ret = q->fd;

		queue_free(q);
		return ret;
	}
	*queue = q;
	return 0;
}

/* The mailbox has to be there before it is looked at */
static int map_ring(struct tcmuser_queue *q)
{
	int ret;

	ret = uio_map_size(q->uio, &q->map_size);
	if (ret)
		return ret;
	if (q->map_size < sizeof(struct tcmu_mailbox))
		return -EPROTO;
	q->map = uio_ops.map(q->fd, q->map_size);
	return q->map ? 0 : -errno;
}

int queue_map(struct tcmuser_queue *q)
{
	int ret;

	ret = map_ring(q);
	if (ret)
		return ret;
	ret = tcmu_ring_user_init(&q->ring, q->map, q->map_size);
	if (!ret)
		ret = check_ring(q);
	if (ret) {
		tcmuser_dev_error(q->dev, "this program understands mailboxes of version %u; that of uio%u has version %u, or makes no sense",
				  TCMU_MAILBOX_VERSION, q->uio,
				  q->ring.mbox->version);
		return ret;
	}
	q->told = q->ring.tail;
	q->caps = READ_ONCE(q->ring.mbox->flags);
	return 0;
}

int queue_start(struct tcmuser_queue *q)
{
	unsigned int nr = q->dev->handler->threads;
	int ret;

	if (nr) {
		ret = workers_start(&q->workers, nr, q->dev->name);
		if (ret)
			return ret;
	}
	ret = thread_start(&q->thread, serve, q, q->dev->name);
	q->running = !ret;
	return ret;
}

void queue_stop(struct tcmuser_queue *q)
{
	__atomic_store_n(&q->stop, true, __ATOMIC_RELEASE);
	sleep_end(q);
}

void queue_join(struct tcmuser_queue *q)
{
	if (q->running)
		pthread_join(q->thread, NULL);
	q->running = false;
	workers_end(q->workers);
	q->workers = NULL;
}

void queue_free(struct tcmuser_queue *q)
{
	if (q->map)
		uio_ops.unmap(q->map, q->map_size);
	if (q->fd >= 0)
		uio_ops.close(q->fd);
	if (q->wake_fd >= 0)
		close(q->wake_fd);
	account_free(q);
	pool_free(q);
	free(q->tmr);
	pthread_cond_destroy(&q->idle);
	pthread_mutex_destroy(&q->lock);
	free(q);
}
