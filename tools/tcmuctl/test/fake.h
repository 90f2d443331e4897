/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The linker's names for functions that are replaced (__wrap_), and for those that
 * they stand in for (__real_).
 */
#ifndef FAKE_H
#define FAKE_H

#include "../fs.h"

int __real_fs_mkdir(const char *path);
int __real_fs_rmdir(const char *path);
int __real_fs_symlink(const char *target, const char *path);
int __real_fs_unlink(const char *path);
int __wrap_fs_write(const char *path, const char *text);
int __wrap_fs_mkdir(const char *path);
int __wrap_fs_rmdir(const char *path);
int __wrap_fs_symlink(const char *target, const char *path);
int __wrap_fs_unlink(const char *path);

#endif /* FAKE_H */
