// SPDX-License-Identifier: GPL-2.0-only
/*
 * Between libtcmuser and the disks: see serve.h.
 */
#include "serve.h"

#include "disk.h"
#include "kinds.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tcmuser.h>

#define MAX_KINDS 16

static struct tcmuser_handler handlers[MAX_KINDS];
static unsigned int nr_handlers;

static struct disk *disk_of(struct tcmuser_cmd *cmd)
{
	return tcmuser_dev_priv(tcmuser_cmd_dev(cmd));
}

/* The whole of dev_config, of which the library keeps what follows the name */
static char *whole_config(const struct tcmuser_handler *handler,
			  const char *config)
{
	char *whole;

	return asprintf(&whole, "%s/%s", handler->name, config) < 0 ? NULL :
		whole;
}

/* ---- what disks call ---------------------------------------------------- */

static void ended(void *priv, int result, uint32_t sense)
{
	struct tcmuser_cmd *cmd = priv;

	if (result && sense)
		result = tcmuser_cmd_sense(cmd, sense >> 16, sense & 0xffff);
	tcmuser_cmd_complete(cmd, result);
}

static void log_for(void *owner, int level, const char *message)
{
	tcmuser_dev_log(owner, level, "%s", message);
}

static void resized(void *owner, uint64_t bytes)
{
	struct tcmuser_dev *dev = owner;
	struct disk *disk = tcmuser_dev_priv(dev);
	int ret;

	/* before open has returned */
	if (!disk)
		return;
	ret = disk_resize(disk, bytes);
	if (!ret)
		ret = tcmuser_dev_set_size(dev, bytes);
	if (ret)
		tcmuser_dev_log(dev, TCMUSER_WARNING,
				"it has another size now, and keeps its old one: %s",
				strerror(-ret));
	else
		tcmuser_dev_log(dev, TCMUSER_NOTICE, "it has %llu bytes now",
				(unsigned long long)bytes);
}

static const struct disk_host host = {
	.ended = ended,
	.log = log_for,
	.resized = resized,
};

/* ---- what the library calls, for devices -------------------------------- */

static int check(const struct tcmuser_handler *handler, const char *config,
		 char *why, size_t size)
{
	char *whole = whole_config(handler, config);
	int ret = whole ? stack_check(whole, why, size) : -ENOMEM;

	free(whole);
	return ret;
}

static int open_dev(struct tcmuser_dev *dev)
{
	struct disk_shape shape = {
		.size = tcmuser_dev_size(dev),
		.block_size = tcmuser_dev_block_size(dev),
		.max_transfer = tcmuser_dev_max_transfer(dev),
		.nr_queues = tcmuser_dev_nr_queues(dev),
	};
	char *config = whole_config(tcmuser_dev_handler(dev),
				    tcmuser_dev_config(dev));
	const struct layer *top;
	struct disk *disk;
	int ret = -ENOMEM;

	if (config)
		ret = disk_open(&disk, &host, dev, &shape, config);
	free(config);
	if (ret)
		return ret;
	tcmuser_dev_set_priv(dev, disk);
	top = disk_top(disk);
	tcmuser_dev_set_features(dev, top->features);
	tcmuser_dev_set_limits(dev, top->physical_block, top->io_opt,
			       top->discard_granularity);
	return 0;
}

static void close_dev(struct tcmuser_dev *dev)
{
	disk_close(tcmuser_dev_priv(dev));
}

static int resize_dev(struct tcmuser_dev *dev, uint64_t bytes)
{
	return disk_resize(tcmuser_dev_priv(dev), bytes);
}

static int reconfig_dev(struct tcmuser_dev *dev, const char *config)
{
	char *whole = whole_config(tcmuser_dev_handler(dev), config);
	int ret = whole ? disk_reconfig(tcmuser_dev_priv(dev), whole) : -ENOMEM;

	free(whole);
	return ret;
}

/* ---- for commands ------------------------------------------------------- */

static int start(struct tcmuser_cmd *cmd, struct disk_ask *ask)
{
	int ret;

	ask->queue = tcmuser_cmd_queue(cmd);
	ask->priv = cmd;
	ret = disk_start(disk_of(cmd), ask);
	return ret ? ret : TCMUSER_PENDING;
}

static int read_cmd(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		    size_t len, uint64_t off)
{
	struct disk_ask ask = {
		.op = IO_READ, .iov = iov, .cnt = cnt, .len = len, .off = off,
	};

	return start(cmd, &ask);
}

static int write_cmd(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		     size_t len, uint64_t off)
{
	struct disk_ask ask = {
		.op = IO_WRITE, .iov = iov, .cnt = cnt, .len = len, .off = off,
		.fua = tcmuser_cmd_flags(cmd) & TCMUSER_FUA,
	};

	return start(cmd, &ask);
}

static int flush_cmd(struct tcmuser_cmd *cmd)
{
	struct disk_ask ask = { .op = IO_FLUSH };

	return start(cmd, &ask);
}

static int discard_cmd(struct tcmuser_cmd *cmd, uint64_t off, uint64_t len)
{
	struct disk_ask ask = { .op = IO_DISCARD, .off = off, .len = len };

	return start(cmd, &ask);
}

static int zero_cmd(struct tcmuser_cmd *cmd, uint64_t off, uint64_t len)
{
	struct disk_ask ask = { .op = IO_ZERO, .off = off, .len = len };

	return start(cmd, &ask);
}

static void submit(struct tcmuser_dev *dev, unsigned int queue)
{
	disk_submit(tcmuser_dev_priv(dev), queue);
}

/* ---- handlers ----------------------------------------------------------- */

static const struct tcmuser_handler template = {
	.size = sizeof(struct tcmuser_handler),
	.check = check,
	.open = open_dev,
	.close = close_dev,
	.read = read_cmd,
	.write = write_cmd,
	.flush = flush_cmd,
	.discard = discard_cmd,
	.zero = zero_cmd,
	.resize = resize_dev,
	.reconfig = reconfig_dev,
	.submit = submit,
};

static int add(struct tcmuser *ctx, const struct layer_ops *kind)
{
	struct tcmuser_handler *handler;

	if (nr_handlers == MAX_KINDS)
		return -ENOSPC;
	handler = &handlers[nr_handlers++];
	*handler = template;
	handler->name = kind->name;
	handler->desc = kind->desc;
	handler->priv = (void *)kind;
	return tcmuser_add_handler(ctx, handler);
}

static bool is_among(const char *name, char *const *names, int nr)
{
	while (nr--) {
		if (!strcmp(name, names[nr]))
			return true;
	}
	return false;
}

int serve_register(struct tcmuser *ctx, char *const *names, int nr_names)
{
	const struct layer_ops *const *kind;
	int ret = 0;

	for (kind = layer_kinds; *kind && !ret; kind++) {
		if (!nr_names || is_among((*kind)->name, names, nr_names))
			ret = add(ctx, *kind);
	}
	return ret;
}

bool serve_has(const struct layer_ops *kind)
{
	unsigned int i;

	for (i = 0; i < nr_handlers; i++) {
		if (handlers[i].priv == kind)
			return true;
	}
	return false;
}
