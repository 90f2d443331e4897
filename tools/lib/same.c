// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * WRITE SAME: one block's data in each block of a range, or the range deallocated.
 */
#include "cmd.h"
#include "scsi.h"

#include <errno.h>
#include <string.h>

/* Byte 1, SBC-3 5.43 */
#define SAME_NDOB 0x01
#define SAME_OBSOLETE 0x06
#define SAME_UNMAP 0x08
#define SAME_ANCHOR 0x10

static bool has_ndob(const struct tcmuser_cmd *cmd)
{
	return cmd->cdb[0] == 0x93 && (cmd->cdb[1] & SAME_NDOB);
}

static bool is_zero(const uint8_t *buf, size_t len)
{
	return !buf[0] && !memcmp(buf, buf + 1, len - 1);
}

static int stable(struct tcmuser_cmd *cmd, int result)
{
	return result ? result : block_stable(cmd, NULL);
}

static int pattern_next(struct tcmuser_cmd *cmd, int result)
{
	uint64_t off = cmd->step.off + cmd->step.done;
	struct iovec *iov = cmd->step.iov;

	if (result)
		return result;
	if (cmd->step.done == cmd->step.len)
		return stable(cmd, 0);
	iov->iov_base = cmd->step.buf;
	iov->iov_len = block_chunk(cmd, SCRATCH_BYTES);
	cmd->step.done += iov->iov_len;
	return cmd_write(cmd, iov, 1, off, pattern_next);
}

/* The first block of step.buf in all of it */
static void repeat(uint8_t *buf, size_t block_size, size_t len)
{
	size_t done;

	for (done = block_size; done < len; done += block_size)
		memcpy(buf + done, buf, block_size);
}

static int write_pattern(struct tcmuser_cmd *cmd, size_t block_size)
{
	repeat(cmd->step.buf, block_size, block_chunk(cmd, SCRATCH_BYTES));
	return pattern_next(cmd, 0);
}

/*
 * All of it reads as zeroes afterwards, as initiators expect that have seen LBPRZ,
 * and I/O mode always. SBC-3 4.7.3.4.5 lets UNMAP be a write, not the reverse.
 */
static int write_zeroes(struct tcmuser_cmd *cmd, size_t block_size)
{
	const uint32_t features = cmd_disk(cmd)->features;

	if ((cmd->cdb[1] & SAME_UNMAP) && (features & TCMUSER_CAN_DISCARD) &&
	    (features & TCMUSER_DISCARD_ZEROES))
		return cmd_discard(cmd, cmd->step.off, cmd->step.len, stable);
	if (features & TCMUSER_CAN_ZERO)
		return cmd_zero(cmd, cmd->step.off, cmd->step.len, stable);
	return write_pattern(cmd, block_size);
}

/* Bits that ask for what the disk has not promised */
static int refuse(struct tcmuser_cmd *cmd)
{
	const struct disk *disk = cmd_disk(cmd);
	uint8_t bits = cmd->cdb[1];

	if (bits & (SAME_ANCHOR | SAME_OBSOLETE))
		return sense_bad_cdb(cmd, 1);
	if ((bits & SAME_NDOB) && !has_ndob(cmd))
		return sense_bad_cdb(cmd, 1);
	if ((bits & SAME_UNMAP) && !disk->io_mode && !disk_same_unmaps(disk))
		return sense_bad_cdb(cmd, 1);
	return 0;
}

static int range(struct tcmuser_cmd *cmd)
{
	const struct disk *disk = cmd_disk(cmd);
	unsigned int byte = cmd->cdb[0] == 0x93 ? 10 : 7;
	uint64_t count = block_count(cmd);
	int ret = block_range(cmd);

	if (ret)
		return ret;
	if (disk->io_mode) {
		if (count)
			return 0;
		count = disk_blocks(disk) - block_lba(cmd);
		return block_set_range(cmd, block_lba(cmd), count);
	}
	/* SBC-3 6.5.3: WSNZ, and MAXIMUM WRITE SAME LENGTH */
	if (!count || count > SAME_MAX_BLOCKS)
		return sense_bad_cdb(cmd, byte);
	return 0;
}

int same_write(struct tcmuser_cmd *cmd)
{
	size_t block_size = cmd_disk(cmd)->block_size;
	int ret = refuse(cmd);
	uint8_t *buf;

	if (!ret)
		ret = range(cmd);
	if (ret || !cmd->step.len)
		return ret;
	buf = cmd_alloc_buf(cmd, block_chunk(cmd, SCRATCH_BYTES));
	if (!buf || !cmd_alloc_iov(cmd, 1))
		return -ENOMEM;
	if (has_ndob(cmd))
		return write_zeroes(cmd, block_size);
	if (tcmuser_iov_get(cmd->iov, cmd->iov_cnt, 0, buf, block_size) <
	    block_size)
		return sense_bad_cdb(cmd, 1);
	if (is_zero(buf, block_size))
		return write_zeroes(cmd, block_size);
	return write_pattern(cmd, block_size);
}
