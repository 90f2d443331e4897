// SPDX-License-Identifier: GPL-2.0-only
/*
 * VERIFY, WRITE AND VERIFY, COMPARE AND WRITE, by one command at a time.
 */
#include "fake.h"

#include <errno.h>

#define BLOCK 512
#define BLOCKS 3000

static uint8_t buf[BLOCKS * BLOCK];

TEST("VERIFY without data reads the medium, all of it")
{
	unsigned int mode;

	for (mode = 0; mode < FAKE_MODES; mode++) {
		fake_open(BLOCK, BLOCKS, mode);
		fake_cdb10(0x2f, 0, 0, BLOCKS);
		CHECK_EQ(fake_status(NULL, 0), 0);
		CHECK_EQ(fake.reads, (BLOCKS + 127) / 128);
		fake_cdb12(0xaf, 0, 1, 1);
		CHECK_EQ(fake_status(NULL, 0), 0);
		fake_cdb16(0x8f, 0, 1, 1);
		CHECK_EQ(fake_status(NULL, 0), 0);
		fake.fail = -EIO;
		CHECK_EQ(fake_sense(NULL, 0), SENSE(3, 0x1100));
		fake_close();
	}
}

TEST("VERIFY of no blocks is good, beyond the disk it is not")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake_cdb10(0x2f, 0x02, 7, 0);
	CHECK_EQ(fake_status(NULL, 0), 0);
	fake_cdb16(0x8f, 0x02, 1ULL << 40, 0);
	CHECK_EQ(fake_sense(NULL, 0), BAD_LBA);
	fake_cdb16(0x8f, 0, 1, UINT32_MAX);
	CHECK_EQ(fake_sense(NULL, 0), BAD_LBA);
	fake_close();
}

TEST("VERIFY with BYTCHK 1 compares each byte, and says where they differ")
{
	static const size_t places[] = { 0, 1, 511, 512, 65535, 65536, 153599 };
	unsigned int mode, i;

	for (mode = 0; mode < FAKE_MODES; mode++) {
		fake_open(BLOCK, BLOCKS, mode);
		fake_cdb10(0x2f, 0x02, 11, 300);
		memcpy(buf, fake.ram + 11 * BLOCK, 300 * BLOCK);
		CHECK_EQ(fake_status(buf, 300 * BLOCK), 0);
		for (i = 0; i < ARRAY_SIZE(places); i++) {
			buf[places[i]] ^= 0x40;
			CHECK_EQ(fake_sense(buf, 300 * BLOCK),
				 SENSE(0xe, 0x1d00));
			CHECK(answer.has_info);
			CHECK_EQ(answer.info, places[i]);
			buf[places[i]] ^= 0x40;
		}
		fake_close();
	}
}

TEST("VERIFY with BYTCHK 3 compares each block with the one of the buffer")
{
	fake_open(BLOCK, BLOCKS, FAKE_THREAD);
	fake_cdb16(0x8f, 0x06, 11, 300);
	memset(buf, 0x5a, BLOCK);
	memset(fake.ram + 11 * BLOCK, 0x5a, 300 * BLOCK);
	CHECK_EQ(fake_status(buf, BLOCK), 0);
	fake.ram[311 * BLOCK - 3] = 0;
	CHECK_EQ(fake_sense(buf, BLOCK), SENSE(0xe, 0x1d00));
	CHECK_EQ(answer.info, BLOCK - 3);
	CHECK_EQ(fake_sense(buf, BLOCK - 1), BAD_CDB);
	fake_close();
}

TEST("VERIFY with BYTCHK 2, or with less data than it compares, is refused")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake_cdb10(0x2f, 0x04, 0, 1);
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_CDB);
	fake_cdb10(0x2f, 0x02, 0, 2);
	CHECK_EQ(fake_sense(buf, 2 * BLOCK - 1), BAD_CDB);
	CHECK_EQ(fake_sense(NULL, 0), BAD_CDB);
	CHECK_EQ(fake.callbacks, 0);
	fake_close();
}

static int pretend(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		   size_t len, uint64_t off)
{
	return 0;
}

