// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A slow RAM disk whose commands are answered by other threads, explained in
 * Documentation/target/tutorial.rst
 *
 *	cc later.c -o later -pthread $(pkg-config --cflags --libs libtcmuser)
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <tcmuser.h>

#define ROOM (64 << 20)

static char memory[ROOM];

/* [request] */
struct request {
	struct tcmuser_cmd *cmd;
	const struct iovec *iov;
	int cnt;
	size_t len;
	uint64_t off;
	bool write;
};

static void *work(void *arg)
{
	struct timespec a_while = { .tv_nsec = 50000000 };
	struct request *r = arg;

	nanosleep(&a_while, NULL);
	if (r->write)
		tcmuser_iov_get(r->iov, r->cnt, 0, memory + r->off, r->len);
	else
		tcmuser_iov_put(r->iov, r->cnt, 0, memory + r->off, r->len);
	tcmuser_cmd_complete(r->cmd, 0);
	free(r);
	return NULL;
}

static int begin(struct request request)
{
	struct request *r = malloc(sizeof(*r));
	pthread_t thread;

	if (!r)
		return -ENOMEM;
	*r = request;
	if (pthread_create(&thread, NULL, work, r)) {
		free(r);
		return -EAGAIN;
	}
	pthread_detach(thread);
	return TCMUSER_PENDING;
}

static int slow_read(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		     size_t len, uint64_t off)
{
	return begin((struct request){ cmd, iov, cnt, len, off, false });
}

static int slow_write(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		      size_t len, uint64_t off)
{
	return begin((struct request){ cmd, iov, cnt, len, off, true });
}

/* [end request] */

static int slow_resize(struct tcmuser_dev *dev, uint64_t bytes)
{
	return bytes <= ROOM ? 0 : tcmuser_dev_error(dev, "64 MiB at most");
}

static int slow_open(struct tcmuser_dev *dev)
{
	return slow_resize(dev, tcmuser_dev_size(dev));
}

int main(void)
{
	const struct tcmuser_handler slow = {
		.size = sizeof(slow), .name = "slow",
		.open = slow_open, .resize = slow_resize,
		.read = slow_read, .write = slow_write,
	};
	int err = tcmuser_serve(&slow);

	if (err)
		fprintf(stderr, "later: %s\n", strerror(-err));
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
