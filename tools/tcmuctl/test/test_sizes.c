// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sizes that people write, and what they read.
 */
#include "size.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static u64 parsed(const char *text)
{
	uint64_t bytes = 0;

	if (size_parse(text, &bytes))
		unit_fail(__FILE__, __LINE__, "'%s' is refused", text);
	return bytes;
}

static int error(const char *text)
{
	uint64_t bytes;

	return size_parse(text, &bytes);
}

TEST("a number alone is bytes")
{
	CHECK_EQ(parsed("0"), 0);
	CHECK_EQ(parsed("512"), 512);
	CHECK_EQ(parsed("1000000007B"), 1000000007);
}

TEST("units are powers of 1024, however they are written")
{
	static const char *const units[] = { "K", "M", "G", "T", "P" };
	static const char *const tails[] = { "", "i", "iB" };
	char text[16];
	int i, k;

	for (i = 0; i < 5; i++) {
		for (k = 0; k < 3; k++) {
			snprintf(text, sizeof(text), "3%s%s", units[i],
				 tails[k]);
			CHECK_EQ(parsed(text), 3ULL << (10 * (i + 1)));
			text[1] |= 0x20;
			CHECK_EQ(parsed(text), 3ULL << (10 * (i + 1)));
		}
	}
}

TEST("nonsense is no size")
{
	static const char *const texts[] = {
		"", " ", "G", "-1", "+1", "1 G", " 1", "1G ", "1.5G", "0x10",
		"1KB", "1GB", "1X", "1Ki B", "1KiBB", "ten", "1e3", "1\n",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (error(texts[i]) != -EINVAL)
			unit_fail(__FILE__, __LINE__, "'%s'", texts[i]);
}

TEST("what has more than 64 bits is too large")
{
	CHECK_EQ(parsed("18446744073709551615"), ~0ULL);
	CHECK_EQ(error("18446744073709551616"), -ERANGE);
	CHECK_EQ(parsed("16383P"), 16383ULL << 50);
	CHECK_EQ(error("16384P"), -ERANGE);
	CHECK_EQ(error("99999999999999999999999999"), -ERANGE);
}

static void reads(const char *is, const char *should)
{
	if (strcmp(is, should))
		unit_fail(__FILE__, __LINE__, "'%s', not '%s'", is, should);
}

TEST("sizes are read with one digit behind the point, where that says more")
{
	char text[SIZE_TEXT];

	reads(size_text(text, 0), "0");
	reads(size_text(text, 1023), "1023");
	reads(size_text(text, 1024), "1K");
	reads(size_text(text, 1536), "1.5K");
	reads(size_text(text, 1ULL << 30), "1G");
	reads(size_text(text, (double)~0ULL), "16E");
}

TEST("times are read in the unit that fits")
{
	char text[SIZE_TEXT];

	reads(size_time(text, 999), "999ns");
	reads(size_time(text, 1500), "1.5us");
	reads(size_time(text, 999999), "1ms");
	reads(size_time(text, 34e9), "34s");
	reads(size_time(text, 1e6 * 1e9), "1000000s");
}
