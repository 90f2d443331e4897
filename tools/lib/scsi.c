// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What goes for every command before its own function sees it.
 */
#include "cmd.h"
#include "scsi.h"

/* SAM-5 5.14: once, and not by commands that ask who is there */
static int report_attention(struct tcmuser_cmd *cmd)
{
	struct disk *disk = cmd_disk(cmd);
	uint32_t asc;

	if (!__atomic_load_n(&disk->attention, __ATOMIC_RELAXED))
		return 0;
	asc = __atomic_exchange_n(&disk->attention, 0, __ATOMIC_RELAXED);
	if (!asc)
		return 0;
	return tcmuser_cmd_sense(cmd, KEY_UNIT_ATTENTION, (uint16_t)asc);
}

static int check(struct tcmuser_cmd *cmd, const struct opcode *op)
{
	const uint32_t features = cmd_disk(cmd)->features;
	int ret;

	if (!(op->flags & OP_NO_ATTENTION)) {
		ret = report_attention(cmd);
		if (ret)
			return ret;
	}
	/* SAM-5 5.2: NACA, where INQUIRY has said NORMACA 0 */
	if (cmd->cdb[op->len - 1] & 0x04)
		return sense_bad_cdb(cmd, op->len - 1);
	/* SBC-3 4.22: the disk has no protection information */
	if ((op->flags & OP_PROTECT) && (cmd->cdb[1] & 0xe0))
		return sense_bad_cdb(cmd, 1);
	if ((op->flags & OP_WRITES) && (features & TCMUSER_READ_ONLY))
		return tcmuser_cmd_sense(cmd, KEY_DATA_PROTECT,
					 ASC_WRITE_PROTECTED);
	return 0;
}

int scsi_execute(struct tcmuser_cmd *cmd)
{
	const struct opcode *op = opcode_find(cmd);
	int ret;

	if (!op || cmd->cdb_len < op->len)
		return tcmuser_cmd_sense(cmd, KEY_ILLEGAL_REQUEST,
					 ASC_INVALID_OPCODE);
	ret = check(cmd, op);
	return ret ? ret : op->run(cmd);
}
