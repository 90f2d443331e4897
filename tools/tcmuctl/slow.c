// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may take long. The kernel waits for a daemon inside of write(2), rmdir(2) and
 * the like, and only a signal that kills ends that: so these are called by a child,
 * and the parent stays free to tell how long it takes and to undo what was begun.
 */
#include "slow.h"

#include "fs.h"
#include "tcmuctl.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 200

static volatile sig_atomic_t stopped;
static bool line_is_shown;

static void on_signal(int sig)
{
	stopped = sig;
}

void slow_signals(void)
{
	/* no SA_RESTART: who sleeps wakes up */
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool slow_stopped(void)
{
	return stopped;
}

void slow_go_on(void)
{
	stopped = 0;
}

double slow_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

bool slow_sleep(double seconds)
{
	double end = slow_now() + seconds, left;

	while (!stopped && (left = end - slow_now()) > 0)
		poll(NULL, 0, left > 1 ? 1000 : (int)ceil(left * 1000));
	return !stopped;
}

/* ---- progress ---------------------------------------------------------------- */

/* On a terminal one line, which is rewritten; else a line at 1, 2, 4, ... seconds */
struct progress {
	const char *what;
	double begin;
	double next;
};

static struct progress progress_begin(const char *what)
{
	double now = slow_now();

	return (struct progress){ what, now, now + 1 };
}

static void progress_tick(struct progress *progress)
{
	double now = slow_now();
	bool tty = isatty(STDERR_FILENO);

	if (now < progress->next || !(tty || global.progress))
		return;
	if (tty) {
		fprintf(stderr, "\r\033[Ktcmuctl: %s, %.0f s", progress->what,
			now - progress->begin);
		line_is_shown = true;
		progress->next = now + TICK_MS / 1000.0;
		return;
	}
	fprintf(stderr, "tcmuctl: %s, %.0f s\n", progress->what,
		now - progress->begin);
	progress->next = progress->begin + 2 * (now - progress->begin);
}

void slow_quiet(void)
{
	if (line_is_shown)
		fprintf(stderr, "\r\033[K");
	line_is_shown = false;
}

int slow_wait(const char *what, double seconds, bool (*is)(void *arg),
	      void *arg)
{
	struct progress progress = progress_begin(what);
	double end = progress.begin + seconds;
	int ret = 0;

	while (!is(arg)) {
		progress_tick(&progress);
		if (slow_now() >= end)
			ret = -ETIMEDOUT;
		else if (!slow_sleep(0.05))
			ret = -EINTR;
		if (ret)
			break;
	}
	slow_quiet();
	return ret;
}

/* ---- calls ------------------------------------------------------------------- */

struct call {
	int (*fn)(const struct call *call);
	const char *what;
	const char *path;
	const char *text;
	slow_tick tick;
	void *tick_arg;
	double seconds;		/* 0: no limit */
};

static void child(const struct call *call, pid_t parent, int fd)
{
	int ret = -EINTR;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (getppid() == parent)
		ret = call->fn(call);
	_exit(write(fd, &ret, sizeof(ret)) != sizeof(ret));
}

static bool must_end(const struct call *call, double begin, int *why)
{
	if (stopped)
		return true;
	if (!call->seconds || slow_now() - begin < call->seconds)
		return false;
	*why = -ETIMEDOUT;
	return true;
}

/*
 * Until the child has said how it went, or has closed its end of the pipe. One that
 * was killed and does not end waits for a driver that lets nobody go: it is left to
 * itself.
 */
static int await(const struct call *call, pid_t pid, int fd)
{
	struct progress progress = progress_begin(call->what);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	double killed = 0;
	int ret, why = -EINTR;

	while (poll(&pfd, 1, TICK_MS) <= 0) {
		progress_tick(&progress);
		if (call->tick)
			call->tick(call->tick_arg);
		if (killed && slow_now() - killed > 5)
			return why;
		if (!killed && must_end(call, progress.begin, &why)) {
			kill(pid, SIGKILL);
			killed = slow_now();
		}
	}
	if (read(fd, &ret, sizeof(ret)) != sizeof(ret))
		ret = why;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return ret;
}

static int run(const struct call *call)
{
	pid_t parent = getpid(), pid;
	int fds[2], ret;

	if (pipe(fds))
		return -errno;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(fds[0]);
		child(call, parent, fds[1]);
	}
	close(fds[1]);
	ret = pid < 0 ? -EAGAIN : await(call, pid, fds[0]);
	close(fds[0]);
	slow_quiet();
	return ret;
}

static int do_write(const struct call *call)
{
	return fs_write(call->path, call->text);
}

static int do_rmdir(const struct call *call)
{
	return fs_rmdir(call->path);
}

static int do_unlink(const struct call *call)
{
	return fs_unlink(call->path);
}

static int do_touch(const struct call *call)
{
	return fs_touch(call->path);
}

static int do_symlink(const struct call *call)
{
	return fs_symlink(call->text, call->path);
}

int slow_write(const char *what, const char *path, const char *text)
{
	const struct call call = { do_write, what, path, text };

	return run(&call);
}

int slow_rmdir(const char *what, const char *path)
{
	const struct call call = { do_rmdir, what, path };

	return run(&call);
}

int slow_symlink(const char *what, const char *target, const char *path)
{
	const struct call call = { do_symlink, what, path, target };

	return run(&call);
}

int slow_touch(const char *what, const char *path, double seconds)
{
	const struct call call = {
		do_touch, what, path, .seconds = seconds,
	};

	return run(&call);
}

int slow_unlink(const char *what, const char *path, slow_tick tick, void *arg)
{
	const struct call call = { do_unlink, what, path, NULL, tick, arg };

	return run(&call);
}
