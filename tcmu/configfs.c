// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files 'control' and 'info' of a device, and the set of its attributes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "configfs.h"

#include "control.h"
#include "device.h"
#include "queues.h"
#include "reclaim.h"
#include "tcmu.h"

#include <linux/slab.h>
#include <target/target_core_backend.h>

static u64 mb_to_pages(u32 mb)
{
	return (u64)mb << (20 - PAGE_SHIFT);
}

static int set_positive(struct tcmu_dev *dev, const char *key, u32 *to, int val)
{
	if (val <= 0) {
		pr_err("%s: %s must be above 0\n", dev->name, key);
		return -EINVAL;
	}
	*to = val;
	return 0;
}

/* Both are about the shared memory, which exists once the device is enabled */
static int check_shape(struct tcmu_dev *dev, const char *key, s64 area_mb,
		       s64 pages_per_blk)
{
	if (!tcmu_dev_is_new(dev)) {
		pr_err("%s: %s cannot be changed after enable\n", dev->name,
		       key);
		return -EINVAL;
	}
	if (area_mb <= 0 || pages_per_blk <= 0 ||
	    pages_per_blk > mb_to_pages(area_mb)) {
		pr_err("%s: %s: a data area of %lld MiB cannot have blocks of %lld pages\n",
		       dev->name, key, area_mb, pages_per_blk);
		return -EINVAL;
	}
	return 0;
}

static int set_area_mb(struct tcmu_dev *dev, int val)
{
	u32 limit = tcmu_reclaim_limit_mb();
	int ret;

	if (val > 0 && val > limit) {
		pr_warn("%s: max_data_area_mb=%d taken as %u, the global_max_data_area_mb\n",
			dev->name, val, limit);
		val = limit;
	}
	ret = check_shape(dev, "max_data_area_mb", val, dev->pages_per_blk);
	if (!ret)
		dev->area_mb = val;
	return ret;
}

static int set_pages_per_blk(struct tcmu_dev *dev, int val)
{
	int ret = check_shape(dev, "data_pages_per_blk", dev->area_mb, val);

	if (!ret)
		dev->pages_per_blk = val;
	return ret;
}

static int set_ring_mb(struct tcmu_dev *dev, int val)
{
	if (!tcmu_dev_is_new(dev)) {
		pr_err("%s: cmd_ring_size_mb cannot be changed after enable\n",
		       dev->name);
		return -EINVAL;
	}
	if (val > TCMU_MAX_RING_MB) {
		pr_warn("%s: cmd_ring_size_mb=%d taken as %d\n", dev->name,
			val, TCMU_MAX_RING_MB);
		val = TCMU_MAX_RING_MB;
	}
	return set_positive(dev, "cmd_ring_size_mb", &dev->ring_mb, val);
}

static int set_mode(struct tcmu_dev *dev, enum tcmu_mode mode)
{
	if (!tcmu_dev_is_new(dev) && mode != dev->mode) {
		pr_err("%s: mode cannot be changed after enable\n", dev->name);
		return -EINVAL;
	}
	dev->mode = mode;
	return 0;
}

static int set_nr_queues(struct tcmu_dev *dev, int val)
{
	if (!tcmu_dev_is_new(dev)) {
		pr_err("%s: nr_queues cannot be changed after enable\n",
		       dev->name);
		return -EINVAL;
	}
	if (val <= 0 || val > tcmu_queues_max()) {
		pr_err("%s: nr_queues must be 1 to %u here\n", dev->name,
		       tcmu_queues_max());
		return -EINVAL;
	}
	dev->nr_queues = val;
	return 0;
}

static int apply_shape(struct tcmu_dev *dev, const struct tcmu_control_opt *opt)
{
	guard(mutex)(&dev->cfg_lock);
	switch (opt->key) {
	case TCMU_CTL_MAX_DATA_AREA_MB:
		return set_area_mb(dev, opt->val);
	case TCMU_CTL_DATA_PAGES_PER_BLK:
		return set_pages_per_blk(dev, opt->val);
	case TCMU_CTL_MODE:
		return set_mode(dev, opt->val ? TCMU_MODE_IO :
						TCMU_MODE_PASSTHROUGH);
	case TCMU_CTL_NR_QUEUES:
		return set_nr_queues(dev, opt->val);
	default:
		return set_ring_mb(dev, opt->val);
	}
}

