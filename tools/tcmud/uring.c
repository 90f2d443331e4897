// SPDX-License-Identifier: GPL-2.0-only
/*
 * An io_uring, and a thread that takes what is done out of it: see uring.h.
 *
 * Requests are added by the queue's thread, and by others where a filter has held
 * them up; a lock orders them. What is done is taken by the ring's thread alone.
 */
#include "uring.h"

#include "clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct uring {
	struct io_uring uring;
	pthread_mutex_t lock;	/* submission */
	unsigned int gathered;
	/*
	 * Atomic: what was done to a request before it was added happens before it is
	 * done. The kernel in between sees to that; ThreadSanitizer sees this.
	 */
	unsigned int added;
	pthread_t reaper;
	void (*done)(void *data, int result);
};

/* What is done, as many at once as there are */
#define BATCH 32

/* Returns whether the one that says stop was among them */
static bool reap(struct uring *ring)
{
	struct io_uring_cqe *cqes[BATCH];
	struct { void *data; int result; } done[BATCH];
	unsigned int i, n = io_uring_peek_batch_cqe(&ring->uring, cqes, BATCH);
	bool stop = false;

	(void)__atomic_load_n(&ring->added, __ATOMIC_ACQUIRE);
	/* the kernel gets its room back before anybody is called */
	for (i = 0; i < n; i++) {
		done[i].data = io_uring_cqe_get_data(cqes[i]);
		done[i].result = cqes[i]->res;
	}
	io_uring_cq_advance(&ring->uring, n);
	for (i = 0; i < n; i++) {
		if (done[i].data)
			ring->done(done[i].data, done[i].result);
		else
			stop = true;
	}
	return stop;
}

static void *run(void *arg)
{
	struct uring *ring = arg;
	struct io_uring_cqe *cqe;
	struct timespec pause = clock_timespec(NS_PER_MS);
	int ret;

	do {
		ret = io_uring_wait_cqe(&ring->uring, &cqe);
		/* nothing else is to be expected but EINTR; do not spin */
		if (ret && ret != -EINTR)
			nanosleep(&pause, NULL);
	} while (ret || !reap(ring));
	return NULL;
}

int uring_new(struct uring **new, unsigned int depth,
	      void (*done)(void *data, int result))
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
		.cq_entries = depth * 8,
	};
	struct uring *ring = calloc(1, sizeof(*ring));
	int ret;

	if (!ring)
		return -ENOMEM;
	ret = io_uring_queue_init_params(depth, &ring->uring, &params);
	if (!ret) {
		pthread_mutex_init(&ring->lock, NULL);
		ring->done = done;
		ret = -pthread_create(&ring->reaper, NULL, run, ring);
		if (!ret) {
			*new = ring;
			return 0;
		}
		io_uring_queue_exit(&ring->uring);
	}
	free(ring);
	return ret;
}

/*
 * The lock is held. The kernel may have no memory, or no room for what will be
 * done until the reaper has taken what is there: both pass. Meanwhile the lock is
 * free, for the reaper may want to add a request.
 */
static void hand_over(struct uring *ring)
{
	struct timespec pause = clock_timespec(NS_PER_MS / 10);
	int ret;

	while (ring->gathered) {
		ret = io_uring_submit(&ring->uring);
		if (ret > 0) {
			ring->gathered -= ret;
			continue;
		}
		pthread_mutex_unlock(&ring->lock);
		nanosleep(&pause, NULL);
		pthread_mutex_lock(&ring->lock);
	}
}

void uring_add(struct uring *ring, const struct io_uring_sqe *from, void *data)
{
	struct io_uring_sqe *sqe;

	pthread_mutex_lock(&ring->lock);
	while (!(sqe = io_uring_get_sqe(&ring->uring)))
		hand_over(ring);
	memcpy(sqe, from, sizeof(*sqe));
	io_uring_sqe_set_data(sqe, data);
	ring->gathered++;
	__atomic_add_fetch(&ring->added, 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&ring->lock);
}

void uring_submit(struct uring *ring)
{
	pthread_mutex_lock(&ring->lock);
	hand_over(ring);
	pthread_mutex_unlock(&ring->lock);
}

void uring_free(struct uring *ring)
{
	struct io_uring_sqe stop;

	if (!ring)
		return;
	memset(&stop, 0, sizeof(stop));
	io_uring_prep_nop(&stop);
	uring_add(ring, &stop, NULL);
	uring_submit(ring);
	pthread_join(ring->reaper, NULL);
	io_uring_queue_exit(&ring->uring);
	pthread_mutex_destroy(&ring->lock);
	free(ring);
}
