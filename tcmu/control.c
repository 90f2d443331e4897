// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Built in kernel and userspace: include only what tools/include supplies.
 *
 * Parser of what is written to a device's configfs file 'control': settings
 * KEY=VALUE, separated by commas or newlines.
 *
 * Existing programs write keys of other drivers (async=1) and rely on it that
 * those are passed over. So are known keys whose value is not a number, as they
 * always were.
 */
#include "control.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/string.h>

static const struct {
	const char *name;
	enum tcmu_control_key key;
} keys[] = {
	{ "dev_config",		TCMU_CTL_DEV_CONFIG },
	{ "dev_size",		TCMU_CTL_DEV_SIZE },
	{ "hw_block_size",	TCMU_CTL_HW_BLOCK_SIZE },
	{ "hw_max_sectors",	TCMU_CTL_HW_MAX_SECTORS },
	{ "nl_reply_supported",	TCMU_CTL_NL_REPLY_SUPPORTED },
	{ "max_data_area_mb",	TCMU_CTL_MAX_DATA_AREA_MB },
	{ "data_pages_per_blk",	TCMU_CTL_DATA_PAGES_PER_BLK },
	{ "cmd_ring_size_mb",	TCMU_CTL_CMD_RING_SIZE_MB },
	{ "mode",		TCMU_CTL_MODE },
	{ "nr_queues",		TCMU_CTL_NR_QUEUES },
};

/* 1 and the value, 0 for what is no number, -ERANGE for what fits no int */
static int parse_int(const char *str, int *val)
{
	long long num;
	int ret;

	ret = kstrtoll(str, 0, &num);
	if (ret == -EINVAL)
		return 0;
	if (ret || num < INT_MIN || num > INT_MAX)
		return -ERANGE;
	*val = num;
	return 1;
}

static int parse_mode(const char *str, int *val)
{
	*val = !strcmp(str, "io");
	return *val || !strcmp(str, "passthrough") ? 1 : -EINVAL;
}

static int parse_value(struct tcmu_control_opt *opt)
{
	unsigned long long num;
	int ret;

	switch (opt->key) {
	case TCMU_CTL_DEV_CONFIG:
		return 1;
	case TCMU_CTL_DEV_SIZE:
		ret = kstrtoull(opt->str, 0, &num);
		if (ret)
			return ret;
		opt->num = num;
		return 1;
	case TCMU_CTL_MODE:
		return parse_mode(opt->str, &opt->val);
	default:
		return parse_int(opt->str, &opt->val);
	}
}

/* 1 and a setting, 0 for a token that is to be passed over, or -errno */
static int parse_token(char *token, struct tcmu_control_opt *opt)
{
	char *value = strchr(token, '=');
	size_t len, i;

	if (!value || !value[1])
		return 0;
	len = value - token;
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strlen(keys[i].name) != len ||
		    strncmp(token, keys[i].name, len))
			continue;
		opt->key = keys[i].key;
		opt->str = value + 1;
		return parse_value(opt);
	}
	return 0;
}

/**
 * tcmu_control_next - the next setting
 * @text: where to go on; advanced. The text is cut into pieces.
 * @opt: where to put the setting
 *
 * Return: 1 and a setting; 0 at the end; -EINVAL or -ERANGE for a known key
 * whose value cannot be taken.
 */
int tcmu_control_next(char **text, struct tcmu_control_opt *opt)
{
	char *token;
	int ret = 0;

	while (!ret && (token = strsep(text, ",\n")))
		ret = parse_token(token, opt);
	return ret;
}
