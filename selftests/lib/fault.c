// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is refused: see fault.h.
 */
#include "fault.h"

#include "files.h"
#include "harness.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DEBUG		"/sys/kernel/debug"
#define MAX_WORKERS	64
#define MOST		4000	/* faults of one path; more is a loop */
/*
 * Not every round takes as many objects, since the kernel's tables grow by the way:
 * so many rounds without a fault are an end, and what one pass has stepped over is
 * met in another one.
 */
#define QUIET_ROUNDS	4

static struct {
	int fds[MAX_WORKERS + 1];
	int nr;
} armed;

/* How often a path ended with each errno */
static int ends[200];

static void set(const char *value, const char *which, const char *file)
{
	ASSERT_EQ(file_write(value, DEBUG "/%s/%s", which, file), 0);
}

/* Nothing fails by chance, and everything may fail; the log stays readable */
void fault_setup(void)
{
	static const char * const which[] = {
		"failslab", "fail_page_alloc", "fail_usercopy",
	};
	size_t i;

	if (!file_exists("/proc/self/fail-nth") ||
	    !file_exists(DEBUG "/failslab"))
		test_skip("this kernel cannot inject faults");
	for (i = 0; i < ARRAY_SIZE(which); i++) {
		if (!file_exists(DEBUG "/%s", which[i]))
			continue;
		set("0", which[i], "probability");
		set("0", which[i], "verbose");
	}
	set("N", "failslab", "ignore-gfp-wait");
	set("N", "fail_page_alloc", "ignore-gfp-wait");
	set("N", "fail_page_alloc", "ignore-gfp-highmem");
}

/*
 * Objects and pages in turn: whether there is need of a page for an object is
 * chance, and would move what is counted. No cache is marked to fail alone.
 */
static void fail_pages(bool pages)
{
	set(pages ? "Y" : "N", "failslab", "cache-filter");
	set(pages ? "0" : "99", "fail_page_alloc", "min-order");
}

/* A write of 0 may itself be what fails */
static void write_nth(int fd, int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", nth);

	if (pwrite(fd, text, len, 0) != len)
		pwrite(fd, text, len, 0);
}

/* What is left to count; to read it may be what fails, and that is no fault of it */
static int read_nth(int fd)
{
	char text[16];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (len < 0)
		return 1;
	text[len] = '\0';
	return atoi(text);
}

static void arm(const char *path, int nth)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	/* which of them has it is not known, and it is there soon enough */
	ASSERT(armed.nr < MAX_WORKERS);
	armed.fds[armed.nr++] = fd;
}

static bool is_worker(const char *pid)
{
	char name[64];

	return isdigit(*pid) && !file_read(name, sizeof(name), "/proc/%s/comm",
					   pid) &&
	       !strncmp(name, "kworker/", 8);
}

static void find_workers(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[300];

	ASSERT(proc);
	while ((entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/fail-nth",
			 entry->d_name);
		if (is_worker(entry->d_name))
			arm(path, 0);
	}
	closedir(proc);
}

static void begin(int where, int nth)
{
	int i;

	armed.nr = 0;
	if (where & FAULT_WORKERS)
		find_workers();
	if (where & FAULT_HERE)
		arm("/proc/thread-self/fail-nth", nth);
	/* the caller's own comes last */
	for (i = 0; i < armed.nr; i++)
		write_nth(armed.fds[i], nth);
}

/* Has anything failed? */
static bool end(int where)
{
	bool failed = false;
	int i;

	/* the caller's own first: the others' files are none of the work */
	for (i = armed.nr - 1; i >= 0; i--) {
		failed |= !read_nth(armed.fds[i]);
		write_nth(armed.fds[i], 0);
		close(armed.fds[i]);
	}
	return failed;
}

static void report(const char *name, int faults)
{
	int i;

	printf("# %s: %d faults:", name, faults);
	if (ends[0])
		printf(" %d borne", ends[0]);
	for (i = 1; i < (int)ARRAY_SIZE(ends); i++)
		if (ends[i])
			printf(" %d %s", ends[i], strerrorname_np(i));
	printf("\n");
}

static bool round_with(const struct fault_path *path, int nth)
{
	bool failed;
	int ret;

	if (path->before)
		path->before();
	begin(path->where, nth);
	ret = path->work();
	failed = end(path->where);
	path->after(ret);
	if (failed)
		ends[-ret]++;
	else
		EXPECT_EQ(ret, 0);
	return failed;
}

static int rounds(const struct fault_path *path)
{
	int nth, quiet = 0, faults = 0;
	int step = path->step ?: 1;

	for (nth = 1; quiet < QUIET_ROUNDS && nth < MOST; nth += step) {
		quiet++;
		if (!round_with(path, nth))
			continue;
		faults++;
		quiet = 0;
	}
	ASSERT(nth < MOST);
	return faults;
}

int fault_each(const struct fault_path *path)
{
	int pass, faults = 0;

	memset(ends, 0, sizeof(ends));
	for (pass = 0; pass <= (path->passes ?: 1); pass++) {
		fail_pages(!pass);
		faults += rounds(path);
	}
	report(path->name, faults);
	return faults;
}
