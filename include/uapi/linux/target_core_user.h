/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * The memory and the messages that a target_core_user device shares with the
 * program that serves it. Documentation/target/tcmu.rst explains their use.
 */
#ifndef __TARGET_CORE_USER_H
#define __TARGET_CORE_USER_H

#include <linux/types.h>
#include <linux/stddef.h>
#include <linux/uio.h>

#define TCMU_VERSION "2.0"

/**
 * DOC: The mapping
 *
 * Map 0 of the UIO device holds three parts, one behind the other:
 *
 * - &struct tcmu_mailbox at offset 0;
 * - the command ring: @cmdr_size bytes at offset @cmdr_off;
 * - the data area, from the next whole MiB to the end of the mapping.
 *
 * Every place in it is named by its byte offset from the start of the mapping,
 * never by an address. Integers are in the byte order of the machine. Pages of
 * the data area exist while a command uses them; touching another one raises
 * SIGBUS.
 *
 * The kernel appends entries at @cmd_head; the program completes them in ring
 * order at @cmd_tail, and then writes any four bytes to the UIO file. An entry
 * never wraps round the end of the ring: a %TCMU_OP_PAD entry fills the rest.
 * The ring is empty when head and tail are equal.
 */

#define TCMU_MAILBOX_VERSION 2

/* The least distance between what the kernel and what the program writes */
#define ALIGN_SIZE 64

/* The program may answer in any order: see &tcmu_cmd_entry_hdr.cmd_id */
#define TCMU_MAILBOX_FLAG_CAP_OOOC (1 << 0)
/* The kernel honours %TCMU_UFLAG_READ_LEN */
#define TCMU_MAILBOX_FLAG_CAP_READ_LEN (1 << 1)
/* The kernel can announce task management functions (%TCMU_OP_TMR) */
#define TCMU_MAILBOX_FLAG_CAP_TMR (1 << 2)
/* The kernel honours %TCMU_UFLAG_KEEP_BUF */
#define TCMU_MAILBOX_FLAG_CAP_KEEP_BUF (1 << 3)
/* The kernel looks at &tcmu_mailbox.awake */
#define TCMU_MAILBOX_FLAG_CAP_AWAKE (1 << 4)
/* The kernel looks at &tcmu_mailbox.fills */
#define TCMU_MAILBOX_FLAG_CAP_FILLS (1 << 5)

/**
 * struct tcmu_mailbox - the head of the mapping
 * @version: %TCMU_MAILBOX_VERSION; a program refuses any other value
 * @flags: TCMU_MAILBOX_FLAG_CAP_*; unknown bits are to be ignored
 * @cmdr_off: byte offset of the ring
 * @cmdr_size: bytes in the ring, a multiple of 8 and no power of two
 * @cmd_head: ring offset at which the kernel puts the next entry; written by
 *	the kernel with release semantics, to be read with acquire semantics
 * @cmd_tail: ring offset of the first entry that is not answered yet; written
 *	by the program with release semantics. A value that is no boundary
 *	between the entries last left and @cmd_head breaks the ring.
 * @awake: with %TCMU_MAILBOX_FLAG_CAP_AWAKE: %TCMU_AWAKE while the program will
 *	look at @cmd_head once more before it sleeps, so that it wants no event;
 *	with any other value it gets one. Before it sleeps the program stores 0,
 *	then has a full memory barrier, then looks at @cmd_head a last time. 0
 *	again when the UIO file is released.
 * @fills: with %TCMU_MAILBOX_FLAG_CAP_FILLS: %TCMU_FILLS from a program that, when
 *	it answers a Data-In with another status than CHECK CONDITION, has written
 *	all of the buffer, or as much as it says with %TCMU_UFLAG_READ_LEN. The
 *	buffers then come as the last command has left them. With any other value
 *	they come zeroed. 0 again when the UIO file is released, and after a reset.
 */
struct tcmu_mailbox {
	__u16 version;
	__u16 flags;
	__u32 cmdr_off;
	__u32 cmdr_size;

	__u32 cmd_head;

	/* The program writes from here on: a cache line of its own */
	__u32 cmd_tail __attribute__((__aligned__(ALIGN_SIZE)));
	__u32 awake;
	__u32 fills;

} __attribute__((packed));

#define TCMU_AWAKE 1
#define TCMU_FILLS 1

/**
 * enum tcmu_opcode - what an entry is
 * @TCMU_OP_PAD: nothing; fills the ring up to its end
 * @TCMU_OP_CMD: a SCSI command, &struct tcmu_cmd_entry
 * @TCMU_OP_TMR: a task management function, &struct tcmu_tmr_entry; appears
 *	only when the attribute tmr_notification is 1
 *
 * A program steps over an opcode that it does not know by the entry's length.
 */
enum tcmu_opcode {
	TCMU_OP_PAD = 0,
	TCMU_OP_CMD,
	TCMU_OP_TMR,
};

