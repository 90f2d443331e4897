// SPDX-License-Identifier: GPL-2.0-only
/*
 * libdisk [-r]: disks on libtcmuser for the tests, of three kinds that differ in
 * the threads that do the work: 'sync//FILE', 'workers//FILE', 'async//FILE'. What
 * is in them is in FILE, so that it is still there when the program starts again.
 *
 * -r: refuse devices of other kinds.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <tcmuser.h>
#include <unistd.h>

/* As much address space as a disk may ever need */
#define ROOM (256 << 20)
#define NR_COMPLETERS 3
#define MAX_PENDING 65536

/* ---- the disk ----------------------------------------------------------------- */

static int disk_resize(struct tcmuser_dev *dev, uint64_t bytes)
{
	if (bytes > ROOM)
		return tcmuser_dev_error(dev, "%d bytes at most", ROOM);
	return 0;
}

static int disk_open(struct tcmuser_dev *dev)
{
	const char *file = tcmuser_dev_config(dev);
	int fd, ret;
	void *map;

	ret = disk_resize(dev, tcmuser_dev_size(dev));
	if (ret)
		return ret;
	fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		ret = -errno;
		tcmuser_dev_error(dev, "%s: %s", file, strerror(-ret));
		return ret;
	}
	if (ftruncate(fd, ROOM))
		ret = -errno;
	map = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return -ENOMEM;
	tcmuser_dev_set_priv(dev, map);
	return ret;
}

static void disk_close(struct tcmuser_dev *dev)
{
	munmap(tcmuser_dev_priv(dev), ROOM);
}

static char *at(struct tcmuser_cmd *cmd, uint64_t off)
{
	return (char *)tcmuser_dev_priv(tcmuser_cmd_dev(cmd)) + off;
}

static int disk_read(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		     size_t len, uint64_t off)
{
	tcmuser_iov_put(iov, cnt, 0, at(cmd, off), len);
	return 0;
}

static int disk_write(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		      size_t len, uint64_t off)
{
	tcmuser_iov_get(iov, cnt, 0, at(cmd, off), len);
	return 0;
}

static int disk_flush(struct tcmuser_cmd *cmd)
{
	return 0;
}

static int disk_zero(struct tcmuser_cmd *cmd, uint64_t off, uint64_t len)
{
	memset(at(cmd, off), 0, len);
	return 0;
}

/* ---- completed later, by others, and not in order ------------------------------- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct tcmuser_cmd *cmds[MAX_PENDING];
	unsigned int nr;
} pending = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.work = PTHREAD_COND_INITIALIZER,
};

static int later(struct tcmuser_cmd *cmd)
{
	pthread_mutex_lock(&pending.lock);
	pending.cmds[pending.nr++] = cmd;
	pthread_mutex_unlock(&pending.lock);
	pthread_cond_signal(&pending.work);
	return TCMUSER_PENDING;
}

static void *complete(void *arg)
{
	struct tcmuser_cmd *cmd;
	unsigned int seed = 1, i;

	while (1) {
		pthread_mutex_lock(&pending.lock);
		while (!pending.nr)
			pthread_cond_wait(&pending.work, &pending.lock);
		i = rand_r(&seed) % pending.nr;
		cmd = pending.cmds[i];
		pending.cmds[i] = pending.cmds[--pending.nr];
		pthread_mutex_unlock(&pending.lock);
		tcmuser_cmd_complete(cmd, 0);
	}
	return arg;
}

static int later_read(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		      size_t len, uint64_t off)
{
	disk_read(cmd, iov, cnt, len, off);
	return later(cmd);
}

static int later_write(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		       size_t len, uint64_t off)
{
	disk_write(cmd, iov, cnt, len, off);
	return later(cmd);
}

static int later_zero(struct tcmuser_cmd *cmd, uint64_t off, uint64_t len)
{
	disk_zero(cmd, off, len);
	return later(cmd);
}

static void on_tmr(struct tcmuser_dev *dev, int type,
		   struct tcmuser_cmd *const *cmds, size_t nr)
{
	tcmuser_dev_log(dev, TCMUSER_NOTICE, "task management function %d, %zu commands",
			type, nr);
}

/* ---- the program ------------------------------------------------------------------ */

static struct tcmuser_handler handlers[3] = {
	{
		.name = "sync", .read = disk_read, .write = disk_write,
		.discard = disk_zero, .zero = disk_zero, .flush = disk_flush,
	}, {
		.name = "workers", .threads = 4,
		.read = disk_read, .write = disk_write,
		.discard = disk_zero, .zero = disk_zero, .flush = disk_flush,
	}, {
		.name = "async", .read = later_read, .write = later_write,
		.discard = later_zero, .zero = later_zero, .flush = later,
		.tmr = on_tmr,
	},
};

static struct tcmuser *ctx;

static void on_signal(int sig)
{
	tcmuser_stop(ctx);
}

static void on_event(void *priv, const struct tcmuser_event *event)
{
	static const char *const types[] = { "", "added", "removed", "reconfig",
					     "lost" };

	printf("event: %s %s\n", types[event->type],
	       event->name ? event->name : "");
}

static void say(void *priv, enum tcmuser_level level, const char *message)
{
	printf("%d: %s\n", level, message);
}

static int set_up(unsigned int flags)
{
	unsigned int i;
	int ret;

	ret = tcmuser_new(&ctx, flags);
	if (ret)
		return ret;
	tcmuser_set_log(ctx, say, NULL, TCMUSER_INFO);
	tcmuser_on_event(ctx, on_event, NULL);
	for (i = 0; i < 3; i++) {
		handlers[i].size = sizeof(handlers[i]);
		handlers[i].open = disk_open;
		handlers[i].close = disk_close;
		handlers[i].resize = disk_resize;
		ret = tcmuser_add_handler(ctx, &handlers[i]);
		if (ret)
			return ret;
	}
	return 0;
}

static void start_completers(void)
{
	pthread_t thread;
	int i;

	for (i = 0; i < NR_COMPLETERS; i++) {
		pthread_create(&thread, NULL, complete, NULL);
		pthread_detach(thread);
	}
}

int main(int argc, char **argv)
{
	bool refuse = argc > 1 && !strcmp(argv[1], "-r");
	int ret;

	setvbuf(stdout, NULL, _IOLBF, 0);
	start_completers();
	ret = set_up(TCMUSER_ANSWERS | (refuse ? TCMUSER_REFUSES : 0));
	signal(SIGTERM, on_signal);
	if (!ret)
		ret = tcmuser_start(ctx);
	if (!ret) {
		printf("ready\n");
		ret = tcmuser_run(ctx);
	}
	printf("ends: %s\n", strerror(-ret));
	tcmuser_free(ctx);
	return !!ret;
}
