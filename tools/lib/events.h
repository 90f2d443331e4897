/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Generic netlink: what the driver says of devices, and our answers.
 */
#ifndef TCMUSER_EVENTS_H
#define TCMUSER_EVENTS_H

#include "context.h"

struct nlmsghdr;

/* Listen from now on. -ENODEV: no driver. */
int events_open(struct tcmuser *ctx);
void events_close(struct tcmuser *ctx);

/*
 * Say that this program answers events. A driver that can sends those that are
 * unanswered once more, and they are answered.
 */
int events_announce(struct tcmuser *ctx);
/* Nobody answers any more, for a driver that does not see that by itself */
void events_retract(struct tcmuser *ctx);

/* To be polled for POLLIN */
int events_fd(const struct tcmuser *ctx);

/* Act on what has come, and answer it: 0, or an error of the socket */
int events_receive(struct tcmuser *ctx);
/* Did some find no room since this was asked last? The program has been told. */
bool events_were_lost(struct tcmuser *ctx);

/* What a message of the family says; -EINVAL if that is no event */
int events_parse(struct nlmsghdr *hdr, struct tcmuser_event *event);

#endif /* TCMUSER_EVENTS_H */
