// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The commands that there are, and REPORT SUPPORTED OPERATION CODES (SPC-4 6.35),
 * which tells of them. The kernel answers some itself and they are not here:
 * reservations, and REPORT LUNS unless it was told otherwise.
 */
#include "cmd.h"
#include "scsi.h"

#include <linux/kernel.h>
#include <string.h>

#define X1 0xff
#define X2 X1, X1
#define X4 X2, X2
#define X8 X4, X4
#define O4 0, 0, 0, 0

/* The first ones are looked up most often */
static const struct opcode opcodes[] = {
	{ 0x28, 0, 10, OP_PROTECT, block_read,		/* READ(10) */
	  { 0x28, 0x18, X4, 0, X2, 0 } },
	{ 0x2a, 0, 10, OP_PROTECT | OP_WRITES, block_write, /* WRITE(10) */
	  { 0x2a, 0x18, X4, 0, X2, 0 } },
	{ 0x88, 0, 16, OP_PROTECT, block_read,		/* READ(16) */
	  { 0x88, 0x18, X8, X4, 0, 0 } },
	{ 0x8a, 0, 16, OP_PROTECT | OP_WRITES, block_write, /* WRITE(16) */
	  { 0x8a, 0x18, X8, X4, 0, 0 } },
	{ 0x35, 0, 10, 0, block_sync,			/* SYNCHRONIZE CACHE(10) */
	  { 0x35, 0x02, X4, 0, X2, 0 } },
	{ 0x91, 0, 16, 0, block_sync,			/* SYNCHRONIZE CACHE(16) */
	  { 0x91, 0x02, X8, X4, 0, 0 } },
	{ 0x42, 0, 10, OP_WRITES | OP_UNMAP, unmap_blocks, /* UNMAP */
	  { 0x42, 0x01, O4, 0, X2, 0 } },
	{ 0x93, 0, 16, OP_PROTECT | OP_WRITES, same_write, /* WRITE SAME(16) */
	  { 0x93, 0x19, X8, X4, 0, 0 } },
	{ 0x41, 0, 10, OP_PROTECT | OP_WRITES, same_write, /* WRITE SAME(10) */
	  { 0x41, 0x18, X4, 0, X2, 0 } },
	{ 0x89, 0, 16, OP_PROTECT | OP_WRITES, compare_and_write,
	  { 0x89, 0x18, X8, 0, 0, 0, X1, 0, 0 } },
	{ 0x00, 0, 6, 0, spc_test_unit_ready,
	  { 0x00 } },
	{ 0x03, 0, 6, OP_NO_ATTENTION, spc_request_sense,
	  { 0x03, 0x01, 0, 0, X1, 0 } },
	{ 0x08, 0, 6, 0, block_read,			/* READ(6) */
	  { 0x08, 0x1f, X2, X1, 0 } },
	{ 0x0a, 0, 6, OP_WRITES, block_write,		/* WRITE(6) */
	  { 0x0a, 0x1f, X2, X1, 0 } },
	{ 0x12, 0, 6, OP_NO_ATTENTION, inquiry_run,
	  { 0x12, 0x01, X1, X2, 0 } },
	{ 0x15, 0, 6, 0, mode_select,			/* MODE SELECT(6) */
	  { 0x15, 0x11, 0, 0, X1, 0 } },
	{ 0x1a, 0, 6, 0, mode_sense,			/* MODE SENSE(6) */
	  { 0x1a, 0x08, X1, X1, X1, 0 } },
	{ 0x1b, 0, 6, 0, spc_start_stop,
	  { 0x1b, 0x01, 0, 0, 0xf7, 0 } },
	{ 0x1e, 0, 6, 0, spc_prevent_allow,
	  { 0x1e, 0, 0, 0, 0x03, 0 } },
	{ 0x25, 0, 10, 0, spc_read_capacity10,
	  { 0x25, 0, X4, 0, 0, 0, 0 } },
	{ 0x2e, 0, 10, OP_PROTECT | OP_WRITES, block_write_verify,
	  { 0x2e, 0x16, X4, 0, X2, 0 } },
	{ 0x2f, 0, 10, OP_PROTECT, compare_verify,	/* VERIFY(10) */
	  { 0x2f, 0x16, X4, 0, X2, 0 } },
	{ 0x34, 0, 10, 0, block_prefetch,		/* PRE-FETCH(10) */
	  { 0x34, 0x02, X4, 0, X2, 0 } },
	{ 0x55, 0, 10, 0, mode_select,			/* MODE SELECT(10) */
	  { 0x55, 0x11, O4, 0, X2, 0 } },
	{ 0x5a, 0, 10, 0, mode_sense,			/* MODE SENSE(10) */
	  { 0x5a, 0x18, X1, X1, 0, 0, 0, X2, 0 } },
	{ 0x8e, 0, 16, OP_PROTECT | OP_WRITES, block_write_verify,
	  { 0x8e, 0x16, X8, X4, 0, 0 } },
	{ 0x8f, 0, 16, OP_PROTECT, compare_verify,	/* VERIFY(16) */
	  { 0x8f, 0x16, X8, X4, 0, 0 } },
	{ 0x90, 0, 16, 0, block_prefetch,		/* PRE-FETCH(16) */
	  { 0x90, 0x02, X8, X4, 0, 0 } },
	{ 0x9e, 0x10, 16, OP_ACTION, spc_read_capacity16,
	  { 0x9e, 0x10, X8, X4, 0, 0 } },
	{ 0xa0, 0, 12, OP_NO_ATTENTION, spc_report_luns,
	  { 0xa0, 0, X1, 0, 0, 0, X4, 0, 0 } },
	{ 0xa3, 0x0c, 12, OP_ACTION, opcode_report,
	  { 0xa3, 0x0c, 0x87, X1, X2, X4, 0, 0 } },
	{ 0xa8, 0, 12, OP_PROTECT, block_read,		/* READ(12) */
	  { 0xa8, 0x18, X4, X4, 0, 0 } },
	{ 0xaa, 0, 12, OP_PROTECT | OP_WRITES, block_write, /* WRITE(12) */
	  { 0xaa, 0x18, X4, X4, 0, 0 } },
	{ 0xae, 0, 12, OP_PROTECT | OP_WRITES, block_write_verify,
	  { 0xae, 0x16, X4, X4, 0, 0 } },
	{ 0xaf, 0, 12, OP_PROTECT, compare_verify,	/* VERIFY(12) */
	  { 0xaf, 0x16, X4, X4, 0, 0 } },
};

