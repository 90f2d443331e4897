/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A command on its way through the handler: one step after the other.
 *
 * A step calls a callback of the handler. Whoever starts one says what follows it:
 * cmd_read(cmd, ..., then) returns %TCMUSER_PENDING if the callback did, and
 * then(cmd, result) runs later, in the thread that completes the command; else it
 * returns the callback's result, and then() is called with it by cmd_run(), not by
 * the step: no step recurses into the next, however many there are. So a room's
 * function ends by
 *
 *	return cmd_read(cmd, iov, cnt, off, after_read);
 *
 * and touches the command no more: with %TCMUSER_PENDING it may be gone.
 *
 * Results are those of tcmuser.h. The last then() returns the command's result,
 * which is not %TCMUSER_PENDING; then the command is answered.
 */
#ifndef TCMUSER_CMD_H
#define TCMUSER_CMD_H

#include "internal.h"

/*
 * Start a command: &tcmuser_handler.cdb, then the library's own emulation, then
 * the answer. By the queue's thread or a worker.
 */
void cmd_start(struct tcmuser_cmd *cmd);

/* Follow the steps from a result on; answers the command at their end */
void cmd_run(struct tcmuser_cmd *cmd, int result);

/*
 * The steps. @iov must stay until then() runs: the command's own, or one that
 * hangs on step.iov. @then may be NULL: the result is the command's.
 */
int cmd_read(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
	     uint64_t off, cmd_then then);
int cmd_write(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
	      uint64_t off, cmd_then then);
/* 0 without %TCMUSER_CAN_FLUSH */
int cmd_flush(struct tcmuser_cmd *cmd, cmd_then then);
/* Only with %TCMUSER_CAN_DISCARD or %TCMUSER_CAN_ZERO */
int cmd_discard(struct tcmuser_cmd *cmd, uint64_t off, uint64_t len,
		cmd_then then);
int cmd_zero(struct tcmuser_cmd *cmd, uint64_t off, uint64_t len,
	     cmd_then then);
/*
 * No callback: @result now and then() afterwards. For a loop that has a round
 * without a step.
 */
int cmd_go_on(struct tcmuser_cmd *cmd, int result, cmd_then then);
/*
 * then(cmd, 0) will be run by somebody else's cmd_run(): what a lock returns to
 * the one that has to wait.
 */
int cmd_wait(struct tcmuser_cmd *cmd, cmd_then then);

/* step.buf or step.iov, zeroed, of so many bytes; NULL: no memory */
void *cmd_alloc_buf(struct tcmuser_cmd *cmd, size_t size);
struct iovec *cmd_alloc_iov(struct tcmuser_cmd *cmd, int cnt);

/* Data of the library's own for the initiator: at most @allowed bytes of it, and
 * of the command's buffer; sets read_len. Returns 0.
 */
int cmd_reply(struct tcmuser_cmd *cmd, const void *buf, size_t len,
	      size_t allowed);

static inline struct disk *cmd_disk(const struct tcmuser_cmd *cmd)
{
	return &tcmuser_cmd_dev(cmd)->disk;
}

#endif /* TCMUSER_CMD_H */
