// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmu-bench-mark: looks at disks that are busy, for a while.
 *
 *	tcmu-bench-mark SKIP MS DISK...
 *
 * When the DISKs (of /sys/block) have done SKIP commands it opens a window for the
 * emulator's plugin (mark.h), and closes it MS milliseconds later. It prints what has
 * happened meanwhile: nanoseconds, commands and KiB of all DISKs, context switches. The
 * counters are read behind the marks, at both ends, so that both ends are late by the
 * same. It runs in front of everything else, or it would be kept from looking at the
 * clock by who is measured.
 */
#include "mark.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_DISKS	256
#define POLL_MS		10
#define MAX_POLLS	6000

struct sample {
	uint64_t ns;
	uint64_t commands;
	uint64_t sectors;
	uint64_t switches;
};

static int disks[MAX_DISKS];
static int nr_disks;
static int proc_stat;

static void nap(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void read_text(int fd, char *buf, size_t size)
{
	ssize_t len = pread(fd, buf, size - 1, 0);

	if (len < 0)
		err(1, "cannot read a counter");
	buf[len] = '\0';
}

/* Documentation/block/stat.rst: reads, merges, sectors, ticks, writes, ... */
static void add_disk(int fd, struct sample *sample)
{
	unsigned long long reads, read_sectors, writes, write_sectors;
	char text[512];

	read_text(fd, text, sizeof(text));
	if (sscanf(text, "%llu %*u %llu %*u %llu %*u %llu", &reads, &read_sectors,
		   &writes, &write_sectors) != 4)
		errx(1, "what does this say: %s", text);
	sample->commands += reads + writes;
	sample->sectors += read_sectors + write_sectors;
}

static uint64_t context_switches(void)
{
	static char text[1 << 16];
	char *line;

	read_text(proc_stat, text, sizeof(text));
	line = strstr(text, "\nctxt ");
	if (!line)
		errx(1, "no ctxt in /proc/stat");
	return strtoull(line + 6, NULL, 10);
}

static void take(struct sample *sample)
{
	int i;

	memset(sample, 0, sizeof(*sample));
	sample->ns = now();
	for (i = 0; i < nr_disks; i++)
		add_disk(disks[i], sample);
	sample->switches = context_switches();
}

static void open_all(char **names, int nr)
{
	char path[128];

	if (nr < 1 || nr > MAX_DISKS)
		errx(1, "%d disks", nr);
	for (nr_disks = 0; nr_disks < nr; nr_disks++) {
		snprintf(path, sizeof(path), "/sys/block/%s/stat",
			 names[nr_disks]);
		disks[nr_disks] = open(path, O_RDONLY | O_CLOEXEC);
		if (disks[nr_disks] < 0)
			err(1, "%s", path);
	}
	proc_stat = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	if (proc_stat < 0)
		err(1, "/proc/stat");
}

static void wait_for_commands(uint64_t nr)
{
	struct sample first, sample;
	int polls = 0;

	/* what is touched for the first time costs more */
	take(&first);
	do {
		if (polls++ == MAX_POLLS)
			errx(1, "the disks do nothing");
		nap(POLL_MS);
		take(&sample);
	} while (sample.commands - first.commands < nr);
}

int main(int argc, char **argv)
{
	struct sched_param param = { .sched_priority = 1 };
	struct sample first, last;

	if (argc < 4)
		errx(2, "usage: tcmu-bench-mark SKIP MS DISK...");
	open_all(argv + 3, argc - 3);
	if (sched_setscheduler(0, SCHED_FIFO, &param))
		err(1, "cannot run in front of others");
	wait_for_commands(strtoull(argv[1], NULL, 10));
	TCMU_MARK(0);
	take(&first);
	nap(atol(argv[2]));
	TCMU_MARK(1);
	take(&last);
	printf("ns=%llu commands=%llu kib=%llu switches=%llu\n",
	       (unsigned long long)(last.ns - first.ns),
	       (unsigned long long)(last.commands - first.commands),
	       (unsigned long long)(last.sectors - first.sectors) / 2,
	       (unsigned long long)(last.switches - first.switches));
	return 0;
}
