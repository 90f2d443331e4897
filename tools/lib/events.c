// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Generic netlink: what the driver says of devices, and our answers.
 *
 * One socket listens. It is also the one that says that we answer, since the
 * driver sends what was lost to the socket that asks. Answers go by another one,
 * where nothing comes between them and their acknowledgments.
 */
#include "events.h"

#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY		"TCM-USER"
#define GROUP		"config"
#define FAMILY_VERSION	2

/* As of the UAPI header: an event's answer */
#define DONE(cmd)	((cmd) + TCMU_CMD_ADDED_DEVICE_DONE - \
			 TCMU_CMD_ADDED_DEVICE)

/* Room for some hundred events that come while a handler opens a device */
#define RECEIVE_BYTES	(512 * 1024)

/* How often one may be told that there was no room for all */
#define ASK_MAX		64

/* Messages of a call: the program's loop has other things to do */
#define RECEIVE_MAX	64
/* More than any socket holds */
#define EMPTY_MAX	1000000

struct events {
	struct tcmuser *ctx;
	struct nl_sock *listener;
	struct nl_sock *speaker;
	int family;
	bool received;
	bool lost;
	bool asked;			/* what we have announced is not acknowledged */
	int refused;			/* -errno: we may not answer */
};

/* ---- errors ---------------------------------------------------------------------- */

static int to_errno(int nl_error)
{
	switch (-nl_error) {
	case NLE_SUCCESS:
		return 0;
	case NLE_AGAIN:
		return -EAGAIN;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_OBJ_NOTFOUND:
	case NLE_NODEV:
		return -ENODEV;
	default:
		return -EIO;
	}
}

/* ---- what is in a message ---------------------------------------------------------- */

static struct nla_policy policy[TCMU_ATTR_MAX + 1] = {
	[TCMU_ATTR_DEVICE]	= { .type = NLA_STRING },
	[TCMU_ATTR_MINOR]	= { .type = NLA_U32 },
	[TCMU_ATTR_DEV_CFG]	= { .type = NLA_STRING },
	[TCMU_ATTR_DEV_SIZE]	= { .type = NLA_U64 },
	[TCMU_ATTR_WRITECACHE]	= { .type = NLA_U8 },
	[TCMU_ATTR_DEVICE_ID]	= { .type = NLA_U32 },
};

static int parse_type(int cmd, struct tcmuser_event *event)
{
	switch (cmd) {
	case TCMU_CMD_ADDED_DEVICE:
		event->type = TCMUSER_EVENT_ADDED;
		return 0;
	case TCMU_CMD_REMOVED_DEVICE:
		event->type = TCMUSER_EVENT_REMOVED;
		return 0;
	case TCMU_CMD_RECONFIG_DEVICE:
		event->type = TCMUSER_EVENT_RECONFIG;
		return 0;
	default:
		return -EINVAL;
	}
}

static void parse_change(struct nlattr **attrs, struct tcmuser_event *event)
{
	if (attrs[TCMU_ATTR_DEV_CFG])
		event->config = nla_get_string(attrs[TCMU_ATTR_DEV_CFG]);
	if (attrs[TCMU_ATTR_DEV_SIZE]) {
		event->has_size = true;
		event->dev_size = nla_get_u64(attrs[TCMU_ATTR_DEV_SIZE]);
	}
	if (attrs[TCMU_ATTR_WRITECACHE])
		event->write_cache = !!nla_get_u8(attrs[TCMU_ATTR_WRITECACHE]);
}

int events_parse(struct nlmsghdr *hdr, struct tcmuser_event *event)
{
	struct nlattr *attrs[TCMU_ATTR_MAX + 1];

	*event = (struct tcmuser_event){ .dev_id = -1, .write_cache = -1 };
	/* it looks whether there is a header, and whether strings have an end */
	if (genlmsg_parse(hdr, 0, attrs, TCMU_ATTR_MAX, policy) < 0 ||
	    parse_type(genlmsg_hdr(hdr)->cmd, event) ||
	    !attrs[TCMU_ATTR_DEVICE] || !attrs[TCMU_ATTR_MINOR])
		return -EINVAL;
	event->name = nla_get_string(attrs[TCMU_ATTR_DEVICE]);
	event->uio = nla_get_u32(attrs[TCMU_ATTR_MINOR]);
	if (attrs[TCMU_ATTR_DEVICE_ID])
		event->dev_id = nla_get_u32(attrs[TCMU_ATTR_DEVICE_ID]);
	if (event->type == TCMUSER_EVENT_RECONFIG)
		parse_change(attrs, event);
	return 0;
}

