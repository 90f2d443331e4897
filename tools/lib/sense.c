// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sense data: its two formats (SPC-4 4.5), and what an errno stands for.
 */
#include "cmd.h"
#include "scsi.h"

#include <errno.h>
#include <linux/kernel.h>
#include <string.h>

/* SPC-4 4.5.3 */
static size_t build_fixed(uint8_t *buf, const struct sense *sense)
{
	buf[0] = sense->has_info ? 0xf0 : 0x70;
	buf[2] = sense->key;
	if (sense->has_info)
		put_be32(buf + 3, (uint32_t)sense->info);
	buf[7] = 10;
	put_be16(buf + 12, sense->asc_ascq);
	if (sense->pointed) {
		buf[15] = sense->pointed;
		put_be16(buf + 16, sense->byte);
	}
	return 18;
}

/* SPC-4 4.5.2: information (4.5.2.2) and sense key specific (4.5.2.4) */
static size_t build_descriptors(uint8_t *buf, const struct sense *sense)
{
	size_t len = 8;

	buf[0] = 0x72;
	buf[1] = sense->key;
	put_be16(buf + 2, sense->asc_ascq);
	if (sense->has_info) {
		buf[len + 1] = 0x0a;
		buf[len + 2] = 0x80;
		put_be64(buf + len + 4, sense->info);
		len += 12;
	}
	if (sense->pointed) {
		buf[len] = 0x02;
		buf[len + 1] = 0x06;
		buf[len + 4] = sense->pointed;
		put_be16(buf + len + 5, sense->byte);
		len += 8;
	}
	buf[7] = (uint8_t)(len - 8);
	return len;
}

size_t sense_build(uint8_t buf[SENSE_MAX], const struct sense *sense,
		   bool descriptor)
{
	memset(buf, 0, SENSE_MAX);
	/* fixed format has 32 bits for it */
	if (descriptor || (sense->has_info && sense->info > UINT32_MAX))
		return build_descriptors(buf, sense);
	return build_fixed(buf, sense);
}

int sense_set(struct tcmuser_cmd *cmd, const struct sense *sense)
{
	bool descriptor = disk_wants_descriptors(cmd_disk(cmd));

	cmd->sense_len = (uint8_t)sense_build(cmd->sense, sense, descriptor);
	cmd->status = STATUS_CHECK_CONDITION;
	return TCMUSER_SENSE;
}

int tcmuser_cmd_sense(struct tcmuser_cmd *cmd, uint8_t key, uint16_t asc_ascq)
{
	struct sense sense = { .key = key, .asc_ascq = asc_ascq };

	return sense_set(cmd, &sense);
}

int sense_bad_cdb(struct tcmuser_cmd *cmd, unsigned int byte)
{
	struct sense sense = {
		.key = KEY_ILLEGAL_REQUEST,
		.asc_ascq = ASC_INVALID_CDB,
		.pointed = SENSE_IN_CDB,
		.byte = (uint16_t)byte,
	};

	return sense_set(cmd, &sense);
}

int sense_bad_list(struct tcmuser_cmd *cmd, unsigned int byte)
{
	struct sense sense = {
		.key = KEY_ILLEGAL_REQUEST,
		.asc_ascq = ASC_INVALID_LIST,
		.pointed = SENSE_IN_LIST,
		.byte = (uint16_t)byte,
	};

	return sense_set(cmd, &sense);
}

int sense_bad_list_length(struct tcmuser_cmd *cmd)
{
	return tcmuser_cmd_sense(cmd, KEY_ILLEGAL_REQUEST, ASC_LIST_LENGTH);
}

/*
 * tcmuser_sense(7) has this table, too. Initiators try again after BUSY, TASK SET
 * FULL and ABORTED COMMAND, and take the others for final.
 */
