// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small files of the kernel: see files.h.
 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FORMAT_PATH(path, fmt)						\
	do {								\
		va_list ap_;						\
									\
		va_start(ap_, fmt);					\
		vsnprintf(path, sizeof(path), fmt, ap_);		\
		va_end(ap_);						\
	} while (0)

int file_write(const char *value, const char *fmt, ...)
{
	char path[PATH_MAX];
	int fd, ret = 0;

	FORMAT_PATH(path, fmt);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int read_path(char *buf, size_t size, const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	close(fd);
	if (len < 0)
		return -errno;
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return 0;
}

int file_read(char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];

	FORMAT_PATH(path, fmt);
	return read_path(buf, size, path);
}

long file_num(const char *fmt, ...)
{
	char path[PATH_MAX], buf[64];
	int ret;

	FORMAT_PATH(path, fmt);
	ret = read_path(buf, sizeof(buf), path);
	return ret ? ret : strtol(buf, NULL, 0);
}

bool file_exists(const char *fmt, ...)
{
	char path[PATH_MAX];

	FORMAT_PATH(path, fmt);
	return !access(path, F_OK);
}

long file_meminfo(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "r");
	size_t len = strlen(name);
	char line[128];
	long kb = -1;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, len) && line[len] == ':')
			kb = atol(line + len + 1);
	if (file)
		fclose(file);
	return kb;
}

long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}
