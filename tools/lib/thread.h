/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The library's threads.
 */
#ifndef TCMUSER_THREAD_H
#define TCMUSER_THREAD_H

#include <pthread.h>

/*
 * Signals are the program's: none is for this thread. @name is that of a device;
 * so much of it as fits is seen by ps -L. 0 or -errno.
 */
int thread_start(pthread_t *thread, void *(*fn)(void *arg), void *arg,
		 const char *name);

#endif /* TCMUSER_THREAD_H */
