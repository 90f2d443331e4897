// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Built in kernel and userspace: include only what tools/include supplies.
 *
 * What stands in a ring entry. See entry.h.
 */
#include "entry.h"

#include <linux/align.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/string.h>

static_assert(sizeof(struct tcmu_cmd_entry_hdr) == 8);
static_assert(sizeof(struct tcmu_cmd_entry) == 112);
static_assert(sizeof(struct tcmu_tmr_entry) == 32);
static_assert(offsetof(struct tcmu_cmd_entry_hdr, cmd_id) == 4);
static_assert(offsetof(struct tcmu_cmd_entry_hdr, kflags) == 6);
static_assert(offsetof(struct tcmu_cmd_entry_hdr, uflags) == 7);
static_assert(offsetof(struct tcmu_cmd_entry, req.iov_cnt) == 8);
static_assert(offsetof(struct tcmu_cmd_entry, req.iov_bidi_cnt) == 12);
static_assert(offsetof(struct tcmu_cmd_entry, req.iov_dif_cnt) == 16);
static_assert(offsetof(struct tcmu_cmd_entry, rsp.scsi_status) == 8);
static_assert(offsetof(struct tcmu_cmd_entry, rsp.read_len) == 12);
static_assert(offsetof(struct tcmu_cmd_entry, rsp.sense_buffer) == 16);
static_assert(offsetof(struct tcmu_tmr_entry, tmr_type) == 8);
static_assert(offsetof(struct tcmu_tmr_entry, cmd_cnt) == 12);
static_assert(offsetof(struct tcmu_tmr_entry, cmd_ids) == 32);
#if __SIZEOF_POINTER__ == 8
static_assert(offsetof(struct tcmu_cmd_entry, req.cdb_off) == 24);
static_assert(offsetof(struct tcmu_cmd_entry, req.iov) == 48);
#endif

/**
 * tcmu_entry_tmr_len - bytes of a task management entry
 * @nr_ids: how many commands it names
 */
u64 tcmu_entry_tmr_len(u32 nr_ids)
{
	return ALIGN(sizeof(struct tcmu_tmr_entry) + (u64)nr_ids * sizeof(u16),
		     TCMU_OP_ALIGN_SIZE);
}

static void put_iovs(struct iovec *iov, const struct tcmu_entry_cmd *cmd,
		     const struct tcmu_entry_buf *buf)
{
	u64 left = buf->len;
	u64 off, len;
	u32 i;

	for (i = 0; i < buf->nr_runs; i++) {
		off = cmd->area_off + buf->runs[i].first * cmd->blk_size;
		len = min(left, buf->runs[i].nr * cmd->blk_size);
		iov[i].iov_base = (void __user *)(uintptr_t)off;
		iov[i].iov_len = len;
		left -= len;
	}
}

/**
 * tcmu_entry_put_cmd - write a command entry
 * @slot: reserved place in the ring
 * @slot_off: its byte offset from the start of the mapping
 * @len: tcmu_entry_cmd_len() of the command
 * @cmd: what to write; its CDB has at least one byte
 */
void tcmu_entry_put_cmd(void *slot, u64 slot_off, u32 len,
			const struct tcmu_entry_cmd *cmd)
{
	u64 base = tcmu_entry_base_len(cmd->data.nr_runs + cmd->bidi.nr_runs);
	struct tcmu_cmd_entry *entry = slot;

	/* behind it are iovecs, and the CDB with less than 8 bytes of padding */
	memset(entry, 0, sizeof(*entry));
	memset((char *)slot + len - TCMU_OP_ALIGN_SIZE, 0, TCMU_OP_ALIGN_SIZE);
	entry->hdr.len_op = len | TCMU_OP_CMD;
	entry->hdr.cmd_id = cmd->id;
	entry->req.iov_cnt = cmd->data.nr_runs;
	entry->req.iov_bidi_cnt = cmd->bidi.nr_runs;
	entry->req.cdb_off = slot_off + base;
	put_iovs(entry->req.iov, cmd, &cmd->data);
	if (cmd->bidi.nr_runs)
		put_iovs(entry->req.iov + cmd->data.nr_runs, cmd, &cmd->bidi);
	memcpy((char *)slot + base, cmd->cdb, cmd->cdb_len);
}

/**
 * tcmu_entry_put_tmr - write a task management entry
 * @slot: reserved place in the ring
 * @len: tcmu_entry_tmr_len() of it
 * @type: TCMU_TMR_*
 * @ids: the commands that it names
 * @nr_ids: how many
 */
void tcmu_entry_put_tmr(void *slot, u32 len, u8 type, const u16 *ids,
			u32 nr_ids)
{
	struct tcmu_tmr_entry *entry = slot;

	memset(entry, 0, len);
	entry->hdr.len_op = len | TCMU_OP_TMR;
	entry->tmr_type = type;
	entry->cmd_cnt = nr_ids;
	memcpy((char *)slot + sizeof(*entry), ids, nr_ids * sizeof(*ids));
}

/**
 * tcmu_entry_get_answer - take a command's answer, each field once
 * @slot: the place in the ring, not shorter than struct tcmu_cmd_entry
 * @answer: filled with a copy that nobody changes any more
 */
void tcmu_entry_get_answer(const void *slot, struct tcmu_answer *answer)
{
	const struct tcmu_cmd_entry *entry = slot;

	answer->id = READ_ONCE(entry->hdr.cmd_id);
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
u32 tcmu_answer_read_len(const struct tcmu_answer *answer, u32 data_len)
{
	if (!(answer->uflags & TCMU_UFLAG_READ_LEN) || !answer->read_len)
		return data_len;
	return min(answer->read_len, data_len);
}
