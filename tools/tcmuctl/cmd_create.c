// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmuctl create
 */
#include "tcmuctl.h"

#include "create.h"
#include "describe.h"
#include "driver.h"
#include "loop.h"
#include "out.h"
#include "slow.h"
#include "undo.h"
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct request request = { .host = UINT64_MAX };
static struct opt_list settings;
static const char *name, *loop;
static double seconds = 20;

static const struct opt opts[] = {
	{ "size", OPT_SIZE, "SIZE", "of the disk, 10G; a file's, if not said", &request.size },
	{ "name", OPT_TEXT, "NAME", "of the device; else made of CONFIG", &name },
	{ "host", OPT_NUMBER, "N",
	  "in user_N, which may exist; else in a new one", &request.host, 0,
	  65535 },
	{ "block-size", OPT_SIZE, "BYTES", "of a logical block, 512 if not said",
	  &request.block_size },
	{ "max-data-area", OPT_MIB, "MB", "memory for data under way",
	  &request.area_mib },
	{ "ring-size", OPT_MIB, "MB", "memory for commands under way",
	  &request.ring_mib },
	{ "mode", OPT_TEXT, "MODE",
	  "passthrough, or io: the kernel answers control commands",
	  &request.mode },
	{ "queues", OPT_NUMBER, "N", "rings that are served side by side",
	  &request.queues, 1, 1024 },
	{ "set", OPT_LIST, "ATTR=VALUE",
	  "a file in attrib; may be given again", &settings },
	{ "loop", OPT_MAYBE, "WWN",
	  "a disk on this machine, by a new loopback target or by WWN", &loop },
	{ "wait", OPT_SECONDS, "SECONDS",
	  "for a daemon, and for the disk; 20 if not said", &seconds },
	{ }
};

/* ---- what was asked for ------------------------------------------------------ */

static int check_set(void)
{
	const char *item, *at;
	unsigned int i;

	for (i = 0; i < settings.nr; i++) {
		item = settings.item[i];
		at = strchr(item, '=');
		if (!at || at == item || memchr(item, '/', at - item) ||
		    at - item > 100)
			return say_usage("--set %s: should be ATTR=VALUE", item);
	}
	request.set = &settings;
	return 0;
}

static int check_size(void)
{
	uint64_t block = request.block_size ?: 512;

	if (request.size % block)
		return say_usage("--size: %llu is no multiple of the block size, %llu",
				 (unsigned long long)request.size,
				 (unsigned long long)block);
	return 0;
}

static int check(void)
{
	uint64_t block = request.block_size;

	if (request.mode && strcmp(request.mode, "io") &&
	    strcmp(request.mode, "passthrough"))
		return say_usage("--mode: '%s' is neither io nor passthrough",
				 request.mode);
	if (block && (block < 512 || block > 65536 || (block & (block - 1))))
		return say_usage("--block-size: a power of two from 512 to 65536");
	if (loop && *loop && !loop_is_wwn(loop))
		return say_usage("--loop: '%s' is no WWN: naa.5001405 and nine hexadecimal digits",
				 loop);
	if (name && config_check_name(name))
		return EXIT_USAGE;
	return check_size() ?: check_set();
}

static void choose_name(const char *config)
{
	struct world world;

	world_scan(&world);
	if (name)
		snprintf(request.name, sizeof(request.name), "%s", name);
	else
		config_name(request.name, &world, request.handler, config);
	world_free(&world);
}

/* ---- making it --------------------------------------------------------------- */

static bool is_served(void *arg)
{
	const struct dev *dev = arg;
	const struct uio *uio;
	struct world world;
	unsigned int i;
	bool is = false;

	world_scan(&world);
	world_find_servers(&world);
	for (i = 0; i < world.nr_devs; i++) {
		if (strcmp(world.devs[i].id, dev->id))
			continue;
		uio = world_uio(&world, &world.devs[i]);
		is = uio && uio->pid;
	}
	world_free(&world);
	return is;
}

/* A disk's driver would ask one that nobody serves, and wait */
static int wait_for_server(struct dev *dev)
{
	int err = slow_wait("no daemon has opened the device yet", seconds,
			    is_served, dev);

	if (err == -EINTR)
		return say_error("interrupted");
	if (err)
		return say_error("no daemon serves handler '%s': it was not opened within %g s. Is %s running?",
				 dev->handler, seconds,
				 config_is_tcmud(dev->handler) ? "tcmud" :
				 "the program that does");
	return 0;
}

static void report(const struct dev *made, const struct lun *lun)
{
	struct world world;
	unsigned int i;

	if (!global.json && loop) {
		printf("/dev/%s\n", lun->disk);
		return;
	}
	if (!global.json) {
		printf("%s\n", made->id);
		return;
	}
	world_scan(&world);
	world_find_servers(&world);
	for (i = 0; i < world.nr_devs; i++)
		if (!strcmp(world.devs[i].id, made->id))
			out_json(describe(&world, &world.devs[i]), false);
	world_free(&world);
}

static int create(void)
{
	struct lun lun;
	struct dev dev;
	int ret;

	ret = create_device(&request, &dev);
	if (!ret && loop)
		ret = wait_for_server(&dev) ?:
			loop_add(&dev, loop, seconds, &lun);
	if (!ret && slow_stopped())
		ret = say_error("interrupted");
	if (ret) {
		undo_all();
		return ret;
	}
	undo_nothing();
	if (!loop && !is_served(&dev))
		say_note("nobody serves %s yet: a daemon for handler '%s' is to be started",
			 dev.id, dev.handler);
	report(&dev, &lun);
	return EXIT_SUCCESS;
}

static int create_with(const char *config)
{
	int ret = config_join(request.dev_config, request.handler, config);

	if (ret)
		return ret;
	if (!request.size)
		return say_usage("--size is missing");
	choose_name(config);
	return create();
}

static int check_unused(const struct backfile *file)
{
	struct world world;
	int ret;

	world_scan(&world);
	ret = backfile_check_unused(file, &world);
	world_free(&world);
	return ret;
}

static int create_on_file(const char *config)
{
	struct backfile file;
	int ret = backfile_prepare(&file, config, &request.size) ?:
		check_unused(&file);

	if (ret)
		return ret;
	/* what was not said, but measured */
	request.size -= request.size % (request.block_size ?: 512);
	ret = create_with(file.config);
	if (ret)
		backfile_undo(&file);
	return ret;
}

static int run(int argc, char **argv)
{
	const char *config = argc > 1 ? argv[1] : "";
	int ret;

	request.handler = argv[0];
	ret = check() ?: driver_ready();
	if (ret)
		return ret;
	if (strcmp(request.handler, "file"))
		return create_with(config);
	if (!*config)
		return say_usage("create file needs the path of the file");
	return create_on_file(config);
}

const struct cmd cmd_create = {
	.name = "create",
	.args = "HANDLER [CONFIG]",
	.brief = "make a device, and a disk of it",
	.desc = "With --loop, the disk's node is printed, /dev/sdX; otherwise HOST/NAME. When\n"
		"something goes wrong, all of it is taken back. CONFIG is what the daemon's\n"
		"handler takes; with 'file' it is a path, and a file that does not exist is\n"
		"made, sparse:\n\n"
		"  tcmuctl create file /var/tmp/disk.img --size 1G --loop\n",
	.opts = opts,
	.changes = true,
	.min = 1,
	.max = 2,
	.run = run,
};
