// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any text for the file 'control': it comes to an end, each string lies in the
 * text, and no number is larger than was written.
 */
#include "fuzz.h"

#include "control.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buf = malloc(size + 1), *text = buf;
	struct tcmu_control_opt opt;
	char *last = buf;
	size_t nr = 0;
	int ret;

	if (!buf)
		exit(2);
	memcpy(buf, data, size);
	buf[size] = 0;
	while ((ret = tcmu_control_next(&text, &opt)) == 1) {
		MUST(opt.key <= TCMU_CTL_NR_QUEUES);
		MUST(opt.str > last && opt.str + strlen(opt.str) <= buf + size);
		MUST(*opt.str && !strpbrk(opt.str, ",\n"));
		MUST(opt.key != TCMU_CTL_MODE || opt.val == 0 || opt.val == 1);
		MUST(opt.key != TCMU_CTL_DEV_SIZE ||
		     opt.num == strtoull(opt.str, NULL, 0));
		last = opt.str;
		/* a key, an equal sign and a value each */
		MUST(++nr <= size / 6 + 1);
	}
	MUST(ret == 0 || ret == -EINVAL || ret == -ERANGE);
	if (!ret)
		MUST(!text && tcmu_control_next(&text, &opt) == 0);
	free(buf);
	return 0;
}
