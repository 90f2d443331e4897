// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * READ, WRITE, WRITE AND VERIFY, SYNCHRONIZE CACHE, PRE-FETCH: ranges of blocks
 * between the handler and the command's buffer, never beyond either.
 */
#include "cmd.h"
#include "scsi.h"

#include <errno.h>

/* The opcode's upper bits say how the CDB is laid out: SPC-4 4.2.5.1 */
enum { CDB_6 = 0, CDB_10 = 1, CDB_10_MORE = 2, CDB_16 = 4, CDB_12 = 5 };

uint64_t block_lba(const struct tcmuser_cmd *cmd)
{
	switch (cmd->cdb[0] >> 5) {
	case CDB_6:
		return get_be32(cmd->cdb) & 0x1fffff;
	case CDB_16:
		return get_be64(cmd->cdb + 2);
	default:
		return get_be32(cmd->cdb + 2);
	}
}

uint32_t block_count(const struct tcmuser_cmd *cmd)
{
	switch (cmd->cdb[0] >> 5) {
	case CDB_6:
		/* SBC-3 5.7: 0 is 256 */
		return cmd->cdb[4] ? cmd->cdb[4] : 256;
	case CDB_12:
		return get_be32(cmd->cdb + 6);
	case CDB_16:
		return get_be32(cmd->cdb + 10);
	default:
		return get_be16(cmd->cdb + 7);
	}
}

/* Where the CDB has the number of blocks */
static unsigned int count_byte(const struct tcmuser_cmd *cmd)
{
	switch (cmd->cdb[0] >> 5) {
	case CDB_6:
		return 4;
	case CDB_12:
		return 6;
	case CDB_16:
		return 10;
	default:
		return 7;
	}
}

int block_set_range(struct tcmuser_cmd *cmd, uint64_t lba, uint64_t count)
{
	const struct disk *disk = cmd_disk(cmd);
	uint64_t blocks = disk_blocks(disk);

	if (lba > blocks || count > blocks - lba)
		return tcmuser_cmd_sense(cmd, KEY_ILLEGAL_REQUEST,
					 ASC_LBA_OUT_OF_RANGE);
	cmd->step.off = lba * disk->block_size;
	cmd->step.len = count * disk->block_size;
	cmd->step.done = 0;
	return 0;
}

int block_range(struct tcmuser_cmd *cmd)
{
	return block_set_range(cmd, block_lba(cmd), block_count(cmd));
}

size_t block_chunk(const struct tcmuser_cmd *cmd, size_t limit)
{
	const struct disk *disk = cmd_disk(cmd);
	uint64_t left = cmd->step.len - cmd->step.done;

	if (limit > disk->max_transfer)
		limit = disk->max_transfer;
	limit -= limit % disk->block_size;
	if (!limit)
		limit = disk->block_size;
	return left < limit ? (size_t)left : limit;
}

/* The pieces of @len bytes behind the first @skip; how many, and *@left bytes are
 * not there
 */
static int cut(const struct tcmuser_cmd *cmd, size_t skip, size_t len,
	       struct iovec *to, size_t *left)
{
	const struct iovec *from = cmd->iov, *end = from + cmd->iov_cnt;
	int cnt = 0;
	size_t n;

	for (; from < end && len; from++) {
		if (skip >= from->iov_len) {
			skip -= from->iov_len;
			continue;
		}
		n = from->iov_len - skip;
		n = n < len ? n : len;
		to[cnt].iov_base = (char *)from->iov_base + skip;
		to[cnt++].iov_len = n;
		len -= n;
		skip = 0;
	}
	*left = len;
	return cnt;
}

/*
 * Bytes of the buffer for a callback. What the buffer does not have, a part of
 * a block, is in step.buf. The number of pieces, or -errno.
 */
static int slice(struct tcmuser_cmd *cmd, size_t skip, size_t len,
		 const struct iovec **iov)
{
	size_t left;
	int cnt;

	*iov = cmd->iov;
	if (!skip && len == cmd->data_len)
		return cmd->iov_cnt;
	if (cmd->step.iov_cnt <= cmd->iov_cnt &&
	    !cmd_alloc_iov(cmd, cmd->iov_cnt + 1))
		return -ENOMEM;
	*iov = cmd->step.iov;
	cnt = cut(cmd, skip, len, cmd->step.iov, &left);
	if (left) {
		cmd->step.iov[cnt].iov_base = cmd->step.buf;
		cmd->step.iov[cnt++].iov_len = left;
	}
	return cnt;
}

/* FUA in byte 1: SBC-3 5.8, 5.32 and, for COMPARE AND WRITE, 5.2 */
static bool is_fua(const struct tcmuser_cmd *cmd)
{
	switch (cmd->cdb[0]) {
	case 0x28:
	case 0x2a:
	case 0x88:
	case 0x89:
	case 0x8a:
	case 0xa8:
	case 0xaa:
		return cmd->cdb[1] & 0x08;
	case 0x2e:
	case 0x8e:
	case 0xae:
		/* what is verified is on the medium: SBC-3 5.37 */
		return true;
	default:
		return false;
	}
}

