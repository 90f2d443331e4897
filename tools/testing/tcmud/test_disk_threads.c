// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks, under ThreadSanitizer: requests of two queues, while the disk changes.
 */
#include "nbdserver.h"
#include "rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PER_QUEUE 16
#define ROUNDS 60
#define BLOCK 4096

struct worker {
	pthread_t thread;
	unsigned int queue;
	u8 *buf;
	int failed;
};

/* A queue's thread: some requests at once, to blocks of its own */
static void round_of(struct worker *worker, enum io_op op, u8 *buf)
{
	struct rig_call calls[PER_QUEUE];
	int i;

	memset(calls, 0, sizeof(calls));
	for (i = 0; i < PER_QUEUE; i++) {
		calls[i].iov[0] = (struct iovec){ buf + BLOCK * i, BLOCK };
		calls[i].ask = (struct disk_ask){
			.op = op, .len = BLOCK, .cnt = 1, .iov = calls[i].iov,
			.off = BLOCK * (PER_QUEUE * worker->queue + i),
			.queue = worker->queue,
		};
		rig_start(&calls[i]);
	}
	disk_submit(rig.disk, worker->queue);
	for (i = 0; i < PER_QUEUE; i++) {
		rig_wait(&calls[i]);
		worker->failed += calls[i].result != 0;
	}
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	u8 *in = malloc(PER_QUEUE * BLOCK), *out = malloc(PER_QUEUE * BLOCK);
	int i;

	for (i = 0; i < ROUNDS; i++) {
		rig_fill(in, PER_QUEUE * BLOCK, i * 2 + worker->queue);
		round_of(worker, IO_WRITE, in);
		round_of(worker, IO_READ, out);
		worker->failed += !!memcmp(in, out, PER_QUEUE * BLOCK);
	}
	free(in);
	free(out);
	return NULL;
}

static struct worker workers[2];

static void start_work(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		workers[i] = (struct worker){ .queue = i };
		CHECK_EQ(pthread_create(&workers[i].thread, NULL, work,
					&workers[i]), 0);
	}
}

static void end_work(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		pthread_join(workers[i].thread, NULL);
	CHECK_EQ(workers[0].failed + workers[1].failed, 0);
}

TEST("a file, by io_uring and by threads, loses nothing while its config changes")
{
	const char *path = rig_path("file");
	int i;

	CHECK_EQ(rig_open(rig_config("file/%s?create=1", path), MIB), 0);
	start_work();
	for (i = 0; i < 20; i++) {
		CHECK_EQ(disk_reconfig(rig.disk,
				       rig_config("file/%s?engine=%s&depth=8", path,
						  i % 2 ? "threads" : "auto")), 0);
		usleep(2000);
	}
	end_work();
	rig_close();
}

TEST("so it does behind filters that hold requests up")
{
	const char *path = rig_path("delayed");
	int i;

	CHECK_EQ(rig_open(rig_config("file/%s?create=1", path), MIB), 0);
	start_work();
	for (i = 0; i < 10; i++) {
		CHECK_EQ(disk_reconfig(rig.disk,
				       rig_config("log/limit=2/delay/all=1ms&jitter=1ms/file/%s",
						  path)), 0);
		usleep(5000);
	}
	end_work();
	rig_close();
}

TEST("ram loses nothing while it grows and shrinks")
{
	int i;

	CHECK_EQ(rig_open("ram/", MIB), 0);
	start_work();
	for (i = 0; i < 50; i++) {
		CHECK_EQ(disk_resize(rig.disk, (i % 2 + 1) * 4 * MIB), 0);
		usleep(1000);
	}
	end_work();
	rig_close();
}

TEST("an NBD server that breaks connections loses nothing")
{
	struct nbdserver server = {
		.path = rig_path("sock"),
		.size = MIB,
		.data = unit_alloc(MIB),
		.flags = NBDSERVER_FLUSH | NBDSERVER_MULTI,
	};

	CHECK_EQ(nbdserver_start(&server), 0);
	CHECK_EQ(rig_open(rig_config("nbd/%s?connections=2", server.path), MIB), 0);
	__atomic_store_n(&server.breaks_after, 500, __ATOMIC_SEQ_CST);
	start_work();
	end_work();
	rig_close();
	nbdserver_stop(&server);
}
