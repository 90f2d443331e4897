// SPDX-License-Identifier: GPL-2.0-only
/*
 * INQUIRY, its pages, and REPORT SUPPORTED OPERATION CODES.
 */
#include "fake.h"

#define BLOCK 512
#define BLOCKS 4096

static uint8_t buf[2048];

/* INQUIRY for @page, or the standard data if it is negative; the bytes it gave */
static size_t inquire(int page, uint16_t allowed)
{
	memset(buf, 0xee, sizeof(buf));
	fake_cdb6(0x12, page >= 0, page >= 0 ? (uint8_t)page : 0, 0);
	put_be16(cdb + 3, allowed);
	fake_run(NULL, buf, sizeof(buf));
	CHECK_GOOD();
	CHECK(answer.has_read_len);
	CHECK(answer.read_len <= allowed);
	CHECK_EQ(buf[answer.read_len], 0xee);
	return answer.read_len;
}

TEST("standard data is that of a disk by SPC-4")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	CHECK_EQ(inquire(-1, 255), 96);
	CHECK_EQ(buf[0], 0);
	CHECK_EQ(buf[2], 6);
	CHECK_EQ(buf[3], 2);
	CHECK_EQ(buf[4], 91);
	CHECK_EQ(buf[7], 2);
	CHECK(!memcmp(buf + 8, "LIO-ORG TCMU device     0001", 28));
	fake_close();
}

TEST("no more is given than is allowed, nor than there is room")
{
	static const uint16_t lens[] = { 0, 1, 4, 5, 36, 95, 96, 97, 0xffff };
	unsigned int i;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	for (i = 0; i < ARRAY_SIZE(lens); i++)
		CHECK_EQ(inquire(-1, lens[i]), lens[i] < 96 ? lens[i] : 96);
	fake_cdb6(0x12, 0, 0, 255);
	CHECK_EQ(fake_status(buf, 7), 0);
	CHECK_EQ(answer.read_len, 7);
	CHECK_EQ(fake_status(NULL, 0), 0);
	CHECK_EQ(answer.read_len, 0);
	fake_close();
}

TEST("the list of pages names those that there are, in order")
{
	size_t i, len;
	uint8_t list[16];

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	len = inquire(0, 255);
	CHECK_EQ(len, 4 + get_be16(buf + 2));
	len -= 4;
	CHECK_EQ(len, 6);
	memcpy(list, buf + 4, len);
	for (i = 0; i < len; i++) {
		CHECK(i == 0 || list[i] > list[i - 1]);
		CHECK(inquire(list[i], 0xffff) >= 4);
		CHECK_EQ(buf[1], list[i]);
		CHECK_EQ(answer.read_len, 4 + get_be16(buf + 2));
	}
	fake_close();
}

TEST("a page that is not there, one without EVPD, and CMDDT are refused")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake_cdb6(0x12, 1, 0xb9, 255);
	CHECK_EQ(fake_sense(buf, 255), BAD_CDB);
	fake_cdb6(0x12, 0, 0x80, 255);
	CHECK_EQ(fake_sense(buf, 255), BAD_CDB);
	fake_cdb6(0x12, 2, 0, 255);
	CHECK_EQ(fake_sense(buf, 255), BAD_CDB);
	fake_close();
}

TEST("a disk without a serial number has one that stays the same, and is its own")
{
	uint8_t serial[16], naa[16];

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	CHECK_EQ(inquire(0x80, 255), 20);
	memcpy(serial, buf + 4, 16);
	inquire(0x83, 255);
	CHECK(!memcmp(buf + 4, "\x01\x03\x00\x10\x60\x01\x40\x5", 7));
	memcpy(naa, buf + 8, 16);
	CHECK_EQ(naa[3] >> 4, 5);
	CHECK_EQ(inquire(0x80, 255), 20);
	CHECK(!memcmp(serial, buf + 4, 16));
	fake.dev.dir = "/nowhere/user_0/ram2";
	inquire(0x80, 255);
	CHECK(memcmp(serial, buf + 4, 16));
	inquire(0x83, 255);
	CHECK(memcmp(naa, buf + 8, 16));
	fake_close();
}

TEST("block limits are those that are kept")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake.dev.disk.physical_block = 4096;
	fake.dev.disk.io_opt = 1 << 20;
	fake.dev.disk.discard_granularity = 65536;
	CHECK_EQ(inquire(0xb0, 255), 64);
	CHECK_EQ(buf[4], 1);
	CHECK_EQ(buf[5], 255);
	CHECK_EQ(get_be16(buf + 6), 8);
	CHECK_EQ(get_be32(buf + 8), 128);
	CHECK_EQ(get_be32(buf + 12), 2048);
	CHECK_EQ(get_be32(buf + 20), 1 << 20);
	CHECK_EQ(get_be32(buf + 24), 256);
	CHECK_EQ(get_be32(buf + 28), 128);
	CHECK_EQ(get_be32(buf + 32), 0x80000000);
	CHECK_EQ(get_be64(buf + 36), 0xffff);
	fake.dev.disk.features = 0;
	inquire(0xb0, 255);
	CHECK_EQ(get_be32(buf + 20) + get_be32(buf + 24) + get_be32(buf + 28), 0);
	fake_close();
}

