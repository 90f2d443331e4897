/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TOOLS_LINUX_KERNEL_H
#define TOOLS_LINUX_KERNEL_H

#include_next <linux/kernel.h>

#include <linux/errno.h>
#include <linux/types.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static inline unsigned int kstrto_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return 16;
}

static inline unsigned int kstrto_base(const char **s, unsigned int base)
{
	bool zero = (*s)[0] == '0';
	bool hex = zero && ((*s)[1] | 0x20) == 'x' &&
		   kstrto_digit((*s)[2]) < 16;

	if (!base)
		base = hex ? 16 : zero ? 8 : 10;
	if (base == 16 && zero && ((*s)[1] | 0x20) == 'x')
		*s += 2;
	return base;
}

/*
 * Digits only, and one newline behind them. A number that is too large is
 * -ERANGE even if garbage follows.
 */
static inline int kstrto_digits(const char *s, unsigned int base,
				unsigned long long *res)
{
	unsigned long long val = 0;
	bool overflow = false;
	const char *start;

	base = kstrto_base(&s, base);
	for (start = s; kstrto_digit(*s) < base; s++) {
		overflow |= __builtin_mul_overflow(val, base, &val);
		overflow |= __builtin_add_overflow(val, kstrto_digit(*s), &val);
	}
	if (overflow)
		return -ERANGE;
	if (s == start)
		return -EINVAL;
	if (*s == '\n')
		s++;
	if (*s)
		return -EINVAL;
	*res = val;
	return 0;
}

static inline int kstrtoull(const char *s, unsigned int base,
			    unsigned long long *res)
{
	return kstrto_digits(s + (*s == '+'), base, res);
}

static inline int kstrtoll(const char *s, unsigned int base, long long *res)
{
	const unsigned long long min = 1ULL << 63;
	unsigned long long val;
	bool minus = *s == '-';
	int ret;

	ret = minus ? kstrto_digits(s + 1, base, &val) :
		      kstrtoull(s, base, &val);
	if (ret)
		return ret;
	if (val > min - !minus)
		return -ERANGE;
	*res = minus ? (long long)-val : (long long)val;
	return 0;
}

#endif /* TOOLS_LINUX_KERNEL_H */
