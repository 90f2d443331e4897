// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of configfs, sysfs and procfs.
 */
#include "fs.h"

#include "size.h"
#include "tcmuctl.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[PATH_MAX];

void fs_set_root(const char *dir)
{
	if (!realpath(dir, root))
		exit(say_usage("--root: %s: %s", dir, strerror(errno)));
}

bool fs_is_fake(void)
{
	return root[0];
}

static int print(char *path, const char *before, const char *format,
		 va_list args)
{
	int len = snprintf(path, PATH_MAX, "%s", before);
	int more = vsnprintf(path + len, PATH_MAX - len, format, args);

	if (more < 0 || more >= PATH_MAX - len) {
		path[0] = 0;
		return -ENAMETOOLONG;
	}
	return 0;
}

int fs_path(char *path, const char *format, ...)
{
	va_list args;
	int ret;

	va_start(args, format);
	ret = print(path, "", format, args);
	va_end(args);
	return ret;
}

int fs_full(char *path, const char *format, ...)
{
	va_list args;
	int ret;

	va_start(args, format);
	ret = print(path, root, format, args);
	va_end(args);
	return ret;
}

bool fs_exists(const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	int ret;

	va_start(args, format);
	ret = print(path, root, format, args);
	va_end(args);
	return !ret && !access(path, F_OK);
}

static int read_all(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t got;

	do {
		got = read(fd, text + len, size - 1 - len);
		if (got > 0)
			len += got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0)
		return -errno;
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	text[len] = 0;
	return len;
}

static int read_file(const char *path, char *text, size_t size)
{
	int fd, ret;

	text[0] = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = read_all(fd, text, size);
	close(fd);
	if (ret < 0)
		text[0] = 0;
	return ret;
}

int fs_read(char *text, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	int ret;

	va_start(args, format);
	ret = print(path, root, format, args);
	va_end(args);
	text[0] = 0;
	return ret ?: read_file(path, text, size);
}

int fs_number(uint64_t *number, const char *format, ...)
{
	char path[PATH_MAX], text[64];
	va_list args;
	int ret;

	va_start(args, format);
	ret = print(path, root, format, args);
	va_end(args);
	if (ret)
		return ret;
	ret = read_file(path, text, sizeof(text));
	return ret < 0 ? ret : size_number(text, number);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

struct names fs_names(const char *format, ...)
{
	struct names names = { .nr = 0 };
	struct dirent **entries;
	char path[PATH_MAX];
	va_list args;
	int ret, i;

	va_start(args, format);
	ret = print(path, root, format, args);
	va_end(args);
	if (ret)
		return names;
	ret = scandir(path, &entries, visible, versionsort);
	if (ret < 0)
		return names;
	names.name = say_alloc(NULL, ret + 1, sizeof(*names.name));
	names.nr = ret;
	for (i = 0; i < ret; i++) {
		names.name[i] = say_copy(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return names;
}

void fs_names_free(struct names *names)
{
	while (names->nr)
		free(names->name[--names->nr]);
	free(names->name);
	names->name = NULL;
}

int fs_target(char *target, const char *path)
{
	char full[PATH_MAX];
	size_t len = strlen(root);
	int ret;

	ret = fs_full(full, "%s", path);
	if (ret)
		return ret;
	if (!realpath(full, target))
		return -errno;
	if (strncmp(target, root, len))
		return -EXDEV;
	memmove(target, target + len, strlen(target + len) + 1);
	return 0;
}

int fs_write(const char *path, const char *text)
{
	char full[PATH_MAX];
	size_t len = strlen(text);
	ssize_t done;
	int fd, ret;

	ret = fs_full(full, "%s", path);
	if (ret)
		return ret;
	fd = open(full, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	done = write(fd, text, len);
	if (done < 0)
		ret = -errno;
	else if ((size_t)done != len)
		ret = -EIO;
	close(fd);
	return ret;
}

int fs_mkdir(const char *path)
{
	char full[PATH_MAX];
	int ret = fs_full(full, "%s", path);

	return ret ?: mkdir(full, 0755) ? -errno : 0;
}

int fs_rmdir(const char *path)
{
	char full[PATH_MAX];
	int ret = fs_full(full, "%s", path);

	return ret ?: rmdir(full) ? -errno : 0;
}

int fs_unlink(const char *path)
{
	char full[PATH_MAX];
	int ret = fs_full(full, "%s", path);

	return ret ?: unlink(full) ? -errno : 0;
}

int fs_touch(const char *path)
{
	char full[PATH_MAX];
	int ret = fs_full(full, "%s", path), fd;

	if (ret)
		return ret;
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int fs_symlink(const char *target, const char *path)
{
	char from[PATH_MAX], full[PATH_MAX];
	int ret = fs_full(full, "%s", path) ?: fs_full(from, "%s", target);

	return ret ?: symlink(from, full) ? -errno : 0;
}