/**
 * struct tcmu_cmd_entry_hdr - the first eight bytes of every entry
 * @len_op: bits 0 to 2 the opcode, the others the length in bytes of the whole
 *	entry (a multiple of 8, not shifted)
 * @cmd_id: %TCMU_OP_CMD: 1 to 65535. Names the command until it is answered.
 *	The program may finish another command in this slot by storing that
 *	command's id here. 0 for other opcodes.
 * @kflags: flags from the kernel; none are defined
 * @uflags: TCMU_UFLAG_* from the program; the kernel stores 0
 */
struct tcmu_cmd_entry_hdr {
	__u32 len_op;
	__u16 cmd_id;
	__u8 kflags;
/* The program does not know the opcode; status and sense are not looked at */
#define TCMU_UFLAG_UNKNOWN_OP 0x1
/* &tcmu_cmd_entry.rsp.read_len says how many bytes of a read are valid */
#define TCMU_UFLAG_READ_LEN 0x2
/* Answer the initiator, but leave id and data to the program for now */
#define TCMU_UFLAG_KEEP_BUF 0x4
	__u8 uflags;

} __attribute__((packed));

#define TCMU_OP_MASK 0x7
#define TCMU_MAX_CMD_ID 65535

static __inline__ enum tcmu_opcode tcmu_hdr_get_op(__u32 len_op)
{
	return (enum tcmu_opcode)(len_op & TCMU_OP_MASK);
}

static __inline__ void tcmu_hdr_set_op(__u32 *len_op, enum tcmu_opcode op)
{
	*len_op = (*len_op & ~TCMU_OP_MASK) | ((__u32)op & TCMU_OP_MASK);
}

static __inline__ __u32 tcmu_hdr_get_len(__u32 len_op)
{
	return len_op & ~TCMU_OP_MASK;
}

static __inline__ void tcmu_hdr_set_len(__u32 *len_op, __u32 len)
{
	*len_op = (*len_op & TCMU_OP_MASK) | (len & ~TCMU_OP_MASK);
}

/* The bytes of sense data that the kernel takes with CHECK CONDITION */
#define TCMU_SENSE_BUFFERSIZE 96

/**
 * struct tcmu_cmd_entry - a SCSI command, and its answer in the same place
 * @hdr: opcode %TCMU_OP_CMD
 * @req: the request, valid until the program overwrites it by @rsp
 * @req.iov_cnt: entries of @req.iov for the data buffer (Data-Out if BIDI)
 * @req.iov_bidi_cnt: entries behind those for a BIDI command's Data-In
 * @req.iov_dif_cnt: 0
 * @req.cdb_off: byte offset of the CDB from the start of the mapping
 * @req.__pad1: 0
 * @req.__pad2: 0
 * @req.iov: iov_base is a byte offset from the start of the mapping; the
 *	lengths of the iov_cnt entries add up to the transfer length
 * @rsp: the answer
 * @rsp.scsi_status: SAM status code
 * @rsp.__pad1: not looked at
 * @rsp.__pad2: not looked at
 * @rsp.read_len: bytes, with %TCMU_UFLAG_READ_LEN; more than the transfer
 *	length counts as the transfer length, 0 as no statement
 * @rsp.sense_buffer: passed on as it is with status CHECK CONDITION
 *
 * The slot, CDB included, is the program's until @cmd_tail passes it.
 */
struct tcmu_cmd_entry {
	struct tcmu_cmd_entry_hdr hdr;

	union {
		struct {
			__u32 iov_cnt;
			__u32 iov_bidi_cnt;
			__u32 iov_dif_cnt;
			__u64 cdb_off;
			__u64 __pad1;
			__u64 __pad2;
			__DECLARE_FLEX_ARRAY(struct iovec, iov);
		} req;
		struct {
			__u8 scsi_status;
			__u8 __pad1;
			__u16 __pad2;
			__u32 read_len;
			char sense_buffer[TCMU_SENSE_BUFFERSIZE];
		} rsp;
	};

} __attribute__((packed));

/**
 * struct tcmu_tmr_entry - a task management function that was carried out
 * @hdr: opcode %TCMU_OP_TMR, cmd_id 0
 * @tmr_type: TCMU_TMR_*
 * @__pad1: 0
 * @__pad2: 0
 * @cmd_cnt: number of entries in @cmd_ids; may be 0
 * @__pad3: 0
 * @__pad4: 0
 * @cmd_ids: the aborted commands that are still to be answered. They are
 *	answered like any other, the earlier the better; what the answer says
 *	is of no account any more.
 *
 * The entry itself needs no answer; the program steps over it.
 */