#define NR_OPCODES ARRAY_SIZE(opcodes)

static bool is_there(const struct opcode *op, const struct disk *disk)
{
	if (op->flags & OP_UNMAP)
		return disk->features & TCMUSER_CAN_DISCARD;
	return true;
}

const struct opcode *opcode_find(const struct tcmuser_cmd *cmd)
{
	const struct opcode *op;

	for (op = opcodes; op < opcodes + NR_OPCODES; op++) {
		if (op->opcode != cmd->cdb[0])
			continue;
		if ((op->flags & OP_ACTION) &&
		    op->action != (cmd->cdb[1] & 0x1f))
			continue;
		return is_there(op, cmd_disk(cmd)) ? op : NULL;
	}
	return NULL;
}

/* SPC-4 6.35.4: nothing is said of how long a command takes */
#define TIMEOUTS 12

static size_t put_timeouts(uint8_t *to, bool wanted)
{
	if (!wanted)
		return 0;
	memset(to, 0, TIMEOUTS);
	put_be16(to, TIMEOUTS - 2);
	return TIMEOUTS;
}

/* SPC-4 6.35.2 */
static int report_all(struct tcmuser_cmd *cmd, bool timeouts)
{
	uint8_t buf[4 + NR_OPCODES * (8 + TIMEOUTS)] = { 0 }, *to = buf + 4;
	const struct opcode *op;

	for (op = opcodes; op < opcodes + NR_OPCODES; op++) {
		if (!is_there(op, cmd_disk(cmd)))
			continue;
		to[0] = op->opcode;
		put_be16(to + 2, op->action);
		to[5] = (op->flags & OP_ACTION ? 0x01 : 0) |
			(timeouts ? 0x02 : 0);
		put_be16(to + 6, op->len);
		to += 8;
		to += put_timeouts(to, timeouts);
	}
	put_be32(buf, (uint32_t)(to - buf - 4));
	return cmd_reply(cmd, buf, to - buf, get_be32(cmd->cdb + 6));
}

/* SPC-4 6.35.3: @op may be NULL, then it is not supported */
static int report_one(struct tcmuser_cmd *cmd, const struct opcode *op,
		      bool timeouts)
{
	uint8_t buf[4 + 16 + TIMEOUTS] = { 0 };
	size_t len = 4;

	buf[1] = 0x01;
	if (op) {
		buf[1] = 0x03 | (timeouts ? 0x80 : 0);
		put_be16(buf + 2, op->len);
		memcpy(buf + 4, op->usage, op->len);
		len += op->len;
		len += put_timeouts(buf + len, timeouts);
	}
	return cmd_reply(cmd, buf, len, get_be32(cmd->cdb + 6));
}

/* @with: with the service action; *@other: the opcode is there, without or with */
static const struct opcode *wanted(const struct tcmuser_cmd *cmd, bool with,
				   bool *other)
{
	uint16_t action = get_be16(cmd->cdb + 4);
	const struct opcode *op;

	*other = false;
	for (op = opcodes; op < opcodes + NR_OPCODES; op++) {
		if (op->opcode != cmd->cdb[3] || !is_there(op, cmd_disk(cmd)))
			continue;
		if (with != !!(op->flags & OP_ACTION))
			*other = true;
		else if (!with || op->action == action)
			return op;
	}
	return NULL;
}

/* REPORTING OPTIONS 011b: whichever way the opcode has it */
static int report_either(struct tcmuser_cmd *cmd, bool timeouts)
{
	const struct opcode *op;
	bool other;

	op = wanted(cmd, true, &other);
	if (!op && other && !get_be16(cmd->cdb + 4))
		op = wanted(cmd, false, &other);
	return report_one(cmd, op, timeouts);
}

int opcode_report(struct tcmuser_cmd *cmd)
{
	bool timeouts = cmd->cdb[2] & 0x80, other;
	unsigned int option = cmd->cdb[2] & 0x07;
	const struct opcode *op;

	switch (option) {
	case 0:
		return report_all(cmd, timeouts);
	case 1:
	case 2:
		op = wanted(cmd, option == 2, &other);
		return other ? sense_bad_cdb(cmd, 2) :
			       report_one(cmd, op, timeouts);
	case 3:
		return report_either(cmd, timeouts);
	default:
		return sense_bad_cdb(cmd, 2);
	}
}
