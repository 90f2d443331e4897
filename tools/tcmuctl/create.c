// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps by which a device comes up: its directories, its settings, enable.
 */
#include "create.h"

#include "bus.h"
#include "driver.h"
#include "fs.h"
#include "slow.h"
#include "tcmuctl.h"
#include "undo.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 65535

static int failed(const char *what, const char *path, int err)
{
	return say_error("cannot %s %s: %s", what, path, strerror(-err));
}

/* ---- directories ------------------------------------------------------------- */

/* Numbers are those of all backends, which share them in targetcli's eyes */
static bool host_is_taken(unsigned int host)
{
	struct names names = fs_names(FS_CORE);
	bool taken = false;
	unsigned int i, nr;
	const char *at;

	for (i = 0; i < names.nr; i++) {
		at = strrchr(names.name[i], '_');
		taken |= at && sscanf(at, "_%u", &nr) == 1 && nr == host;
	}
	fs_names_free(&names);
	return taken;
}

static int make_host(const struct request *request, struct dev *dev)
{
	char path[PATH_MAX];
	uint64_t host = request->host;
	int err;

	if (host == UINT64_MAX)
		for (host = 0; host < HOST_MAX && host_is_taken(host); host++)
			;
	dev->host = host;
	err = fs_path(path, FS_CORE "/user_%u", dev->host) ?: fs_mkdir(path);
	if (err && err != -EEXIST)
		return failed("make", path, err);
	if (!err)
		undo_rmdir(path);
	return 0;
}

static int make_dirs(const struct request *request, struct dev *dev)
{
	int err = make_host(request, dev);

	if (err)
		return err;
	snprintf(dev->name, sizeof(dev->name), "%s", request->name);
	snprintf(dev->id, sizeof(dev->id), "%u/%s", dev->host, dev->name);
	err = fs_path(dev->dir, FS_CORE "/user_%u/%s", dev->host, dev->name) ?:
		fs_mkdir(dev->dir);
	if (err == -EEXIST)
		return say_error("there is a device %s already: see tcmuctl list",
				 dev->id);
	if (err)
		return failed("make", dev->dir, err);
	undo_rmdir(dev->dir);
	return 0;
}

/* ---- settings ---------------------------------------------------------------- */

static int write_to(const struct dev *dev, const char *file, const char *text)
{
	char path[PATH_MAX];

	return fs_path(path, "%s/%s", dev->dir, file) ?: fs_write(path, text);
}

static int control_text(const struct dev *dev, const char *key, const char *val)
{
	char text[CONFIG_SIZE + 32];
	int err;

	snprintf(text, sizeof(text), "%s=%s", key, val);
	err = write_to(dev, "control", text);
	return err ? say_error("the driver does not take %s: %s", text,
			       strerror(-err)) : 0;
}

static int control(const struct dev *dev, const char *key, uint64_t val)
{
	char text[32];

	if (!val)
		return 0;
	snprintf(text, sizeof(text), "%" PRIu64, val);
	return control_text(dev, key, text);
}

static int set_mode(const struct request *request, const struct dev *dev)
{
	char mode[32];

	if (!request->mode)
		return 0;
	if (control_text(dev, "mode", request->mode))
		return EXIT_FAILURE;
	/* a driver that does not know the key takes it in silence */
	if (fs_read(mode, sizeof(mode), "%s/attrib/mode", dev->dir) > 0 ||
	    !strcmp(request->mode, "passthrough"))
		return 0;
	return say_error("the distribution's target_core_user is loaded: it has no I/O mode");
}

/* Initiators tell disks from each other by it. The daemon reads it at enable. */
static int set_serial(const struct dev *dev)
{
	char uuid[64];
	int err;

	err = fs_read(uuid, sizeof(uuid), "/proc/sys/kernel/random/uuid");
	if (err > 0)
		err = write_to(dev, "wwn/vpd_unit_serial", uuid);
	return err ? say_error("cannot set the serial number: %s",
			       strerror(-err)) : 0;
}

