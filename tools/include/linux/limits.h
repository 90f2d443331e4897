/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TOOLS_LINUX_LIMITS_H
#define TOOLS_LINUX_LIMITS_H

/* Before the C library's, which includes it itself and would get nothing here */
#include_next <linux/limits.h>
#include <limits.h>

#endif /* TOOLS_LINUX_LIMITS_H */
