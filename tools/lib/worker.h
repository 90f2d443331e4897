/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Threads that carry out a queue's commands, for handlers that block.
 */
#ifndef TCMUSER_WORKER_H
#define TCMUSER_WORKER_H

#include "internal.h"

struct workers;

/* 0 or -errno */
int workers_start(struct workers **workers, unsigned int nr, const char *name);
/* Whichever is free calls cmd_start() */
void workers_add(struct workers *workers, struct tcmuser_cmd *cmd);
/* No command is left. NULL is fine. */
void workers_end(struct workers *workers);

#endif /* TCMUSER_WORKER_H */
