// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * UIO devices of the driver: their names, where they are, their system calls.
 */
#include "uio.h"

#include "sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEVICE_PREFIX	"tcm-user/"
#define QUEUE_PREFIX	"tcmu-queue/"

/* More queues than any machine has processors */
#define QUEUE_MAX 65536

/* ---- names --------------------------------------------------------------------- */

/* Move *@text behind the prefix, if it begins by it */
static int skip_prefix(const char **text, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(*text, prefix, len))
		return 0;
	*text += len;
	return 1;
}

static int take_number(const char **text, unsigned long max,
		       unsigned int *number)
{
	unsigned long value;
	char *end;

	if (**text < '0' || **text > '9')
		return -EINVAL;
	errno = 0;
	value = strtoul(*text, &end, 10);
	if (errno || value > max)
		return -EINVAL;
	*number = value;
	*text = end;
	return 0;
}

/* HOST/NAME; *@text is what follows */
static int take_device(const char **text, struct uio_name *name)
{
	size_t len;

	if (take_number(text, UINT32_MAX, &name->host) || *(*text)++ != '/')
		return -EINVAL;
	len = strcspn(*text, "/");
	if (!len || len >= sizeof(name->name))
		return -EINVAL;
	memcpy(name->name, *text, len);
	name->name[len] = '\0';
	*text += len;
	return 0;
}

static int parse_device(const char *text, struct uio_name *name)
{
	if (take_device(&text, name))
		return -EINVAL;
	if (*text == '/')
		text++;
	if (strlen(text) >= sizeof(name->config))
		return -EINVAL;
	strcpy(name->config, text);
	return 0;
}

/* tcmu-queue/HOST/NAME/I: the first queue is not named like that */
static int parse_queue(const char *text, struct uio_name *name)
{
	if (take_device(&text, name) || *text++ != '/' ||
	    take_number(&text, QUEUE_MAX, &name->queue))
		return -EINVAL;
	return *text || !name->queue ? -EINVAL : 0;
}

int uio_parse(const char *text, struct uio_name *name)
{
	name->queue = 0;
	name->config[0] = '\0';
	if (skip_prefix(&text, DEVICE_PREFIX))
		return parse_device(text, name);
	if (skip_prefix(&text, QUEUE_PREFIX))
		return parse_queue(text, name);
	return -EINVAL;
}

/* ---- in sysfs -------------------------------------------------------------------- */

int uio_read_name(unsigned int nr, char *buf, size_t size)
{
	char *dir = sysfs_dir("/sys/class/uio/uio%u", nr);
	int ret;

	if (!dir)
		return -ENOMEM;
	ret = sysfs_read(dir, "name", buf, size);
	free(dir);
	return ret;
}

int uio_map_size(unsigned int nr, size_t *size)
{
	char *dir = sysfs_dir("/sys/class/uio/uio%u/maps/map0", nr);
	uint64_t bytes;
	int ret;

	if (!dir)
		return -ENOMEM;
	ret = sysfs_read_u64(dir, "size", &bytes);
	free(dir);
	if (!ret && bytes > SIZE_MAX)
		ret = -EFBIG;
	if (!ret)
		*size = bytes;
	return ret;
}

static int is_uio(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "uio", 3) && entry->d_name[3];
}

struct each {
	int (*fn)(void *arg, unsigned int nr, const struct uio_name *name);
	void *arg;
};

static int look_at(const struct each *each, const char *file)
{
	struct uio_name *name;
	char text[UIO_NAME_MAX];
	unsigned int nr;
	int ret = 0;

	file += strlen("uio");
	if (take_number(&file, UINT32_MAX, &nr) || *file)
		return 0;
	/* one that has just gone is none */
	if (uio_read_name(nr, text, sizeof(text)) < 0)
		return 0;
	name = malloc(sizeof(*name));
	if (!name)
		return -ENOMEM;
	if (!uio_parse(text, name))
		ret = each->fn(each->arg, nr, name);
	free(name);
	return ret;
}

int uio_each(int (*fn)(void *arg, unsigned int nr, const struct uio_name *name),
	     void *arg)
{
	struct each each = { fn, arg };
	struct dirent **files;
	int i, nr, ret = 0;
	char *dir;

	dir = sysfs_dir("/sys/class/uio");
	if (!dir)
		return -ENOMEM;
	nr = scandir(dir, &files, is_uio, versionsort);
	free(dir);
	/* without a device of any driver there is no such directory */
	if (nr < 0)
		return errno == ENOENT ? 0 : -errno;
	for (i = 0; i < nr; i++) {
		if (!ret)
			ret = look_at(&each, files[i]->d_name);
		free(files[i]);
	}
	free(files);
	return ret;
}

/* ---- system calls ------------------------------------------------------------------ */

static int open_dev(unsigned int nr)
{
	char *path = sysfs_dir("/dev/uio%u", nr);
	int fd;

	if (!path)
		return -ENOMEM;
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	free(path);
	return fd;
}

static void close_dev(int fd)
{
	close(fd);
}

static void *map_all(int fd, size_t size)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return map == MAP_FAILED ? NULL : map;
}

static void unmap_all(void *map, size_t size)
{
	munmap(map, size);
}

static int kick(int fd)
{
	uint32_t any = 0;

	return write(fd, &any, sizeof(any)) < 0 ? -errno : 0;
}

static int ack(int fd)
{
	uint32_t count;

	if (read(fd, &count, sizeof(count)) >= 0 || errno == EAGAIN)
		return 0;
	return -errno;
}

struct uio_ops uio_ops = {
	.open = open_dev,
	.close = close_dev,
	.map = map_all,
	.unmap = unmap_all,
	.kick = kick,
	.ack = ack,
};
