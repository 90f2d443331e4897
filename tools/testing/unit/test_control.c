// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may be written to 'control', and what becomes of it.
 */
#include "control.h"
#include "unit.h"

#include <linux/limits.h>
#include <linux/string.h>

/* One text, what comes of its first setting, and what is left behind it */
struct row {
	const char *text;
	int ret;
	enum tcmu_control_key key;
	long long num;		/* or the length of the string */
	const char *str;
};

static char *copy(const char *text)
{
	return strcpy(unit_alloc(strlen(text) + 1), text);
}

static long long value_of(const struct tcmu_control_opt *opt)
{
	switch (opt->key) {
	case TCMU_CTL_DEV_CONFIG:
		return strlen(opt->str);
	case TCMU_CTL_DEV_SIZE:
		return opt->num;
	default:
		return opt->val;
	}
}

static void check_row(const struct row *row)
{
	struct tcmu_control_opt opt;
	char *text = copy(row->text);
	int ret = tcmu_control_next(&text, &opt);

	if (ret != row->ret)
		unit_fail(__FILE__, __LINE__, "'%s' gives %d, not %d",
			  row->text, ret, row->ret);
	if (ret != 1)
		return;
	if (opt.key != row->key || value_of(&opt) != row->num)
		unit_fail(__FILE__, __LINE__, "'%s' is key %d, value %lld",
			  row->text, opt.key, value_of(&opt));
	if (row->str && strcmp(row->str, opt.str))
		unit_fail(__FILE__, __LINE__, "'%s' has the string '%s'",
			  row->text, opt.str);
}

static void check_rows(const struct row *rows, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		check_row(&rows[i]);
}

