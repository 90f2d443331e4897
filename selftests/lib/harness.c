// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test harness: see harness.h.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_FAIL	1
#define STATUS_SKIP	4

static struct test *tests;
static bool failed;
static void (*at_end[8])(void);
static int nr_at_end;
static int log_fd = -1;

void test_register(struct test *test)
{
	struct test **end = &tests;

	while (*end)
		end = &(*end)->next;
	*end = test;
}

void test_at_end(void (*fn)(void))
{
	int i;

	for (i = 0; i < nr_at_end; i++)
		if (at_end[i] == fn)
			return;
	at_end[nr_at_end++] = fn;
}

void test_forked(void)
{
	nr_at_end = 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGALRM, SIG_DFL);
}

static void run_at_end(void)
{
	/* what hangs here is ended by the alarm */
	while (nr_at_end)
		at_end[--nr_at_end]();
}

void test_fail(const char *file, int line, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	va_list ap;

	printf("# %s:%d: ", base ? base + 1 : file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	failed = true;
}

void test_stop(void)
{
	fflush(stdout);
	run_at_end();
	fflush(stdout);
	_exit(failed ? STATUS_FAIL : 0);
}

void test_skip(const char *fmt, ...)
{
	va_list ap;

	printf("#SKIP ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	run_at_end();
	_exit(STATUS_SKIP);
}

static void on_alarm(int sig)
{
	static const char msg[] = "# took too long\n";
	static bool again;

	if (again || write(STDOUT_FILENO, msg, sizeof(msg) - 1) < 0)
		_exit(STATUS_FAIL);
	again = true;
	alarm(20);
	failed = true;
	test_stop();
}

static void kmsg_say(const char *what, const char *name)
{
	FILE *kmsg = fopen("/dev/kmsg", "w");

	if (!kmsg)
		return;
	fprintf(kmsg, "<6>selftest: %s %s\n", what, name);
	fclose(kmsg);
}

/* The kernel's log from now on */
static int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/* The texts of what has been logged, as a file that has no name */
static int kmsg_save(int fd)
{
	int out = memfd_create("kmsg", 0);
	char line[2048], *text;
	ssize_t len;

	while ((len = read(fd, line, sizeof(line) - 1)) > 0 ||
	       (len < 0 && errno == EPIPE)) {
		if (len < 0)
			continue;
		line[len] = '\0';
		text = strchr(line, ';');
		if (text)
			dprintf(out, "%s", text + 1);
	}
	return out;
}

/* Where this program lies, and kernel-log.awk beside it */
static const char *own_dir(char *dir, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", dir, size - 1);

	dir[len < 0 ? 0 : len] = '\0';
	*(strrchr(dir, '/') ?: dir) = '\0';
	return dir;
}

/* Says what is bad in it, by the same rules as everybody */
static bool kmsg_is_quiet(int fd)
{
	char dir[200], command[300], line[2048];
	int log = kmsg_save(fd);
	bool quiet = true;
	FILE *judge;

	snprintf(command, sizeof(command),
		 "awk -f %s/kernel-log.awk /proc/%d/fd/%d",
		 own_dir(dir, sizeof(dir)), getpid(), log);
	judge = popen(command, "r");
	while (judge && fgets(line, sizeof(line), judge)) {
		printf("# kernel: %s", line);
		quiet = false;
	}
	if (!judge || pclose(judge)) {
		printf("# cannot judge the kernel's log: %s\n", command);
		quiet = false;
	}
	close(log);
	return quiet;
}

bool test_log_is_quiet(void)
{
	bool quiet = log_fd < 0 || kmsg_is_quiet(log_fd);

	failed |= !quiet;
	return quiet;
}

/* A kernel that finds fault takes its time, as in ../lib.sh */
static int slow(void)
{
	if (!access("/sys/kernel/debug/kcsan", F_OK))
		return 4;
	return access("/sys/kernel/debug/kmemleak", F_OK) ? 1 : 2;
}

static int run_child(const struct test *test)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		signal(SIGALRM, on_alarm);
		alarm(test->limit * slow());
		test->run();
		test_stop();
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status)) {
		printf("# killed by signal %d\n", WTERMSIG(status));
		return STATUS_FAIL;
	}
	return WEXITSTATUS(status);
}

static bool run_test(const struct test *test, int nr)
{
	int status;

	log_fd = kmsg_open();
	kmsg_say("begin", test->name);
	status = run_child(test);
	kmsg_say("end", test->name);
	if (log_fd >= 0 && !kmsg_is_quiet(log_fd))
		status = STATUS_FAIL;
	close(log_fd);
	printf("%s %d - %s%s\n",
	       status && status != STATUS_SKIP ? "not ok" : "ok", nr,
	       test->name, status == STATUS_SKIP ? " # SKIP see above" : "");
	fflush(stdout);
	return !status || status == STATUS_SKIP;
}

int main(int argc, char **argv)
{
	const char *only = argc == 3 && !strcmp(argv[1], "-t") ? argv[2] : NULL;
	bool list = argc == 2 && !strcmp(argv[1], "-l");
	struct test *test;
	bool all_ok = true;
	int nr = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (test = tests; test; test = test->next)
		nr += !only || !strcmp(only, test->name);
	if (!list)
		printf("1..%d\n", nr);
	nr = 0;
	for (test = tests; test; test = test->next) {
		if (list)
			printf("%s\n", test->name);
		else if (!only || !strcmp(only, test->name))
			all_ok &= run_test(test, ++nr);
	}
	return all_ok ? 0 : 1;
}
