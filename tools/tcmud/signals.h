/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals, which a thread of their own waits for.
 */
#ifndef TCMUD_SIGNALS_H
#define TCMUD_SIGNALS_H

struct tcmuser;

/*
 * SIGTERM and SIGINT stop @ctx, and the second one the process; SIGHUP calls @reload.
 * Before other threads are made, since they inherit what is blocked. 0 or -errno.
 */
int signals_start(struct tcmuser *ctx, void (*reload)(void *priv), void *priv);

/* Harmless without signals_start() */
void signals_stop(void);

#endif /* TCMUD_SIGNALS_H */
