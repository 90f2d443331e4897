/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Built in kernel and userspace: include only what tools/include supplies.
 *
 * What stands in a ring entry: encoding of commands and task management
 * functions, and the one look that the kernel takes at an answer.
 */
#ifndef TCMU_ENTRY_H
#define TCMU_ENTRY_H

#include "area.h"

#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/target_core_user.h>
#include <linux/types.h>

/**
 * struct tcmu_entry_buf - one buffer of a command in the data area
 * @runs: its blocks
 * @nr_runs: how many runs; 0 for no buffer
 * @len: bytes; not more than the blocks hold
 */
struct tcmu_entry_buf {
	const struct tcmu_run *runs;
	u32 nr_runs;
	u64 len;
};

/**
 * struct tcmu_entry_cmd - what an entry says of a SCSI command
 * @id: its id
 * @cdb: its CDB
 * @cdb_len: bytes in the CDB
 * @data: Data-Out or Data-In
 * @bidi: Data-In of a command that has both
 * @area_off: byte offset of the data area from the start of the mapping
 * @blk_size: bytes in a block
 */
struct tcmu_entry_cmd {
	u16 id;
	const u8 *cdb;
	u32 cdb_len;
	struct tcmu_entry_buf data;
	struct tcmu_entry_buf bidi;
	u64 area_off;
	u64 blk_size;
};

/**
 * struct tcmu_answer - what the program said of a command
 * @id: which command
 * @uflags: TCMU_UFLAG_*
 * @status: SAM status
 * @read_len: valid bytes, with TCMU_UFLAG_READ_LEN
 */
struct tcmu_answer {
	u16 id;
	u8 uflags;
	u8 status;
	u32 read_len;
};

u64 tcmu_entry_tmr_len(u32 nr_ids);
void tcmu_entry_put_cmd(void *slot, u64 slot_off, u32 len,
			const struct tcmu_entry_cmd *cmd);
void tcmu_entry_put_tmr(void *slot, u32 len, u8 type, const u16 *ids,
			u32 nr_ids);
void tcmu_entry_get_answer(const void *slot, struct tcmu_answer *answer);
u32 tcmu_answer_read_len(const struct tcmu_answer *answer, u32 data_len);

/* The entry without its CDB: the answer must fit in it, whatever the request */
static inline u64 tcmu_entry_base_len(u32 nr_iov)
{
	u64 req = offsetof(struct tcmu_cmd_entry, req.iov) +
		  (u64)nr_iov * sizeof(struct iovec);

	return max_t(u64, req, sizeof(struct tcmu_cmd_entry));
}

/**
 * tcmu_entry_cmd_len - bytes of a command entry
 * @nr_iov: iovecs for both buffers
 * @cdb_len: bytes in the CDB
 */
static inline u64 tcmu_entry_cmd_len(u32 nr_iov, u32 cdb_len)
{
	return tcmu_entry_base_len(nr_iov) +
	       ALIGN((u64)cdb_len, TCMU_OP_ALIGN_SIZE);
}

/* Where an answer's sense data is; to be copied once, and only if wanted */
static inline const void *tcmu_entry_sense(const void *slot)
{
	return ((const struct tcmu_cmd_entry *)slot)->rsp.sense_buffer;
}

#endif /* TCMU_ENTRY_H */
