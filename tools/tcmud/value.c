// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values of options: see value.h.
 */
#include "value.h"

#include "io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const op_names[IO_OPS] = {
	[IO_READ] = "read",
	[IO_WRITE] = "write",
	[IO_FLUSH] = "flush",
	[IO_DISCARD] = "discard",
	[IO_ZERO] = "zero",
};

const char *io_op_name(enum io_op op)
{
	return op_names[op];
}

static bool one_of(const char *text, const char *const names[3])
{
	int i;

	for (i = 0; i < 3; i++) {
		if (!strcasecmp(text, names[i]))
			return true;
	}
	return false;
}

bool value_bool(const char *text, bool *value)
{
	static const char *const yes[] = { "1", "yes", "on" };
	static const char *const no[] = { "0", "no", "off" };

	*value = one_of(text, yes);
	return *value || one_of(text, no);
}

/* Digits, and where they end; strtoull() takes blanks and signs, too */
static bool digits(const char *text, uint64_t *value, char **end)
{
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, end, 10);
	return errno == 0;
}

bool value_number(const char *text, uint64_t *value)
{
	char *end;

	return digits(text, value, &end) && !*end;
}

bool value_size(const char *text, uint64_t *value)
{
	static const char units[] = "kmgt";
	const char *unit;
	char *end, lower;

	if (!digits(text, value, &end))
		return false;
	if (!*end)
		return true;
	lower = *end | 0x20;
	unit = strchr(units, lower);
	if (!unit || end[1])
		return false;
	return !__builtin_mul_overflow(*value,
				       1ull << (10 * (unit - units + 1)), value);
}

bool value_time(const char *text, uint64_t *value)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 },
		{ "s", 1000000000 }, {}
	}, *unit;
	char *end;

	if (!digits(text, value, &end))
		return false;
	for (unit = units; unit->name; unit++) {
		if (!strcmp(end, unit->name))
			return !__builtin_mul_overflow(*value, unit->ns, value) &&
				*value <= INT64_MAX;
	}
	return !*end && *value == 0;
}

bool value_ratio(const char *text, double *value)
{
	char *end;

	if (strspn(text, "0123456789.") != strlen(text))
		return false;
	*value = strtod(text, &end);
	return end != text && !*end && *value >= 0 && *value <= 1;
}

bool value_errno(const char *text, int *value)
{
	uint64_t number;
	const char *name;

	if (value_number(text, &number)) {
		*value = number;
		return number > 0 && number < 4096;
	}
	for (*value = 1; *value < 256; (*value)++) {
		name = strerrorname_np(*value);
		if (name && !strcasecmp(text, name))
			return true;
	}
	return false;
}

static unsigned int op_of(const char *name, size_t len)
{
	int op;

	if (len == 3 && !memcmp(name, "all", 3))
		return IO_ALL;
	for (op = 0; op < IO_OPS; op++) {
		if (strlen(op_names[op]) == len &&
		    !memcmp(name, op_names[op], len))
			return IO_BIT(op);
	}
	return 0;
}

bool value_ops(const char *text, unsigned int *value)
{
	unsigned int bits;
	size_t len;

	*value = 0;
	for (;;) {
		len = strcspn(text, "+");
		bits = op_of(text, len);
		if (!bits)
			return false;
		*value |= bits;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

bool value_sense(const char *text, uint32_t *value)
{
	static const unsigned int max[] = { 0xf, 0xff, 0xff };
	unsigned long part;
	char *end;
	int i;

	*value = 0;
	for (i = 0; i < 3; i++) {
		if (!strchr("0123456789abcdefABCDEF", *text) || !*text)
			return false;
		part = strtoul(text, &end, 16);
		if (part > max[i] || *end != (i < 2 ? '.' : 0))
			return false;
		*value = *value << 8 | part;
		text = end + 1;
	}
	return *value != 0;
}
