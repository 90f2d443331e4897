/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Access to memory that may not be there: what would kill the process by SIGBUS or
 * SIGSEGV returns false.
 */
#ifndef TCMU_GUARD_H
#define TCMU_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* Once, before any of the others */
void guard_start(void);
bool guard_store(volatile void *to, const void *from, size_t len);
bool guard_load(void *to, const volatile void *from, size_t len);

#endif /* TCMU_GUARD_H */
