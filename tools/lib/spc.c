// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The small ones: is it ready, how large is it, and what else initiators ask.
 */
#include "cmd.h"
#include "scsi.h"

/* A disk of no blocks has no last one */
static int not_ready(struct tcmuser_cmd *cmd)
{
	return tcmuser_cmd_sense(cmd, KEY_NOT_READY, ASC_NOT_READY);
}

int spc_test_unit_ready(struct tcmuser_cmd *cmd)
{
	return disk_blocks(cmd_disk(cmd)) ? 0 : not_ready(cmd);
}

/* SPC-4 6.39: a unit attention is data here, and is over with it */
int spc_request_sense(struct tcmuser_cmd *cmd)
{
	struct disk *disk = cmd_disk(cmd);
	uint8_t buf[SENSE_MAX];
	struct sense sense = { 0 };
	uint32_t asc;

	asc = __atomic_exchange_n(&disk->attention, 0, __ATOMIC_RELAXED);
	if (asc) {
		sense.key = KEY_UNIT_ATTENTION;
		sense.asc_ascq = (uint16_t)asc;
	}
	return cmd_reply(cmd, buf,
			 sense_build(buf, &sense, cmd->cdb[1] & 0x01),
			 cmd->cdb[4]);
}

/* SBC-3 5.15 */
int spc_read_capacity10(struct tcmuser_cmd *cmd)
{
	const struct disk *disk = cmd_disk(cmd);
	uint64_t last = disk_blocks(disk) - 1;
	uint8_t buf[8];

	/* an LBA had a meaning with PMI, which is obsolete */
	if (get_be32(cmd->cdb + 2) && !(cmd->cdb[8] & 0x01))
		return sense_bad_cdb(cmd, 2);
	if (last == UINT64_MAX)
		return not_ready(cmd);
	put_be32(buf, last < UINT32_MAX ? (uint32_t)last : UINT32_MAX);
	put_be32(buf + 4, disk->block_size);
	return cmd_reply(cmd, buf, sizeof(buf), sizeof(buf));
}

static uint8_t exponent(uint32_t blocks)
{
	uint8_t exp = 0;

	while (blocks >>= 1)
		exp++;
	return exp;
}

/* SBC-3 5.16 */
int spc_read_capacity16(struct tcmuser_cmd *cmd)
{
	const struct disk *disk = cmd_disk(cmd);
	uint64_t last = disk_blocks(disk) - 1;
	uint8_t buf[32] = { 0 };

	if (last == UINT64_MAX)
		return not_ready(cmd);
	put_be64(buf, last);
	put_be32(buf + 8, disk->block_size);
	buf[13] = exponent(disk->physical_block / disk->block_size);
	if (disk->features & TCMUSER_CAN_DISCARD) {
		buf[14] = 0x80;			/* LBPME */
		if (disk->features & TCMUSER_DISCARD_ZEROES)
			buf[14] |= 0x40;	/* LBPRZ */
	}
	return cmd_reply(cmd, buf, sizeof(buf), get_be32(cmd->cdb + 10));
}

/*
 * SBC-3 5.20. There is nothing to start or to stop: but what is told to stop is
 * about to lose its power, for all that it knows.
 */
int spc_start_stop(struct tcmuser_cmd *cmd)
{
	uint8_t bits = cmd->cdb[4];

	/* power conditions, and a medium to eject, the disk does not have */
	if (bits & 0xf2)
		return sense_bad_cdb(cmd, 4);
	if (bits & 0x01 || bits & 0x04)		/* START, NO_FLUSH */
		return 0;
	return cmd_flush(cmd, NULL);
}

/* The medium cannot be removed anyway */
int spc_prevent_allow(struct tcmuser_cmd *cmd)
{
	return cmd->cdb[4] & 0x02 ? sense_bad_cdb(cmd, 4) : 0;
}

/* SPC-4 6.33: LUN 0 alone */
int spc_report_luns(struct tcmuser_cmd *cmd)
{
	uint8_t buf[16] = { 0, 0, 0, 8 };
	uint32_t allowed = get_be32(cmd->cdb + 6);

	if (allowed < 16)
		return sense_bad_cdb(cmd, 6);
	switch (cmd->cdb[2]) {
	case 0x00:
	case 0x02:
		return cmd_reply(cmd, buf, 16, allowed);
	case 0x01:				/* well-known ones */
		buf[3] = 0;
		return cmd_reply(cmd, buf, 8, allowed);
	default:
		return sense_bad_cdb(cmd, 2);
	}
}
