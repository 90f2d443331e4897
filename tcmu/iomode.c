// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O mode: the target core answers the control commands (SPC-4, SBC-3), the
 * program moves blocks.
 *
 * The core parses what the initiator has sent, and asks for reads, writes,
 * flushes and discards of blocks. Each becomes one of four CDBs, whatever the
 * initiator's was: READ(16), WRITE(16), SYNCHRONIZE CACHE(16), WRITE SAME(16);
 * made from LBA, length and direction, since one command may read and then write
 * (COMPARE AND WRITE) or name several ranges (UNMAP).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "iomode.h"

#include "compat.h"
#include "discard.h"
#include "entry.h"
#include "queues.h"
#include "request.h"
#include "resize.h"
#include "sense.h"
#include "submit.h"
#include "tcmu.h"

#include <linux/string.h>
#include <scsi/scsi_proto.h>

/* What the core tells initiators, until a user says otherwise */
#define MAX_TRANSFER		SZ_8M
#define MAX_WRITE_SAME		0x10000		/* blocks */
#define MAX_UNMAP		0x100000	/* blocks */
#define MAX_UNMAP_DESCS		32

#define CDB_FUA			0x08

/* Blocks in the longest transfer; several have to fit, or nothing overlaps */
u32 tcmu_io_max_sectors(const struct tcmu_dev *dev)
{
	u64 area = (u64)(dev->area_mb / dev->nr_queues) << 20;
	u32 most = min_t(u64, MAX_TRANSFER, area / 4);

	return most / dev->se_dev.dev_attrib.hw_block_size ?: 1;
}

/* Before enable */
void tcmu_io_configure(struct tcmu_dev *dev)
{
	struct se_dev_attrib *attrib = &dev->se_dev.dev_attrib;
	struct t10_wwn *wwn = &dev->se_dev.t10_wwn;

	attrib->max_write_same_len = MAX_WRITE_SAME;
	attrib->max_unmap_lba_count = MAX_UNMAP;
	attrib->max_unmap_block_desc_count = MAX_UNMAP_DESCS;
	attrib->unmap_granularity = 1;
	attrib->is_nonrot = 1;
	if (!wwn->model[0])
		strscpy(wwn->model, "USER", sizeof(wwn->model));
	if (!wwn->revision[0])
		strscpy(wwn->revision, "0100", sizeof(wwn->revision));
}

/**
 * tcmu_io_make_req - what the program is asked for
 * @req: to be filled
 * @se_cmd: on whose behalf; no data, unless the caller adds it
 * @opcode: READ_16, WRITE_16, SYNCHRONIZE_CACHE_16 or WRITE_SAME_16
 * @flags: byte 1 of the CDB
 * @lba: first block
 * @nolb: number of blocks
 */
void tcmu_io_make_req(struct tcmu_req *req, struct se_cmd *se_cmd, u8 opcode,
		      u8 flags, u64 lba, u32 nolb)
{
	*req = (struct tcmu_req){
		.se_cmd = se_cmd,
		.dir = DMA_NONE,
		.start = local_clock(),
		.own = true,
		.cdb = { opcode, flags },
	};
	put_unaligned_be64(lba, &req->cdb[2]);
	put_unaligned_be32(nolb, &req->cdb[10]);
}

static sense_reason_t submit(const struct tcmu_req *req)
{
	struct tcmu_dev *dev = to_tcmu_dev(req->se_cmd->se_dev);

	return tcmu_errno_to_sense(tcmu_submit_req(tcmu_queues_here(dev), req));
}

/*
 * An initiator may want fewer bytes than its CDB has blocks: the program fills the
 * last block, and the rest of it goes nowhere.
 */
static sense_reason_t execute_rw(struct se_cmd *se_cmd, struct scatterlist *sg,
				 u32 nents, enum dma_data_direction dir)
{
	u32 block_size = se_cmd->se_dev->dev_attrib.block_size;
	u32 nolb = DIV_ROUND_UP(se_cmd->data_length, block_size);
	struct tcmu_req req;

	if (!nolb || !nents) {
		target_complete_cmd(se_cmd, SAM_STAT_GOOD);
		return TCM_NO_SENSE;
	}
	tcmu_io_make_req(&req, se_cmd,
			 dir == DMA_TO_DEVICE ? WRITE_16 : READ_16,
			 se_cmd->se_cmd_flags & SCF_FUA ? CDB_FUA : 0,
			 se_cmd->t_task_lba, nolb);
	req.sg = sg;
	req.nents = nents;
	req.len = nolb * block_size;
	req.dir = dir;
	return submit(&req);
}

