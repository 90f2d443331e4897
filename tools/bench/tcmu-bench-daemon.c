// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmu-bench-daemon: as little of a daemon as there can be, so that what is measured
 * is the module. It serves by the raw ABI and no library, each ring by a thread.
 *
 *	tcmu-bench-daemon [option...] HOST/NAME...
 *
 *	--null		reads and writes are answered at once, their data is left
 *			alone; otherwise it is copied from and to memory
 *	--awake		say in mailbox.awake that no event is wanted, and nap before
 *			looking again where that is of use, if the kernel knows the word
 *	--spin		with --awake: look at the ring for a while before sleeping
 *	--fills		say in mailbox.fills that buffers need not be zeroed (with
 *			--null that is not true, and measured all the same)
 *	--queues	serve the other queues of these devices, too
 *	--busy USEC	compute for so long (1 to 1000000) at each command, as a
 *			handler that compresses or encrypts does
 *
 * Prints 'ready N' when N rings are served, and ends when they all have gone.
 */
#include "daemon.h"

#include <err.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define MAX_LOOKS	2048
#define MAX_NAP		400000	/* nanoseconds */

static struct served rings[MAX_QUEUES];
static int null_mode, awake_mode, spin_mode, fills_mode, queues_mode;
static uint64_t busy_ns;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void compute(void)
{
	uint64_t end;

	if (!busy_ns)
		return;
	for (end = now_ns() + busy_ns; now_ns() < end;)
		__builtin_ia32_pause();
}

/* Answer what is there; how many entries it was, of which the kernel is to be told */
static unsigned int drain(struct served *served)
{
	struct tcmu_cmd_entry *entry;
	unsigned int nr = 0;
	int ret;

	while ((ret = tcmu_ring_user_peek(&served->ring, &entry)) > 0) {
		uint32_t len_op = entry->hdr.len_op;

		if (tcmu_hdr_get_op(len_op) == TCMU_OP_CMD) {
			compute();
			command_do(served, entry);
		}
		tcmu_ring_user_release(&served->ring, tcmu_hdr_get_len(len_op));
		nr++;
	}
	if (ret < 0)
		errx(1, "%s: a bad entry at %u", served->uio, served->ring.next);
	return nr;
}

static bool paced(const struct served *served)
{
	return served->has_awake && !spin_mode;
}

static uint32_t next_nap(struct tcmu_pace *pace, unsigned int nr)
{
	if (tcmu_pace_round(pace, nr))
		tcmu_pace_judge(pace, now_ns());
	return tcmu_pace_length(pace);
}

/* The more often it was of use to look again, the longer it is done */
static bool look_again(struct served *served)
{
	unsigned int i;

	for (i = 0; i < served->looks; i++) {
		__builtin_ia32_pause();
		if (tcmu_ring_user_has_news(&served->ring)) {
			if (served->looks < MAX_LOOKS)
				served->looks *= 2;
			return true;
		}
	}
	if (served->looks > 1)
		served->looks /= 2;
	return false;
}

/* It may have been too short: twice */
static bool nap(struct served *served)
{
	struct timespec length = { .tv_nsec = served->nap };
	int i;

	for (i = 0; served->nap && i < 2; i++) {
		nanosleep(&length, NULL);
		if (tcmu_ring_user_has_news(&served->ring))
			return true;
	}
	return false;
}

static bool may_sleep(struct served *served)
{
	if (!served->has_awake)
		return true;
	if (paced(served) ? nap(served) : look_again(served))
		return false;
	return tcmu_ring_user_may_sleep(&served->ring);
}

static void *serve(void *data)
{
	struct served *served = data;
	uint32_t events = 0;
	unsigned int nr;

	/* naps are as long as they are said to be */
	prctl(PR_SET_TIMERSLACK, 1);
	for (;;) {
		while ((nr = drain(served))) {
			if (write(served->fd, &events, sizeof(events)) < 0)
				return NULL;
			if (paced(served))
				served->nap = next_nap(&served->pace, nr);
			if (served->nap)
				break;
		}
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
	served->looks = 1;
	tcmu_pace_limit(&served->pace, MAX_NAP);
	if (pthread_create(thread, NULL, serve, served))
		errx(1, "no thread for %s", served->uio);
}

static uint64_t parse_busy(const char *text)
{
	char *end;
	unsigned long usec = strtoul(text, &end, 10);

	if (*end || !usec || usec > 1000000)
		errx(2, "--busy: %s: 1 to 1000000 microseconds", text);
	return usec * 1000;
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "null", no_argument, &null_mode, 1 },
		{ "awake", no_argument, &awake_mode, 1 },
		{ "spin", no_argument, &spin_mode, 1 },
		{ "fills", no_argument, &fills_mode, 1 },
		{ "queues", no_argument, &queues_mode, 1 },
		{ "busy", required_argument, NULL, 'b' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'b')
			busy_ns = parse_busy(optarg);
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
