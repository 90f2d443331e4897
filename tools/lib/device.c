// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A device that is served: claimed, opened, changed, closed.
 */
#include "device.h"

#include "context.h"
#include "queue.h"
#include "scsi.h"
#include "sysfs.h"
#include "uio.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- names ---------------------------------------------------------------------- */

const char *device_config(const struct tcmuser_handler *handler,
			  const char *dev_config)
{
	size_t len = strlen(handler->name);

	if (strncmp(dev_config, handler->name, len))
		return NULL;
	if (dev_config[len] == '/')
		return dev_config + len + 1;
	return dev_config[len] ? NULL : dev_config + len;
}

bool device_is(const struct tcmuser_dev *dev, unsigned int nr,
	       const struct uio_name *name)
{
	char text[sizeof(name->name) + 16];

	snprintf(text, sizeof(text), "%u/%s", name->host, name->name);
	return dev->queues[0]->uio == nr && !strcmp(dev->name, text);
}

bool device_is_gone(const struct tcmuser_dev *dev)
{
	struct pollfd fd = { .fd = dev->queues[0]->fd, .events = POLLIN };

	return poll(&fd, 1, 0) == 1 &&
	       (fd.revents & (POLLERR | POLLHUP | POLLNVAL));
}

static void free_dev(struct tcmuser_dev *dev)
{
	free(dev->queues);
	free(dev->name);
	free(dev->config);
	free(dev->dir);
	pthread_mutex_destroy(&dev->lock);
	free(dev);
}

static struct tcmuser_dev *new_dev(struct tcmuser *ctx,
				   const struct tcmuser_handler *handler,
				   const struct uio_name *name)
{
	struct tcmuser_dev *dev = calloc(1, sizeof(*dev));

	if (!dev)
		return NULL;
	dev->ctx = ctx;
	dev->handler = handler;
	dev->tmr_fd = -1;
	pthread_mutex_init(&dev->lock, NULL);
	if (asprintf(&dev->name, "%u/%s", name->host, name->name) < 0)
		dev->name = NULL;
	dev->config = strdup(device_config(handler, name->config));
	dev->dir = sysfs_dir("/sys/kernel/config/target/core/user_%u/%s",
			     name->host, name->name);
	if (dev->name && dev->config && dev->dir)
		return dev;
	free_dev(dev);
	return NULL;
}

/* ---- queues ----------------------------------------------------------------------- */

static int add_queue(struct tcmuser_dev *dev, unsigned int uio)
{
	struct tcmuser_queue **queues;
	int ret;

	queues = reallocarray(dev->queues, dev->nr_queues + 1, sizeof(*queues));
	if (!queues)
		return -ENOMEM;
	dev->queues = queues;
	ret = queue_open(dev, dev->nr_queues, uio, &queues[dev->nr_queues]);
	if (!ret)
		dev->nr_queues++;
	return ret;
}

struct search {
	const struct uio_name *name;
	unsigned int queue;
	unsigned int uio;
};

static int is_queue(void *arg, unsigned int nr, const struct uio_name *name)
{
	struct search *search = arg;

	if (name->queue != search->queue || name->host != search->name->host ||
	    strcmp(name->name, search->name->name))
		return 0;
	search->uio = nr;
	return 1;
}

/* The first is uio@nr; the others are numbered from 1 */
static int open_queues(struct tcmuser_dev *dev, unsigned int nr,
		       const struct uio_name *name)
{
	struct search search = { .name = name };
	int ret;

	ret = add_queue(dev, nr);
	while (!ret) {
		search.queue = dev->nr_queues;
		ret = uio_each(is_queue, &search);
		if (ret <= 0)
			return ret;
		ret = add_queue(dev, search.uio);
	}
	return ret;
}

static int map_queues(struct tcmuser_dev *dev)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < dev->nr_queues && !ret; i++)
		ret = queue_map(dev->queues[i]);
	return ret;
}

static int start_queues(struct tcmuser_dev *dev)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < dev->nr_queues && !ret; i++)
		ret = queue_start(dev->queues[i]);
	return ret;
}

static void join_queues(struct tcmuser_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->nr_queues; i++)
		queue_join(dev->queues[i]);
}

static void free_queues(struct tcmuser_dev *dev)
{
	while (dev->nr_queues)
		queue_free(dev->queues[--dev->nr_queues]);
}

/* ---- what configfs is told --------------------------------------------------------- */

static void set_blocked(struct tcmuser_dev *dev, bool blocked)
{
	int ret = sysfs_write(dev->dir, "action/block_dev", "%d", blocked);

	if (ret)
		tcmuser_dev_log(dev, TCMUSER_WARNING, "action/block_dev: %s",
				strerror(-ret));
}

/*
 * What is in the ring ends BUSY. True if the device is blocked now: one that is
 * just being added has neither anything in its ring nor these files yet.
 */
static bool block_and_reset(struct tcmuser_dev *dev)
{
	int ret = sysfs_write(dev->dir, "action/block_dev", "1");

	if (ret == -EINVAL)
		return false;
	if (!ret)
		ret = sysfs_write(dev->dir, "action/reset_ring", "1");
	if (ret)
		tcmuser_dev_log(dev, TCMUSER_WARNING, "its ring cannot be reset: %s",
				strerror(-ret));
	return true;
}

/*
 * Has the driver put what the last program left into a fresh ring, for the next one?
 * One that does not know of it has no such file.
 */
static bool is_replayed(const struct tcmuser_dev *dev)
{
	char recovery[16];

	return sysfs_read(dev->dir, "attrib/recovery", recovery,
			  sizeof(recovery)) > 0 && !strcmp(recovery, "replay");
}

