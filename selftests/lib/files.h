/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small files of the kernel: configfs and sysfs.
 */
#ifndef TCMU_FILES_H
#define TCMU_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Both take a format for the path; errors are -errno */
int file_write(const char *value, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int file_read(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
long file_num(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool file_exists(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A line of /proc/meminfo, in KiB; -1 if there is none of this name */
long file_meminfo(const char *name);

/* Monotonic time in milliseconds, and a wait for a condition */
long now_ms(void);
void sleep_ms(long ms);

#define WAIT_FOR(ms, cond)						\
	({								\
		long end_ = now_ms() + (ms);				\
		bool ok_;						\
									\
		while (!(ok_ = (cond)) && now_ms() < end_)		\
			sleep_ms(5);					\
		ok_;							\
	})

#endif /* TCMU_FILES_H */
