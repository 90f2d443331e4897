/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that does something which may take long, and can be killed.
 */
#ifndef TCMU_DOER_H
#define TCMU_DOER_H

#include <stdbool.h>
#include <sys/types.h>

struct doer {
	pid_t pid;
};

/* What doer_end() says of a process that was killed, or is still at it */
enum { DOER_KILLED = 1000, DOER_BUSY };

void doer_write(struct doer *doer, const char *value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* @fn returns 0 or -errno */
void doer_call(struct doer *doer, int (*fn)(void *arg), void *arg);
void doer_rmdir(struct doer *doer, const char *dir);
bool doer_busy(struct doer *doer);
void doer_kill(struct doer *doer);
/* Its result within @ms: 0, -errno, or one of the above */
int doer_end(struct doer *doer, int ms);

#endif /* TCMU_DOER_H */
