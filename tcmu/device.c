// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a LUN, from mkdir to rmdir.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "device.h"

#include "iomode.h"
#include "netlink.h"
#include "queues.h"
#include "recover.h"
#include "resize.h"
#include "sense.h"
#include "submit.h"
#include "tcmu.h"
#include "uio.h"

#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <target/target_core_backend.h>

#define DEF_BLOCK_SIZE		512
#define DEF_MAX_SECTORS		128
#define DEF_QUEUE_DEPTH		128

/* Which state may follow which */
static const unsigned long arrows[] = {
	[TCMU_DEV_NEW]		= BIT(TCMU_DEV_CONFIGURED),
	[TCMU_DEV_CONFIGURED]	= BIT(TCMU_DEV_LIVE) | BIT(TCMU_DEV_NEW),
	[TCMU_DEV_LIVE]		= BIT(TCMU_DEV_BLOCKED) | BIT(TCMU_DEV_DYING),
	[TCMU_DEV_BLOCKED]	= BIT(TCMU_DEV_LIVE) | BIT(TCMU_DEV_DYING),
	[TCMU_DEV_DYING]	= BIT(TCMU_DEV_NEW),
};

static void set_state_locked(struct tcmu_dev *dev, enum tcmu_dev_state state)
{
	lockdep_assert_held(&dev->cfg_lock);
	WARN_ON_ONCE(!(arrows[dev->state] & BIT(state)));
	WRITE_ONCE(dev->state, state);
}

static void set_state(struct tcmu_dev *dev, enum tcmu_dev_state state)
{
	mutex_lock(&dev->cfg_lock);
	set_state_locked(dev, state);
	mutex_unlock(&dev->cfg_lock);
}

/* May the shape of the shared memory still be changed? */
bool tcmu_dev_is_new(const struct tcmu_dev *dev)
{
	return READ_ONCE(dev->state) == TCMU_DEV_NEW;
}

static void set_defaults(struct tcmu_dev *dev)
{
	dev->area_mb = TCMU_DEF_AREA_MB;
	dev->ring_mb = TCMU_MAX_RING_MB;
	dev->pages_per_blk = 1;
	dev->nr_queues = 1;
	dev->cmd_time_out = TCMU_DEF_TIMEOUT;
	dev->qfull_time_out = -1;
	dev->recovery_time_out = TCMU_DEF_TIMEOUT;
	dev->max_signal_delay = TCMU_DEF_SIGNAL_DELAY;
}

/* core: mkdir of a device */
struct se_device *tcmu_alloc_device(struct se_hba *hba, const char *name)
{
	struct tcmu_dev *dev;

	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return NULL;
	dev->name = kasprintf(GFP_KERNEL, TCMU_HBA_PREFIX "%lu/%s",
			      (unsigned long)hba->hba_ptr, name);
	dev->plugs = alloc_percpu(struct tcmu_plug);
	if (!dev->name || !dev->plugs) {
		free_percpu(dev->plugs);
		kfree(dev->name);
		kfree(dev);
		return NULL;
	}
	kref_init(&dev->kref);
	mutex_init(&dev->cfg_lock);
	set_defaults(dev);
	tcmu_nl_init_dev(dev);
	tcmu_resize_init(dev);
	return &dev->se_dev;
}

static void free_rcu_head(struct rcu_head *head)
{
	struct se_device *se_dev = container_of(head, struct se_device,
						rcu_head);
	struct tcmu_dev *dev = to_tcmu_dev(se_dev);

	free_percpu(dev->plugs);
	kfree(dev->name);
	kfree(dev);
}

static void dev_release(struct kref *kref)
{
	struct tcmu_dev *dev = container_of(kref, struct tcmu_dev, kref);

	/* by a lock that commands take with softirqs on */
	tcmu_resize_exit(dev);
	call_rcu(&dev->se_dev.rcu_head, free_rcu_head);
}

