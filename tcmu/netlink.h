/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_NETLINK_H
#define TCMU_NETLINK_H

#include <linux/target_core_user.h>
#include <linux/types.h>

struct genl_family;
struct net;
struct sk_buff;
struct tcmu_dev;

/**
 * struct tcmu_nl_change - the one thing that a RECONFIG event announces
 * @attr: TCMU_ATTR_DEV_CFG, _DEV_SIZE or _WRITECACHE
 * @str: value of the first
 * @num: value of the others
 */
struct tcmu_nl_change {
	enum tcmu_genl_attr attr;
	const char *str;
	u64 num;
};

int tcmu_nl_setup(void);
void tcmu_nl_teardown(void);
void tcmu_nl_init_dev(struct tcmu_dev *dev);
void tcmu_nl_latch(struct tcmu_dev *dev);
int tcmu_nl_notify(struct tcmu_dev *dev, u8 cmd,
		   const struct tcmu_nl_change *change);
void tcmu_nl_block(bool block);
bool tcmu_nl_is_blocked(void);
int tcmu_nl_reset(void);

/* nl_event.c */
struct sk_buff *tcmu_nl_make_event(const struct genl_family *family,
				   struct tcmu_dev *dev, u8 cmd,
				   const struct tcmu_nl_change *change);
int tcmu_nl_tell_all(const struct genl_family *family, struct sk_buff *skb);
int tcmu_nl_tell_one(struct net *net, u32 portid, struct sk_buff *event);

/* nl_params.c */
unsigned long tcmu_nl_time_limit(void);

#endif /* TCMU_NETLINK_H */
