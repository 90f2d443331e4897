// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The library's threads.
 */
#include "thread.h"

#include <signal.h>
#include <stdio.h>

/* What the kernel keeps of a thread's name */
#define NAME_SIZE 16

static void set_name(pthread_t thread, const char *name)
{
	char text[NAME_SIZE];

	snprintf(text, sizeof(text), "tcmu-%s", name);
	pthread_setname_np(thread, text);
}

int thread_start(pthread_t *thread, void *(*fn)(void *arg), void *arg,
		 const char *name)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	/* that of a mapping whose page is gone is its thread's own affair */
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGSEGV);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = -pthread_create(thread, NULL, fn, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!ret)
		set_name(*thread, name);
	return ret;
}
