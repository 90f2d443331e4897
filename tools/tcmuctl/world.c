// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices: those that are in configfs, and which one a user means.
 */
#include "world.h"

#include "fs.h"
#include "tcmuctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *state_of(const struct dev *dev)
{
	char text[32];

	if (!dev->enabled)
		return "new";
	/* of our driver alone */
	fs_read(text, sizeof(text), "%s/attrib/ring_state", dev->dir);
	if (!strcmp(text, "broken"))
		return "broken";
	fs_read(text, sizeof(text), "%s/action/block_dev", dev->dir);
	return strcmp(text, "blocked") ? "ok" : "blocked";
}

static void read_config(struct dev *dev)
{
	const char *slash;

	fs_read(dev->dev_config, sizeof(dev->dev_config),
		"%s/attrib/dev_config", dev->dir);
	slash = strchrnul(dev->dev_config, '/');
	snprintf(dev->handler, sizeof(dev->handler), "%.*s",
		 (int)(slash - dev->dev_config), dev->dev_config);
	snprintf(dev->config, sizeof(dev->config), "%s",
		 *slash ? slash + 1 : "");
}

static void add(struct world *world, unsigned int host, const char *name)
{
	struct dev *dev;
	uint64_t enabled = 0;

	world->devs = say_alloc(world->devs, world->nr_devs + 1,
				sizeof(*world->devs));
	dev = &world->devs[world->nr_devs];
	memset(dev, 0, sizeof(*dev));
	dev->host = host;
	snprintf(dev->name, sizeof(dev->name), "%s", name);
	snprintf(dev->id, sizeof(dev->id), "%u/%s", host, name);
	/* files there are no devices */
	if (fs_path(dev->dir, FS_CORE "/user_%u/%s", host, name) ||
	    !fs_exists("%s/control", dev->dir))
		return;
	fs_number(&enabled, "%s/enable", dev->dir);
	dev->enabled = enabled;
	fs_number(&dev->size, "%s/attrib/dev_size", dev->dir);
	read_config(dev);
	dev->state = state_of(dev);
	world->nr_devs++;
}

static void scan_host(struct world *world, const char *dir)
{
	unsigned int host, i;
	struct names names;
	int end = 0;

	if (sscanf(dir, "user_%u%n", &host, &end) != 1 || dir[end])
		return;
	names = fs_names(FS_CORE "/%s", dir);
	for (i = 0; i < names.nr; i++)
		add(world, host, names.name[i]);
	fs_names_free(&names);
}

void world_scan(struct world *world)
{
	struct names names = fs_names(FS_CORE);
	unsigned int i;

	memset(world, 0, sizeof(*world));
	for (i = 0; i < names.nr; i++)
		scan_host(world, names.name[i]);
	fs_names_free(&names);
	uios_scan(world);
	luns_scan(world);
}

void world_free(struct world *world)
{
	free(world->devs);
	free(world->uios);
	free(world->luns);
	memset(world, 0, sizeof(*world));
}

const struct uio *world_next_uio(const struct world *world,
				 const struct dev *dev, const struct uio *after)
{
	const struct uio *uio, *best = NULL;
	unsigned int i;

	for (i = 0; i < world->nr_uios; i++) {
		uio = &world->uios[i];
		if (uio->dev == dev && (!after || uio->queue > after->queue) &&
		    (!best || uio->queue < best->queue))
			best = uio;
	}
	return best;
}

const struct uio *world_uio(const struct world *world, const struct dev *dev)
{
	return world_next_uio(world, dev, NULL);
}

const struct lun *world_lun(const struct world *world, const struct dev *dev,
			    const struct lun *after)
{
	unsigned int i = after ? after - world->luns + 1 : 0;

	for (; i < world->nr_luns; i++)
		if (world->luns[i].dev == dev)
			return &world->luns[i];
	return NULL;
}

/* By a node of /dev: the disk's, or the daemon's */
static const struct dev *find_by_node(const struct world *world,
				      const char *node)
{
	unsigned int i, nr;
	int end = 0;

	if (sscanf(node, "uio%u%n", &nr, &end) == 1 && end && !node[end])
		for (i = 0; i < world->nr_uios; i++)
			if (world->uios[i].nr == nr)
				return world->uios[i].dev;
	for (i = 0; i < world->nr_luns; i++)
		if (!strcmp(world->luns[i].disk, node))
			return world->luns[i].dev;
	return NULL;
}

static const struct dev *find_by_name(const struct world *world,
				      const char *name, unsigned int *nr)
{
	const struct dev *found = NULL, *dev;

	*nr = 0;
	for (dev = world->devs; dev < world->devs + world->nr_devs; dev++) {
		if (!strcmp(dev->id, name)) {
			*nr = 1;
			return dev;
		}
		if (!strcmp(dev->name, name)) {
			found = dev;
			++*nr;
		}
	}
	return found;
}

const struct dev *world_find(const struct world *world, const char *what)
{
	const struct dev *dev;
	unsigned int nr;

	if (!strncmp(what, "/dev/", 5)) {
		dev = find_by_node(world, what + 5);
		if (!dev)
			say_error("%s belongs to no device of target_core_user: see tcmuctl list",
				  what);
		return dev;
	}
	if (!strncmp(what, "user_", 5) && strchr(what, '/'))
		what += 5;
	dev = find_by_name(world, what, &nr);
	if (nr == 1)
		return dev;
	if (nr)
		say_error("%u devices have the name %s: say HOST/%s, see tcmuctl list",
			  nr, what, what);
	else
		say_error("no device %s: see tcmuctl list", what);
	return NULL;
}
