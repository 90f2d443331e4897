// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Small files of sysfs and configfs.
 */
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No file of these is longer than a page */
#define FILE_MAX 4096

const char *sysfs_root = "";

char *sysfs_dir(const char *format, ...)
{
	char *part, *dir;
	va_list args;
	int ret;

	va_start(args, format);
	ret = vasprintf(&part, format, args);
	va_end(args);
	if (ret < 0)
		return NULL;
	ret = asprintf(&dir, "%s%s", sysfs_root, part);
	free(part);
	return ret < 0 ? NULL : dir;
}

static int open_in(const char *dir, const char *file, int flags)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/%s", dir, file) < 0)
		return -ENOMEM;
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	free(path);
	return fd;
}

int sysfs_read(const char *dir, const char *file, char *buf, size_t size)
{
	int fd = open_in(dir, file, O_RDONLY);
	ssize_t len;

	if (fd < 0)
		return fd;
	len = read(fd, buf, size - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	if (len < 0)
		return len;
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return len;
}

int sysfs_number(const char *text, uint64_t *value)
{
	unsigned long long number;
	char *end;

	/* strtoull() takes blanks and signs */
	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno)
		return -errno;
	if (*end)
		return -EINVAL;
	*value = number;
	return 0;
}

int sysfs_read_u64(const char *dir, const char *file, uint64_t *value)
{
	char buf[32];
	int ret;

	ret = sysfs_read(dir, file, buf, sizeof(buf));
	return ret < 0 ? ret : sysfs_number(buf, value);
}

int sysfs_open(const char *dir, const char *file)
{
	return open_in(dir, file, O_WRONLY);
}

int sysfs_put(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t ret = pwrite(fd, text, len, 0);

	if (ret < 0)
		return -errno;
	return (size_t)ret == len ? 0 : -EIO;
}

int sysfs_write(const char *dir, const char *file, const char *format, ...)
{
	char text[FILE_MAX];
	va_list args;
	int fd, len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(text))
		return -EINVAL;
	fd = sysfs_open(dir, file);
	if (fd < 0)
		return fd;
	len = sysfs_put(fd, text);
	close(fd);
	return len;
}

/* The last one counts: the config that stands before it may have its like in it */
static const char *last_label(const char *text, const char *label)
{
	const char *found = NULL;

	while ((text = strstr(text, label))) {
		text += strlen(label);
		found = text;
	}
	return found;
}

int sysfs_dev_size(const char *dir, uint64_t *bytes)
{
	char info[FILE_MAX + 1];
	const char *text;
	char *end;
	int ret;

	ret = sysfs_read(dir, "info", info, sizeof(info));
	if (ret < 0)
		return ret;
	text = last_label(info, " Size: ");
	if (!text || *text < '0' || *text > '9')
		return -EPROTO;
	errno = 0;
	*bytes = strtoull(text, &end, 10);
	if (errno)
		return -errno;
	return *end == ' ' || !*end ? 0 : -EPROTO;
}

int sysfs_param_set(const char *name, unsigned int value)
{
	char *dir = sysfs_dir("/sys/module/target_core_user/parameters");
	int ret;

	if (!dir)
		return -ENOMEM;
	ret = sysfs_write(dir, name, "%u", value);
	free(dir);
	return ret;
}

int sysfs_param_get(const char *name, char *buf, size_t size)
{
	char *dir = sysfs_dir("/sys/module/target_core_user/parameters");
	int ret;

	if (!dir)
		return -ENOMEM;
	ret = sysfs_read(dir, name, buf, size);
	free(dir);
	return ret;
}
