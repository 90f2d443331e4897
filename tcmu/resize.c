// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O mode: each initiator hears once that the disk has another size, as a unit
 * attention, CAPACITY DATA HAS CHANGED (SBC-3, 4.7).
 *
 * The core has no call for that. Who was told is known by the session's address:
 * a session at the address of one that has gone may be told of what was before
 * it, which costs it a retry.
 */
#include "resize.h"

#include "sense.h"
#include "tcmu.h"

#include <scsi/scsi_common.h>
#include <scsi/scsi_proto.h>

#define ASC_PARAMETERS_CHANGED		0x2a
#define ASCQ_CAPACITY_HAS_CHANGED	0x09

void tcmu_resize_init(struct tcmu_dev *dev)
{
	xa_init(&dev->told);
}

void tcmu_resize_exit(struct tcmu_dev *dev)
{
	xa_destroy(&dev->told);
}

void tcmu_resize_happened_locked(struct tcmu_dev *dev)
{
	lockdep_assert_held(&dev->cfg_lock);
	if (dev->mode == TCMU_MODE_IO)
		WRITE_ONCE(dev->nr_resizes, dev->nr_resizes + 1);
}

static sense_reason_t report(struct se_cmd *se_cmd)
{
	struct tcmu_dev *dev = to_tcmu_dev(se_cmd->se_dev);
	u8 sense[TRANSPORT_SENSE_BUFFER] = {};
	void *ret;

	ret = xa_store(&dev->told, (unsigned long)se_cmd->se_sess,
		       xa_mk_value(READ_ONCE(dev->nr_resizes)), GFP_KERNEL);
	/* to be told again and again would be no help */
	if (xa_is_err(ret))
		return TCM_OUT_OF_RESOURCES;
	scsi_build_sense_buffer(0, sense, UNIT_ATTENTION,
				ASC_PARAMETERS_CHANGED,
				ASCQ_CAPACITY_HAS_CHANGED);
	transport_copy_sense_to_cmd(se_cmd, sense);
	target_complete_cmd(se_cmd, SAM_STAT_CHECK_CONDITION);
	return TCM_NO_SENSE;
}

/* SPC-4, 5.14: these are answered all the same */
static bool ignores_attention(const struct se_cmd *se_cmd)
{
	switch (se_cmd->t_task_cdb[0]) {
	case INQUIRY:
	case REPORT_LUNS:
	case REQUEST_SENSE:
		return true;
	default:
		return false;
	}
}

/* The core's own session, for EXTENDED COPY, has no name */
static bool is_initiators(const struct se_cmd *se_cmd)
{
	const struct se_session *sess = se_cmd->se_sess;

	return sess && sess->se_node_acl &&
	       sess->se_node_acl->initiatorname[0];
}

/* After the core has parsed a command that may have to tell of a new size */
void tcmu_resize_take_over(struct se_cmd *se_cmd)
{
	struct tcmu_dev *dev = to_tcmu_dev(se_cmd->se_dev);
	u32 nr = READ_ONCE(dev->nr_resizes);
	void *told;

	if (!nr || ignores_attention(se_cmd) || !is_initiators(se_cmd))
		return;
	told = xa_load(&dev->told, (unsigned long)se_cmd->se_sess);
	if (told && xa_to_value(told) == nr)
		return;
	se_cmd->execute_cmd = report;
	se_cmd->transport_complete_callback = NULL;
}