static const struct {
	int error;
	uint8_t status;
	uint8_t key;
	uint16_t asc_ascq;
	uint16_t asc_written;	/* when it was not a read; 0: the same */
} errors[] = {
	{ EAGAIN, STATUS_BUSY, 0, 0, 0 },
	{ EBUSY, STATUS_BUSY, 0, 0, 0 },
	{ EINTR, STATUS_BUSY, 0, 0, 0 },
	{ ENOMEM, STATUS_TASK_SET_FULL, 0, 0, 0 },
	{ ENOBUFS, STATUS_TASK_SET_FULL, 0, 0, 0 },
	{ EBADE, STATUS_RESERVATION_CONFLICT, 0, 0, 0 },
#define SENSE(key, asc) STATUS_CHECK_CONDITION, KEY_##key, asc
	{ EIO, SENSE(MEDIUM_ERROR, ASC_READ_ERROR), ASC_WRITE_ERROR },
	{ ENODATA, SENSE(MEDIUM_ERROR, ASC_READ_ERROR), ASC_WRITE_ERROR },
	{ EBADMSG, SENSE(MEDIUM_ERROR, ASC_READ_ERROR), ASC_WRITE_ERROR },
	{ EILSEQ, SENSE(MEDIUM_ERROR, ASC_READ_ERROR), ASC_WRITE_ERROR },
	{ EUCLEAN, SENSE(MEDIUM_ERROR, ASC_READ_ERROR), ASC_WRITE_ERROR },
	/* SPACE ALLOCATION FAILED WRITE PROTECT: SBC-3 4.7.3.6 */
	{ ENOSPC, SENSE(DATA_PROTECT, 0x2707), 0 },
	{ EDQUOT, SENSE(DATA_PROTECT, 0x2707), 0 },
	{ EROFS, SENSE(DATA_PROTECT, ASC_WRITE_PROTECTED), 0 },
	{ EPERM, SENSE(DATA_PROTECT, ASC_WRITE_PROTECTED), 0 },
	{ EACCES, SENSE(DATA_PROTECT, ASC_WRITE_PROTECTED), 0 },
	/* INVALID COMMAND OPERATION CODE */
	{ EOPNOTSUPP, SENSE(ILLEGAL_REQUEST, ASC_INVALID_OPCODE), 0 },
	{ ENOSYS, SENSE(ILLEGAL_REQUEST, ASC_INVALID_OPCODE), 0 },
	{ EINVAL, SENSE(ILLEGAL_REQUEST, ASC_INVALID_CDB), 0 },
	{ ERANGE, SENSE(ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE), 0 },
	{ EFBIG, SENSE(ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE), 0 },
	{ EOVERFLOW, SENSE(ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE), 0 },
	/* LOGICAL UNIT COMMUNICATION FAILURE */
	{ ENOTCONN, SENSE(NOT_READY, 0x0800), 0 },
	{ ECONNREFUSED, SENSE(NOT_READY, 0x0800), 0 },
	{ ECONNRESET, SENSE(NOT_READY, 0x0800), 0 },
	{ EHOSTUNREACH, SENSE(NOT_READY, 0x0800), 0 },
	{ ENETUNREACH, SENSE(NOT_READY, 0x0800), 0 },
	{ EPIPE, SENSE(NOT_READY, 0x0800), 0 },
	{ ESHUTDOWN, SENSE(NOT_READY, 0x0800), 0 },
	{ ENODEV, SENSE(NOT_READY, ASC_NOT_READY), 0 },
	{ ENXIO, SENSE(NOT_READY, ASC_NOT_READY), 0 },
	/* MEDIUM NOT PRESENT */
	{ ENOMEDIUM, SENSE(NOT_READY, 0x3a00), 0 },
	/* TIMEOUT ON LOGICAL UNIT, I/O PROCESS TERMINATED */
	{ ETIMEDOUT, SENSE(ABORTED_COMMAND, 0x3e02), 0 },
	{ ETIME, SENSE(ABORTED_COMMAND, 0x3e02), 0 },
	{ ECANCELED, SENSE(ABORTED_COMMAND, 0x0006), 0 },
#undef SENSE
};

void sense_errno(struct tcmuser_cmd *cmd, int error)
{
	uint16_t asc;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		if (errors[i].error != error)
			continue;
		if (errors[i].status != STATUS_CHECK_CONDITION) {
			tcmuser_cmd_status(cmd, errors[i].status);
			return;
		}
		asc = errors[i].asc_ascq;
		if (cmd->step.wrote && errors[i].asc_written)
			asc = errors[i].asc_written;
		tcmuser_cmd_sense(cmd, errors[i].key, asc);
		return;
	}
	/* INTERNAL TARGET FAILURE */
	tcmuser_cmd_sense(cmd, KEY_HARDWARE_ERROR, 0x4400);
}