TEST("it rotates only if it says so")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	CHECK_EQ(inquire(0xb1, 255), 64);
	CHECK_EQ(get_be16(buf + 4), 1);
	fake.dev.disk.features |= TCMUSER_ROTATIONAL;
	inquire(0xb1, 255);
	CHECK_EQ(get_be16(buf + 4), 0);
	fake_close();
}

/* The flags and the type of the provisioning page, the flags of READ CAPACITY(16) */
static uint32_t provisioning(uint32_t features)
{
	uint32_t val;

	fake.dev.disk.features = features;
	CHECK_EQ(inquire(0xb2, 255), 8);
	val = (uint32_t)buf[5] << 16 | (uint32_t)buf[6] << 8;
	fake_cdb16(0x9e, 0x10, 0, 32);
	CHECK_EQ(fake_status(buf, 32), 0);
	return val | buf[14];
}

TEST("thin provisioning is what the handler can do")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	CHECK_EQ(provisioning(0), 0);
	CHECK_EQ(provisioning(TCMUSER_CAN_ZERO), 0);
	CHECK_EQ(provisioning(TCMUSER_DISCARD_ZEROES), 0);
	CHECK_EQ(provisioning(TCMUSER_CAN_DISCARD), 0x800280);
	CHECK_EQ(provisioning(TCMUSER_CAN_DISCARD | TCMUSER_CAN_ZERO), 0xe00280);
	CHECK_EQ(provisioning(TCMUSER_CAN_DISCARD | TCMUSER_DISCARD_ZEROES),
		 0xe402c0);
	fake_close();
}

/* ---- REPORT SUPPORTED OPERATION CODES ---------------------------------------------- */

static size_t report(uint8_t options, uint8_t opcode, uint16_t action)
{
	memset(buf, 0, sizeof(buf));
	fake_cdb12(0xa3, 0x0c, 0, sizeof(buf));
	cdb[2] = options;
	cdb[3] = opcode;
	put_be16(cdb + 4, action);
	if (fake_status(buf, sizeof(buf)))
		return 0;
	return answer.read_len;
}

/* What the list says of an opcode: the length of its CDB, or 0 */
static unsigned int listed(size_t len, size_t each, uint8_t opcode,
			   uint16_t action)
{
	size_t at;

	for (at = 4; at < len; at += each)
		if (buf[at] == opcode && get_be16(buf + at + 2) == action)
			return get_be16(buf + at + 6);
	return 0;
}

TEST("the list of opcodes has those that work, and the length of their CDBs")
{
	size_t len;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	len = report(0, 0, 0);
	CHECK_EQ(len, 4 + get_be32(buf));
	CHECK_EQ(listed(len, 8, 0x28, 0), 10);
	CHECK_EQ(listed(len, 8, 0x12, 0), 6);
	CHECK_EQ(listed(len, 8, 0x9e, 0x10), 16);
	CHECK_EQ(listed(len, 8, 0xa3, 0x0c), 12);
	CHECK_EQ(listed(len, 8, 0x42, 0), 10);
	CHECK_EQ(listed(len, 8, 0x04, 0), 0);
	fake.dev.disk.features = 0;
	len = report(0, 0, 0);
	CHECK_EQ(listed(len, 8, 0x42, 0), 0);
	/* with timeouts, which say nothing */
	len = report(0x80, 0, 0);
	CHECK_EQ(len, 4 + get_be32(buf));
	CHECK_EQ(listed(len, 20, 0x88, 0), 16);
	fake_close();
}

TEST("each opcode of the list can be asked for by itself, and has its own usage data")
{
	uint8_t list[1024];
	size_t at, len;
	bool action;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	len = report(0, 0, 0);
	CHECK(len < sizeof(list));
	memcpy(list, buf, len);
	for (at = 4; at < len; at += 8) {
		action = list[at + 5] & 1;
		CHECK(report(action ? 2 : 1, list[at], get_be16(list + at + 2)));
		CHECK_EQ(buf[1], 3);
		CHECK_EQ(answer.read_len, 4 + get_be16(list + at + 6));
		CHECK_EQ(get_be16(buf + 2), get_be16(list + at + 6));
		CHECK_EQ(buf[4], list[at]);
		CHECK(report(3, list[at], get_be16(list + at + 2)));
		CHECK_EQ(buf[1], 3);
		CHECK(report(0x83, list[at], get_be16(list + at + 2)));
		CHECK_EQ(buf[1], 0x83);
		/* the wrong way */
		CHECK_EQ(report(action ? 1 : 2, list[at], 0), 0);
		CHECK_EQ(SENSE(answer.key, answer.asc), BAD_CDB);
	}
	fake_close();
}

TEST("an opcode that is not supported is told as such")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	CHECK_EQ(report(1, 0x04, 0), 4);
	CHECK_EQ(buf[1], 1);
	CHECK_EQ(report(2, 0x9e, 0x1f), 4);
	CHECK_EQ(buf[1], 1);
	CHECK_EQ(report(3, 0x28, 7), 4);
	CHECK_EQ(buf[1], 1);
	CHECK_EQ(report(4, 0, 0), 0);
	fake_close();
}