/* ---- answers ------------------------------------------------------------------------ */

static struct nl_msg *new_message(struct events *events, int cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, events->family, 0,
				NLM_F_ACK, cmd, FAMILY_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int send_answer(struct events *events, int cmd, uint32_t dev_id,
		       int32_t status)
{
	struct nl_msg *msg = new_message(events, cmd);
	int ret;

	if (!msg)
		return -NLE_NOMEM;
	ret = nla_put_s32(msg, TCMU_ATTR_CMD_STATUS, status);
	if (!ret)
		ret = nla_put_u32(msg, TCMU_ATTR_DEVICE_ID, dev_id);
	if (!ret)
		return nl_send_sync(events->speaker, msg);
	nlmsg_free(msg);
	return ret;
}

static void answer(struct events *events, int cmd,
		   const struct tcmuser_event *event, int status)
{
	int ret;

	if (!(events->ctx->flags & TCMUSER_ANSWERS) || event->dev_id < 0)
		return;
	ret = send_answer(events, DONE(cmd), event->dev_id, status);
	/* that nobody waits is no news: not every device wants answers */
	if (ret < 0 && ret != -NLE_NODEV && ret != -NLE_OBJ_NOTFOUND)
		tcmuser_log(events->ctx, TCMUSER_WARNING,
			    "%s: the driver does not take what we say: %s",
			    event->name, nl_geterror(ret));
}

/* ---- receiving ------------------------------------------------------------------------- */

static void tell_program(struct tcmuser *ctx, const struct tcmuser_event *event)
{
	if (ctx->on_event)
		ctx->on_event(ctx->event_priv, event);
}

static void act(struct events *events, struct nlmsghdr *hdr)
{
	struct tcmuser_event event;
	int status;

	if (events_parse(hdr, &event)) {
		tcmuser_log(events->ctx, TCMUSER_WARNING,
			    "an event of the driver makes no sense");
		return;
	}
	tell_program(events->ctx, &event);
	status = context_event(events->ctx, &event);
	if (status != CONTEXT_NO_ANSWER)
		answer(events, genlmsg_hdr(hdr)->cmd, &event, status);
}

static int on_message(struct nl_msg *msg, void *arg)
{
	struct events *events = arg;

	events->received = true;
	/* other programs could send us something, too */
	if (nlmsg_get_src(msg)->nl_pid == 0 &&
	    nlmsg_hdr(msg)->nlmsg_type == events->family &&
	    genlmsg_valid_hdr(nlmsg_hdr(msg), 0))
		act(events, nlmsg_hdr(msg));
	return NL_OK;
}

/* Of the features that were announced */
static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	struct events *events = arg;

	events->received = true;
	/* not all that was unanswered had room: to be asked for again */
	if (error->error == -ENOBUFS)
		return NL_SKIP;
	events->asked = false;
	events->refused = error->error;
	return NL_SKIP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct events *events = arg;

	events->received = true;
	events->asked = false;
	return NL_OK;
}

static int no_check(struct nl_msg *msg, void *arg)
{
	return NL_OK;
}

static struct nl_msg *features(struct events *events, uint8_t replies)
{
	struct nl_msg *msg = new_message(events, TCMU_CMD_SET_FEATURES);