static bool must_be_stable(const struct tcmuser_cmd *cmd)
{
	const struct disk *disk = cmd_disk(cmd);

	if (is_fua(cmd))
		return true;
	return (disk->features & TCMUSER_CAN_FLUSH) &&
	       !__atomic_load_n(&disk->write_cache, __ATOMIC_RELAXED);
}

int block_stable(struct tcmuser_cmd *cmd, cmd_then then)
{
	if ((cmd->flags & TCMUSER_FUA) || !must_be_stable(cmd))
		return cmd_go_on(cmd, 0, then);
	return cmd_flush(cmd, then);
}

/* The buffer ends within the range: all of it, and not beyond it */
static int shorten(struct tcmuser_cmd *cmd)
{
	uint32_t block_size = cmd_disk(cmd)->block_size;
	size_t part = cmd->data_len % block_size;

	cmd->step.len = cmd->data_len;
	if (!part)
		return 0;
	cmd->step.len += block_size - part;
	return cmd_alloc_buf(cmd, block_size - part) ? 0 : -ENOMEM;
}

static int read_next(struct tcmuser_cmd *cmd, int result)
{
	uint64_t off = cmd->step.off + cmd->step.done;
	const struct iovec *iov;
	size_t len;
	int cnt;

	if (result)
		return result;
	if (cmd->step.done == cmd->step.len) {
		if (cmd->step.len < cmd->data_len)
			tcmuser_cmd_set_read_len(cmd, cmd->step.len);
		return 0;
	}
	len = block_chunk(cmd, SIZE_MAX);
	cnt = slice(cmd, cmd->step.done, len, &iov);
	if (cnt < 0)
		return cnt;
	cmd->step.done += len;
	return cmd_read(cmd, iov, cnt, off, read_next);
}

int block_read(struct tcmuser_cmd *cmd)
{
	int ret = block_range(cmd);

	if (!ret && cmd->step.len > cmd->data_len)
		ret = shorten(cmd);
	if (ret)
		return ret;
	/* SBC-3 5.8: with FUA it is the medium that is read */
	return is_fua(cmd) ? cmd_flush(cmd, read_next) : read_next(cmd, 0);
}

static int written(struct tcmuser_cmd *cmd, int result)
{
	return block_stable(cmd, cmd->step.after);
}

static int write_next(struct tcmuser_cmd *cmd, int result)
{
	uint64_t off = cmd->step.off + cmd->step.done;
	const struct iovec *iov;
	size_t len;
	int cnt;

	if (result)
		return result;
	if (cmd->step.done == cmd->step.len)
		return written(cmd, 0);
	len = block_chunk(cmd, SIZE_MAX);
	cnt = slice(cmd, cmd->step.base + cmd->step.done, len, &iov);
	if (cnt < 0)
		return cnt;
	cmd->step.done += len;
	return cmd_write(cmd, iov, cnt, off, write_next);
}

int block_write_range(struct tcmuser_cmd *cmd, cmd_then then)
{
	if (must_be_stable(cmd) &&
	    (cmd_disk(cmd)->features & TCMUSER_CAN_FUA))
		cmd->flags |= TCMUSER_FUA;
	cmd->step.done = 0;
	cmd->step.after = then;
	return write_next(cmd, 0);
}

static int write_checked(struct tcmuser_cmd *cmd, cmd_then then)
{
	int ret = block_range(cmd);

	if (ret)
		return ret;
	/* nobody knows what the rest should be */
	if (cmd->step.len > cmd->data_len)
		return sense_bad_cdb(cmd, count_byte(cmd));
	return block_write_range(cmd, then);
}

int block_write(struct tcmuser_cmd *cmd)
{
	return write_checked(cmd, NULL);
}

static int verify_written(struct tcmuser_cmd *cmd, int result)
{
	return result ? result : compare_written(cmd);
}

int block_write_verify(struct tcmuser_cmd *cmd)
{
	/* SBC-3 5.37: BYTCHK 10b and 11b are reserved */
	if (cmd->cdb[1] & 0x04)
		return sense_bad_cdb(cmd, 1);
	return write_checked(cmd, verify_written);
}

int block_sync(struct tcmuser_cmd *cmd)
{
	/* SBC-3 5.22: 0 blocks are those to the end; handlers flush all */
	int ret = block_range(cmd);

	return ret ? ret : cmd_flush(cmd, NULL);
}

int block_prefetch(struct tcmuser_cmd *cmd)
{
	/* SBC-3 5.6: GOOD, where the cache has no room for them */
	return block_range(cmd);
}
