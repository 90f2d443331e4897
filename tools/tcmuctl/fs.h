/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of configfs, sysfs and procfs. Paths are as everybody knows them; what
 * fs_set_root() says stands before them when they are opened.
 */
#ifndef FS_H
#define FS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FS_TARGET "/sys/kernel/config/target"
#define FS_CORE FS_TARGET "/core"
#define FS_LOOP FS_TARGET "/loopback"
#define FS_MODULE "/sys/module/target_core_user"

void fs_set_root(const char *dir);
/* There is one: this is a test, and nothing is done to the machine */
bool fs_is_fake(void);

/* printf() into a path of PATH_MAX bytes; 0 or -ENAMETOOLONG */
int fs_path(char *path, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same, with the root in front: for other users of paths than this room */
int fs_full(char *path, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

bool fs_exists(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * What is in a file, up to @size - 1 bytes and without blanks and newlines at its
 * end. Returns the length, or a negative errno and an empty text.
 */
int fs_read(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The whole decimal number that is in a file, or a negative errno */
int fs_number(uint64_t *number, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Names in a directory, but for those that begin with a point, in order */
struct names {
	unsigned int nr;
	char **name;
};

/* One that is not there has no names */
struct names fs_names(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
void fs_names_free(struct names *names);

/* Where a link leads to, in PATH_MAX bytes; 0 or a negative errno */
int fs_target(char *target, const char *path);

/* All of these return 0 or a negative errno. A text is one write(2). */
int fs_write(const char *path, const char *text);
int fs_mkdir(const char *path);
int fs_rmdir(const char *path);
int fs_symlink(const char *target, const char *path);
int fs_unlink(const char *path);
/* Open it and close it again, as a reader would */
int fs_touch(const char *path);

#endif /* FS_H */