static int apply(struct tcmu_dev *dev, const struct tcmu_control_opt *opt)
{
	struct se_dev_attrib *attrib = &dev->se_dev.dev_attrib;

	switch (opt->key) {
	case TCMU_CTL_DEV_CONFIG:
		return tcmu_dev_set_config(dev, opt->str, strlen(opt->str));
	case TCMU_CTL_DEV_SIZE:
		tcmu_dev_set_size(dev, opt->num);
		return 0;
	case TCMU_CTL_HW_BLOCK_SIZE:
		return set_positive(dev, "hw_block_size",
				    &attrib->hw_block_size, opt->val);
	case TCMU_CTL_HW_MAX_SECTORS:
		return set_positive(dev, "hw_max_sectors",
				    &attrib->hw_max_sectors, opt->val);
	case TCMU_CTL_NL_REPLY_SUPPORTED:
		WRITE_ONCE(dev->nl_reply_supported, opt->val);
		return 0;
	default:
		return apply_shape(dev, opt);
	}
}

/* core: a write to 'control' */
ssize_t tcmu_control_store(struct se_device *se_dev, const char *page,
			   ssize_t count)
{
	struct tcmu_dev *dev = to_tcmu_dev(se_dev);
	struct tcmu_control_opt opt;
	char *text, *pos;
	int ret;

	text = kstrndup(page, count, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	pos = text;
	while ((ret = tcmu_control_next(&pos, &opt)) > 0) {
		ret = apply(dev, &opt);
		if (ret)
			break;
	}
	kfree(text);
	return ret ? : count;
}

/*
 * core: the backend's part of 'info'. rtslib and libtcmu parse it. What rtslib
 * finds behind DataPagesPerBlk it saves as the end of the string that it writes to
 * 'control' when it restores the device: so mode and queues come back with it.
 */
ssize_t tcmu_info_show(struct se_device *se_dev, char *page)
{
	struct tcmu_dev *dev = to_tcmu_dev(se_dev);
	ssize_t len;

	guard(mutex)(&dev->cfg_lock);
	len = sprintf(page, "Config: %s Size: %llu ",
		      dev->config[0] ? dev->config : "NULL", dev->size);
	len += sprintf(page + len, "MaxDataAreaMB: %u DataPagesPerBlk: %u%s",
		       dev->area_mb, dev->pages_per_blk,
		       dev->mode == TCMU_MODE_IO ? ",mode=io" : "");
	if (dev->nr_queues > 1)
		len += sprintf(page + len, ",nr_queues=%u", dev->nr_queues);
	len += sprintf(page + len, " CmdRingSizeMB: %u\n", dev->ring_mb);
	return len;
}

static size_t count_attrs(struct configfs_attribute **attrs)
{
	size_t nr = 0;

	while (attrs[nr])
		nr++;
	return nr;
}

static struct configfs_attribute **
append_attrs(struct configfs_attribute **to, struct configfs_attribute **attrs)
{
	while (*attrs)
		*to++ = *attrs++;
	return to;
}

/* The core's attributes differ between kernels: take what it has, add ours */
int tcmu_configfs_setup(struct target_backend_ops *ops)
{
	struct configfs_attribute **attrs, **end;
	size_t nr = count_attrs(passthrough_attrib_attrs) +
		    count_attrs(passthrough_pr_attrib_attrs) +
		    count_attrs(tcmu_attrib_attrs) +
		    count_attrs(tcmu_stat_attrs) + tcmu_core_attrs_max();

	attrs = kcalloc(nr, sizeof(*attrs), GFP_KERNEL);
	if (!attrs)
		return -ENOMEM;
	end = append_attrs(attrs, passthrough_attrib_attrs);
	end = append_attrs(end, passthrough_pr_attrib_attrs);
	end = append_attrs(end, tcmu_attrib_attrs);
	end = append_attrs(end, tcmu_stat_attrs);
	tcmu_core_attrs_append(end);
	ops->tb_dev_attrib_attrs = attrs;
	ops->tb_dev_action_attrs = tcmu_action_attrs;
	return 0;
}

void tcmu_configfs_teardown(struct target_backend_ops *ops)
{
	kfree(ops->tb_dev_attrib_attrs);
}
