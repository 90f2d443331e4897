/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TOOLS_LINUX_BITOPS_H
#define TOOLS_LINUX_BITOPS_H

#include <linux/bits.h>

/* The lowest set bit; there has to be one */
static inline unsigned long __ffs(unsigned long word)
{
	return __builtin_ctzl(word);
}

static inline unsigned long hweight_long(unsigned long word)
{
	return __builtin_popcountl(word);
}

/* The highest set bit, from 1 on; 0 without one */
static inline int fls64(unsigned long long word)
{
	return word ? 64 - __builtin_clzll(word) : 0;
}

#endif /* TOOLS_LINUX_BITOPS_H */
