// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module parameters of the netlink room, which a supervisor of daemons uses.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "netlink.h"

#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/sched.h>

#define DEF_TIMEOUT	60	/* seconds; handlers may take long to open */

static unsigned int netlink_timeout = DEF_TIMEOUT;
module_param(netlink_timeout, uint, 0644);
MODULE_PARM_DESC(netlink_timeout,
		 "Seconds that enable, attribute writes and rmdir wait for a daemon's netlink answer; 0 waits for ever");

/* How long to wait for an answer, in jiffies */
unsigned long tcmu_nl_time_limit(void)
{
	unsigned int secs = READ_ONCE(netlink_timeout);

	return secs ? min_t(u64, (u64)secs * HZ, MAX_JIFFY_OFFSET) :
		      MAX_SCHEDULE_TIMEOUT;
}

static int block_set(const char *str, const struct kernel_param *kp)
{
	u8 val;
	int ret;

	ret = kstrtou8(str, 0, &val);
	if (ret)
		return ret;
	if (val > 1) {
		pr_err("block_netlink: write 0 or 1\n");
		return -EINVAL;
	}
	tcmu_nl_block(val);
	return 0;
}

static int block_get(char *buf, const struct kernel_param *kp)
{
	return sprintf(buf, "%s\n", tcmu_nl_is_blocked() ? "blocked" :
							   "unblocked");
}

static const struct kernel_param_ops block_ops = {
	.set = block_set,
	.get = block_get,
};

module_param_cb(block_netlink, &block_ops, NULL, 0644);
MODULE_PARM_DESC(block_netlink,
		 "1: refuse events that a daemon would have to answer");

static int reset_set(const char *str, const struct kernel_param *kp)
{
	u8 val;
	int ret;

	ret = kstrtou8(str, 0, &val);
	if (ret)
		return ret;
	if (val != 1) {
		pr_err("reset_netlink: write 1\n");
		return -EINVAL;
	}
	ret = tcmu_nl_reset();
	if (ret)
		pr_err("reset_netlink: write 1 to the parameter block_netlink first\n");
	return ret;
}

static const struct kernel_param_ops reset_ops = {
	.set = reset_set,
};

module_param_cb(reset_netlink, &reset_ops, NULL, 0200);
MODULE_PARM_DESC(reset_netlink,
		 "1: end every wait for a daemon's answer; block_netlink must be 1");
