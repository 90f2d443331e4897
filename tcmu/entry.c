// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Built in kernel and userspace: include only what tools/include supplies.
 *
 * What stands in a ring entry. See entry.h.
 */
#include "entry.h"

#include <linux/align.h>
#include <linux/build_bug.h>
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

/* Where a buffer of any number of runs is */
void tcmu_entry_put_runs(struct iovec *iov, const struct tcmu_run *runs,
			 u32 nr_runs, u64 len, u64 area_off, u64 blk_size)
{
	u32 i;

	for (i = 0; i < nr_runs; i++)
		len -= tcmu_entry_put_iov(&iov[i], &runs[i], len, area_off,
					  blk_size);
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
