/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's end of the netlink family, with its numbers as numbers.
 */
#ifndef TCMU_NL_H
#define TCMU_NL_H

#include <stdbool.h>
#include <stdint.h>

enum { NL_ADDED = 1, NL_REMOVED, NL_RECONFIG, NL_FEATURES = 7 };
enum {
	NL_DEVICE = 1, NL_MINOR, NL_PAD, NL_DEV_CFG, NL_DEV_SIZE, NL_WRITECACHE,
	NL_STATUS, NL_DEVICE_ID, NL_REPLY_SUPPORTED,
};

#define NL_MAX_ATTRS	16

struct nl {
	struct nl_sock *sock;	/* requests and their acknowledgments */
	struct nl_sock *events;	/* member of the group */
	int family;
	bool lost;		/* set when an event found no room */
};

struct nl_event {
	int cmd;
	int attrs[NL_MAX_ATTRS];	/* their types, in order, but for pads */
	int nr_attrs;
	char device[512];
	char dev_cfg[512];
	uint32_t minor;
	uint32_t id;
	uint64_t dev_size;
	uint8_t writecache;
};

/* 0, or an error of libnl */
int nl_start(struct nl *nl);
void nl_end(struct nl *nl);
/* Room for events, about as many bytes */
int nl_buffer(struct nl *nl, int bytes);
/* The next event within @ms; false: none */
bool nl_event(struct nl *nl, struct nl_event *event, int ms);
/* The same, for one who wants them all: those that were lost are asked for again */
bool nl_next(struct nl *nl, struct nl_event *event, int ms);
/* nl_event() as bytes, with the header; returns how many, or 0 for none */
int nl_bytes(struct nl *nl, void *bytes, int size, int ms);

/* What the kernel acknowledges these with: 0 or -errno */
int nl_features(struct nl *nl, uint8_t replies);
/*
 * All events that are unanswered come once more. Only sent: there is no
 * acknowledgment among the events.
 */
void nl_again(struct nl *nl);
int nl_done(struct nl *nl, int cmd, uint32_t id, int32_t status);
/* The answer to @event */
int nl_reply(struct nl *nl, const struct nl_event *event, int32_t status);
/* One with attribute @attr of @len bytes alone, or with none if it is 0 */
int nl_odd(struct nl *nl, int cmd, int attr, const void *data, int len);

#endif /* TCMU_NL_H */