	if (msg && nla_put_u8(msg, TCMU_ATTR_SUPP_KERN_CMD_REPLY, replies)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int ask(struct events *events)
{
	struct nl_msg *msg = features(events, 1);
	int ret;

	if (!msg)
		return -ENOMEM;
	events->asked = true;
	ret = nl_send_auto(events->listener, msg);
	nlmsg_free(msg);
	return ret < 0 ? to_errno(ret) : 0;
}

int events_announce(struct tcmuser *ctx)
{
	int i, ret = 0;

	for (i = 0; i < ASK_MAX && !ret; i++) {
		ret = ask(ctx->events);
		if (!ret)
			ret = events_receive(ctx);
		if (!ctx->events->asked)
			return ret;
	}
	return ret ? ret : -ENOBUFS;
}

void events_retract(struct tcmuser *ctx)
{
	struct events *events = ctx->events;
	struct nl_msg *msg = features(events, 0);

	if (msg)
		nl_send_sync(events->speaker, msg);
}

/*
 * A socket that has had no room takes nothing, and says no more of it, until it is
 * empty.
 */
static bool must_empty(const struct events *events)
{
	return events->lost || events->asked;
}

static int receive(struct events *events)
{
	int i, ret;

	for (i = 0; i < (must_empty(events) ? EMPTY_MAX : RECEIVE_MAX); i++) {
		events->received = false;
		ret = nl_recvmsgs_default(events->listener);
		/* that is how it says ENOBUFS */
		if (ret == -NLE_NOMEM)
			events->lost = true;
		else if (ret < 0 && ret != -NLE_AGAIN)
			return to_errno(ret);
		else if (!events->received)
			break;
	}
	return 0;
}

int events_receive(struct tcmuser *ctx)
{
	struct events *events = ctx->events;
	int ret = receive(events);

	if (ret || !events->refused)
		return ret;
	tcmuser_log(ctx, TCMUSER_ERROR,
		    "the driver does not let this program answer events: %s",
		    strerror(-events->refused));
	return events->refused;
}

bool events_were_lost(struct tcmuser *ctx)
{
	static const struct tcmuser_event lost = { .type = TCMUSER_EVENT_LOST,
						   .dev_id = -1,
						   .write_cache = -1 };

	if (!ctx->events->lost)
		return false;
	ctx->events->lost = false;
	tell_program(ctx, &lost);
	return true;
}

/* ---- life --------------------------------------------------------------------------------- */

int events_fd(const struct tcmuser *ctx)
{
	return nl_socket_get_fd(ctx->events->listener);
}

static int connect_both(struct events *events)
{
	int ret;

	events->listener = nl_socket_alloc();
	events->speaker = nl_socket_alloc();
	if (!events->listener || !events->speaker)
		return -NLE_NOMEM;
	ret = genl_connect(events->listener);
	return ret ? ret : genl_connect(events->speaker);
}

static int resolve(struct events *events, int *group)
{
	events->family = genl_ctrl_resolve(events->speaker, FAMILY);
	if (events->family < 0)
		return events->family;
	*group = genl_ctrl_resolve_grp(events->speaker, FAMILY, GROUP);
	return *group < 0 ? *group : 0;
}

static int set_up_listener(struct events *events, int group)
{
	struct nl_cb *cb = nl_socket_get_cb(events->listener);
	int ret;

	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_message, events);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, events);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, no_check, NULL);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, events);
	nl_cb_put(cb);
	nl_socket_disable_auto_ack(events->listener);
	nl_socket_set_nonblocking(events->listener);
	/* as many as the system allows, if that is less */
	nl_socket_set_buffer_size(events->listener, RECEIVE_BYTES, 0);
	ret = nl_socket_add_membership(events->listener, group);
	return ret;
}

int events_open(struct tcmuser *ctx)
{
	struct events *events = calloc(1, sizeof(*events));
	int group, ret;

	if (!events)
		return -ENOMEM;
	events->ctx = ctx;
	ctx->events = events;
	ret = connect_both(events);
	if (!ret)
		ret = resolve(events, &group);
	if (!ret)
		ret = set_up_listener(events, group);
	if (!ret)
		return 0;
	events_close(ctx);
	return to_errno(ret);
}

void events_close(struct tcmuser *ctx)
{
	if (!ctx->events)
		return;
	nl_socket_free(ctx->events->listener);
	nl_socket_free(ctx->events->speaker);
	free(ctx->events);
	ctx->events = NULL;
}
