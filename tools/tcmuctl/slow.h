/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may take long, because a daemon has to answer or does not: told to people,
 * and ended by Ctrl-C.
 */
#ifndef SLOW_H
#define SLOW_H

#include <stdbool.h>

/* SIGINT and SIGTERM are noted from now on, for slow_stopped() */
void slow_signals(void);
bool slow_stopped(void);
/* Forget it: for what is to be done although the user wants to end */
void slow_go_on(void);

/* Called a few times each second meanwhile; may be NULL */
typedef void (*slow_tick)(void *arg);

/*
 * Each is done in a process of its own, which is killed by Ctrl-C. @what tells
 * people what is being waited for. Returns as the functions of fs.h do; -EINTR after
 * Ctrl-C.
 */
int slow_write(const char *what, const char *path, const char *text);
int slow_rmdir(const char *what, const char *path);
int slow_symlink(const char *what, const char *target, const char *path);
/* Open it and close it again; -ETIMEDOUT after @seconds */
int slow_touch(const char *what, const char *path, double seconds);
int slow_unlink(const char *what, const char *path, slow_tick tick, void *arg);

/*
 * Wait until @is(@arg), for up to @seconds. Returns 0, -ETIMEDOUT or -EINTR.
 */
int slow_wait(const char *what, double seconds, bool (*is)(void *arg),
	      void *arg);

/* Sleep that long, or until Ctrl-C, which returns false */
bool slow_sleep(double seconds);

/* Seconds of a clock that nobody sets */
double slow_now(void);

/* Take the line of progress away, before another one is printed */
void slow_quiet(void);

#endif /* SLOW_H */
