// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink: events about devices, and the answers of programs.
 *
 * Who causes an event waits for an answer only if a program whose socket is
 * still open has said that it gives some, no longer than netlink_timeout, and
 * can be killed meanwhile.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "netlink.h"

#include "tcmu.h"
#include "trace.h"
#include "uio.h"

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <net/genetlink.h>

/* A socket whose program answers events */
struct replier {
	struct list_head node;
	struct net *net;	/* held by the socket */
	u32 portid;
};

static DEFINE_MUTEX(nl_lock);
/* below: nl_lock */
static LIST_HEAD(requests);	/* tcmu_nl_request, unanswered */
static LIST_HEAD(repliers);
static u8 reply_flag;		/* what they said; 0 without one */
static bool nl_blocked;

static struct genl_family tcmu_family;

static struct tcmu_dev *to_dev(struct tcmu_nl_request *req)
{
	return container_of(req, struct tcmu_dev, nl);
}

void tcmu_nl_init_dev(struct tcmu_dev *dev)
{
	INIT_LIST_HEAD(&dev->nl.node);
	init_completion(&dev->nl.done);
}

/* A device that comes up: answers are wanted if anybody gives them now */
void tcmu_nl_latch(struct tcmu_dev *dev)
{
	mutex_lock(&nl_lock);
	if (dev->nl_reply_supported >= 0)
		dev->nl_reply_supported = reply_flag;
	mutex_unlock(&nl_lock);
}

/* 1 if an answer is to be waited for, 0 if not, -errno if it may not be sent */
static int begin_request(struct tcmu_dev *dev, u8 cmd, struct sk_buff *event)
{
	struct tcmu_nl_request *req = &dev->nl;

	guard(mutex)(&nl_lock);
	if (!reply_flag || dev->nl_reply_supported <= 0)
		return 0;
	if (nl_blocked) {
		pr_err("%s: netlink is blocked; write 0 to the parameter block_netlink\n",
		       dev->name);
		return -EAGAIN;
	}
	if (req->cmd)
		return -EBUSY;
	req->event = skb_clone(event, GFP_KERNEL);
	if (!req->event)
		return -ENOMEM;
	req->cmd = cmd;
	req->status = 0;
	reinit_completion(&req->done);
	list_add_tail(&req->node, &requests);
	return 1;
}

static void end_request_locked(struct tcmu_nl_request *req, int status)
{
	lockdep_assert_held(&nl_lock);
	list_del_init(&req->node);
	kfree_skb(req->event);
	req->event = NULL;
	req->cmd = 0;
	req->status = status;
	complete(&req->done);
}

static int wait_for_answer(struct tcmu_dev *dev)
{
	struct tcmu_nl_request *req = &dev->nl;
	long left;

	left = wait_for_completion_killable_timeout(&req->done,
						    tcmu_nl_time_limit());

	guard(mutex)(&nl_lock);
	if (req->cmd) {
		end_request_locked(req, left < 0 ? -EINTR : -ETIMEDOUT);
		pr_err("%s: no daemon answered the netlink event %s; is it alive? See the parameters netlink_timeout and reset_netlink\n",
		       dev->name, left < 0 ? "until the writer was killed" :
		       "in time");
	}
	return req->status;
}

static void cancel_request(struct tcmu_dev *dev)
{
	guard(mutex)(&nl_lock);
	if (dev->nl.cmd)
		end_request_locked(&dev->nl, 0);
}

/*
 * Nobody has received an event. If somebody who answers does listen, his socket
 * had no room: he is told so by it, and may ask again.
 */
static bool was_lost(void)
{
	struct replier *replier;

	guard(mutex)(&nl_lock);
	list_for_each_entry(replier, &repliers, node)
		if (genl_has_listeners(&tcmu_family, replier->net, 0))
			return true;
	return false;
}

/**
 * tcmu_nl_notify - tell programs about a device, and wait if they answer
 * @dev: the device; its UIO device is registered
 * @cmd: TCMU_CMD_ADDED_DEVICE, _REMOVED_DEVICE or _RECONFIG_DEVICE
 * @change: what the last one announces, else NULL
 *
 * Nobody who listens is no error for a device that comes up, and no reason to
 * wait. An event that a daemon's socket had no room for is waited for as one that
 * was received, since the daemon may ask for it by SET_FEATURES.
 *
 * Context: may sleep; the device's cfg_lock is not held.
 * Return: 0; the program's answer; -ESRCH without a listener; -EAGAIN while
 * netlink is blocked; -EBUSY if another event is unanswered; -ETIMEDOUT; -EINTR
 * if the caller was killed or the request reset.
 */