struct tcmu_tmr_entry {
	struct tcmu_cmd_entry_hdr hdr;

#define TCMU_TMR_UNKNOWN		0
#define TCMU_TMR_ABORT_TASK		1
#define TCMU_TMR_ABORT_TASK_SET		2
#define TCMU_TMR_CLEAR_ACA		3
#define TCMU_TMR_CLEAR_TASK_SET		4
#define TCMU_TMR_LUN_RESET		5
#define TCMU_TMR_TARGET_WARM_RESET	6
#define TCMU_TMR_TARGET_COLD_RESET	7
/* LUN reset as a part of PERSISTENT RESERVE OUT, PREEMPT AND ABORT */
#define TCMU_TMR_LUN_RESET_PRO		128
	__u8 tmr_type;

	__u8 __pad1;
	__u16 __pad2;
	__u32 cmd_cnt;
	__u64 __pad3;
	__u64 __pad4;
	__u16 cmd_ids[];
} __attribute__((packed));

#define TCMU_OP_ALIGN_SIZE sizeof(__u64)

/**
 * DOC: Generic netlink
 *
 * Family "TCM-USER", version 2, multicast group "config". The kernel sends the
 * first three commands to the group. A program that has asked for it by
 * %TCMU_CMD_SET_FEATURES answers each by its _DONE twin, which carries
 * %TCMU_ATTR_DEVICE_ID and %TCMU_ATTR_CMD_STATUS; until then whoever caused the
 * event waits (bounded by the module parameter netlink_timeout). Answers need
 * CAP_NET_ADMIN; while a process has the UIO file open, others get EPERM.
 */

/**
 * enum tcmu_genl_cmd - the messages
 * @TCMU_CMD_UNSPEC: not used
 * @TCMU_CMD_ADDED_DEVICE: a device came up
 * @TCMU_CMD_REMOVED_DEVICE: a device goes
 * @TCMU_CMD_RECONFIG_DEVICE: somebody wants to change the one attribute that
 *	the message carries
 * @TCMU_CMD_ADDED_DEVICE_DONE: answers %TCMU_CMD_ADDED_DEVICE
 * @TCMU_CMD_REMOVED_DEVICE_DONE: answers %TCMU_CMD_REMOVED_DEVICE
 * @TCMU_CMD_RECONFIG_DEVICE_DONE: answers %TCMU_CMD_RECONFIG_DEVICE
 * @TCMU_CMD_SET_FEATURES: what the program can do. One that answers events gets
 *	those that are unanswered once more, on the socket that it asks by;
 *	ENOBUFS: not all of them had room
 * @__TCMU_CMD_MAX: internal
 */
enum tcmu_genl_cmd {
	TCMU_CMD_UNSPEC,
	TCMU_CMD_ADDED_DEVICE,
	TCMU_CMD_REMOVED_DEVICE,
	TCMU_CMD_RECONFIG_DEVICE,
	TCMU_CMD_ADDED_DEVICE_DONE,
	TCMU_CMD_REMOVED_DEVICE_DONE,
	TCMU_CMD_RECONFIG_DEVICE_DONE,
	TCMU_CMD_SET_FEATURES,
	__TCMU_CMD_MAX,
};

#define TCMU_CMD_MAX (__TCMU_CMD_MAX - 1)

/**
 * enum tcmu_genl_attr - the attributes of the messages
 * @TCMU_ATTR_UNSPEC: not used
 * @TCMU_ATTR_DEVICE: string, the name of the UIO device
 * @TCMU_ATTR_MINOR: u32, N of /dev/uioN
 * @TCMU_ATTR_PAD: aligns %TCMU_ATTR_DEV_SIZE
 * @TCMU_ATTR_DEV_CFG: string, the new dev_config
 * @TCMU_ATTR_DEV_SIZE: u64, the new size in bytes
 * @TCMU_ATTR_WRITECACHE: u8, the new state of the write cache
 * @TCMU_ATTR_CMD_STATUS: s32, 0 or a negative errno
 * @TCMU_ATTR_DEVICE_ID: u32, names the device in an answer
 * @TCMU_ATTR_SUPP_KERN_CMD_REPLY: u8, not 0 if the program answers events.
 *	Holds until the socket that said so is closed.
 * @__TCMU_ATTR_MAX: internal
 */
enum tcmu_genl_attr {
	TCMU_ATTR_UNSPEC,
	TCMU_ATTR_DEVICE,
	TCMU_ATTR_MINOR,
	TCMU_ATTR_PAD,
	TCMU_ATTR_DEV_CFG,
	TCMU_ATTR_DEV_SIZE,
	TCMU_ATTR_WRITECACHE,
	TCMU_ATTR_CMD_STATUS,
	TCMU_ATTR_DEVICE_ID,
	TCMU_ATTR_SUPP_KERN_CMD_REPLY,
	__TCMU_ATTR_MAX,
};

#define TCMU_ATTR_MAX (__TCMU_ATTR_MAX - 1)

#endif /* __TARGET_CORE_USER_H */
