// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's end of the netlink family: see nl.h.
 */
#include "nl.h"

#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define DONE(event)	((event) + 3)

static struct nl_sock *connected(void)
{
	struct nl_sock *sock = nl_socket_alloc();

	if (sock && genl_connect(sock)) {
		nl_socket_free(sock);
		return NULL;
	}
	return sock;
}

int nl_start(struct nl *nl)
{
	int group;

	memset(nl, 0, sizeof(*nl));
	nl->sock = connected();
	nl->events = connected();
	if (!nl->sock || !nl->events)
		return -ENOMEM;
	nl_socket_disable_auto_ack(nl->events);
	nl->family = genl_ctrl_resolve(nl->sock, "TCM-USER");
	if (nl->family < 0)
		return nl->family;
	group = genl_ctrl_resolve_grp(nl->sock, "TCM-USER", "config");
	if (group < 0)
		return group;
	return nl_socket_add_membership(nl->events, group);
}

void nl_end(struct nl *nl)
{
	nl_socket_free(nl->sock);
	nl_socket_free(nl->events);
	memset(nl, 0, sizeof(*nl));
}

int nl_buffer(struct nl *nl, int bytes)
{
	return nl_socket_set_buffer_size(nl->events, bytes, 0);
}

static void take_attr(struct nl_event *event, struct nlattr *attr)
{
	int type = nla_type(attr);

	if (type != NL_PAD && event->nr_attrs < NL_MAX_ATTRS)
		event->attrs[event->nr_attrs++] = type;
	switch (type) {
	case NL_DEVICE:
		nla_strlcpy(event->device, attr, sizeof(event->device));
		break;
	case NL_MINOR:
		event->minor = nla_get_u32(attr);
		break;
	case NL_DEVICE_ID:
		event->id = nla_get_u32(attr);
		break;
	case NL_DEV_CFG:
		nla_strlcpy(event->dev_cfg, attr, sizeof(event->dev_cfg));
		break;
	case NL_DEV_SIZE:
		event->dev_size = nla_get_u64(attr);
		break;
	case NL_WRITECACHE:
		event->writecache = nla_get_u8(attr);
		break;
	}
}

static void take_event(struct nl_event *event, struct nlmsghdr *msg)
{
	struct genlmsghdr *hdr = genlmsg_hdr(msg);
	struct nlattr *attr;
	int left;

	memset(event, 0, sizeof(*event));
	event->cmd = hdr->cmd;
	nla_for_each_attr(attr, genlmsg_attrdata(hdr, 0),
			  genlmsg_attrlen(hdr, 0), left)
		take_attr(event, attr);
}

/* One message of the family, to be freed, or NULL */
static unsigned char *receive(struct nl *nl, int ms)
{
	struct pollfd fd = { nl_socket_get_fd(nl->events), POLLIN, 0 };
	unsigned char *buf = NULL;
	struct sockaddr_nl from;
	int ret;

	if (poll(&fd, 1, ms) != 1)
		return NULL;
	ret = nl_recv(nl->events, &from, &buf, NULL);
	/* of ENOBUFS */
	nl->lost |= ret == -NLE_NOMEM;
	if (ret <= 0)
		return NULL;
	if (((struct nlmsghdr *)buf)->nlmsg_type != nl->family) {
		free(buf);
		return NULL;
	}
	return buf;
}

bool nl_event(struct nl *nl, struct nl_event *event, int ms)
{
	unsigned char *buf = receive(nl, ms);

	if (!buf)
		return false;
	take_event(event, (struct nlmsghdr *)buf);
	free(buf);
	return true;
}

int nl_bytes(struct nl *nl, void *bytes, int size, int ms)
{
	unsigned char *buf = receive(nl, ms);
	int len;

	if (!buf)
		return 0;
	len = ((struct nlmsghdr *)buf)->nlmsg_len;
	len = len < size ? len : size;
	memcpy(bytes, buf, len);
	free(buf);
	return len;
}

static struct nl_msg *message(struct nl *nl, int cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0,
				 NLM_F_ACK, cmd, 2))
		abort();
	return msg;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *err, void *ret)
{
	*(int *)ret = err->error;
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *ret)
{
	*(int *)ret = 0;
	return NL_STOP;
}

/* Send, and wait for the acknowledgment */
static int ask(struct nl *nl, struct nl_msg *msg)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int ret = -EIO;

	nl_cb_err(cb, NL_CB_CUSTOM, on_error, &ret);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, &ret);
	if (nl_send_auto(nl->sock, msg) >= 0)
		nl_recvmsgs(nl->sock, cb);
	nl_cb_put(cb);
	nlmsg_free(msg);
	return ret;
}

bool nl_next(struct nl *nl, struct nl_event *event, int ms)
{
	struct pollfd fd = { nl_socket_get_fd(nl->events), POLLIN, 0 };

	do {
		if (nl_event(nl, event, ms))
			return true;
		/* one that had no room takes nothing before it is empty */
	} while (nl->lost && poll(&fd, 1, 0) == 1);
	if (nl->lost)
		nl_again(nl);
	return false;
}

int nl_odd(struct nl *nl, int cmd, int attr, const void *data, int len)
{
	struct nl_msg *msg = message(nl, cmd);

	if (attr && nla_put(msg, attr, len, data))
		abort();
	return ask(nl, msg);
}

int nl_features(struct nl *nl, uint8_t replies)
{
	return nl_odd(nl, NL_FEATURES, NL_REPLY_SUPPORTED, &replies, 1);
}

void nl_again(struct nl *nl)
{
	struct nl_msg *msg = message(nl, NL_FEATURES);

	nlmsg_hdr(msg)->nlmsg_flags &= ~NLM_F_ACK;
	nl->lost = false;
	if (nla_put_u8(msg, NL_REPLY_SUPPORTED, 1) ||
	    nl_send_auto(nl->events, msg) < 0)
		abort();
	nlmsg_free(msg);
}

int nl_done(struct nl *nl, int cmd, uint32_t id, int32_t status)
{
	struct nl_msg *msg = message(nl, cmd);

	if (nla_put_s32(msg, NL_STATUS, status) ||
	    nla_put_u32(msg, NL_DEVICE_ID, id))
		abort();
	return ask(nl, msg);
}

int nl_reply(struct nl *nl, const struct nl_event *event, int32_t status)
{
	return nl_done(nl, DONE(event->cmd), event->id, status);
}