void tcmu_dev_put(struct tcmu_dev *dev)
{
	kref_put(&dev->kref, dev_release);
}

/* core: the device's directory has gone. Mappings may keep it a while. */
void tcmu_free_device(struct se_device *se_dev)
{
	tcmu_dev_put(to_tcmu_dev(se_dev));
}

static void set_hw_attribs(struct tcmu_dev *dev)
{
	struct se_dev_attrib *attrib = &dev->se_dev.dev_attrib;

	if (!attrib->hw_block_size)
		attrib->hw_block_size = DEF_BLOCK_SIZE;
	if (!attrib->hw_max_sectors)
		attrib->hw_max_sectors = dev->mode == TCMU_MODE_IO ?
					 tcmu_io_max_sectors(dev) :
					 DEF_MAX_SECTORS;
	attrib->hw_queue_depth = DEF_QUEUE_DEPTH;
}

/* Who answers the control commands is fixed from here on */
static void set_mode_locked(struct tcmu_dev *dev)
{
	struct se_device *se_dev = &dev->se_dev;

	lockdep_assert_held(&dev->cfg_lock);
	set_hw_attribs(dev);
	if (dev->mode == TCMU_MODE_IO) {
		tcmu_io_configure(dev);
		se_dev->transport_flags &= ~TRANSPORT_FLAG_PASSTHROUGH;
	} else {
		se_dev->transport_flags |= TRANSPORT_FLAG_PASSTHROUGH;
	}
}

/* Each has its share of the data area, and at least one block in it */
static int check_queues_locked(const struct tcmu_dev *dev)
{
	u64 pages = (u64)(dev->area_mb / dev->nr_queues) << (20 - PAGE_SHIFT);

	if (pages && pages >= dev->pages_per_blk)
		return 0;
	pr_err("%s: max_data_area_mb=%u is too little for %u queues\n",
	       dev->name, dev->area_mb, dev->nr_queues);
	return -EINVAL;
}

static int bring_up(struct tcmu_dev *dev, u32 index)
{
	int ret;

	guard(mutex)(&dev->cfg_lock);
	if (dev->state != TCMU_DEV_NEW)
		return -EBUSY;
	dev->index = index;
	ret = check_queues_locked(dev);
	if (ret)
		return ret;
	set_mode_locked(dev);
	tcmu_nl_latch(dev);
	ret = tcmu_queues_bring_up(dev);
	if (ret)
		return ret;
	set_state_locked(dev, TCMU_DEV_CONFIGURED);
	return 0;
}

static void take_down(struct tcmu_dev *dev)
{
	tcmu_queues_stop(dev);
	mutex_lock(&dev->cfg_lock);
	set_state_locked(dev, TCMU_DEV_NEW);
	tcmu_queues_put(dev);
	mutex_unlock(&dev->cfg_lock);
}

static int configure(struct tcmu_dev *dev, u32 index)
{
	int ret;

	ret = bring_up(dev, index);
	if (ret) {
		pr_err("%s: cannot be enabled: error %d\n", dev->name, ret);
		return ret;
	}
	ret = tcmu_nl_notify(dev, TCMU_CMD_ADDED_DEVICE, NULL);
	if (ret) {
		pr_err("%s: no daemon took the device: error %d\n", dev->name,
		       ret);
		take_down(dev);
		return ret;
	}
	set_state(dev, TCMU_DEV_LIVE);
	return 0;
}

/*
 * core: enable. A program may refuse; then it may be tried again.
 *
 * The core gives an index to each who writes to 'enable', before it asks us, and takes
 * back the one that it finds when we have refused: while a program is asked for one
 * writer, others come. So each leaves what it has come with, and does so last.
 */
int tcmu_configure_device(struct se_device *se_dev)
{
	u32 index = se_dev->dev_index;
	int ret;

	ret = configure(to_tcmu_dev(se_dev), index);
	se_dev->dev_index = index;
	return ret;
}

