/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TOOLS_LINUX_BUILD_BUG_H
#define TOOLS_LINUX_BUILD_BUG_H

#include <stddef.h>

#ifndef __cplusplus
#define TOOLS_ASSERT(cond, msg, ...)	_Static_assert(cond, msg)
#undef static_assert
/* The message is optional, as in the kernel */
#define static_assert(cond, ...)	TOOLS_ASSERT(cond, ##__VA_ARGS__, #cond)
#endif

#endif /* TOOLS_LINUX_BUILD_BUG_H */
