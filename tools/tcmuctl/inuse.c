// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether somebody on this machine uses a disk: file systems and swap on it or on its
 * partitions, what device mapper, md and the like have made of it, and who else holds
 * it for himself.
 */
#include "inuse.h"

#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Lines of a table, up to one in which @node is the word number @word */
static bool find_node(const char *table, int word, const char *node,
		      char line[PATH_MAX], bool skip_options)
{
	char path[PATH_MAX], *at, *save, copy[PATH_MAX];
	bool found = false;
	FILE *file;
	int i;

	if (fs_full(path, "%s", table))
		return false;
	file = fopen(path, "re");
	while (file && !found && fgets(line, PATH_MAX, file)) {
		snprintf(copy, sizeof(copy), "%s", line);
		at = skip_options ? strstr(copy, " - ") : copy;
		at = at ? strtok_r(at, " \t\n", &save) : NULL;
		for (i = 0; at && i < word; i++)
			at = strtok_r(NULL, " \t\n", &save);
		found = at && !strcmp(at, node);
	}
	if (file)
		fclose(file);
	return found;
}

/* "ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS... - TYPE SOURCE ..." */
static bool is_mounted(const char *node, const char *number,
		       char why[INUSE_TEXT])
{
	static const char table[] = "/proc/self/mountinfo";
	char line[PATH_MAX], where[256];

	if (!(*number && find_node(table, 2, number, line, false)) &&
	    !find_node(table, 2, node, line, true))
		return false;
	if (sscanf(line, "%*s %*s %*s %*s %255s", where) != 1)
		strcpy(where, "?");
	snprintf(why, INUSE_TEXT, "%s is mounted on %s", node, where);
	return true;
}

static bool is_swap(const char *node, char why[INUSE_TEXT])
{
	char line[PATH_MAX];

	if (!find_node("/proc/swaps", 0, node, line, false))
		return false;
	snprintf(why, INUSE_TEXT, "%s is swap", node);
	return true;
}

static bool is_held(const char *node, const char *dir, char why[INUSE_TEXT])
{
	struct names names = fs_names("%s/holders", dir);

	if (names.nr)
		snprintf(why, INUSE_TEXT, "%s is a part of /dev/%s", node,
			 names.name[0]);
	fs_names_free(&names);
	return why[0];
}

/* Those who take a disk for themselves keep others from it; the kernel knows */
static bool is_claimed(const char *node, char why[INUSE_TEXT])
{
	char path[PATH_MAX];
	int fd;

	if (fs_full(path, "%s", node))
		return false;
	fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		close(fd);
	else if (errno == EBUSY)
		snprintf(why, INUSE_TEXT, "somebody holds %s", node);
	return why[0];
}

/* A disk or a partition, by its directory in sysfs */
static bool in_use(const char *name, const char *dir, char why[INUSE_TEXT])
{
	char node[NAME_SIZE + 8], number[32];

	snprintf(node, sizeof(node), "/dev/%s", name);
	fs_read(number, sizeof(number), "%s/dev", dir);
	why[0] = 0;
	return is_mounted(node, number, why) || is_swap(node, why) ||
		is_held(node, dir, why);
}

bool inuse_disk(const char *disk, char why[INUSE_TEXT])
{
	char dir[PATH_MAX], part[PATH_MAX], node[NAME_SIZE + 8];
	struct names names;
	unsigned int i;
	bool is;

	if (fs_path(dir, "/sys/block/%s", disk))
		return false;
	is = in_use(disk, dir, why);
	names = fs_names("%s", dir);
	for (i = 0; !is && i < names.nr; i++)
		if (!fs_path(part, "%s/%s", dir, names.name[i]) &&
		    fs_exists("%s/partition", part))
			is = in_use(names.name[i], part, why);
	fs_names_free(&names);
	snprintf(node, sizeof(node), "/dev/%s", disk);
	return is || is_claimed(node, why);
}

bool inuse_dev(const struct world *world, const struct dev *dev,
	       char why[INUSE_TEXT])
{
	const struct lun *lun = NULL;

	while ((lun = world_lun(world, dev, lun)))
		if (lun->disk[0] && inuse_disk(lun->disk, why))
			return true;
	return false;
}
