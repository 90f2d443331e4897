// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmuctl block, unblock, reset: the files in action.
 */
#include "tcmuctl.h"

#include "fs.h"
#include "opt.h"
#include "slow.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>

static bool off, hard;

static const struct opt block_opts[] = {
	{ "off", OPT_FLAG, NULL, "let commands flow again, as unblock does",
	  &off },
	{ }
};

static const struct opt reset_opts[] = {
	{ "hard", OPT_FLAG, NULL,
	  "commands fail; without it, initiators send them again", &hard },
	{ }
};

static int act_on(const struct world *world, const char *what,
		  const char *action, const char *text)
{
	const struct dev *dev = world_find(world, what);
	char path[PATH_MAX];
	int err;

	if (!dev)
		return EXIT_FAILURE;
	if (!dev->enabled)
		return say_error("%s is not enabled yet", dev->id);
	err = fs_path(path, "%s/action/%s", dev->dir, action) ?:
		slow_write("commands are being ended", path, text);
	if (err)
		return say_error("cannot write %s to %s: %s", text, path,
				 strerror(-err));
	return 0;
}

static int act(int argc, char **argv, const char *action, const char *text)
{
	struct world world;
	int ret = 0;

	world_scan(&world);
	for (; !ret && argc; argc--)
		ret = act_on(&world, *argv++, action, text);
	world_free(&world);
	return ret;
}

static int run_block(int argc, char **argv)
{
	return act(argc, argv, "block_dev", off ? "0" : "1");
}

static int run_unblock(int argc, char **argv)
{
	return act(argc, argv, "block_dev", "0");
}

static int run_reset(int argc, char **argv)
{
	return act(argc, argv, "reset_ring", hard ? "2" : "1");
}

const struct cmd cmd_block = {
	.name = "block",
	.args = "DEV...",
	.brief = "keep new commands from a device's daemon",
	.desc = "Initiators get BUSY, and try again. Commands that the daemon has go on.\n",
	.opts = block_opts,
	.changes = true,
	.min = 1,
	.max = 1024,
	.run = run_block,
};

const struct cmd cmd_unblock = {
	.name = "unblock",
	.args = "DEV...",
	.brief = "let commands flow again",
	.desc = "",
	.changes = true,
	.min = 1,
	.max = 1024,
	.run = run_unblock,
};

const struct cmd cmd_reset = {
	.name = "reset",
	.args = "DEV...",
	.brief = "forget all commands that a device's daemon has",
	.desc = "The ring becomes empty, and whole if it was broken. No daemon may use it\n"
		"meanwhile: block the device, stop the daemon, reset, start it, unblock.\n",
	.opts = reset_opts,
	.changes = true,
	.min = 1,
	.max = 1024,
	.run = run_reset,
};
