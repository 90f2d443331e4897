// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding the UIO devices of target_core_user's devices, by sysfs alone.
 */
#include "daemon.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CORE	"/sys/kernel/config/target/core"
#define UIO	"/sys/class/uio"

static struct disk disks[MAX_QUEUES];
static int nr_disks;

static bool read_line(const char *path, char *buf, int size)
{
	FILE *file = fopen(path, "re");
	char *line;

	if (!file)
		return false;
	line = fgets(buf, size, file);
	fclose(file);
	if (line)
		line[strcspn(line, "\n")] = '\0';
	return line;
}

static uint64_t read_number(const char *dir, const char *file)
{
	char path[512], line[64];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (!read_line(path, line, sizeof(line)))
		err(1, "cannot read %s", path);
	return strtoull(line, NULL, 0);
}

static void disk_init(struct disk *disk, const char *name, bool with_memory)
{
	char path[300];
	uint64_t size;

	snprintf(disk->name, sizeof(disk->name), "%s", name);
	snprintf(path, sizeof(path), CORE "/user_%s", name);
	size = read_number(path, "attrib/dev_size");
	disk->block_size = read_number(path, "attrib/hw_block_size");
	disk->nr_blocks = size / disk->block_size;
	if (!with_memory)
		return;
	disk->mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			 MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE, -1, 0);
	if (disk->mem == MAP_FAILED)
		err(1, "no memory for %s", name);
}

static struct disk *disk_get(const char *name, bool with_memory)
{
	int i;

	for (i = 0; i < nr_disks; i++)
		if (!strcmp(disks[i].name, name))
			return &disks[i];
	if (nr_disks == MAX_QUEUES)
		errx(1, "too many disks");
	disk_init(&disks[nr_disks], name, with_memory);
	return &disks[nr_disks++];
}

static void map_ring(struct served *served)
{
	char path[300];
	size_t size;

	snprintf(path, sizeof(path), UIO "/%s", served->uio);
	size = read_number(path, "maps/map0/size");
	snprintf(path, sizeof(path), "/dev/%s", served->uio);
	served->fd = open(path, O_RDWR | O_CLOEXEC);
	if (served->fd < 0)
		err(1, "cannot open %s", path);
	served->map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			   served->fd, 0);
	if (served->map == MAP_FAILED)
		err(1, "cannot map %s", path);
	if (tcmu_ring_user_init(&served->ring, served->map, size))
		errx(1, "%s: unknown kind of ring", path);
}

/* The part HOST/NAME of @uio's name, if it is one of ours */
static bool name_of(const char *uio, bool with_queues, char *name)
{
	char path[300], line[512], *slash;

	snprintf(path, sizeof(path), UIO "/%s/name", uio);
	if (!read_line(path, line, sizeof(line)))
		return false;
	if (!strncmp(line, "tcm-user/", 9))
		snprintf(name, NAME_SIZE, "%.*s", NAME_SIZE - 1, line + 9);
	else if (with_queues && !strncmp(line, "tcmu-queue/", 11))
		snprintf(name, NAME_SIZE, "%.*s", NAME_SIZE - 1, line + 11);
	else
		return false;
	slash = strchr(name, '/');
	slash = slash ? strchr(slash + 1, '/') : NULL;
	if (slash)
		*slash = '\0';
	return true;
}

static bool is_wanted(const char *name, char **names, int nr)
{
	while (nr--)
		if (!strcmp(names[nr], name))
			return true;
	return false;
}

/* devices_find - map the rings of these devices; how many there are */
int devices_find(struct served *served, char **names, int nr, bool with_queues,
		 bool with_memory)
{
	char name[NAME_SIZE];
	struct dirent *entry;
	int found = 0;
	DIR *dir;

	dir = opendir(UIO);
	if (!dir)
		err(1, "cannot read " UIO ": is target_core_user loaded?");
	while ((entry = readdir(dir))) {
		if (!name_of(entry->d_name, with_queues, name) ||
		    !is_wanted(name, names, nr))
			continue;
		if (found == MAX_QUEUES)
			errx(1, "too many rings");
		snprintf(served[found].uio, sizeof(served->uio), "%.31s",
			 entry->d_name);
		served[found].disk = disk_get(name, with_memory);
		map_ring(&served[found++]);
	}
	closedir(dir);
	if (nr_disks != nr)
		errx(1, "%d of %d devices found: are they enabled?", nr_disks, nr);
	return found;
}
