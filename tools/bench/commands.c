// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands that Linux's disk driver needs: reads and writes, and what it asks
 * before it has a disk.
 */
#include "daemon.h"

#include <stddef.h>
#include <string.h>

enum { GOOD = 0x00, CHECK_CONDITION = 0x02 };
enum { BAD_OPCODE = 0x20, BAD_LBA = 0x21, BAD_CDB = 0x24 };

static uint64_t get_be(const uint8_t *p, int len)
{
	uint64_t val = 0;

	while (len--)
		val = val << 8 | *p++;
	return val;
}

static void put_be(uint8_t *p, int len, uint64_t val)
{
	while (len--) {
		p[len] = val;
		val >>= 8;
	}
}

/* Between @mem and the command's buffer, as far as both go */
static void transfer(struct served *served, const struct tcmu_cmd_entry *entry,
		     char *mem, uint64_t len, bool to_buffer)
{
	const struct iovec *iov = (const void *)((const char *)entry +
				offsetof(struct tcmu_cmd_entry, req.iov));
	uint32_t cnt = entry->req.iov_cnt;
	uint64_t n;

	for (; cnt && len; cnt--, iov++) {
		char *data = served->map + (uintptr_t)iov->iov_base;

		n = iov->iov_len < len ? iov->iov_len : len;
		if (to_buffer)
			memcpy(data, mem, n);
		else
			memcpy(mem, data, n);
		mem += n;
		len -= n;
	}
}

/* 0, or the additional sense code of what is wrong */
static int do_rw(struct served *served, const struct tcmu_cmd_entry *entry,
		 uint64_t lba, uint64_t count, bool is_read)
{
	struct disk *disk = served->disk;

	if (lba > disk->nr_blocks || count > disk->nr_blocks - lba)
		return BAD_LBA;
	if (disk->mem)
		transfer(served, entry, disk->mem + lba * disk->block_size,
			 count * disk->block_size, is_read);
	return 0;
}

static int do_inquiry(struct served *served, const struct tcmu_cmd_entry *entry,
		      const uint8_t *cdb)
{
	uint8_t buf[96] = { [2] = 0x05, [3] = 0x02, [4] = 91, [7] = 0x02 };
	uint64_t len = get_be(cdb + 3, 2);

	if (!(cdb[1] & 1)) {
		memcpy(buf + 8, "TCMU    bench           1.0 ", 28);
	} else {
		memset(buf, 0, sizeof(buf));
		buf[1] = cdb[2];
		if (cdb[2] == 0x00)
			memcpy(buf + 3, "\2\0\x80", 3);
		else if (cdb[2] == 0x80)
			memcpy(buf + 3, "\5bench", 6);
		else
			return BAD_CDB;
	}
	transfer(served, entry, (char *)buf, len < 96 ? len : 96, true);
	return 0;
}

static int do_capacity(struct served *served, const struct tcmu_cmd_entry *entry,
		       bool is_16)
{
	uint64_t last = served->disk->nr_blocks - 1;
	int width = is_16 ? 8 : 4;
	uint8_t buf[32] = { 0 };

	put_be(buf, width, !is_16 && last > UINT32_MAX ? UINT32_MAX : last);
	put_be(buf + width, 4, served->disk->block_size);
	transfer(served, entry, (char *)buf, is_16 ? 32 : 8, true);
	return 0;
}

/* A header, and no page */
static int do_mode_sense(struct served *served, const struct tcmu_cmd_entry *entry,
			 bool is_10)
{
	uint8_t buf[8] = { 0 };

	buf[is_10] = is_10 ? 6 : 3;
	transfer(served, entry, (char *)buf, is_10 ? 8 : 4, true);
	return 0;
}

static int do_other(struct served *served, const struct tcmu_cmd_entry *entry,
		    const uint8_t *cdb)
{
	switch (cdb[0]) {
	case 0x00:			/* TEST UNIT READY */
	case 0x1b:			/* START STOP UNIT */
	case 0x35:			/* SYNCHRONIZE CACHE (10), (16) */
	case 0x91:
		return 0;
	case 0x12:
		return do_inquiry(served, entry, cdb);
	case 0x1a:
		return do_mode_sense(served, entry, false);
	case 0x5a:
		return do_mode_sense(served, entry, true);
	case 0x25:
		return do_capacity(served, entry, false);
	case 0x9e:
		if ((cdb[1] & 0x1f) == 0x10)
			return do_capacity(served, entry, true);
		return BAD_CDB;
	default:
		return BAD_OPCODE;
	}
}

static int execute(struct served *served, const struct tcmu_cmd_entry *entry)
{
	const uint8_t *cdb = (uint8_t *)served->map + entry->req.cdb_off;
	bool is_read = !(cdb[0] & 2);

	switch (cdb[0]) {
	case 0x28:			/* READ and WRITE (10) */
	case 0x2a:
		return do_rw(served, entry, get_be(cdb + 2, 4),
			     get_be(cdb + 7, 2), is_read);
	case 0x88:			/* (16) */
	case 0x8a:
		return do_rw(served, entry, get_be(cdb + 2, 8),
			     get_be(cdb + 10, 4), is_read);
	default:
		return do_other(served, entry, cdb);
	}
}

/* command_do - carry it out, and put the answer in its place */
void command_do(struct served *served, struct tcmu_cmd_entry *entry)
{
	uint8_t *sense = (uint8_t *)entry->rsp.sense_buffer;
	int wrong = execute(served, entry);

	entry->rsp.scsi_status = wrong ? CHECK_CONDITION : GOOD;
	if (!wrong)
		return;
	memset(sense, 0, TCMU_SENSE_BUFFERSIZE);
	sense[0] = 0x70;		/* current, fixed format */
	sense[2] = 0x05;		/* ILLEGAL REQUEST */
	sense[7] = 10;
	sense[12] = wrong;
}
