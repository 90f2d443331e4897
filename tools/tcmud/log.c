// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's log: see log.h.
 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static const char *const names[] = {
	"emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"
};

static int least = LOG_NOTICE;	/* atomic, as the next one */
static int file = -1;

bool log_parse_level(const char *text, int *level)
{
	for (*level = 0; *level <= LOG_DEBUG; (*level)++) {
		if (!strcasecmp(text, names[*level]) ||
		    (text[0] == '0' + *level && !text[1]))
			return true;
	}
	return false;
}

void log_set_level(int level)
{
	__atomic_store_n(&least, level, __ATOMIC_RELAXED);
}

/*
 * The number of the file stays the same, so that whoever is writing goes on: the
 * new file takes the old one's place.
 */
int log_open(const char *path)
{
	int fd;

	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	if (file < 0) {
		__atomic_store_n(&file, fd, __ATOMIC_RELAXED);
		return 0;
	}
	dup3(fd, file, O_CLOEXEC);
	close(fd);
	return 0;
}

/* What a line begins with. The journal has the time by itself. */
static int head(char *text, size_t size, int level)
{
	struct timespec now;
	struct tm tm;
	size_t n;

	if (file < 0 && getenv("JOURNAL_STREAM"))
		return snprintf(text, size, "<%d>", level);
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	n = strftime(text, size, "%F %T", &tm);
	return n + snprintf(text + n, size - n, ".%03ld %s: ",
			    now.tv_nsec / 1000000, names[level]);
}

/* As one write, so that lines of several threads do not mix */
void log_line(int level, const char *message)
{
	char text[1024];
	int fd, n;

	if (level > __atomic_load_n(&least, __ATOMIC_RELAXED))
		return;
	n = head(text, sizeof(text), level);
	n += snprintf(text + n, sizeof(text) - n, "%s", message);
	if (n > (int)sizeof(text) - 1)
		n = sizeof(text) - 1;
	text[n++] = '\n';
	fd = __atomic_load_n(&file, __ATOMIC_RELAXED);
	if (write(fd < 0 ? STDERR_FILENO : fd, text, n) < 0)
		return;		/* there is nobody left to tell */
}

void log_say(int level, const char *format, ...)
{
	char text[960];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_line(level, text);
}
