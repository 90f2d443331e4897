// SPDX-License-Identifier: GPL-2.0-only
/*
 * MODE SENSE and MODE SELECT.
 */
#include "fake.h"

#define BLOCK 512
#define BLOCKS 4096

static uint8_t buf[512];

static int sense6(uint8_t bits, uint8_t page, uint8_t subpage, uint8_t allowed)
{
	memset(buf, 0xee, sizeof(buf));
	fake_cdb6(0x1a, bits, page, allowed);
	cdb[3] = subpage;
	return fake_sense(buf, sizeof(buf));
}

static int sense10(uint8_t bits, uint8_t page, uint8_t subpage, uint16_t allowed)
{
	memset(buf, 0xee, sizeof(buf));
	fake_cdb10(0x5a, bits, 0, allowed);
	cdb[2] = page;
	cdb[3] = subpage;
	return fake_sense(buf, sizeof(buf));
}

#define DBD 0x08
#define LLBAA 0x10

TEST("the header is that of its length, with block descriptor and lengths")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	CHECK_EQ(sense6(0, 0x08, 0, 255), -1);
	CHECK_EQ(answer.read_len, 4 + 8 + 20);
	CHECK_EQ(buf[0], 4 + 8 + 20 - 1);
	CHECK_EQ(buf[3], 8);
	CHECK_EQ(get_be32(buf + 4), BLOCKS);
	CHECK_EQ(get_be32(buf + 8), BLOCK);
	CHECK_EQ(buf[12], 0x08);
	CHECK_EQ(sense6(DBD, 0x08, 0, 255), -1);
	CHECK_EQ(answer.read_len, 4 + 20);
	CHECK_EQ(buf[3], 0);
	CHECK_EQ(sense10(0, 0x08, 0, 512), -1);
	CHECK_EQ(answer.read_len, 8 + 8 + 20);
	CHECK_EQ(get_be16(buf), 8 + 8 + 20 - 2);
	CHECK_EQ(get_be16(buf + 6), 8);
	CHECK_EQ(sense10(LLBAA, 0x08, 0, 512), -1);
	CHECK_EQ(answer.read_len, 8 + 16 + 20);
	CHECK_EQ(buf[4], 1);
	CHECK_EQ(get_be64(buf + 8), BLOCKS);
	CHECK_EQ(get_be32(buf + 20), BLOCK);
	fake_close();
}

TEST("all pages are there with 3Fh, subpages with FFh")
{
	static const uint8_t each[] = { 0x08, 0x0a, 0x1c };
	unsigned int i;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	CHECK_EQ(sense6(DBD, 0x3f, 0, 255), -1);
	CHECK_EQ(answer.read_len, 4 + 20 + 12 + 12);
	CHECK_EQ(sense6(DBD, 0x3f, 0xff, 255), -1);
	CHECK_EQ(answer.read_len, 4 + 20 + 12 + 32 + 12);
	for (i = 0; i < ARRAY_SIZE(each); i++) {
		CHECK_EQ(sense6(DBD, each[i], 0, 255), -1);
		CHECK_EQ(buf[4], each[i]);
		CHECK_EQ(buf[5], answer.read_len - 6);
	}
	CHECK_EQ(sense6(DBD, 0x0a, 1, 255), -1);
	CHECK_EQ(buf[4], 0x4a);
	CHECK_EQ(get_be16(buf + 6), answer.read_len - 8);
	CHECK_EQ(sense6(DBD, 0x05, 0, 255), BAD_CDB);
	CHECK_EQ(sense6(DBD, 0x08, 1, 255), BAD_CDB);
	fake_close();
}

TEST("no more is given than is allowed")
{
	unsigned int i;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	for (i = 0; i < 100; i += 9) {
		CHECK_EQ(sense6(0, 0x3f, 0xff, (uint8_t)i), -1);
		CHECK(answer.read_len <= i);
		CHECK_EQ(buf[i], 0xee);
		CHECK_EQ(sense10(0, 0x3f, 0xff, (uint16_t)i), -1);
		CHECK(answer.read_len <= i);
		CHECK_EQ(buf[i], 0xee);
	}
	fake_close();
}

TEST("WCE follows the write cache, WP the disk, D_SENSE its size; DPOFUA is set")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	CHECK_EQ(sense6(DBD, 0x08, 0, 255), -1);
	CHECK_EQ(buf[2], 0x10);
	CHECK_EQ(buf[6], 0x04);
	disk_set_write_cache(&fake.dev.disk, false);
	fake.dev.disk.features |= TCMUSER_READ_ONLY;
	CHECK_EQ(sense6(DBD, 0x08, 0, 255), -1);
	CHECK_EQ(buf[2], 0x90);
	CHECK_EQ(buf[6], 0);
	CHECK_EQ(sense10(DBD, 0x0a, 0, 255), -1);
	CHECK_EQ(buf[3], 0x90);
	CHECK_EQ(buf[8 + 2], 0);
	fake.dev.disk.size = BLOCK * (UINT32_MAX + 1ULL);
	CHECK_EQ(sense10(0, 0x0a, 0, 255), -1);
	CHECK_EQ(buf[16 + 2], 0x04);
	CHECK_EQ(get_be32(buf + 8), UINT32_MAX);
	fake_close();
}

