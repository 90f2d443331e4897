/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's log: stderr, or a file. The journal gets levels, others the time.
 */
#ifndef TCMUD_LOG_H
#define TCMUD_LOG_H

#include <stdbool.h>

/* Names and numbers of syslog(3): "info", "6". Returns whether it is one. */
bool log_parse_level(const char *text, int *level);
void log_set_level(int level);

/* Go on in this file, or in the same one, made anew; NULL: stderr. 0 or -errno. */
int log_open(const char *path);

/* A line. Any thread. */
void log_line(int level, const char *message);
void log_say(int level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* TCMUD_LOG_H */
