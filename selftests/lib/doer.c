// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process that does something which may take long: see doer.h.
 */
#include "doer.h"

#include "files.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child's exit status is an errno: all of them are below 256 */
static bool start(struct doer *doer)
{
	fflush(stdout);
	doer->pid = fork();
	if (doer->pid < 0) {
		perror("fork");
		exit(2);
	}
	if (!doer->pid)
		signal(SIGALRM, SIG_DFL);
	return !doer->pid;
}

void doer_write(struct doer *doer, const char *value, const char *fmt, ...)
{
	char path[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if (start(doer))
		_exit(-file_write(value, "%s", path));
}

void doer_call(struct doer *doer, int (*fn)(void *arg), void *arg)
{
	if (start(doer))
		_exit(-fn(arg));
}

void doer_rmdir(struct doer *doer, const char *dir)
{
	if (start(doer))
		_exit(rmdir(dir) ? errno : 0);
}

bool doer_busy(struct doer *doer)
{
	siginfo_t info = { .si_pid = 0 };

	return !waitid(P_PID, doer->pid, &info, WEXITED | WNOHANG | WNOWAIT) &&
	       !info.si_pid;
}

void doer_kill(struct doer *doer)
{
	kill(doer->pid, SIGKILL);
}

int doer_end(struct doer *doer, int ms)
{
	int status;

	if (!WAIT_FOR(ms, !doer_busy(doer)))
		return DOER_BUSY;
	waitpid(doer->pid, &status, 0);
	return WIFSIGNALED(status) ? DOER_KILLED : -WEXITSTATUS(status);
}
