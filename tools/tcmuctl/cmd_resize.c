// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmuctl resize
 */
#include "tcmuctl.h"

#include "driver.h"
#include "fs.h"
#include "inuse.h"
#include "opt.h"
#include "out.h"
#include "size.h"
#include "slow.h"
#include "world.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool force;

static const struct opt opts[] = {
	{ "force", OPT_FLAG, NULL,
	  "smaller though in use; and without a daemon that hears of it",
	  &force },
	{ }
};

static int parse(const struct dev *dev, const char *text, uint64_t *size)
{
	uint64_t val, block = 512;
	bool grow = *text == '+';
	int ret = opt_size("SIZE", text + grow, &val);

	if (ret)
		return ret;
	if (grow && __builtin_add_overflow(val, dev->size, &val))
		return say_usage("SIZE: '%s' is too large", text);
	fs_number(&block, "%s/attrib/hw_block_size", dev->dir);
	if (!val || (block && val % block))
		return say_usage("SIZE: %" PRIu64 " is no multiple of the block size, %" PRIu64,
				 val, block);
	*size = val;
	return 0;
}

static int check(const struct world *world, const struct dev *dev,
		 uint64_t size)
{
	char why[INUSE_TEXT];

	if (size >= dev->size || force || !inuse_dev(world, dev, why))
		return 0;
	return say_error("%s would lose data, and is in use: %s. --force does it nevertheless",
			 dev->id, why);
}

/* control tells nobody */
static int write_silently(const struct dev *dev, const char *number)
{
	char path[PATH_MAX], text[64];

	snprintf(text, sizeof(text), "dev_size=%s", number);
	return fs_path(path, "%s/control", dev->dir) ?: fs_write(path, text);
}

static int write_size(const struct dev *dev, uint64_t size)
{
	char path[PATH_MAX], number[32];
	int err;

	snprintf(number, sizeof(number), "%" PRIu64, size);
	err = fs_path(path, "%s/attrib/dev_size", dev->dir) ?:
		slow_write("the daemon has not answered yet", path, number);
	if (err == -ESRCH && force)
		err = write_silently(dev, number);
	if (err == -ESRCH)
		return say_error("no daemon hears of the new size: start it, or say --force");
	return err ? driver_error("the size was not changed", dev->handler,
				  err) : 0;
}

struct rescan {
	const char *disk;
	uint64_t size;
};

static bool has_size(void *arg)
{
	const struct rescan *rescan = arg;
	uint64_t sectors;

	return !fs_number(&sectors, "/sys/block/%s/size", rescan->disk) &&
		sectors == rescan->size / 512;
}

/* The disk's driver looks at it again */
static int look_again(const struct lun *lun, uint64_t size)
{
	struct rescan what = { lun->disk, size };
	char path[PATH_MAX];
	int err;

	err = fs_path(path, "/sys/class/scsi_device/%s/device/rescan",
		      lun->scsi) ?:
		slow_write("the disk is being looked at", path, "1") ?:
		slow_wait("the disk has its old size yet", 10, has_size, &what);
	if (!err)
		return 0;
	return say_error("%s has its new size, but /dev/%s does not see it: %s",
			 lun->dev->id, lun->disk, strerror(-err));
}

static int rescan_all(const struct world *world, const struct dev *dev,
		      uint64_t size)
{
	const struct lun *lun = NULL;
	int ret = 0;

	while ((lun = world_lun(world, dev, lun)))
		if (lun->disk[0])
			ret |= look_again(lun, size);
	return ret;
}

/* The daemon may have made something else of it */
static void report(const struct dev *dev, uint64_t size)
{
	json_object *object;
	char text[SIZE_TEXT];

	fs_number(&size, "%s/attrib/dev_size", dev->dir);
	if (!global.json) {
		printf("%s: %s (%" PRIu64 " bytes)\n", dev->id,
		       size_text(text, size), size);
		return;
	}
	object = json_object_new_object();
	out_put_text(object, "device", dev->id);
	out_put_number(object, "size", size);
	out_json(object, false);
}

static int resize(const struct world *world, const struct dev *dev,
		  const char *text)
{
	uint64_t size = 0;
	int ret;

	ret = parse(dev, text, &size) ?: check(world, dev, size) ?:
		write_size(dev, size);
	if (ret)
		return ret;
	ret = rescan_all(world, dev, size);
	report(dev, size);
	return ret;
}

static int run(int argc, char **argv)
{
	const struct dev *dev;
	struct world world;
	int ret = EXIT_FAILURE;

	world_scan(&world);
	dev = world_find(&world, argv[0]);
	if (dev)
		ret = resize(&world, dev, argv[1]);
	world_free(&world);
	return ret;
}

const struct cmd cmd_resize = {
	.name = "resize",
	.args = "DEV [+]SIZE",
	.brief = "give a device another size",
	.desc = "The daemon is asked first, and may refuse. Its disks on this machine see the new\n"
		"size at once. With '+' the device becomes so much larger.\n",
	.opts = opts,
	.changes = true,
	.min = 2,
	.max = 2,
	.run = run,
};