int tcmu_nl_notify(struct tcmu_dev *dev, u8 cmd,
		   const struct tcmu_nl_change *change)
{
	struct sk_buff *skb;
	int wait, ret;

	skb = tcmu_nl_make_event(&tcmu_family, dev, cmd, change);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	wait = begin_request(dev, cmd, skb);
	if (wait < 0) {
		nlmsg_free(skb);
		return wait;
	}
	ret = tcmu_nl_tell_all(&tcmu_family, skb);
	trace_tcmu_netlink(dev, cmd, ret);
	if (ret == -ESRCH && wait && was_lost())
		ret = 0;
	if (ret && wait)
		cancel_request(dev);
	if (ret == -ESRCH && cmd == TCMU_CMD_ADDED_DEVICE)
		return 0;
	if (ret || !wait)
		return ret;
	return wait_for_answer(dev);
}

static struct tcmu_nl_request *find_request_locked(u32 dev_id)
{
	struct tcmu_nl_request *req;

	lockdep_assert_held(&nl_lock);
	list_for_each_entry(req, &requests, node)
		if (to_dev(req)->index == dev_id)
			return req;
	return NULL;
}

/* A program may answer with an errno and nothing else */
static int checked_status(int status)
{
	return status > 0 || status < -MAX_ERRNO ? -EIO : status;
}

static int take_reply(struct genl_info *info, u8 event)
{
	struct tcmu_nl_request *req;
	int status;

	if (!info->attrs[TCMU_ATTR_CMD_STATUS] ||
	    !info->attrs[TCMU_ATTR_DEVICE_ID])
		return -EINVAL;

	guard(mutex)(&nl_lock);
	req = find_request_locked(nla_get_u32(info->attrs[TCMU_ATTR_DEVICE_ID]));
	if (!req)
		return -ENODEV;
	/* the right answer may still come */
	if (req->cmd != event)
		return -EINVAL;
	if (!tcmu_uio_may_answer(to_dev(req)->queues[0]))
		return -EPERM;
	status = nla_get_s32(info->attrs[TCMU_ATTR_CMD_STATUS]);
	trace_tcmu_netlink(to_dev(req), info->genlhdr->cmd, status);
	end_request_locked(req, checked_status(status));
	return 0;
}

static int tcmu_nl_added_done(struct sk_buff *skb, struct genl_info *info)
{
	return take_reply(info, TCMU_CMD_ADDED_DEVICE);
}

static int tcmu_nl_removed_done(struct sk_buff *skb, struct genl_info *info)
{
	return take_reply(info, TCMU_CMD_REMOVED_DEVICE);
}

static int tcmu_nl_reconfig_done(struct sk_buff *skb, struct genl_info *info)
{
	return take_reply(info, TCMU_CMD_RECONFIG_DEVICE);
}

static struct replier *find_replier_locked(const struct net *net, u32 portid)
{
	struct replier *replier;

	lockdep_assert_held(&nl_lock);
	list_for_each_entry(replier, &repliers, node)
		if (replier->net == net && replier->portid == portid)
			return replier;
	return NULL;
}

static void del_replier_locked(struct replier *replier)
{
	list_del(&replier->node);
	kfree(replier);
}

static int set_reply_flag_locked(struct genl_info *info, u8 flag)
{
	struct replier *replier, *next;

	lockdep_assert_held(&nl_lock);
	if (!flag) {
		list_for_each_entry_safe(replier, next, &repliers, node)
			del_replier_locked(replier);
	} else if (!find_replier_locked(genl_info_net(info),
					info->snd_portid)) {
		replier = kzalloc(sizeof(*replier), GFP_KERNEL);
		if (!replier)
			return -ENOMEM;
		replier->net = genl_info_net(info);
		replier->portid = info->snd_portid;
		list_add_tail(&replier->node, &repliers);
	}
	reply_flag = flag;
	return 0;
}

/* All that is unanswered, for one who may have missed it */
static int send_again_locked(struct genl_info *info)
{
	struct tcmu_nl_request *req;
	int ret;

	lockdep_assert_held(&nl_lock);
	list_for_each_entry(req, &requests, node) {
		ret = tcmu_nl_tell_one(genl_info_net(info), info->snd_portid,
				       req->event);
		if (ret)
			return ret;
	}
	return 0;
}

