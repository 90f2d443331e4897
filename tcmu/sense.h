/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place where errors of this module become SAM status and sense.
 *
 *	-EBUSY		the device is blocked			BUSY
 *	-EPROTO		the ring is broken			02/08/00
 *	-EMSGSIZE	will never fit				05/24/00
 *	-ERANGE		a range that has changed since its check	05/21/00
 *	-EUSERS		no id is free				TASK SET FULL
 *	-ENOSPC		does not fit now			TASK SET FULL
 *	-ENOMEM		no memory for it now			TASK SET FULL
 *	-ETIMEDOUT	waited too long for room		TASK SET FULL
 *	-ECANCELED	was aborted before it was queued	0B/29/03
 *
 * -ENOSPC and -ENOMEM come to that only if the command may not wait.
 */
#ifndef TCMU_SENSE_H
#define TCMU_SENSE_H

#include <linux/types.h>
#include <scsi/scsi_proto.h>
#include <target/target_core_backend.h>
#include <target/target_core_base.h>

static inline sense_reason_t tcmu_errno_to_sense(int err)
{
	switch (err) {
	case 0:
		return TCM_NO_SENSE;
	case -EBUSY:
		return TCM_LUN_BUSY;
	case -EMSGSIZE:
		return TCM_INVALID_CDB_FIELD;
	case -ERANGE:
		return TCM_ADDRESS_OUT_OF_RANGE;
	case -EUSERS:
	case -ENOSPC:
	case -ENOMEM:
	case -ETIMEDOUT:
		return TCM_OUT_OF_RESOURCES;
	case -ECANCELED:
		return TCM_CHECK_CONDITION_ABORT_CMD;
	default:
		return TCM_LOGICAL_UNIT_COMMUNICATION_FAILURE;
	}
}

/*
 * A COMPARE AND WRITE gives back the core's lock by its callback. The core does not
 * call that for a command with sense data, and on 6.12 and later warns for one that
 * has failed; a callback that is told of the status does what is needed on all.
 * Also called from where a command fails on its way to the program: the lock is
 * taken before the core lets us have the first of its two halves.
 */
static inline void tcmu_end_caw(struct se_cmd *se_cmd)
{
	int unused;

	if (!se_cmd->transport_complete_callback)
		return;
	se_cmd->scsi_status = SAM_STAT_CHECK_CONDITION;
	se_cmd->transport_complete_callback(se_cmd, true, &unused);
	se_cmd->transport_complete_callback = NULL;
}

/* End a command that did not reach the program, or did not come back */
static inline void tcmu_fail_cmd(struct se_cmd *se_cmd, int err)
{
	switch (tcmu_errno_to_sense(err)) {
	case TCM_LUN_BUSY:
		target_complete_cmd(se_cmd, SAM_STAT_BUSY);
		break;
	case TCM_OUT_OF_RESOURCES:
		target_complete_cmd(se_cmd, SAM_STAT_TASK_SET_FULL);
		break;
	default:
		tcmu_end_caw(se_cmd);
		target_complete_cmd_with_sense(se_cmd, SAM_STAT_CHECK_CONDITION,
					       tcmu_errno_to_sense(err));
	}
}

#endif /* TCMU_SENSE_H */