TEST("each key is known by its name")
{
	static const struct row rows[] = {
		{ "dev_config=a/b", 1, TCMU_CTL_DEV_CONFIG, 3, "a/b" },
		{ "dev_size=1048576", 1, TCMU_CTL_DEV_SIZE, 1048576, NULL },
		{ "hw_block_size=4096", 1, TCMU_CTL_HW_BLOCK_SIZE, 4096, NULL },
		{ "hw_max_sectors=128", 1, TCMU_CTL_HW_MAX_SECTORS, 128, NULL },
		{ "nl_reply_supported=-1", 1, TCMU_CTL_NL_REPLY_SUPPORTED, -1,
		  NULL },
		{ "max_data_area_mb=64", 1, TCMU_CTL_MAX_DATA_AREA_MB, 64,
		  NULL },
		{ "data_pages_per_blk=2", 1, TCMU_CTL_DATA_PAGES_PER_BLK, 2,
		  NULL },
		{ "cmd_ring_size_mb=1", 1, TCMU_CTL_CMD_RING_SIZE_MB, 1, NULL },
		{ "mode=io", 1, TCMU_CTL_MODE, 1, NULL },
		{ "mode=passthrough\n", 1, TCMU_CTL_MODE, 0, NULL },
		{ "mode=", 0, 0, 0, NULL },
		{ "mode=IO", -EINVAL, 0, 0, NULL },
		{ "mode=io ", -EINVAL, 0, 0, NULL },
		{ "mode=1", -EINVAL, 0, 0, NULL },
		{ "nr_queues=4", 1, TCMU_CTL_NR_QUEUES, 4, NULL },
		{ "nr_queues=-1", 1, TCMU_CTL_NR_QUEUES, -1, NULL },
		{ "nr_queues=two", 0, 0, 0, NULL },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}

TEST("what is no known key with a value is passed over")
{
	static const struct row rows[] = {
		{ "", 0, 0, 0, NULL },
		{ "\n", 0, 0, 0, NULL },
		{ ",,\n,", 0, 0, 0, NULL },
		{ "async=1", 0, 0, 0, NULL },
		{ "dev_size", 0, 0, 0, NULL },
		{ "dev_size=", 0, 0, 0, NULL },
		{ "dev_config=", 0, 0, 0, NULL },
		{ "dev_config=,", 0, 0, 0, NULL },
		{ "=5", 0, 0, 0, NULL },
		{ "=", 0, 0, 0, NULL },
		{ "dev_siz=5", 0, 0, 0, NULL },
		{ "dev_size2=5", 0, 0, 0, NULL },
		{ "DEV_SIZE=5", 0, 0, 0, NULL },
		{ "dev_size =5", 0, 0, 0, NULL },
		{ " hw_block_size=512", 0, 0, 0, NULL },
		{ "\thw_block_size=512", 0, 0, 0, NULL },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}

TEST("a number that is none is passed over")
{
	static const struct row rows[] = {
		{ "max_data_area_mb=64M", 0, 0, 0, NULL },
		{ "max_data_area_mb=M", 0, 0, 0, NULL },
		{ "max_data_area_mb= 64", 0, 0, 0, NULL },
		{ "max_data_area_mb=64 ", 0, 0, 0, NULL },
		{ "hw_block_size=0x", 0, 0, 0, NULL },
		{ "hw_block_size=08", 0, 0, 0, NULL },
		{ "hw_block_size=--5", 0, 0, 0, NULL },
		{ "hw_block_size=-+5", 0, 0, 0, NULL },
		{ "hw_block_size=+-5", 0, 0, 0, NULL },
		{ "hw_block_size=5=5", 0, 0, 0, NULL },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}

TEST("numbers may be decimal, hexadecimal and octal, and have a sign")
{
	static const struct row rows[] = {
		{ "hw_block_size=0x200", 1, TCMU_CTL_HW_BLOCK_SIZE, 512, NULL },
		{ "hw_block_size=0XaF", 1, TCMU_CTL_HW_BLOCK_SIZE, 175, NULL },
		{ "hw_block_size=01000", 1, TCMU_CTL_HW_BLOCK_SIZE, 512, NULL },
		{ "hw_block_size=+512", 1, TCMU_CTL_HW_BLOCK_SIZE, 512, NULL },
		{ "hw_block_size=-0x10", 1, TCMU_CTL_HW_BLOCK_SIZE, -16, NULL },
		{ "hw_block_size=0", 1, TCMU_CTL_HW_BLOCK_SIZE, 0, NULL },
		{ "hw_block_size=00000000000000000000512", 1,
		  TCMU_CTL_HW_BLOCK_SIZE, 0512, NULL },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}

TEST("an integer that does not fit an int is -ERANGE")
{
	static const struct row rows[] = {
		{ "hw_max_sectors=2147483647", 1, TCMU_CTL_HW_MAX_SECTORS,
		  INT_MAX, NULL },
		{ "hw_max_sectors=-2147483648", 1, TCMU_CTL_HW_MAX_SECTORS,
		  INT_MIN, NULL },
		{ "hw_max_sectors=2147483648", -ERANGE, 0, 0, NULL },
		{ "hw_max_sectors=-2147483649", -ERANGE, 0, 0, NULL },
		{ "hw_max_sectors=0x100000000", -ERANGE, 0, 0, NULL },
		{ "hw_max_sectors=9223372036854775808", -ERANGE, 0, 0, NULL },
		{ "hw_max_sectors=-9223372036854775809", -ERANGE, 0, 0, NULL },
		{ "hw_max_sectors=99999999999999999999999", -ERANGE, 0, 0,
		  NULL },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}

TEST("dev_size takes every u64, and says -EINVAL and -ERANGE")
{
	static const struct row rows[] = {
		{ "dev_size=0", 1, TCMU_CTL_DEV_SIZE, 0, NULL },
		{ "dev_size=+1", 1, TCMU_CTL_DEV_SIZE, 1, NULL },
		{ "dev_size=18446744073709551615", 1, TCMU_CTL_DEV_SIZE, -1,
		  NULL },
		{ "dev_size=0xffffffffffffffff", 1, TCMU_CTL_DEV_SIZE, -1,
		  NULL },
		{ "dev_size=18446744073709551616", -ERANGE, 0, 0, NULL },
		{ "dev_size=0x10000000000000000", -ERANGE, 0, 0, NULL },
		{ "dev_size=-1", -EINVAL, 0, 0, NULL },
		{ "dev_size=1G", -EINVAL, 0, 0, NULL },
		{ "dev_size=x", -EINVAL, 0, 0, NULL },
		{ "dev_size= 1", -EINVAL, 0, 0, NULL },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}

TEST("dev_config keeps blanks and equal signs, and ends at a comma")
{
	static const struct row rows[] = {
		{ "dev_config=a=b", 1, TCMU_CTL_DEV_CONFIG, 3, "a=b" },
		{ "dev_config==", 1, TCMU_CTL_DEV_CONFIG, 1, "=" },
		{ "dev_config= a b ", 1, TCMU_CTL_DEV_CONFIG, 5, " a b " },
		{ "dev_config=a,b", 1, TCMU_CTL_DEV_CONFIG, 1, "a" },
		{ "dev_config=a\n", 1, TCMU_CTL_DEV_CONFIG, 1, "a" },
		{ "dev_config=\"a,b\"", 1, TCMU_CTL_DEV_CONFIG, 2, "\"a" },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}

TEST("settings come from left to right, past what is not known")
{
	char *text = copy("a=1,hw_block_size=4096\n\ndev_config=x,,b,dev_size=7");
	struct tcmu_control_opt opt;

	CHECK_EQ(tcmu_control_next(&text, &opt), 1);
	CHECK_EQ(opt.key, TCMU_CTL_HW_BLOCK_SIZE);
	CHECK_EQ(opt.val, 4096);
	CHECK_EQ(tcmu_control_next(&text, &opt), 1);
	CHECK_EQ(opt.key, TCMU_CTL_DEV_CONFIG);
	CHECK(!strcmp(opt.str, "x"));
	CHECK_EQ(tcmu_control_next(&text, &opt), 1);
	CHECK_EQ(opt.key, TCMU_CTL_DEV_SIZE);
	CHECK_EQ(opt.num, 7);
	CHECK_EQ(tcmu_control_next(&text, &opt), 0);
	CHECK_EQ(tcmu_control_next(&text, &opt), 0);
}

TEST("an error comes after the settings before it")
{
	char *text = copy("hw_max_sectors=1,dev_size=1G,hw_max_sectors=2");
	struct tcmu_control_opt opt;

	CHECK_EQ(tcmu_control_next(&text, &opt), 1);
	CHECK_EQ(opt.val, 1);
	CHECK_EQ(tcmu_control_next(&text, &opt), -EINVAL);
}

TEST("the same key twice gives both values, in order")
{
	char *text = copy("cmd_ring_size_mb=1,cmd_ring_size_mb=2");
	struct tcmu_control_opt opt;

	CHECK_EQ(tcmu_control_next(&text, &opt), 1);
	CHECK_EQ(opt.val, 1);
	CHECK_EQ(tcmu_control_next(&text, &opt), 1);
	CHECK_EQ(opt.val, 2);
	CHECK_EQ(tcmu_control_next(&text, &opt), 0);
}

TEST("the longest text that configfs passes on is parsed to its end")
{
	char *text = unit_alloc(4096);
	struct tcmu_control_opt opt;
	size_t len;

	strcpy(text, "dev_config=");
	len = strlen(text);
	memset(text + len, 'a', 4095 - len);
	text[4095 - 2] = ',';
	CHECK_EQ(tcmu_control_next(&text, &opt), 1);
	CHECK_EQ(strlen(opt.str), 4095 - 2 - len);
	CHECK_EQ(tcmu_control_next(&text, &opt), 0);
}

TEST("no text of four characters does harm")
{
	static const char alphabet[] = "d=,\n0x-+9 ";
	const u32 nr = sizeof(alphabet) - 1;
	struct tcmu_control_opt opt;
	char buf[32], *text;
	u32 i, j, rest;

	for (i = 0; i < nr * nr * nr * nr; i++) {
		strcpy(buf, "dev_size=....");
		for (j = 0, rest = i; j < 4; j++, rest /= nr)
			buf[9 + j] = alphabet[rest % nr];
		text = buf + i % 2 * 9;
		while (tcmu_control_next(&text, &opt) == 1)
			CHECK(opt.str > buf && opt.str < buf + sizeof(buf));
	}
}
