// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file that the handler 'file' serves: its path, its size, and that there is one.
 */
#include "config.h"

#include "fs.h"
#include "size.h"
#include "tcmuctl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * The path, up to the options, with its %XX read. Returns where that fails: at an
 * escape that is none, or where there is no more room; NULL if it does not.
 */
static const char *unescape(char *path, const char *config)
{
	size_t len = 0;
	int high, low;

	for (; *config && *config != '?'; config++) {
		if (len == PATH_MAX - 1)
			return config;
		path[len] = *config;
		if (*config == '%') {
			high = hex(config[1]);
			low = high < 0 ? -1 : hex(config[2]);
			if (low < 0 || !(high | low))
				return config;
			path[len] = high << 4 | low;
			config += 2;
		}
		len++;
	}
	path[len] = 0;
	return NULL;
}

static int read_path(struct backfile *file)
{
	const char *bad = unescape(file->path, file->config);

	if (!bad)
		return 0;
	if (*bad != '%')
		return say_usage("the path is too long");
	return say_usage("'%.3s' is no escape: '%%' is written %%25", bad);
}

/* The daemon has another working directory */
static int make_absolute(char *text, const char *config)
{
	char cwd[PATH_MAX], *to = text, *end = text + PATH_MAX - 4;
	const char *from = cwd;

	if (*config == '/')
		return fs_path(text, "%s", config);
	if (!getcwd(cwd, sizeof(cwd)))
		return -errno;
	for (; *from && to < end; from++) {
		if (*from == '%' || *from == '?')
			to += sprintf(to, "%%%02X", *from);
		else
			*to++ = *from;
	}
	if (to >= end || strlen(config) + 2 > (size_t)(text + PATH_MAX - to))
		return -ENAMETOOLONG;
	sprintf(to, "/%s", config);
	return 0;
}

static int file_error(const struct backfile *file, int err)
{
	return say_error("%s: %s", file->path, strerror(err));
}

/* Nobody but root: it has the data of a disk */
static int new_file(struct backfile *file, const char *full, uint64_t size)
{
	char text[SIZE_TEXT];
	int fd, err = 0;

	if (!size)
		return say_usage("%s does not exist, and there is no --size",
				 file->path);
	fd = open(full, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return file_error(file, errno);
	file->made = true;
	if (size > INT64_MAX || ftruncate(fd, size))
		err = size > INT64_MAX ? EFBIG : errno;
	close(fd);
	if (err) {
		backfile_undo(file);
		return file_error(file, err);
	}
	say_note("%s is a new file of %s, sparse", file->path,
		 size_text(text, size));
	return 0;
}

static int measure(const struct backfile *file, int fd, uint64_t *size)
{
	struct stat stat;

	if (fstat(fd, &stat))
		return file_error(file, errno);
	if (S_ISREG(stat.st_mode))
		*size = stat.st_size;
	else if (!S_ISBLK(stat.st_mode))
		return say_error("%s is neither a file nor a block device",
				 file->path);
	else if (ioctl(fd, BLKGETSIZE64, size))
		return file_error(file, errno);
	return 0;
}

static int check(const struct backfile *file, const char *full, uint64_t *size)
{
	uint64_t has = 0;
	int fd, ret;

	fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return file_error(file, errno);
	ret = measure(file, fd, &has);
	close(fd);
	if (ret)
		return ret;
	if (*size > has)
		return say_error("%s has %llu bytes, less than --size: enlarge it by truncate -s",
				 file->path, (unsigned long long)has);
	if (!*size)
		*size = has;
	return 0;
}

int backfile_prepare(struct backfile *file, const char *config, uint64_t *size)
{
	char full[PATH_MAX];
	int err;

	file->made = false;
	err = make_absolute(file->config, config);
	if (err)
		return say_error("%s: %s", config, strerror(-err));
	err = read_path(file);
	if (err)
		return err;
	err = fs_full(full, "%s", file->path);
	if (err)
		return file_error(file, -err);
	if (access(full, F_OK) && errno == ENOENT)
		return new_file(file, full, *size);
	return check(file, full, size);
}

/* ---- who else has it ----------------------------------------------------------- */

static int look(const char *path, struct stat *is)
{
	char full[PATH_MAX];

	return fs_full(full, "%s", path) ?: stat(full, is);
}

static bool is_stored_in(const struct dev *dev, const struct stat *file)
{
	char path[PATH_MAX];
	struct stat other;

	return !strcmp(dev->handler, "file") && !unescape(path, dev->config) &&
		!look(path, &other) && other.st_dev == file->st_dev &&
		other.st_ino == file->st_ino;
}

static bool is_shared(const char *config)
{
	const char *options = strchr(config, '?');

	return options && strstr(options, "shared=1");
}

int backfile_check_unused(const struct backfile *file,
			  const struct world *world)
{
	struct stat stat;
	unsigned int i;

	if (file->made || is_shared(file->config) || look(file->path, &stat))
		return 0;
	for (i = 0; i < world->nr_devs; i++)
		if (is_stored_in(&world->devs[i], &stat))
			return say_error("%s is what %s is stored in: two disks would spoil each other's data. '%s?shared=1' is served nevertheless",
					 file->path, world->devs[i].id,
					 file->path);
	return 0;
}

void backfile_undo(const struct backfile *file)
{
	char full[PATH_MAX];

	if (file->made && !fs_full(full, "%s", file->path) && unlink(full))
		say_note("%s stays: %s", file->path, strerror(errno));
}