/* Also with IMMED: an early status would be allowed, and tell less */
static sense_reason_t execute_sync_cache(struct se_cmd *se_cmd)
{
	const u8 *cdb = se_cmd->t_task_cdb;
	struct tcmu_req req;
	u32 nolb;

	nolb = cdb[0] == SYNCHRONIZE_CACHE ? get_unaligned_be16(&cdb[7]) :
					     get_unaligned_be32(&cdb[10]);
	tcmu_io_make_req(&req, se_cmd, SYNCHRONIZE_CACHE_16, 0,
			 se_cmd->t_task_lba, nolb);
	return submit(&req);
}

static sense_reason_t execute_write_same(struct se_cmd *se_cmd)
{
	struct tcmu_req req;

	/* the core leaves this one to us */
	if (se_cmd->data_length != se_cmd->se_dev->dev_attrib.block_size)
		return TCM_INVALID_CDB_FIELD;
	tcmu_io_make_req(&req, se_cmd, WRITE_SAME_16, 0, se_cmd->t_task_lba,
			 sbc_get_write_same_sectors(se_cmd));
	req.sg = se_cmd->t_data_sg;
	req.nents = se_cmd->t_data_nents;
	req.len = se_cmd->data_length;
	req.dir = DMA_TO_DEVICE;
	return submit(&req);
}

/*
 * That there is one tells the core that discards are known. It would have to wait
 * for the program here, so that discards are taken from it before: see below.
 */
static sense_reason_t execute_unmap(struct se_cmd *se_cmd, sector_t lba,
				    sector_t nolb)
{
	return TCM_UNSUPPORTED_SCSI_OPCODE;
}

static struct exec_cmd_ops io_ops = {
	.execute_rw		= execute_rw,
	.execute_sync_cache	= execute_sync_cache,
	.execute_write_same	= execute_write_same,
	.execute_unmap		= execute_unmap,
};

/* A command of a device in I/O mode, in the submitter's context */
sense_reason_t tcmu_io_parse_cdb(struct se_cmd *se_cmd)
{
	sense_reason_t ret;

	ret = sbc_parse_cdb(se_cmd, &io_ops);
	if (ret)
		return ret;
	tcmu_discard_take_over(se_cmd);
	tcmu_resize_take_over(se_cmd);
	return TCM_NO_SENSE;
}

/* Fixed or descriptor format, current or deferred: SPC-4, 4.5.1 */
static bool has_sense(const struct se_cmd *se_cmd)
{
	u8 code = *(u8 *)se_cmd->sense_buffer & 0x7f;

	return code >= 0x70 && code <= 0x73;
}

static void end_good(struct tcmu_queue *q, const struct tcmu_req *req,
		     const struct tcmu_answer *answer)
{
	struct se_cmd *se_cmd = req->se_cmd;

	/* a disk has no short reads */
	if (req->dir == DMA_FROM_DEVICE &&
	    tcmu_answer_read_len(answer, req->len) < req->len) {
		pr_warn_ratelimited("%s: daemon has read %u bytes of %u, and says that all is well\n",
				    q->dev->name, answer->read_len, req->len);
		tcmu_fail_cmd(se_cmd, -EPROTO);
	} else if (se_cmd->t_task_cdb[0] == UNMAP) {
		tcmu_discard_go_on(q, req);
	} else {
		target_complete_cmd(se_cmd, SAM_STAT_GOOD);
	}
}

/**
 * tcmu_io_complete - end a command with the program's answer, or ask it again
 * @q: the queue
 * @req: what it was asked
 * @answer: its answer; the data is copied
 *
 * Context: may sleep; no lock is held.
 */
void tcmu_io_complete(struct tcmu_queue *q, const struct tcmu_req *req,
		      const struct tcmu_answer *answer)
{
	struct se_cmd *se_cmd = req->se_cmd;

	if (answer->uflags & TCMU_UFLAG_UNKNOWN_OP) {
		pr_warn_ratelimited("%s: daemon does not know opcode %#x, which I/O mode needs\n",
				    q->dev->name, req->cdb[0]);
		tcmu_end_caw(se_cmd);
		target_complete_cmd_with_sense(se_cmd, SAM_STAT_CHECK_CONDITION,
					       TCM_UNSUPPORTED_SCSI_OPCODE);
		return;
	}
	switch (answer->status) {
	case SAM_STAT_GOOD:
		end_good(q, req, answer);
		return;
	case SAM_STAT_BUSY:
	case SAM_STAT_TASK_SET_FULL:
	case SAM_STAT_RESERVATION_CONFLICT:
		target_complete_cmd(se_cmd, answer->status);
		return;
	case SAM_STAT_CHECK_CONDITION:
		if (has_sense(se_cmd)) {
			tcmu_end_caw(se_cmd);
			target_complete_cmd(se_cmd, SAM_STAT_CHECK_CONDITION);
			return;
		}
		break;
	}
	se_cmd->se_cmd_flags &= ~SCF_TRANSPORT_TASK_SENSE;
	tcmu_fail_cmd(se_cmd, -EPROTO);
}
