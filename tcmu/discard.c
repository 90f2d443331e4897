// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O mode: UNMAP and WRITE SAME with the UNMAP bit. For the program both are
 * WRITE SAME(16) with UNMAP and NDOB, and so without data: one for each range of
 * blocks, the next when the last one was answered.
 *
 * The core's own interpreter of these commands calls the backend for each range
 * and takes it for done when that returns, which would be a wait for the program
 * in the fabric's thread. So they are taken over once it has checked the CDB.
 */
#include "discard.h"

#include "compat.h"
#include "device.h"
#include "iomode.h"
#include "queues.h"
#include "request.h"
#include "sense.h"
#include "submit.h"
#include "tcmu.h"

#include <linux/scatterlist.h>
#include <scsi/scsi_proto.h>

/* Byte 1 of WRITE SAME(10) and (16), byte 10 of (32) */
#define CDB_NDOB		0x01
#define CDB_UNMAP		0x08

/* SBC-3, 5.28: an UNMAP parameter list */
#define LIST_HEADER		8
#define DESC_LEN		16

struct extent {
	u64 lba;
	u32 nolb;
};

/* How many block descriptors there are; the header stands in the list */
static u32 nr_descs(struct se_cmd *se_cmd)
{
	u32 room = se_cmd->data_length - LIST_HEADER;
	u8 header[LIST_HEADER];
	u32 len;

	sg_pcopy_to_buffer(se_cmd->t_data_sg, se_cmd->t_data_nents, header,
			   sizeof(header), 0);
	len = get_unaligned_be16(&header[2]);
	return min(len, room) / DESC_LEN;
}

static struct extent get_desc(struct se_cmd *se_cmd, u32 nr)
{
	u8 desc[DESC_LEN];

	sg_pcopy_to_buffer(se_cmd->t_data_sg, se_cmd->t_data_nents, desc,
			   sizeof(desc), LIST_HEADER + nr * DESC_LEN);
	return (struct extent){ get_unaligned_be64(&desc[0]),
			       get_unaligned_be32(&desc[8]) };
}

static bool is_inside(const struct se_cmd *se_cmd, const struct extent *range)
{
	u64 end = tcmu_get_blocks(se_cmd->se_dev) + 1;

	return range->lba <= end && range->nolb <= end - range->lba;
}

/* All of it, so that no range is discarded of a list that is wrong */
static sense_reason_t check_list(struct se_cmd *se_cmd)
{
	const struct se_device *se_dev = se_cmd->se_dev;
	struct extent range;
	u32 nr, i;

	if (se_cmd->data_length < LIST_HEADER)
		return TCM_PARAMETER_LIST_LENGTH_ERROR;
	nr = nr_descs(se_cmd);
	if (nr > se_dev->dev_attrib.max_unmap_block_desc_count)
		return TCM_INVALID_PARAMETER_LIST;
	for (i = 0; i < nr; i++) {
		range = get_desc(se_cmd, i);
		if (range.nolb > se_dev->dev_attrib.max_unmap_lba_count)
			return TCM_INVALID_PARAMETER_LIST;
		if (!is_inside(se_cmd, &range))
			return TCM_ADDRESS_OUT_OF_RANGE;
	}
	return TCM_NO_SENSE;
}

static void make_req(struct tcmu_req *req, struct se_cmd *se_cmd,
		     const struct extent *range)
{
	tcmu_io_make_req(req, se_cmd, WRITE_SAME_16, CDB_UNMAP | CDB_NDOB,
			 range->lba, range->nolb);
}

/*
 * The next range that is not empty, from descriptor @step on; or the end. The list
 * may be in memory that the initiator still writes to (vhost, direct I/O): a range
 * is looked at once more, in the copy that the program is asked by.
 */
static int unmap_from(struct tcmu_queue *q, struct se_cmd *se_cmd, u32 step)
{
	u32 nr = nr_descs(se_cmd);
	struct tcmu_req req;
	struct extent range;

	for (; step < nr; step++) {
		range = get_desc(se_cmd, step);
		if (!range.nolb)
			continue;
		if (!is_inside(se_cmd, &range))
			return -ERANGE;
		make_req(&req, se_cmd, &range);
		req.step = step;
		return tcmu_submit_req(q, &req);
	}
	target_complete_cmd(se_cmd, SAM_STAT_GOOD);
	return 0;
}

static struct tcmu_queue *queue_of(struct se_cmd *se_cmd)
{
	return tcmu_queues_here(to_tcmu_dev(se_cmd->se_dev));
}

static sense_reason_t execute_unmap(struct se_cmd *se_cmd)
{
	sense_reason_t ret;

	/* the bit ANCHOR */
	if (se_cmd->t_task_cdb[1])
		return TCM_INVALID_CDB_FIELD;
	if (!se_cmd->data_length) {
		target_complete_cmd(se_cmd, SAM_STAT_GOOD);
		return TCM_NO_SENSE;
	}
	ret = check_list(se_cmd);
	return ret ?: tcmu_errno_to_sense(unmap_from(queue_of(se_cmd), se_cmd,
						     0));
}

static sense_reason_t execute_write_same(struct se_cmd *se_cmd)
{
	struct extent range = {
		.lba = se_cmd->t_task_lba,
		.nolb = sbc_get_write_same_sectors(se_cmd),
	};
	struct tcmu_req req;

	make_req(&req, se_cmd, &range);
	return tcmu_errno_to_sense(tcmu_submit_req(queue_of(se_cmd), &req));
}

static bool is_write_same_unmap(const u8 *cdb)
{
	switch (cdb[0]) {
	case WRITE_SAME:
	case WRITE_SAME_16:
		return cdb[1] & CDB_UNMAP;
	case VARIABLE_LENGTH_CMD:
		return get_unaligned_be16(&cdb[8]) == WRITE_SAME_32 &&
		       cdb[10] & CDB_UNMAP;
	default:
		return false;
	}
}

/* After the core has found the CDB to be right */
void tcmu_discard_take_over(struct se_cmd *se_cmd)
{
	if (se_cmd->t_task_cdb[0] == UNMAP)
		se_cmd->execute_cmd = execute_unmap;
	else if (is_write_same_unmap(se_cmd->t_task_cdb))
		se_cmd->execute_cmd = execute_write_same;
}

/* A range of an UNMAP is done */
void tcmu_discard_go_on(struct tcmu_queue *q, const struct tcmu_req *req)
{
	int ret;

	ret = unmap_from(q, req->se_cmd, req->step + 1);
	if (ret)
		tcmu_fail_cmd(req->se_cmd, ret);
}
