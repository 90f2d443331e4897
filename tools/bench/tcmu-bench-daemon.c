// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmu-bench-daemon: as little of a daemon as there can be, so that what is measured
 * is the module. It serves by the raw ABI and no library, each ring by a thread.
 *
 *	tcmu-bench-daemon [option...] HOST/NAME...
 *
 *	--null		reads and writes are answered at once, their data is left
 *			alone; otherwise it is copied from and to memory
 *	--awake		say in mailbox.awake that no event is wanted, and look at the
 *			ring for a while before sleeping, where the kernel knows that
 *	--looks N	with --awake: look N times, however often it was of use
 *	--fills		say in mailbox.fills that buffers need not be zeroed (with
 *			--null that is not true, and measured all the same)
 *	--queues	serve the other queues of these devices, too
 *
 * Prints 'ready N' when N rings are served, and ends when they all have gone.
 */
#include "daemon.h"

#include <err.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Where others cannot run meanwhile it is no use to look often */
#define MAX_LOOKS_SHARED	4
#define MAX_LOOKS		2048

static struct served rings[MAX_QUEUES];
static unsigned int fixed_looks;
static int null_mode, awake_mode, fills_mode, queues_mode;
static bool one_cpu;

/* Answer what is there; whether the kernel has to be told */
static bool drain(struct served *served)
{
	struct tcmu_cmd_entry *entry;
	bool news = false;
	int ret;

	while ((ret = tcmu_ring_user_peek(&served->ring, &entry)) > 0) {
		uint32_t len_op = entry->hdr.len_op;

		if (tcmu_hdr_get_op(len_op) == TCMU_OP_CMD)
			command_do(served, entry);
		tcmu_ring_user_release(&served->ring, tcmu_hdr_get_len(len_op));
		news = true;
	}
	if (ret < 0)
		errx(1, "%s: a bad entry at %u", served->uio, served->ring.next);
	return news;
}

static bool has_news(const struct served *served)
{
	return READ_ONCE(served->ring.mbox->cmd_head) != served->ring.next;
}

static void let_others_run(void)
{
	if (one_cpu)
		sched_yield();
	else
		__builtin_ia32_pause();
}

/* The more often it was of use to look again, the longer it is done */
static bool look_again(struct served *served)
{
	unsigned int max = one_cpu ? MAX_LOOKS_SHARED : MAX_LOOKS;
	unsigned int i;

	for (i = 0; i < served->looks; i++) {
		let_others_run();
		if (has_news(served)) {
			if (!fixed_looks && served->looks < max)
				served->looks *= 2;
			return true;
		}
	}
	if (!fixed_looks && served->looks > 1)
		served->looks /= 2;
	return false;
}

static bool may_sleep(struct served *served)
{
	return !served->has_awake ||
	       (!look_again(served) && tcmu_ring_user_may_sleep(&served->ring));
}

static void *serve(void *data)
{
	struct served *served = data;
	uint32_t events = 0;

	for (;;) {
		while (drain(served))
			if (write(served->fd, &events, sizeof(events)) < 0)
				return NULL;
		if (!may_sleep(served))
			continue;
		if (read(served->fd, &events, sizeof(events)) < 0)
			return NULL;
		if (served->has_awake)
			tcmu_ring_user_wake(&served->ring);
	}
}

static void start(struct served *served, pthread_t *thread)
{
	bool knows = served->ring.mbox->flags & TCMU_MAILBOX_FLAG_CAP_AWAKE;

	served->has_awake = awake_mode && knows;
	if (fills_mode)
		served->ring.mbox->fills = TCMU_FILLS;
	served->looks = fixed_looks ? fixed_looks : 1;
	if (pthread_create(thread, NULL, serve, served))
		errx(1, "no thread for %s", served->uio);
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "null", no_argument, &null_mode, 1 },
		{ "awake", no_argument, &awake_mode, 1 },
		{ "looks", required_argument, NULL, 'l' },
		{ "fills", no_argument, &fills_mode, 1 },
		{ "queues", no_argument, &queues_mode, 1 },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'l')
			fixed_looks = strtoul(optarg, NULL, 10);
		else if (c)
			errx(2, "see the head of tcmu-bench-daemon.c");
	}
	if (optind == argc)
		errx(2, "usage: tcmu-bench-daemon [option...] HOST/NAME...");
}

int main(int argc, char **argv)
{
	static pthread_t threads[MAX_QUEUES];
	int nr, i;

	parse(argc, argv);
	one_cpu = sysconf(_SC_NPROCESSORS_ONLN) == 1;
	nr = devices_find(rings, argv + optind, argc - optind, queues_mode,
			  !null_mode);
	for (i = 0; i < nr; i++)
		start(&rings[i], &threads[i]);
	printf("ready %d\n", nr);
	fflush(stdout);
	for (i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
