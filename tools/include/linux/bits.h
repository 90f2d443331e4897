/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TOOLS_LINUX_BITS_H
#define TOOLS_LINUX_BITS_H

#define BITS_PER_LONG	((unsigned int)(8 * sizeof(long)))
#define BIT(nr)		(1UL << (nr))

#endif /* TOOLS_LINUX_BITS_H */
