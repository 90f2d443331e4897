/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Small files of sysfs and configfs.
 */
#ifndef TCMUSER_SYSFS_H
#define TCMUSER_SYSFS_H

#include <stddef.h>
#include <stdint.h>

/* What goes before /sys and /dev: nothing, but for tests */
extern const char *sysfs_root;

/* Each @dir is a path with the root in it. -errno on failure. */

/* The text without the newline at its end; its length */
int sysfs_read(const char *dir, const char *file, char *buf, size_t size);
/* A number in the notation of C, and nothing else */
int sysfs_read_u64(const char *dir, const char *file, uint64_t *value);
/* As one write(2), as these files want it; 0 */
int sysfs_write(const char *dir, const char *file, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The same by a file that stays open, which whoever removes its directory does not
 * keep us from. A file descriptor.
 */
int sysfs_open(const char *dir, const char *file);
int sysfs_put(int fd, const char *text);

/* Digits of C's notation up to the end of @text */
int sysfs_number(const char *text, uint64_t *value);

/* Directories; with the root before them, and to be freed. NULL: no memory */
char *sysfs_dir(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The size in bytes that a backstore's info has, at @dir in configfs */
int sysfs_dev_size(const char *dir, uint64_t *bytes);

/* Parameters of the module */
int sysfs_param_set(const char *name, unsigned int value);
int sysfs_param_get(const char *name, char *buf, size_t size);

#endif /* TCMUSER_SYSFS_H */
