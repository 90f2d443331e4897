// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * UNMAP (SBC-3 5.28): a list of ranges that are not needed any more.
 */
#include "cmd.h"
#include "scsi.h"

#include <errno.h>

#define HEADER 8
#define DESC 16

static const uint8_t *descriptor(const struct tcmuser_cmd *cmd, uint32_t index)
{
	return (const uint8_t *)cmd->step.buf + HEADER + index * DESC;
}

/* step.len is the number of descriptors here; block_set_range() would change it */
static int unmap_next(struct tcmuser_cmd *cmd, int result)
{
	const uint32_t block_size = cmd_disk(cmd)->block_size;
	const uint8_t *desc;
	uint64_t len;

	if (result)
		return result;
	while (cmd->step.index < cmd->step.len) {
		desc = descriptor(cmd, cmd->step.index++);
		len = (uint64_t)get_be32(desc + 8) * block_size;
		if (len)
			return cmd_discard(cmd, get_be64(desc) * block_size,
					   len, unmap_next);
	}
	return block_stable(cmd, NULL);
}

/* All of them before the first is carried out */
static int check_list(struct tcmuser_cmd *cmd, uint32_t nr)
{
	uint64_t sum = 0;
	uint32_t i, count;
	int ret;

	/* SBC-3 6.5.3: MAXIMUM UNMAP BLOCK DESCRIPTOR COUNT, ... LBA COUNT */
	if (nr > UNMAP_MAX_DESC)
		return sense_bad_list(cmd, 2);
	for (i = 0; i < nr; i++) {
		count = get_be32(descriptor(cmd, i) + 8);
		ret = block_set_range(cmd, get_be64(descriptor(cmd, i)), count);
		if (ret)
			return ret;
		sum += count;
		if (sum > UNMAP_MAX_BLOCKS)
			return sense_bad_list(cmd, HEADER + i * DESC + 8);
	}
	cmd->step.len = nr;
	return 0;
}

int unmap_blocks(struct tcmuser_cmd *cmd)
{
	size_t len = get_be16(cmd->cdb + 7), described;
	uint8_t *list;
	int ret;

	if (cmd->cdb[1] & 0x01)		/* ANCHOR */
		return sense_bad_cdb(cmd, 1);
	if (!len)
		return 0;
	if (len < HEADER || len > cmd->data_len)
		return sense_bad_list_length(cmd);
	list = cmd_alloc_buf(cmd, len);
	if (!list)
		return -ENOMEM;
	tcmuser_iov_get(cmd->iov, cmd->iov_cnt, 0, list, len);
	/* a descriptor that the list's end cuts off does not count */
	described = get_be16(list + 2);
	if (described > len - HEADER)
		described = len - HEADER;
	ret = check_list(cmd, (uint32_t)(described / DESC));
	return ret ? ret : unmap_next(cmd, 0);
}