/*
 * core: rmdir of an enabled device; no LUN refers to it, no command is left. Or the
 * core itself has failed to enable it, and then it may be tried again. It takes back
 * the index that it finds, which may be that of somebody who was refused; behind
 * take_down() the next one may have come already.
 */
void tcmu_destroy_device(struct se_device *se_dev)
{
	struct tcmu_dev *dev = to_tcmu_dev(se_dev);
	u32 index = dev->index;

	set_state(dev, TCMU_DEV_DYING);
	tcmu_nl_notify(dev, TCMU_CMD_REMOVED_DEVICE, NULL);
	take_down(dev);
	se_dev->dev_index = index;
}

/**
 * tcmu_dev_set_config - store a dev_config, and rename the UIO device by it
 * @dev: the device
 * @config: the string, not empty
 * @len: its length; what is behind it does not count
 *
 * Return: 0, -EINVAL if it is too long, or -ENOMEM.
 */
int tcmu_dev_set_config(struct tcmu_dev *dev, const char *config, size_t len)
{
	char new[TCMU_CONFIG_LEN];
	char *name;

	if (len >= sizeof(new)) {
		pr_err("%s: dev_config has %zu bytes, at most %zu are allowed\n",
		       dev->name, len, sizeof(new) - 1);
		return -EINVAL;
	}
	memcpy(new, config, len);
	new[len] = '\0';

	guard(mutex)(&dev->cfg_lock);
	if (dev->queues[0]) {
		name = tcmu_uio_make_name(dev->queues[0], new);
		if (!name)
			return -ENOMEM;
		tcmu_uio_rename(dev->queues[0], name);
	}
	strscpy(dev->config, new, sizeof(dev->config));
	return 0;
}

/* In I/O mode initiators hear of it; otherwise that is the program's business */
void tcmu_dev_set_size(struct tcmu_dev *dev, u64 size)
{
	guard(mutex)(&dev->cfg_lock);
	if (size != dev->size && dev->state != TCMU_DEV_NEW)
		tcmu_resize_happened_locked(dev);
	WRITE_ONCE(dev->size, size);
}

/* Answer commands BUSY, or stop doing that; the device is enabled */
void tcmu_dev_block(struct tcmu_dev *dev, bool block)
{
	enum tcmu_dev_state state = block ? TCMU_DEV_BLOCKED : TCMU_DEV_LIVE;
	struct tcmu_queue *q;
	u32 i;

	mutex_lock(&dev->cfg_lock);
	if (dev->state != state)
		set_state_locked(dev, state);
	for (i = 0; (q = tcmu_queues_at(dev, i)); i++)
		tcmu_queue_set_blocked(q, block);
	mutex_unlock(&dev->cfg_lock);
	if (!block)
		return;
	for (i = 0; (q = tcmu_queues_at(dev, i)); i++)
		tcmu_queue_flush(q);
}

/* End what is in the rings with @err, as in sense.h; the device is enabled */
void tcmu_dev_reset(struct tcmu_dev *dev, int err)
{
	struct tcmu_queue *q;
	u32 i;

	for (i = 0; (q = tcmu_queues_at(dev, i)); i++)
		tcmu_queue_reset(q, err);
}

/* core: the last LBA. A size below one block is no reason to wrap around. */
sector_t tcmu_get_blocks(struct se_device *se_dev)
{
	struct tcmu_dev *dev = to_tcmu_dev(se_dev);
	u64 size = READ_ONCE(dev->size);
	u32 block_size = se_dev->dev_attrib.block_size;

	if (size < block_size)
		return 0;
	return div_u64(size - block_size, block_size);
}

/* core: a command, in the submitter's context */
sense_reason_t tcmu_parse_cdb(struct se_cmd *se_cmd)
{
	if (to_tcmu_dev(se_cmd->se_dev)->mode == TCMU_MODE_IO)
		return tcmu_io_parse_cdb(se_cmd);
	return passthrough_parse_cdb(se_cmd, tcmu_submit_cmd);
}
