// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers that people write and read.
 */
#include "size.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The digits that @text begins with; *end is what follows them */
static int digits(const char *text, const char **end, uint64_t *number)
{
	uint64_t val = 0;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (__builtin_mul_overflow(val, 10, &val) ||
		    __builtin_add_overflow(val, *text - '0', &val))
			return -ERANGE;
	}
	*end = text;
	*number = val;
	return 0;
}

int size_number(const char *text, uint64_t *number)
{
	const char *end;
	uint64_t val;
	int ret;

	ret = digits(text, &end, &val);
	if (ret)
		return ret;
	if (*end)
		return -EINVAL;
	*number = val;
	return 0;
}

/* What a unit shifts by, or -EINVAL. "KB" may mean two things and so is none. */
static int unit(const char *text)
{
	static const char letters[] = "KMGTP";
	const char *at;

	if (!*text || !strcmp(text, "B"))
		return 0;
	at = strchr(letters, *text & ~0x20);
	if (!at || (text[1] && strcmp(text + 1, "i") && strcmp(text + 1, "iB")))
		return -EINVAL;
	return 10 * (at - letters + 1);
}

int size_parse(const char *text, uint64_t *bytes)
{
	const char *end;
	uint64_t val;
	int ret;

	ret = digits(text, &end, &val);
	if (ret)
		return ret;
	ret = unit(end);
	if (ret < 0)
		return ret;
	if (val > UINT64_MAX >> ret)
		return -ERANGE;
	*bytes = val << ret;
	return 0;
}

/* With one digit behind the point where that says more */
static const char *scaled(char text[SIZE_TEXT], double val, double step,
			  const char *const *units, unsigned int nr)
{
	char number[SIZE_TEXT / 2];
	unsigned int i;
	size_t len;

	/* what would be rounded up to a step is one */
	for (i = 0; i + 1 < nr && val >= step - 0.05; i++)
		val /= step;
	snprintf(number, sizeof(number), "%.1f", val);
	len = strlen(number);
	if (len > 2 && !strcmp(number + len - 2, ".0"))
		number[len - 2] = 0;
	snprintf(text, SIZE_TEXT, "%s%s", number, units[i]);
	return text;
}

const char *size_text(char text[SIZE_TEXT], double bytes)
{
	static const char *const units[] = { "", "K", "M", "G", "T", "P", "E" };

	return scaled(text, bytes, 1024, units, 7);
}

const char *size_time(char text[SIZE_TEXT], double ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };

	return scaled(text, ns, 1000, units, 4);
}

const char *size_count(char text[SIZE_TEXT], double count)
{
	static const char *const units[] = { "", "k", "M", "G", "T", "P", "E" };

	return scaled(text, count, 1000, units, 7);
}