/*
 * attrib/NAME=VALUE of the user. Some of them are taken only before a LUN is made or
 * before enable, and some the target core sets at enable: so they are written before
 * it, and what is not as it should be is written again after it.
 */
static int set_one(const struct dev *dev, const char *item, bool is_last)
{
	char file[NAME_SIZE], has[CONFIG_SIZE];
	const char *val = strchr(item, '=');
	int err;

	snprintf(file, sizeof(file), "attrib/%.*s", (int)(val - item), item);
	if (!fs_exists("%s/%s", dev->dir, file))
		return say_error("--set: there is no attribute %s: see tcmuctl show",
				 file + strlen("attrib/"));
	fs_read(has, sizeof(has), "%s/%s", dev->dir, file);
	if (!strcmp(has, val + 1))
		return 0;
	err = write_to(dev, file, val + 1);
	if (err && is_last)
		return say_error("--set %s: %s", item, strerror(-err));
	return 0;
}

static int set_attributes(const struct request *request, const struct dev *dev,
			  bool is_last)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < request->set->nr && !ret; i++)
		ret = set_one(dev, request->set->item[i], is_last);
	return ret;
}

static int set_all(const struct request *request, const struct dev *dev)
{
	return set_serial(dev) ?:
		control_text(dev, "dev_config", request->dev_config) ?:
		control(dev, "dev_size", request->size) ?:
		control(dev, "hw_block_size", request->block_size) ?:
		control(dev, "max_data_area_mb", request->area_mib) ?:
		control(dev, "cmd_ring_size_mb", request->ring_mib) ?:
		control(dev, "nr_queues", request->queues) ?:
		set_mode(request, dev) ?:
		set_attributes(request, dev, false);
}

/* ---- enable ------------------------------------------------------------------ */

/* A daemon's errno is all that comes through; on D-Bus it may say more */
static int refused(const struct request *request, int err)
{
	static const char what[] = "the device does not come up";
	char why[512] = "";

	if (err != -EINTR && err != -ETIMEDOUT && err != -EAGAIN)
		bus_check(request->handler, request->dev_config, why,
			  sizeof(why));
	if (why[0])
		return say_error("%s: handler '%s': %s", what,
				 request->handler, why);
	return driver_error(what, request->handler, err);
}

static int bring_up(const struct request *request, const struct dev *dev)
{
	char path[PATH_MAX], what[320];
	int err;

	/* it may be that none has this handler: a slip of the pen is seen here */
	snprintf(what, sizeof(what), "no daemon with handler '%s' has answered yet",
		 request->handler);
	err = fs_path(path, "%s/enable", dev->dir) ?:
		slow_write(what, path, "1");
	return err ? refused(request, err) : 0;
}

/* A driver that does not know of queues makes one, and says nothing */
static int check_queues(const struct request *request, const struct dev *dev)
{
	const struct uio *uio = NULL;
	struct world world;
	unsigned int i, nr = 0;

	if (request->queues < 2)
		return 0;
	world_scan(&world);
	for (i = 0; i < world.nr_devs; i++)
		while (!strcmp(world.devs[i].id, dev->id) &&
		       (uio = world_next_uio(&world, &world.devs[i], uio)))
			nr++;
	world_free(&world);
	if (nr == request->queues)
		return 0;
	return say_error("the target_core_user that is loaded made %u of %" PRIu64 " queues",
			 nr, request->queues);
}

int create_device(const struct request *request, struct dev *dev)
{
	memset(dev, 0, sizeof(*dev));
	snprintf(dev->handler, sizeof(dev->handler), "%s", request->handler);
	return make_dirs(request, dev) ?: set_all(request, dev) ?:
		bring_up(request, dev) ?: check_queues(request, dev) ?:
		set_attributes(request, dev, true);
}
