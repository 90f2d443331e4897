// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts of the ABI by the header that the compiler finds: without FACTS_DIST
 * it is told where this tree's is.
 */
#include <stddef.h>
#include <linux/target_core_user.h>

#include "facts.h"

#ifdef FACTS_DIST
#ifdef TCMU_MAX_CMD_ID
#error "this is not the distribution's header"
#endif
#define facts		facts_dist
#define facts_set	facts_dist_set
#define facts_get	facts_dist_get
#else
#ifndef TCMU_MAX_CMD_ID
#error "this is not this tree's header"
#endif
#define facts		facts_ours
#define facts_set	facts_ours_set
#define facts_get	facts_ours_get
#endif

#define VALUE(x)	{ #x, x }
#define SIZE(type)	{ "sizeof " #type, sizeof(type) }
#define ALIGNED(type)	{ "alignof " #type, __alignof__(type) }
#define MEMBER(type, member) \
	{ #type "." #member, offsetof(struct type, member) }, \
	{ "sizeof " #type "." #member, sizeof(((struct type *)0)->member) }
/* Without a size of its own */
#define ARRAY(type, member) \
	{ #type "." #member, offsetof(struct type, member) }, \
	{ "sizeof " #type "." #member "[0]", \
	  sizeof(((struct type *)0)->member[0]) }

const struct fact facts[] = {
	SIZE(struct tcmu_mailbox),
	ALIGNED(struct tcmu_mailbox),
	MEMBER(tcmu_mailbox, version),
	MEMBER(tcmu_mailbox, flags),
	MEMBER(tcmu_mailbox, cmdr_off),
	MEMBER(tcmu_mailbox, cmdr_size),
	MEMBER(tcmu_mailbox, cmd_head),
	MEMBER(tcmu_mailbox, cmd_tail),
#ifndef FACTS_DIST
	MEMBER(tcmu_mailbox, awake),
	MEMBER(tcmu_mailbox, fills),
	VALUE(TCMU_MAILBOX_FLAG_CAP_AWAKE),
	VALUE(TCMU_AWAKE),
	VALUE(TCMU_MAILBOX_FLAG_CAP_FILLS),
	VALUE(TCMU_FILLS),
#endif

	SIZE(struct tcmu_cmd_entry_hdr),
	MEMBER(tcmu_cmd_entry_hdr, len_op),
	MEMBER(tcmu_cmd_entry_hdr, cmd_id),
	MEMBER(tcmu_cmd_entry_hdr, kflags),
	MEMBER(tcmu_cmd_entry_hdr, uflags),

	SIZE(struct tcmu_cmd_entry),
	MEMBER(tcmu_cmd_entry, req.iov_cnt),
	MEMBER(tcmu_cmd_entry, req.iov_bidi_cnt),
	MEMBER(tcmu_cmd_entry, req.iov_dif_cnt),
	MEMBER(tcmu_cmd_entry, req.cdb_off),
	MEMBER(tcmu_cmd_entry, req.__pad1),
	MEMBER(tcmu_cmd_entry, req.__pad2),
	ARRAY(tcmu_cmd_entry, req.iov),
	MEMBER(tcmu_cmd_entry, req.iov[0].iov_base),
	MEMBER(tcmu_cmd_entry, req.iov[0].iov_len),
	MEMBER(tcmu_cmd_entry, rsp.scsi_status),
	MEMBER(tcmu_cmd_entry, rsp.__pad1),
	MEMBER(tcmu_cmd_entry, rsp.__pad2),
	MEMBER(tcmu_cmd_entry, rsp.read_len),
	MEMBER(tcmu_cmd_entry, rsp.sense_buffer),

	SIZE(struct tcmu_tmr_entry),
	MEMBER(tcmu_tmr_entry, tmr_type),
	MEMBER(tcmu_tmr_entry, __pad1),
	MEMBER(tcmu_tmr_entry, __pad2),
	MEMBER(tcmu_tmr_entry, cmd_cnt),
	MEMBER(tcmu_tmr_entry, __pad3),
	MEMBER(tcmu_tmr_entry, __pad4),
	ARRAY(tcmu_tmr_entry, cmd_ids),

	VALUE(TCMU_MAILBOX_VERSION),
	VALUE(ALIGN_SIZE),
	VALUE(TCMU_MAILBOX_FLAG_CAP_OOOC),
	VALUE(TCMU_MAILBOX_FLAG_CAP_READ_LEN),
	VALUE(TCMU_MAILBOX_FLAG_CAP_TMR),
	VALUE(TCMU_MAILBOX_FLAG_CAP_KEEP_BUF),
	VALUE(TCMU_OP_PAD),
	VALUE(TCMU_OP_CMD),
	VALUE(TCMU_OP_TMR),
	VALUE(TCMU_OP_MASK),
	VALUE(TCMU_OP_ALIGN_SIZE),
	VALUE(TCMU_UFLAG_UNKNOWN_OP),
	VALUE(TCMU_UFLAG_READ_LEN),
	VALUE(TCMU_UFLAG_KEEP_BUF),
	VALUE(TCMU_SENSE_BUFFERSIZE),
	VALUE(TCMU_TMR_UNKNOWN),
	VALUE(TCMU_TMR_ABORT_TASK),
	VALUE(TCMU_TMR_ABORT_TASK_SET),
	VALUE(TCMU_TMR_CLEAR_ACA),
	VALUE(TCMU_TMR_CLEAR_TASK_SET),
	VALUE(TCMU_TMR_LUN_RESET),
	VALUE(TCMU_TMR_TARGET_WARM_RESET),
	VALUE(TCMU_TMR_TARGET_COLD_RESET),
	VALUE(TCMU_TMR_LUN_RESET_PRO),

	VALUE(TCMU_CMD_UNSPEC),
	VALUE(TCMU_CMD_ADDED_DEVICE),
	VALUE(TCMU_CMD_REMOVED_DEVICE),
	VALUE(TCMU_CMD_RECONFIG_DEVICE),
	VALUE(TCMU_CMD_ADDED_DEVICE_DONE),
	VALUE(TCMU_CMD_REMOVED_DEVICE_DONE),
	VALUE(TCMU_CMD_RECONFIG_DEVICE_DONE),
	VALUE(TCMU_CMD_SET_FEATURES),
	VALUE(TCMU_CMD_MAX),
	VALUE(TCMU_ATTR_UNSPEC),
	VALUE(TCMU_ATTR_DEVICE),
	VALUE(TCMU_ATTR_MINOR),
	VALUE(TCMU_ATTR_PAD),
	VALUE(TCMU_ATTR_DEV_CFG),
	VALUE(TCMU_ATTR_DEV_SIZE),
	VALUE(TCMU_ATTR_WRITECACHE),
	VALUE(TCMU_ATTR_CMD_STATUS),
	VALUE(TCMU_ATTR_DEVICE_ID),
	VALUE(TCMU_ATTR_SUPP_KERN_CMD_REPLY),
	VALUE(TCMU_ATTR_MAX),

	{ "the first character of TCMU_VERSION", TCMU_VERSION[0] },
	{ "the second", TCMU_VERSION[1] },
	{ "the third", TCMU_VERSION[2] },
	{ "sizeof TCMU_VERSION", sizeof(TCMU_VERSION) },
	{ NULL, 0 }
};

unsigned int facts_set(unsigned int len_op, int op, unsigned int len)
{
	tcmu_hdr_set_op(&len_op, op);
	tcmu_hdr_set_len(&len_op, len);
	return len_op;
}

void facts_get(unsigned int len_op, int *op, unsigned int *len)
{
	*op = tcmu_hdr_get_op(len_op);
	*len = tcmu_hdr_get_len(len_op);
}
