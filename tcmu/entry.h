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
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/string.h>
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
 * @uflags: TCMU_UFLAG_*
 * @status: SAM status
 * @read_len: valid bytes, with TCMU_UFLAG_READ_LEN
 */
struct tcmu_answer {
	u8 uflags;
	u8 status;
	u32 read_len;
};

u64 tcmu_entry_tmr_len(u32 nr_ids);
void tcmu_entry_put_runs(struct iovec *iov, const struct tcmu_run *runs,
			 u32 nr_runs, u64 len, u64 area_off, u64 blk_size);
void tcmu_entry_put_tmr(void *slot, u32 len, u8 type, const u16 *ids,
			u32 nr_ids);

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

/* Where @left bytes of a run are, or as many as it has; returns how many */
static inline u64 tcmu_entry_put_iov(struct iovec *iov,
				     const struct tcmu_run *run, u64 left,
				     u64 area_off, u64 blk_size)
{
	u64 len = min(left, run->nr * blk_size);

	iov->iov_base = (void __user *)(uintptr_t)(area_off +
						   run->first * blk_size);
	iov->iov_len = len;
	return len;
}

/**
 * tcmu_entry_put_cmd - write a command entry
 * @slot: reserved place in the ring
 * @slot_off: its byte offset from the start of the mapping
 * @len: tcmu_entry_cmd_len() of the command
 * @cmd: what to write; its CDB has at least one byte
 */
static __always_inline void tcmu_entry_put_cmd(void *slot, u64 slot_off,
					       u32 len,
					       const struct tcmu_entry_cmd *cmd)
{
	u64 base = tcmu_entry_base_len(cmd->data.nr_runs + cmd->bidi.nr_runs);
	struct iovec *iov = slot + offsetof(struct tcmu_cmd_entry, req.iov);
	struct tcmu_cmd_entry *entry = slot;

	/*
	 * Behind it are iovecs, and the CDB with less than 8 bytes of padding. In pieces
	 * that are too small for the compiler to have a loop started.
	 */
	memset(slot, 0, 32);
	memset(slot + 32, 0, 32);
	memset(slot + 64, 0, 32);
	memset(slot + 96, 0, sizeof(*entry) - 96);
	memset(slot + len - TCMU_OP_ALIGN_SIZE, 0, TCMU_OP_ALIGN_SIZE);
	entry->hdr.len_op = len | TCMU_OP_CMD;
	entry->hdr.cmd_id = cmd->id;
	entry->req.iov_cnt = cmd->data.nr_runs;
	entry->req.iov_bidi_cnt = cmd->bidi.nr_runs;
	entry->req.cdb_off = slot_off + base;
	if (likely(cmd->data.nr_runs == 1 && !cmd->bidi.nr_runs)) {
		tcmu_entry_put_iov(iov, cmd->data.runs, cmd->data.len,
				   cmd->area_off, cmd->blk_size);
	} else {
		tcmu_entry_put_runs(iov, cmd->data.runs, cmd->data.nr_runs,
				    cmd->data.len, cmd->area_off,
				    cmd->blk_size);
		tcmu_entry_put_runs(iov + cmd->data.nr_runs, cmd->bidi.runs,
				    cmd->bidi.nr_runs, cmd->bidi.len,
				    cmd->area_off, cmd->blk_size);
	}
	memcpy(slot + base, cmd->cdb, cmd->cdb_len);
}

/* Which command it is that was answered */
static inline u16 tcmu_entry_get_id(const void *slot)
{
	const struct tcmu_cmd_entry *entry = slot;

	return READ_ONCE(entry->hdr.cmd_id);
}

/**
 * tcmu_entry_get_answer - take what was said of it, each field once
 * @slot: the place in the ring, not shorter than struct tcmu_cmd_entry
 * @answer: filled with a copy that nobody changes any more
 */
static inline void tcmu_entry_get_answer(const void *slot,
					 struct tcmu_answer *answer)
{
	const struct tcmu_cmd_entry *entry = slot;

	answer->uflags = READ_ONCE(entry->hdr.uflags);
	answer->status = READ_ONCE(entry->rsp.scsi_status);
	answer->read_len = READ_ONCE(entry->rsp.read_len);
}

/**
 * tcmu_answer_read_len - how many bytes of a read the program vouches for
 * @answer: its answer
 * @data_len: the length of the transfer
 *
 * Return: 1 to @data_len; @data_len if the answer makes no statement.
 */
static inline u32 tcmu_answer_read_len(const struct tcmu_answer *answer,
				       u32 data_len)
{
	if (!(answer->uflags & TCMU_UFLAG_READ_LEN) || !answer->read_len)
		return data_len;
	return min(answer->read_len, data_len);
}

/* Where an answer's sense data is; to be copied once, and only if wanted */
static inline const void *tcmu_entry_sense(const void *slot)
{
	return ((const struct tcmu_cmd_entry *)slot)->rsp.sense_buffer;
}

#endif /* TCMU_ENTRY_H */