TEST("nothing is changeable, default is as current, nothing is saved")
{
	uint8_t current[64];
	unsigned int i;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	CHECK_EQ(sense6(DBD, 0x08, 0, 255), -1);
	memcpy(current, buf, 24);
	CHECK_EQ(sense6(DBD, 0x80 | 0x08, 0, 255), -1);
	CHECK(!memcmp(current, buf, 24));
	CHECK_EQ(sense6(DBD, 0x40 | 0x08, 0, 255), -1);
	CHECK_EQ(buf[4], 0x08);
	CHECK_EQ(buf[5], 18);
	for (i = 6; i < 24; i++)
		CHECK_EQ(buf[i], 0);
	CHECK_EQ(sense6(DBD, 0xc0 | 0x08, 0, 255), SENSE(5, 0x3900));
	fake_close();
}

/* ---- MODE SELECT ------------------------------------------------------------------- */

#define PF 0x10

static int select6(uint8_t bits, uint8_t len)
{
	fake_cdb6(0x15, bits, 0, len);
	return fake_sense(buf, len);
}

static int select10(uint8_t bits, uint16_t len)
{
	fake_cdb10(0x55, bits, 0, len);
	return fake_sense(buf, len);
}

TEST("MODE SELECT takes what MODE SENSE gave")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	sense6(0, 0x3f, 0xff, 255);
	CHECK_EQ(select6(PF, (uint8_t)answer.read_len), -1);
	CHECK_GOOD();
	sense6(DBD, 0x08, 0, 255);
	CHECK_EQ(select6(PF, (uint8_t)answer.read_len), -1);
	sense10(0, 0x3f, 0xff, 512);
	CHECK_EQ(select10(PF, (uint16_t)answer.read_len), -1);
	sense10(LLBAA, 0x3f, 0xff, 512);
	CHECK_EQ(select10(PF, (uint16_t)answer.read_len), -1);
	CHECK_GOOD();
	/* all blocks, by other names */
	sense6(0, 0x0a, 0, 255);
	put_be32(buf + 4, 0);
	CHECK_EQ(select6(PF, 24), -1);
	put_be32(buf + 4, UINT32_MAX);
	CHECK_EQ(select6(PF, 24), -1);
	CHECK_EQ(select6(PF, 0), -1);
	/* a header alone */
	buf[3] = 0;
	CHECK_EQ(select6(PF, 4), -1);
	fake_close();
}

TEST("MODE SELECT refuses each change, and says where")
{
	unsigned int at;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	for (at = 5; at < 24; at++) {
		sense6(DBD, 0x08, 0, 255);
		buf[at] ^= 0x01;
		CHECK_EQ(select6(PF, 24), BAD_LIST);
		CHECK_EQ(get_be16(answer.sense + 16), at);
	}
	/* the page's own code, and PS, which is reserved here */
	sense6(DBD, 0x08, 0, 255);
	buf[4] = 0x09;
	CHECK_EQ(select6(PF, 24), BAD_LIST);
	buf[4] = 0x88;
	CHECK_EQ(select6(PF, 24), -1);
	sense6(0, 0x08, 0, 255);
	put_be32(buf + 4, BLOCKS - 1);
	CHECK_EQ(select6(PF, 32), BAD_LIST);
	put_be32(buf + 4, BLOCKS);
	put_be32(buf + 8, 4096);
	CHECK_EQ(select6(PF, 32), BAD_LIST);
	fake_close();
}

TEST("MODE SELECT refuses lists that are cut off, SP, and pages without PF")
{
	unsigned int len;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	CHECK_EQ(select6(0, 24), BAD_CDB);
	CHECK_EQ(select6(PF | 1, 24), BAD_CDB);
	CHECK_EQ(select10(0, 24), BAD_CDB);
	for (len = 1; len < 32; len++) {
		/* where there is no page, or no descriptor either, it is complete */
		sense6(0, 0x08, 0, 255);
		CHECK_EQ(select6(PF, (uint8_t)len), len == 12 ? -1 : BAD_LENGTH);
	}
	sense6(0, 0x08, 0, 255);
	fake_cdb6(0x15, PF, 0, 32);
	CHECK_EQ(fake_sense(buf, 31), BAD_LENGTH);
	sense10(0, 0x08, 0, 255);
	put_be16(buf + 6, 0xffff);
	CHECK_EQ(select10(PF, 36), BAD_LENGTH);
	put_be16(buf + 6, 7);
	CHECK_EQ(select10(PF, 36), BAD_LIST);
	fake_close();
}