/* A driver that does not know of it has no such file */
static void want_tmr(struct tcmuser_dev *dev)
{
	if (!dev->handler->tmr || !(dev->disk.features & TCMUSER_CAN_TMR))
		return;
	dev->tmr_fd = sysfs_open(dev->dir, "attrib/tmr_notification");
	if (dev->tmr_fd >= 0)
		sysfs_put(dev->tmr_fd, "1");
}

/* Other programs may not know such entries */
static void want_no_tmr(struct tcmuser_dev *dev)
{
	if (dev->tmr_fd < 0)
		return;
	sysfs_put(dev->tmr_fd, "0");
	close(dev->tmr_fd);
	dev->tmr_fd = -1;
}

/* ---- opening and closing ------------------------------------------------------------- */

static int checked(int ret)
{
	return ret > 0 || ret < -4095 ? -EIO : ret;
}

static int open_handler(struct tcmuser_dev *dev)
{
	const struct tcmuser_handler *handler = dev->handler;
	int ret = disk_init(&dev->disk, handler, dev->dir);

	if (ret) {
		tcmuser_dev_error(dev, "its size or block size cannot be read, or no disk has it: %s",
				  strerror(-ret));
		return ret;
	}
	if (handler->open)
		ret = checked(handler->open(dev));
	if (ret)
		return ret;
	ret = disk_start(&dev->disk);
	if (ret && handler->close)
		handler->close(dev);
	dev->opened = !ret;
	return ret;
}

static void close_handler(struct tcmuser_dev *dev)
{
	if (!dev->opened)
		return;
	if (dev->handler->close)
		dev->handler->close(dev);
	disk_end(&dev->disk);
	want_no_tmr(dev);
	dev->opened = false;
}

void device_stop(struct tcmuser_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->nr_queues; i++)
		queue_stop(dev->queues[i]);
}

void device_close(struct tcmuser_dev *dev)
{
	device_stop(dev);
	join_queues(dev);
	/* before the next program can have the device */
	close_handler(dev);
	free_queues(dev);
	free_dev(dev);
}

/* The device is ours; what may still go wrong is the handler's, or the mapping's */
static int serve(struct tcmuser_dev *dev, bool reset)
{
	bool blocked = reset && !is_replayed(dev) && block_and_reset(dev);
	int ret;

	ret = map_queues(dev);
	if (!ret)
		ret = open_handler(dev);
	if (!ret) {
		want_tmr(dev);
		ret = start_queues(dev);
	}
	if (blocked)
		set_blocked(dev, false);
	return ret;
}

int device_open(struct tcmuser *ctx, const struct tcmuser_handler *handler,
		unsigned int nr, const struct uio_name *name, bool reset,
		struct tcmuser_dev **devp)
{
	struct tcmuser_dev *dev = new_dev(ctx, handler, name);
	int ret;

	if (!dev)
		return -ENOMEM;
	ret = open_queues(dev, nr, name);
	if (!ret)
		ret = serve(dev, reset);
	if (ret) {
		/* a handler's open may say EBUSY, too */
		if (ret == -EBUSY && !dev->nr_queues)
			ret = DEVICE_TAKEN;
		else
			tcmuser_dev_error(dev, "cannot be served by '%s': %s",
					  handler->name, strerror(-ret));
		device_close(dev);
		return ret;
	}
	tcmuser_dev_log(dev, TCMUSER_INFO, "served by '%s'", handler->name);
	*devp = dev;
	return 0;
}

/* ---- changes ------------------------------------------------------------------------------ */

static int set_config(struct tcmuser_dev *dev, const char *dev_config)
{
	const char *config = device_config(dev->handler, dev_config);
	char *copy;
	int ret;

	if (!config) {
		tcmuser_dev_error(dev, "its config has to begin by '%s'",
				  dev->handler->name);
		return -EINVAL;
	}
	/* what restores a configuration writes what is there already */
	if (!strcmp(config, dev->config))
		return 0;
	if (!dev->handler->reconfig)
		return -EOPNOTSUPP;
	copy = strdup(config);
	if (!copy)
		return -ENOMEM;
	ret = checked(dev->handler->reconfig(dev, copy));
	if (ret) {
		free(copy);
		return ret;
	}
	free(dev->config);
	dev->config = copy;
	return 0;
}

static int set_size(struct tcmuser_dev *dev, uint64_t bytes)
{
	int ret = 0;

	if (!bytes || bytes % dev->disk.block_size)
		return -EINVAL;
	if (bytes == tcmuser_dev_size(dev))
		return 0;
	if (dev->handler->resize)
		ret = checked(dev->handler->resize(dev, bytes));
	if (ret)
		return ret;
	pthread_mutex_lock(&dev->lock);
	disk_resize(&dev->disk, bytes);
	pthread_mutex_unlock(&dev->lock);
	return 0;
}

int device_reconfig(struct tcmuser_dev *dev, const struct tcmuser_event *event)
{
	if (event->config)
		return set_config(dev, event->config);
	if (event->has_size)
		return set_size(dev, event->dev_size);
	if (event->write_cache >= 0) {
		disk_set_write_cache(&dev->disk, event->write_cache);
		return 0;
	}
	return -EOPNOTSUPP;
}

int tcmuser_dev_set_size(struct tcmuser_dev *dev, uint64_t bytes)
{
	int ret;

	if (!bytes || bytes % dev->disk.block_size)
		return -EINVAL;
	pthread_mutex_lock(&dev->lock);
	ret = sysfs_write(dev->dir, "control", "dev_size=%llu",
			  (unsigned long long)bytes);
	if (!ret && dev->opened)
		disk_resize(&dev->disk, bytes);
	else if (!ret)
		__atomic_store_n(&dev->disk.size, bytes, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}
