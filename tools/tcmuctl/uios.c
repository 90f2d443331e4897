// SPDX-License-Identifier: GPL-2.0-only
/*
 * UIO devices of the driver, and which processes have them open.
 */
#include "world.h"

#include "fs.h"
#include "tcmuctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Room for the longest name: a device's, and 255 bytes of dev_config */
#define UIO_NAME_SIZE 1024

static const struct dev *dev_of(const struct world *world, unsigned int host,
				const char *name, size_t len)
{
	const struct dev *dev;

	for (dev = world->devs; dev < world->devs + world->nr_devs; dev++)
		if (dev->host == host && strlen(dev->name) == len &&
		    !memcmp(dev->name, name, len))
			return dev;
	return NULL;
}

/*
 * "tcm-user/HOST/NAME[/CONFIG]" is a device's first queue, "tcmu-queue/HOST/NAME/I"
 * its Ith. Returns false for what has nothing to do with us.
 */
static bool parse(const struct world *world, const char *text, struct uio *uio)
{
	unsigned int host;
	const char *rest;
	int name = 0;

	uio->queue = 0;
	if (sscanf(text, "tcm-user/%u/%n", &host, &name) == 1 && name) {
		uio->dev = dev_of(world, host, text + name,
				  strcspn(text + name, "/"));
		return true;
	}
	if (sscanf(text, "tcmu-queue/%u/%n", &host, &name) != 1 || !name)
		return false;
	rest = strchr(text + name, '/');
	if (!rest || sscanf(rest, "/%u", &uio->queue) != 1)
		return false;
	uio->dev = dev_of(world, host, text + name, rest - text - name);
	return true;
}

void uios_scan(struct world *world)
{
	struct names names = fs_names("/sys/class/uio");
	char text[UIO_NAME_SIZE];
	struct uio uio;
	unsigned int i;

	for (i = 0; i < names.nr; i++) {
		memset(&uio, 0, sizeof(uio));
		if (sscanf(names.name[i], "uio%u", &uio.nr) != 1 ||
		    fs_read(text, sizeof(text), "/sys/class/uio/%s/name",
			    names.name[i]) < 0 || !parse(world, text, &uio))
			continue;
		world->uios = say_alloc(world->uios, world->nr_uios + 1,
					sizeof(uio));
		world->uios[world->nr_uios++] = uio;
	}
	fs_names_free(&names);
}

static struct uio *uio_of(struct world *world, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < world->nr_uios; i++)
		if (world->uios[i].nr == nr)
			return &world->uios[i];
	return NULL;
}

/* One of the files that a process has open */
static void look_at(struct world *world, const char *pid, const char *fd)
{
	char path[PATH_MAX], target[64];
	struct uio *uio;
	unsigned int nr;
	ssize_t len;
	int end = 0;

	if (fs_full(path, "/proc/%s/fd/%s", pid, fd))
		return;
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return;
	target[len] = 0;
	if (sscanf(target, "/dev/uio%u%n", &nr, &end) != 1 || target[end])
		return;
	uio = uio_of(world, nr);
	if (!uio)
		return;
	uio->pid = atoi(pid);
	fs_read(uio->comm, sizeof(uio->comm), "/proc/%s/comm", pid);
}

bool world_sees_servers(void)
{
	return fs_is_fake() || !geteuid();
}

void world_find_servers(struct world *world)
{
	struct names pids, fds;
	unsigned int i, k;

	if (!world->nr_uios)
		return;
	pids = fs_names("/proc");
	for (i = 0; i < pids.nr; i++) {
		if (pids.name[i][0] < '0' || pids.name[i][0] > '9')
			continue;
		fds = fs_names("/proc/%s/fd", pids.name[i]);
		for (k = 0; k < fds.nr; k++)
			look_at(world, pids.name[i], fds.name[k]);
		fs_names_free(&fds);
	}
	fs_names_free(&pids);
}
