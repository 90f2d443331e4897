// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files in a device's configfs directories 'attrib' and 'action'. Each is
 * described in Documentation/ABI/testing/configfs-tcmu.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "configfs.h"

#include "device.h"
#include "netlink.h"
#include "queues.h"
#include "recover.h"
#include "tcmu.h"

#include <linux/kstrtox.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <target/target_core_backend.h>

struct tcmu_dev *tcmu_attrib_to_dev(struct config_item *item)
{
	struct se_dev_attrib *attrib = container_of(to_config_group(item),
						    struct se_dev_attrib,
						    da_group);

	return to_tcmu_dev(attrib->da_dev);
}

static struct tcmu_dev *action_to_dev(struct config_item *item)
{
	return to_tcmu_dev(container_of(to_config_group(item),
					struct se_device, dev_action_group));
}

/* Programs hear of a change to an enabled device first, and may refuse it */
static int announce(struct tcmu_dev *dev, const struct tcmu_nl_change *change)
{
	int ret;

	if (!target_dev_configured(&dev->se_dev))
		return 0;
	ret = tcmu_nl_notify(dev, TCMU_CMD_RECONFIG_DEVICE, change);
	if (ret == -ESRCH)
		pr_err("%s: change was not made, no daemon has received the netlink event; is it running, and does it read its socket?\n",
		       dev->name);
	else if (ret)
		pr_err("%s: change was not made, the daemon did not agree: error %d\n",
		       dev->name, ret);
	return ret;
}

#define TCMU_SHOW(name, fmt, expr)					\
	static ssize_t tcmu_##name##_show(struct config_item *item,	\
					  char *page)			\
	{								\
		struct tcmu_dev *dev = tcmu_attrib_to_dev(item);		\
									\
		return sprintf(page, fmt "\n", expr);			\
	}