static int tcmu_nl_set_features(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[TCMU_ATTR_SUPP_KERN_CMD_REPLY];
	int ret;

	if (!attr)
		return 0;
	guard(mutex)(&nl_lock);
	ret = set_reply_flag_locked(info, nla_get_u8(attr));
	return ret || !reply_flag ? ret : send_again_locked(info);
}

/* A socket is closed: what its program said holds no more */
static int tcmu_nl_socket_event(struct notifier_block *nb, unsigned long event,
				void *data)
{
	struct netlink_notify *notify = data;
	struct replier *replier;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	guard(mutex)(&nl_lock);
	replier = find_replier_locked(notify->net, notify->portid);
	if (replier)
		del_replier_locked(replier);
	if (list_empty(&repliers))
		reply_flag = 0;
	return NOTIFY_DONE;
}

static struct notifier_block tcmu_nl_notifier = {
	.notifier_call = tcmu_nl_socket_event,
};

static const struct nla_policy tcmu_policy[TCMU_ATTR_MAX + 1] = {
	[TCMU_ATTR_DEVICE]		= { .type = NLA_STRING },
	[TCMU_ATTR_MINOR]		= { .type = NLA_U32 },
	[TCMU_ATTR_CMD_STATUS]		= { .type = NLA_S32 },
	[TCMU_ATTR_DEVICE_ID]		= { .type = NLA_U32 },
	[TCMU_ATTR_SUPP_KERN_CMD_REPLY]	= { .type = NLA_U8 },
};

#define TCMU_NL_OP(CMD, DOIT)						\
	{								\
		.cmd = CMD,						\
		.validate = GENL_DONT_VALIDATE_STRICT |			\
			    GENL_DONT_VALIDATE_DUMP,			\
		.flags = GENL_ADMIN_PERM,				\
		.doit = DOIT,						\
	}

static const struct genl_small_ops tcmu_ops[] = {
	TCMU_NL_OP(TCMU_CMD_ADDED_DEVICE_DONE, tcmu_nl_added_done),
	TCMU_NL_OP(TCMU_CMD_REMOVED_DEVICE_DONE, tcmu_nl_removed_done),
	TCMU_NL_OP(TCMU_CMD_RECONFIG_DEVICE_DONE, tcmu_nl_reconfig_done),
	TCMU_NL_OP(TCMU_CMD_SET_FEATURES, tcmu_nl_set_features),
};

static const struct genl_multicast_group tcmu_groups[] = {
	{ .name = "config" },
};

static struct genl_family tcmu_family __ro_after_init = {
	.module = THIS_MODULE,
	.name = "TCM-USER",
	.version = 2,
	.maxattr = TCMU_ATTR_MAX,
	.policy = tcmu_policy,
	.netnsok = true,
	.small_ops = tcmu_ops,
	.n_small_ops = ARRAY_SIZE(tcmu_ops),
	.resv_start_op = TCMU_CMD_SET_FEATURES + 1,
	.mcgrps = tcmu_groups,
	.n_mcgrps = ARRAY_SIZE(tcmu_groups),
};

/* Refuse events that a daemon would have to answer, or send them again */
void tcmu_nl_block(bool block)
{
	guard(mutex)(&nl_lock);
	nl_blocked = block;
}

bool tcmu_nl_is_blocked(void)
{
	return READ_ONCE(nl_blocked);
}

/**
 * tcmu_nl_reset - end every wait for an answer
 *
 * Return: 0; -EBUSY if there is one and new ones may begin.
 */
int tcmu_nl_reset(void)
{
	struct tcmu_nl_request *req, *next;

	guard(mutex)(&nl_lock);
	if (!nl_blocked && !list_empty(&requests))
		return -EBUSY;
	list_for_each_entry_safe(req, next, &requests, node)
		end_request_locked(req, -EINTR);
	return 0;
}

int tcmu_nl_setup(void)
{
	int ret;

	ret = netlink_register_notifier(&tcmu_nl_notifier);
	if (ret)
		return ret;
	ret = genl_register_family(&tcmu_family);
	if (ret)
		netlink_unregister_notifier(&tcmu_nl_notifier);
	return ret;
}

void tcmu_nl_teardown(void)
{
	struct replier *replier, *next;

	genl_unregister_family(&tcmu_family);
	netlink_unregister_notifier(&tcmu_nl_notifier);
	list_for_each_entry_safe(replier, next, &repliers, node)
		del_replier_locked(replier);
}
