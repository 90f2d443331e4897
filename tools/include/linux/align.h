/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TOOLS_LINUX_ALIGN_H
#define TOOLS_LINUX_ALIGN_H

/* Up to the next multiple of @a, a power of two */
#define ALIGN(x, a)	(((x) + ((__typeof__(x))(a) - 1)) & \
			 ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)

#endif /* TOOLS_LINUX_ALIGN_H */