/* A number that is stored where it is used, if @ok holds for it */
#define TCMU_STORE(attr, to, type, parse, ok, rule)			\
	static ssize_t tcmu_##attr##_store(struct config_item *item,	\
					   const char *page,		\
					   size_t count)		\
	{								\
		struct tcmu_dev *dev = tcmu_attrib_to_dev(item);		\
		type val;						\
		int ret;						\
									\
		ret = parse(page, 0, &val);				\
		if (ret)						\
			return ret;					\
		if (!(ok)) {						\
			pr_err("%s: " #attr " " rule "\n", dev->name);	\
			return -EINVAL;					\
		}							\
		WRITE_ONCE(to, val);					\
		return count;						\
	}

TCMU_SHOW(max_data_area_mb, "%u", READ_ONCE(dev->area_mb))
CONFIGFS_ATTR_RO(tcmu_, max_data_area_mb);

TCMU_SHOW(data_pages_per_blk, "%u", READ_ONCE(dev->pages_per_blk))
CONFIGFS_ATTR_RO(tcmu_, data_pages_per_blk);

TCMU_SHOW(cmd_ring_size_mb, "%u", READ_ONCE(dev->ring_mb))
CONFIGFS_ATTR_RO(tcmu_, cmd_ring_size_mb);

TCMU_SHOW(cmd_time_out, "%u", READ_ONCE(dev->cmd_time_out))

static ssize_t tcmu_cmd_time_out_store(struct config_item *item,
				       const char *page, size_t count)
{
	struct tcmu_dev *dev = tcmu_attrib_to_dev(item);
	u32 secs;
	int ret;

	ret = kstrtou32(page, 0, &secs);
	if (ret)
		return ret;
	if (dev->se_dev.export_count) {
		pr_err("%s: cmd_time_out cannot be changed while a LUN is exported\n",
		       dev->name);
		return -EINVAL;
	}
	guard(mutex)(&dev->cfg_lock);
	WRITE_ONCE(dev->cmd_time_out, secs);
	tcmu_queues_renew_timeout(dev);
	return count;
}

CONFIGFS_ATTR(tcmu_, cmd_time_out);

TCMU_SHOW(qfull_time_out, "%d", READ_ONCE(dev->qfull_time_out))
TCMU_STORE(qfull_time_out, dev->qfull_time_out, s32, kstrtos32, val >= -1,
	   "is -1 (default), 0 (never wait) or seconds")
CONFIGFS_ATTR(tcmu_, qfull_time_out);

TCMU_SHOW(tmr_notification, "%i", READ_ONCE(dev->tmr_notification))
TCMU_STORE(tmr_notification, dev->tmr_notification, u8, kstrtou8, val <= 1,
	   "is 0 or 1")
CONFIGFS_ATTR(tcmu_, tmr_notification);

static const char *const recoveries[] = {
	[TCMU_RECOVERY_HOLD]	= "hold",
	[TCMU_RECOVERY_FAIL]	= "fail",
	[TCMU_RECOVERY_REPLAY]	= "replay",
};

TCMU_SHOW(recovery, "%s", recoveries[READ_ONCE(dev->recovery)])

static ssize_t tcmu_recovery_store(struct config_item *item, const char *page,
				   size_t count)
{
	struct tcmu_dev *dev = tcmu_attrib_to_dev(item);
	int val = sysfs_match_string(recoveries, page);

	if (val < 0) {
		pr_err("%s: recovery is hold, fail or replay\n", dev->name);
		return val;
	}
	WRITE_ONCE(dev->recovery, val);
	return count;
}
CONFIGFS_ATTR(tcmu_, recovery);

TCMU_SHOW(recovery_time_out, "%u", READ_ONCE(dev->recovery_time_out))
TCMU_STORE(recovery_time_out, dev->recovery_time_out, u32, kstrtou32, val > 0,
	   "is 1 or more (seconds)")
CONFIGFS_ATTR(tcmu_, recovery_time_out);

TCMU_SHOW(max_signal_delay, "%u", READ_ONCE(dev->max_signal_delay))
TCMU_STORE(max_signal_delay, dev->max_signal_delay, u32, kstrtou32,
	   val <= USEC_PER_MSEC, "is 0 (at once) to 1000 (microseconds)")
CONFIGFS_ATTR(tcmu_, max_signal_delay);

TCMU_SHOW(nl_reply_supported, "%d", READ_ONCE(dev->nl_reply_supported))
TCMU_STORE(nl_reply_supported, dev->nl_reply_supported, s8, kstrtos8, true,
	   "")
CONFIGFS_ATTR(tcmu_, nl_reply_supported);

static ssize_t tcmu_dev_config_show(struct config_item *item, char *page)
{
	struct tcmu_dev *dev = tcmu_attrib_to_dev(item);

	guard(mutex)(&dev->cfg_lock);
	return sprintf(page, "%s\n", dev->config);
}

static ssize_t tcmu_dev_config_store(struct config_item *item,
				     const char *page, size_t count)
{
	struct tcmu_dev *dev = tcmu_attrib_to_dev(item);
	struct tcmu_nl_change change = { .attr = TCMU_ATTR_DEV_CFG };
	char config[TCMU_CONFIG_LEN];
	size_t len = strnlen(page, count);
	int ret;

	if (len && page[len - 1] == '\n')
		len--;
	if (!len || len >= sizeof(config)) {
		pr_err("%s: dev_config must have 1 to %zu bytes\n", dev->name,
		       sizeof(config) - 1);
		return -EINVAL;
	}
	memcpy(config, page, len);
	config[len] = '\0';
	change.str = config;
	ret = announce(dev, &change);
	if (!ret)
		ret = tcmu_dev_set_config(dev, config, len);
	return ret ? : count;
}
CONFIGFS_ATTR(tcmu_, dev_config);

TCMU_SHOW(dev_size, "%llu", READ_ONCE(dev->size))

static ssize_t tcmu_dev_size_store(struct config_item *item, const char *page,
				   size_t count)
{
	struct tcmu_dev *dev = tcmu_attrib_to_dev(item);
	struct tcmu_nl_change change = { .attr = TCMU_ATTR_DEV_SIZE };
	int ret;

	ret = kstrtou64(page, 0, &change.num);
	if (!ret)
		ret = announce(dev, &change);
	if (ret)
		return ret;
	tcmu_dev_set_size(dev, change.num);
	return count;
}
CONFIGFS_ATTR(tcmu_, dev_size);

TCMU_SHOW(emulate_write_cache, "%i", dev->se_dev.dev_attrib.emulate_write_cache)

static ssize_t tcmu_emulate_write_cache_store(struct config_item *item,
					      const char *page, size_t count)
{
	struct tcmu_dev *dev = tcmu_attrib_to_dev(item);
	struct tcmu_nl_change change = { .attr = TCMU_ATTR_WRITECACHE };
	u8 val;
	int ret;

	ret = kstrtou8(page, 0, &val);
	change.num = val;
	if (!ret)
		ret = announce(dev, &change);
	if (ret)
		return ret;
	dev->se_dev.dev_attrib.emulate_write_cache = !!val;
	return count;
}
CONFIGFS_ATTR(tcmu_, emulate_write_cache);

static bool has_broken_ring(const struct tcmu_dev *dev)
{
	struct tcmu_queue *q;
	u32 i;

	for (i = 0; (q = tcmu_queues_at(dev, i)); i++)
		if (tcmu_queue_is_broken(q))
			return true;
	return false;
}

static ssize_t tcmu_ring_state_show(struct config_item *item, char *page)
{
	struct tcmu_dev *dev = tcmu_attrib_to_dev(item);
	const char *state = "ok";

	guard(mutex)(&dev->cfg_lock);
	if (has_broken_ring(dev))
		state = "broken";
	else if (dev->state == TCMU_DEV_BLOCKED)
		state = "blocked";
	return sprintf(page, "%s\n", state);
}
CONFIGFS_ATTR_RO(tcmu_, ring_state);

TCMU_SHOW(nr_queues, "%u", READ_ONCE(dev->nr_queues))
CONFIGFS_ATTR_RO(tcmu_, nr_queues);

TCMU_SHOW(mode, "%s", dev->mode == TCMU_MODE_IO ? "io" : "passthrough")
CONFIGFS_ATTR_RO(tcmu_, mode);

struct configfs_attribute *tcmu_attrib_attrs[] = {
	&tcmu_attr_cmd_time_out,
	&tcmu_attr_qfull_time_out,
	&tcmu_attr_max_data_area_mb,
	&tcmu_attr_data_pages_per_blk,
	&tcmu_attr_cmd_ring_size_mb,
	&tcmu_attr_dev_config,
	&tcmu_attr_dev_size,
	&tcmu_attr_emulate_write_cache,
	&tcmu_attr_tmr_notification,
	&tcmu_attr_nl_reply_supported,
	&tcmu_attr_recovery,
	&tcmu_attr_recovery_time_out,
	&tcmu_attr_max_signal_delay,
	&tcmu_attr_ring_state,
	&tcmu_attr_mode,
	&tcmu_attr_nr_queues,
	NULL,
};

/* The device of an action; NULL before it is enabled */
static struct tcmu_dev *enabled_dev(struct config_item *item)
{
	struct tcmu_dev *dev = action_to_dev(item);

	if (target_dev_configured(&dev->se_dev))
		return dev;
	pr_err("%s: the device is not enabled\n", dev->name);
	return NULL;
}

static ssize_t tcmu_block_dev_show(struct config_item *item, char *page)
{
	struct tcmu_dev *dev = action_to_dev(item);

	return sprintf(page, "%s\n", READ_ONCE(dev->state) == TCMU_DEV_BLOCKED ?
		       "blocked" : "unblocked");
}

static ssize_t tcmu_block_dev_store(struct config_item *item, const char *page,
				    size_t count)
{
	struct tcmu_dev *dev = enabled_dev(item);
	u8 val;
	int ret;

	if (!dev)
		return -EINVAL;
	ret = kstrtou8(page, 0, &val);
	if (ret)
		return ret;
	if (val > 1) {
		pr_err("%s: block_dev: write 0 or 1\n", dev->name);
		return -EINVAL;
	}
	tcmu_dev_block(dev, val);
	return count;
}
CONFIGFS_ATTR(tcmu_, block_dev);

static ssize_t tcmu_reset_ring_store(struct config_item *item,
				     const char *page, size_t count)
{
	struct tcmu_dev *dev = enabled_dev(item);
	u8 val;
	int ret;

	if (!dev)
		return -EINVAL;
	ret = kstrtou8(page, 0, &val);
	if (ret)
		return ret;
	if (val != 1 && val != 2) {
		pr_err("%s: reset_ring: write 1 (commands end BUSY) or 2 (with an error)\n",
		       dev->name);
		return -EINVAL;
	}
	tcmu_dev_reset(dev, val == 1 ? -EBUSY : -EPROTO);
	return count;
}
CONFIGFS_ATTR_WO(tcmu_, reset_ring);

static ssize_t tcmu_free_kept_buf_store(struct config_item *item,
					const char *page, size_t count)
{
	struct tcmu_dev *dev = enabled_dev(item);
	u32 val;
	int ret;

	if (!dev)
		return -EINVAL;
	ret = kstrtou32(page, 0, &val);
	if (ret)
		return ret;
	/* the queue is in the upper half, so that the first one's are plain ids */
	if (val >> 16 >= dev->nr_queues)
		return -ERANGE;
	ret = tcmu_queue_free_kept(dev->queues[val >> 16], (u16)val);
	return ret ? : count;
}
CONFIGFS_ATTR_WO(tcmu_, free_kept_buf);

struct configfs_attribute *tcmu_action_attrs[] = {
	&tcmu_attr_block_dev,
	&tcmu_attr_reset_ring,
	&tcmu_attr_free_kept_buf,
	NULL,
};