TEST("WRITE AND VERIFY writes, flushes, reads back, and compares by BYTCHK")
{
	unsigned int mode;

	for (mode = 0; mode < FAKE_MODES; mode++) {
		fake_open(BLOCK, BLOCKS, mode);
		fake_fill(buf, 300 * BLOCK, 7);
		fake_cdb10(0x2e, 0, 9, 300);
		CHECK_EQ(fake_status(buf, 300 * BLOCK), 0);
		CHECK(!memcmp(fake.ram + 9 * BLOCK, buf, 300 * BLOCK));
		CHECK_EQ(fake.writes, 3);
		CHECK_EQ(fake.flushes, 1);
		CHECK_EQ(fake.reads, 3);
		fake_fill(buf, 2 * BLOCK, 8);
		fake_cdb16(0x8e, 0x02, 9, 2);
		CHECK_EQ(fake_status(buf, 2 * BLOCK), 0);
		CHECK(!memcmp(fake.ram + 9 * BLOCK, buf, 2 * BLOCK));
		/* the disk does not keep what it was given */
		fake.handler.write = pretend;
		buf[700] ^= 1;
		CHECK_EQ(fake_sense(buf, 2 * BLOCK), SENSE(0xe, 0x1d00));
		CHECK_EQ(answer.info, 700);
		fake_cdb12(0xae, 0x04, 9, 2);
		CHECK_EQ(fake_sense(buf, 2 * BLOCK), BAD_CDB);
		fake_close();
	}
}

/* The blocks at @lba are @count of @old, and shall be @new */
static void make_caw(uint64_t lba, uint8_t count, uint64_t seed)
{
	size_t len = (size_t)count * BLOCK;

	fake_cdb16(0x89, 0, lba, 0);
	cdb[13] = count;
	memcpy(buf, fake.ram + lba * BLOCK, len);
	fake_fill(buf + len, len, seed);
}

TEST("COMPARE AND WRITE writes what is behind, where it finds what is in front")
{
	unsigned int mode;
	uint8_t count;

	for (mode = 0; mode < FAKE_MODES; mode++) {
		fake_open(BLOCK, BLOCKS, mode);
		for (count = 1; count < 255; count += 127) {
			make_caw(30, count, count);
			CHECK_EQ(fake_status(buf, 2 * count * BLOCK), 0);
			CHECK(!memcmp(fake.ram + 30 * BLOCK, buf + count * BLOCK,
				      (size_t)count * BLOCK));
		}
		fake_close();
	}
}

TEST("COMPARE AND WRITE that finds something else writes nothing")
{
	unsigned int mode;
	uint8_t old[4 * BLOCK];

	for (mode = 0; mode < FAKE_MODES; mode++) {
		fake_open(BLOCK, BLOCKS, mode);
		make_caw(BLOCKS - 4, 4, 3);
		buf[4 * BLOCK - 1] ^= 0x80;
		memcpy(old, fake.ram + (BLOCKS - 4) * BLOCK, sizeof(old));
		CHECK_EQ(fake_sense(buf, 8 * BLOCK), SENSE(0xe, 0x1d00));
		CHECK(answer.has_info);
		CHECK_EQ(answer.info, 4 * BLOCK - 1);
		CHECK_EQ(fake.writes, 0);
		CHECK(!memcmp(old, fake.ram + (BLOCKS - 4) * BLOCK, sizeof(old)));
		/* and the next one is not stuck */
		buf[4 * BLOCK - 1] ^= 0x80;
		CHECK_EQ(fake_status(buf, 8 * BLOCK), 0);
		fake_close();
	}
}

TEST("COMPARE AND WRITE whose callbacks fail lets the next one go on")
{
	unsigned int after;

	fake_open(BLOCK, BLOCKS, FAKE_THREAD);
	for (after = 0; after < 2; after++) {
		make_caw(1, 1, 3);
		fake.fail = -EIO;
		fake.fail_after = after;
		CHECK_EQ(fake_sense(buf, 2 * BLOCK),
			 SENSE(3, after ? 0x0c00 : 0x1100));
	}
	fake.fail = 0;
	CHECK_EQ(fake_status(buf, 2 * BLOCK), 0);
	fake_close();
}

TEST("COMPARE AND WRITE: none is good, too little data and no such block are not")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	make_caw(0, 0, 1);
	CHECK_EQ(fake_status(NULL, 0), 0);
	make_caw(0, 2, 1);
	CHECK_EQ(fake_sense(buf, 4 * BLOCK - 1), BAD_CDB);
	make_caw(0, 2, 1);
	put_be64(cdb + 2, BLOCKS - 1);
	CHECK_EQ(fake_sense(buf, 4 * BLOCK), BAD_LBA);
	make_caw(0, 1, 1);
	put_be64(cdb + 2, UINT64_MAX);
	CHECK_EQ(fake_sense(buf, 2 * BLOCK), BAD_LBA);
	CHECK_EQ(fake.callbacks, 0);
	fake_close();
}

TEST("COMPARE AND WRITE with FUA is flushed")
{
	fake_open(BLOCK, BLOCKS, FAKE_INSIDE);
	make_caw(0, 2, 1);
	cdb[1] = 0x08;
	CHECK_EQ(fake_status(buf, 4 * BLOCK), 0);
	CHECK_EQ(fake.flushes, 1);
	fake_close();
}
