/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Built in kernel and userspace: include only what tools/include supplies.
 *
 * Parser of what is written to a device's configfs file 'control'.
 */
#ifndef TCMU_CONTROL_H
#define TCMU_CONTROL_H

#include <linux/types.h>

enum tcmu_control_key {
	TCMU_CTL_DEV_CONFIG,
	TCMU_CTL_DEV_SIZE,
	TCMU_CTL_HW_BLOCK_SIZE,
	TCMU_CTL_HW_MAX_SECTORS,
	TCMU_CTL_NL_REPLY_SUPPORTED,
	TCMU_CTL_MAX_DATA_AREA_MB,
	TCMU_CTL_DATA_PAGES_PER_BLK,
	TCMU_CTL_CMD_RING_SIZE_MB,
	TCMU_CTL_MODE,
	TCMU_CTL_NR_QUEUES,
};

/**
 * struct tcmu_control_opt - one setting
 * @key: which
 * @str: the value as it was written; points into the parsed text
 * @num: the value of TCMU_CTL_DEV_SIZE
 * @val: the value of the other numbers; of TCMU_CTL_MODE 1 for I/O mode, or 0
 */
struct tcmu_control_opt {
	enum tcmu_control_key key;
	char *str;
	u64 num;
	int val;
};

int tcmu_control_next(char **text, struct tcmu_control_opt *opt);

#endif /* TCMU_CONTROL_H */
