// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmuctl delete
 */
#include "tcmuctl.h"

#include "fs.h"
#include "inuse.h"
#include "loop.h"
#include "opt.h"
#include "slow.h"
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool force, keep;

static const struct opt opts[] = {
	{ "force", OPT_FLAG, NULL, "also if it is in use, or exported otherwise",
	  &force },
	{ "keep-loop", OPT_FLAG, NULL, "leave loopback targets that become empty",
	  &keep },
	{ }
};

static int check(const struct world *world, const struct dev *dev)
{
	const struct lun *lun = NULL;
	char why[INUSE_TEXT];

	if (force)
		return 0;
	if (inuse_dev(world, dev, why))
		return say_error("%s is in use: %s. With --force, its users get errors",
				 dev->id, why);
	while ((lun = world_lun(world, dev, lun)))
		if (!lun->loop)
			return say_error("%s is exported by %s: remove that, or say --force",
					 dev->id, lun->name);
	return 0;
}

/*
 * Removing a disk sends commands to it, and waits for them. When nobody answers, they
 * are ended here, as often as they come.
 */
static void end_commands(void *arg)
{
	const struct dev *dev = arg;
	char path[PATH_MAX];

	if (!fs_path(path, "%s/action/reset_ring", dev->dir))
		fs_write(path, "2");
}

static int remove_luns(const struct world *world, const struct dev *dev)
{
	const struct uio *uio = world_uio(world, dev);
	bool orphan = !uio || !uio->pid;
	const struct lun *lun = NULL;
	int ret = 0;

	while (!ret && (lun = world_lun(world, dev, lun)))
		ret = loop_remove(lun, keep, force && orphan ? end_commands :
				  NULL, (void *)dev);
	return ret;
}

static bool has_devices(const char *host)
{
	struct names names = fs_names("%s", host);
	unsigned int i;
	bool has = false;

	for (i = 0; i < names.nr; i++)
		has |= fs_exists("%s/%s/control", host, names.name[i]);
	fs_names_free(&names);
	return has;
}

static int remove_device(const struct dev *dev)
{
	char host[PATH_MAX];
	int err;

	err = slow_rmdir("the daemon has not let it go yet", dev->dir);
	if (err)
		return say_error("cannot remove %s: %s", dev->dir,
				 strerror(-err));
	fs_path(host, FS_CORE "/user_%u", dev->host);
	if (has_devices(host))
		return 0;
	err = fs_rmdir(host);
	/* somebody else may have been quicker, in either direction */
	if (err && err != -ENOENT && err != -EBUSY && err != -ENOTEMPTY)
		return say_error("cannot remove %s: %s", host, strerror(-err));
	return 0;
}

static int delete(const char *what)
{
	const struct dev *dev;
	struct world world;
	int ret = EXIT_FAILURE;

	world_scan(&world);
	world_find_servers(&world);
	dev = world_find(&world, what);
	if (dev)
		ret = check(&world, dev) ?: remove_luns(&world, dev) ?:
			remove_device(dev);
	world_free(&world);
	return ret;
}

static int run(int argc, char **argv)
{
	int ret = 0;

	while (!ret && argc--)
		ret = delete(*argv++);
	return ret;
}

const struct cmd cmd_delete = {
	.name = "delete",
	.args = "DEV...",
	.brief = "remove a device, and its disks",
	.desc = "Loopback targets go, too, when nothing is left in them, and so does user_N.\n"
		"What the daemon has stored stays: a file is not removed.\n",
	.opts = opts,
	.changes = true,
	.min = 1,
	.max = 1024,
	.run = run,
};
