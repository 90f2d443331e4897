/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_REQUEST_H
#define TCMU_REQUEST_H

#include "stats.h"

#include <linux/dma-direction.h>
#include <linux/scatterlist.h>
#include <linux/sched/clock.h>
#include <linux/types.h>
#include <scsi/scsi_common.h>
#include <target/target_core_base.h>

#define TCMU_OWN_CDB_LEN	16

/**
 * struct tcmu_req - what the program is asked to do for a command
 * @se_cmd: the command; NULL when the initiator has its answer
 * @sg: its data, or the part of it that this is about
 * @nents: entries of @sg
 * @len: bytes
 * @dir: DMA_TO_DEVICE, DMA_FROM_DEVICE, or DMA_NONE without data
 * @step: I/O mode: this many block descriptors of an UNMAP come before this one
 * @start: when the core asked for it, by local_clock()
 * @own: @cdb is what the program gets; otherwise the initiator's own
 * @cdb: made by iomode.c
 *
 * It is copied from the submitter to the waiting list and to the slot.
 */
struct tcmu_req {
	struct se_cmd *se_cmd;
	struct scatterlist *sg;
	u32 nents;
	u32 len;
	u8 dir;
	u64 start;
	bool own;
	u16 step;
	u8 cdb[TCMU_OWN_CDB_LEN];
};

/* Bytes that the initiator sends or wants */
static inline u32 tcmu_req_data_len(const struct se_cmd *se_cmd)
{
	return se_cmd->data_direction == DMA_NONE ? 0 : se_cmd->data_length;
}

/* What the initiator has sent, as it is; @len: tcmu_req_data_len() */
static inline void tcmu_req_init(struct tcmu_req *req, struct se_cmd *se_cmd,
				 u32 len)
{
	/* first: what comes behind the call stays in registers */
	u64 now = local_clock();

	req->se_cmd = se_cmd;
	req->sg = se_cmd->t_data_sg;
	req->nents = se_cmd->t_data_nents;
	req->dir = se_cmd->data_direction;
	req->len = len;
	req->start = now;
	req->own = false;
}

static inline const u8 *tcmu_req_cdb(const struct tcmu_req *req)
{
	return req->own ? req->cdb : req->se_cmd->t_task_cdb;
}

static inline u32 tcmu_req_cdb_len(const struct tcmu_req *req)
{
	return req->own ? TCMU_OWN_CDB_LEN :
			  scsi_command_size(req->se_cmd->t_task_cdb);
}

/* Bytes of the BIDI Data-In that the initiator wants besides */
static inline u32 tcmu_req_bidi_len(const struct tcmu_req *req)
{
	const struct se_cmd *se_cmd = req->se_cmd;
	struct scatterlist *sg;
	u32 len = 0;
	u32 i;

	if (req->own || !(se_cmd->se_cmd_flags & SCF_BIDI))
		return 0;
	for_each_sg(se_cmd->t_bidi_data_sg, sg, se_cmd->t_bidi_data_nents, i)
		len += sg->length;
	return len;
}

/* Is it about the data of blocks, and not about the disk? */
static inline enum tcmu_stat_kind tcmu_req_kind(const struct tcmu_req *req)
{
	static const u8 kinds[] = {
		[DMA_BIDIRECTIONAL]	= TCMU_STAT_OTHERS,
		[DMA_TO_DEVICE]		= TCMU_STAT_WRITES,
		[DMA_FROM_DEVICE]	= TCMU_STAT_READS,
		[DMA_NONE]		= TCMU_STAT_OTHERS,
	};

	if (!(req->se_cmd->se_cmd_flags & SCF_SCSI_DATA_CDB))
		return TCMU_STAT_OTHERS;
	return kinds[req->dir];
}

#endif /* TCMU_REQUEST_H */
