/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A program's connection to the driver: handlers, devices, events.
 */
#ifndef TCMUSER_CONTEXT_H
#define TCMUSER_CONTEXT_H

#include "internal.h"

struct events;

struct tcmuser {
	unsigned int flags;
	bool started;
	bool stopped;			/* atomic */
	int epoll_fd;
	int stop_fd;			/* tcmuser_stop() */
	int dead_fd;			/* a device is to be closed */
	struct events *events;		/* NULL without netlink */

	const struct tcmuser_handler **handlers;
	unsigned int nr_handlers;

	struct tcmuser_dev *devs;	/* of the thread that dispatches */

	void (*on_event)(void *priv, const struct tcmuser_event *event);
	void *event_priv;

	struct {
		pthread_mutex_t lock;
		tcmuser_log_fn fn;
		void *priv;
		enum tcmuser_level level;	/* atomic */
	} log;
};

/* What a caller of context_event() is to answer */
#define CONTEXT_NO_ANSWER 1

/*
 * Act on an event. Returns what is to be answered: 0, -errno or
 * %CONTEXT_NO_ANSWER, when it is somebody else's.
 */
int context_event(struct tcmuser *ctx, const struct tcmuser_event *event);

/* Take the devices that exist and are not served; close those that have gone */
int context_scan(struct tcmuser *ctx);

/* A queue's thread gives up: let tcmuser_dispatch() close the device */
void context_dev_dead(struct tcmuser_dev *dev);
void context_close_dead(struct tcmuser *ctx);
void context_close_all(struct tcmuser *ctx);

#endif /* TCMUSER_CONTEXT_H */
