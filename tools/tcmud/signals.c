// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals: see signals.h.
 */
#include "signals.h"

#include "log.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <syslog.h>
#include <tcmuser.h>
#include <unistd.h>

static struct tcmuser *context;
static void (*on_hup)(void *priv);
static void *hup_priv;
static pthread_t thread;
static bool started;
static sigset_t set;

static void stop(bool again)
{
	if (again) {
		log_say(LOG_WARNING, "told to end once more: not waiting for commands");
		_exit(1);
	}
	log_say(LOG_INFO, "told to end");
	tcmuser_stop(context);
}

/* SIGUSR1 ends it */
static void *run(void *arg)
{
	bool stopping = false;
	int nr;

	while (!sigwait(&set, &nr) && nr != SIGUSR1) {
		if (nr == SIGHUP) {
			on_hup(hup_priv);
			continue;
		}
		stop(stopping);
		stopping = true;
	}
	return NULL;
}

int signals_start(struct tcmuser *ctx, void (*reload)(void *priv), void *priv)
{
	int ret;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	/* a server or a reader of the log that goes is an error, not a signal */
	signal(SIGPIPE, SIG_IGN);
	context = ctx;
	on_hup = reload;
	hup_priv = priv;
	ret = -pthread_create(&thread, NULL, run, NULL);
	started = !ret;
	return ret;
}

void signals_stop(void)
{
	if (!started)
		return;
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	started = false;
}
