// SPDX-License-Identifier: GPL-2.0-only
/*
 * An event about a device as a message, and its ways to programs.
 */
#include "netlink.h"

#include "tcmu.h"

#include <linux/err.h>
#include <net/genetlink.h>

static int put_change(struct sk_buff *skb, const struct tcmu_nl_change *change)
{
	switch (change->attr) {
	case TCMU_ATTR_DEV_CFG:
		return nla_put_string(skb, change->attr, change->str);
	case TCMU_ATTR_DEV_SIZE:
		return nla_put_u64_64bit(skb, change->attr, change->num,
					 TCMU_ATTR_PAD);
	default:
		return nla_put_u8(skb, change->attr, change->num);
	}
}

/**
 * tcmu_nl_make_event - write an event
 * @family: the netlink family
 * @dev: the device; its UIO device is registered
 * @cmd: the event
 * @change: what a RECONFIG announces, else NULL
 *
 * Context: may sleep; the device's cfg_lock is not held.
 * Return: the message or an ERR_PTR().
 */
struct sk_buff *tcmu_nl_make_event(const struct genl_family *family,
				   struct tcmu_dev *dev, u8 cmd,
				   const struct tcmu_nl_change *change)
{
	const struct uio_info *uio = &dev->queues[0]->uio;
	struct sk_buff *skb;
	void *hdr;

	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	/* or the name may change under it */
	guard(mutex)(&dev->cfg_lock);
	hdr = genlmsg_put(skb, 0, 0, family, 0, cmd);
	if (!hdr ||
	    nla_put_string(skb, TCMU_ATTR_DEVICE, uio->name) ||
	    nla_put_u32(skb, TCMU_ATTR_MINOR, uio->uio_dev->minor) ||
	    nla_put_u32(skb, TCMU_ATTR_DEVICE_ID, dev->index) ||
	    (change && put_change(skb, change))) {
		nlmsg_free(skb);
		return ERR_PTR(-EMSGSIZE);
	}
	genlmsg_end(skb, hdr);
	return skb;
}

/**
 * tcmu_nl_tell_all - send an event to every listener in every network namespace
 * @family: the netlink family
 * @skb: the event; gone afterwards
 *
 * Return: 0; -ESRCH without a listener; -ENOBUFS if one has missed it.
 */
int tcmu_nl_tell_all(const struct genl_family *family, struct sk_buff *skb)
{
	int ret;

	rcu_read_lock();
	ret = genlmsg_multicast_allns(family, skb, 0, 0);
	rcu_read_unlock();
	return ret;
}

/**
 * tcmu_nl_tell_one - send a copy of an event to one socket
 * @net: its network namespace
 * @portid: its port
 * @event: the event; stays
 *
 * Return: 0; -ENOBUFS if the socket cannot take it now; -ENOMEM.
 */
int tcmu_nl_tell_one(struct net *net, u32 portid, struct sk_buff *event)
{
	struct sk_buff *skb;

	skb = skb_clone(event, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	return genlmsg_unicast(net, skb, portid) ? -ENOBUFS : 0;
}
