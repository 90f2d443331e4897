/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints. What they are for is told in Documentation/target/tcmu.rst.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM tcmu

#if !defined(TCMU_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define TCMU_TRACE_H

#include "tcmu.h"

#include <linux/tracepoint.h>

/*
 * The name of the device as a field. Not by __string(): what that takes has
 * changed between kernels.
 */
#define TCMU_TRACE_NAME(from)						\
	__dynamic_array(char, name, strlen((from)->name) + 1)
#define TCMU_TRACE_SET_NAME(from)					\
	memcpy(__get_dynamic_array(name), (from)->name,			\
	       __get_dynamic_array_len(name))

/* @req: NULL where it is just what the initiator has sent */
TRACE_EVENT(tcmu_submit,
	TP_PROTO(const struct tcmu_queue *q, const struct se_cmd *se_cmd,
		 const struct tcmu_req *req),
	TP_ARGS(q, se_cmd, req),
	TP_STRUCT__entry(
		TCMU_TRACE_NAME(q->dev)
		__field(u64, tag)
		__field(u8, opcode)
		__field(u32, len)
	),
	TP_fast_assign(
		TCMU_TRACE_SET_NAME(q->dev);
		__entry->tag = se_cmd->tag;
		__entry->opcode = req ? tcmu_req_cdb(req)[0] :
					se_cmd->t_task_cdb[0];
		__entry->len = req ? req->len : tcmu_req_data_len(se_cmd);
	),
	TP_printk("%s tag=%llu opcode=0x%02x len=%u", __get_str(name),
		  __entry->tag, __entry->opcode, __entry->len)
);

TRACE_EVENT(tcmu_wait,
	TP_PROTO(const struct tcmu_queue *q, const struct tcmu_req *req,
		 int reason),
	TP_ARGS(q, req, reason),
	TP_STRUCT__entry(
		TCMU_TRACE_NAME(q->dev)
		__field(u64, tag)
		__field(u32, len)
		__field(int, reason)
		__field(u32, waiting)
	),
	TP_fast_assign(
		TCMU_TRACE_SET_NAME(q->dev);
		__entry->tag = req->se_cmd->tag;
		__entry->len = req->len;
		__entry->reason = reason;
		__entry->waiting = READ_ONCE(q->nr_waiting);
	),
	TP_printk("%s tag=%llu len=%u reason=%d waiting=%u", __get_str(name),
		  __entry->tag, __entry->len, __entry->reason,
		  __entry->waiting)
);

/* The command is the caller's */
DECLARE_EVENT_CLASS(tcmu_cmd,
	TP_PROTO(const struct tcmu_queue *q, const struct tcmu_cmd *cmd),
	TP_ARGS(q, cmd),
	TP_STRUCT__entry(
		TCMU_TRACE_NAME(q->dev)
		__field(u64, tag)
		__field(u16, id)
		__field(u8, opcode)
	),
	TP_fast_assign(
		TCMU_TRACE_SET_NAME(q->dev);
		__entry->tag = cmd->req.se_cmd->tag;
		__entry->id = cmd->id;
		__entry->opcode = tcmu_req_cdb(&cmd->req)[0];
	),
	TP_printk("%s tag=%llu id=%u opcode=0x%02x", __get_str(name),
		  __entry->tag, __entry->id, __entry->opcode)
);

DEFINE_EVENT(tcmu_cmd, tcmu_deliver,
	TP_PROTO(const struct tcmu_queue *q, const struct tcmu_cmd *cmd),
	TP_ARGS(q, cmd)
);

DEFINE_EVENT(tcmu_cmd, tcmu_expire,
	TP_PROTO(const struct tcmu_queue *q, const struct tcmu_cmd *cmd),
	TP_ARGS(q, cmd)
);

TRACE_EVENT(tcmu_complete,
	TP_PROTO(const struct tcmu_queue *q, const struct tcmu_cmd *cmd,
		 u64 now),
	TP_ARGS(q, cmd, now),
	TP_STRUCT__entry(
		TCMU_TRACE_NAME(q->dev)
		__field(u64, ns)
		__field(u16, id)
		__field(u8, status)
		__field(u8, uflags)
		__field(bool, late)
	),
	TP_fast_assign(
		TCMU_TRACE_SET_NAME(q->dev);
		__entry->ns = now - cmd->req.start;
		__entry->id = cmd->id;
		__entry->status = cmd->answer.status;
		__entry->uflags = cmd->answer.uflags;
		__entry->late = !cmd->req.se_cmd;
	),
	TP_printk("%s id=%u status=0x%02x uflags=0x%02x ns=%llu%s",
		  __get_str(name), __entry->id, __entry->status,
		  __entry->uflags, __entry->ns, __entry->late ? " late" : "")
);

TRACE_EVENT(tcmu_reset,
	TP_PROTO(const struct tcmu_queue *q, int err),
	TP_ARGS(q, err),
	TP_STRUCT__entry(
		TCMU_TRACE_NAME(q->dev)
		__field(int, err)
	),
	TP_fast_assign(
		TCMU_TRACE_SET_NAME(q->dev);
		__entry->err = err;
	),
	TP_printk("%s err=%d", __get_str(name), __entry->err)
);

DECLARE_EVENT_CLASS(tcmu_file,
	TP_PROTO(const struct tcmu_queue *q),
	TP_ARGS(q),
	TP_STRUCT__entry(
		TCMU_TRACE_NAME(q->dev)
		__field(int, minor)
	),
	TP_fast_assign(
		TCMU_TRACE_SET_NAME(q->dev);
		__entry->minor = q->uio.uio_dev->minor;
	),
	TP_printk("%s uio%d", __get_str(name), __entry->minor)
);

DEFINE_EVENT(tcmu_file, tcmu_open,
	TP_PROTO(const struct tcmu_queue *q),
	TP_ARGS(q)
);

DEFINE_EVENT(tcmu_file, tcmu_release,
	TP_PROTO(const struct tcmu_queue *q),
	TP_ARGS(q)
);

/* An event that was sent, or a program's answer to it */
TRACE_EVENT(tcmu_netlink,
	TP_PROTO(const struct tcmu_dev *dev, u8 cmd, int status),
	TP_ARGS(dev, cmd, status),
	TP_STRUCT__entry(
		TCMU_TRACE_NAME(dev)
		__field(u8, cmd)
		__field(int, status)
	),
	TP_fast_assign(
		TCMU_TRACE_SET_NAME(dev);
		__entry->cmd = cmd;
		__entry->status = status;
	),
	TP_printk("%s %s status=%d", __get_str(name),
		  __print_symbolic(__entry->cmd,
				   { TCMU_CMD_ADDED_DEVICE, "ADDED" },
				   { TCMU_CMD_REMOVED_DEVICE, "REMOVED" },
				   { TCMU_CMD_RECONFIG_DEVICE, "RECONFIG" },
				   { TCMU_CMD_ADDED_DEVICE_DONE, "ADDED_DONE" },
				   { TCMU_CMD_REMOVED_DEVICE_DONE,
				     "REMOVED_DONE" },
				   { TCMU_CMD_RECONFIG_DEVICE_DONE,
				     "RECONFIG_DONE" }),
		  __entry->status)
);

#endif /* TCMU_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
