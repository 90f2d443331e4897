// SPDX-License-Identifier: GPL-2.0-only
/*
 * READ, WRITE, SYNCHRONIZE CACHE, PRE-FETCH: what gets where, and what does not.
 */
#include "fake.h"

#include <errno.h>

#define BLOCK 512
#define BLOCKS 3000

static uint8_t buf[BLOCKS * BLOCK];
static uint8_t expect[BLOCKS * BLOCK];

/* A CDB of any of the four lengths for READ (@opcode 0x08) or WRITE (0x0a) */
static void rw_cdb(uint8_t opcode, int form, uint64_t lba, uint32_t count)
{
	switch (form) {
	case 6:
		fake_cdb6(opcode, (uint8_t)(lba >> 16), (uint8_t)(lba >> 8),
			  (uint8_t)count);
		cdb[3] = (uint8_t)lba;
		break;
	case 10:
		fake_cdb10(opcode + 0x20, 0, (uint32_t)lba, (uint16_t)count);
		break;
	case 12:
		fake_cdb12(opcode + 0xa0, 0, (uint32_t)lba, count);
		break;
	default:
		fake_cdb16(opcode + 0x80, 0, lba, count);
	}
}

static const int forms[] = { 6, 10, 12, 16 };

static void check_read(int form, uint64_t lba, uint32_t count)
{
	uint32_t blocks = form == 6 && !count ? 256 : count;

	memset(buf, 0xee, sizeof(buf));
	rw_cdb(0x08, form, lba, count);
	fake_run(NULL, buf, (size_t)blocks * BLOCK);
	CHECK_GOOD();
	CHECK(!memcmp(buf, fake.ram + lba * BLOCK, (size_t)blocks * BLOCK));
}

static void check_write(int form, uint64_t lba, uint32_t count)
{
	uint32_t blocks = form == 6 && !count ? 256 : count;
	size_t at = lba * BLOCK, len = (size_t)blocks * BLOCK;

	memcpy(expect, fake.ram, sizeof(expect));
	fake_fill(expect + at, len, lba + count + form);
	memcpy(buf, expect + at, len);
	rw_cdb(0x0a, form, lba, count);
	fake_run(NULL, buf, len);
	CHECK_GOOD();
	CHECK(!memcmp(expect, fake.ram, sizeof(expect)));
}

TEST("reads and writes of each length move their blocks, and no others")
{
	unsigned int mode, i;

	for (mode = 0; mode < FAKE_MODES; mode++) {
		fake_open(BLOCK, BLOCKS, mode);
		for (i = 0; i < ARRAY_SIZE(forms); i++) {
			check_write(forms[i], 0, 1);
			check_write(forms[i], BLOCKS - 1, 1);
			check_write(forms[i], 7, 255);
			check_write(forms[i], 100, 128);
			check_read(forms[i], 0, 1);
			check_read(forms[i], BLOCKS - 1, 1);
			check_read(forms[i], 3, 200);
		}
		fake_close();
	}
}

TEST("0 blocks are 256 for READ(6) and WRITE(6), and none for the others")
{
	unsigned int i;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		check_write(forms[i], 5, 0);
		CHECK_EQ(fake.writes, forms[i] == 6 ? 2 : 0);
		check_read(forms[i], 5, 0);
		CHECK_EQ(fake.reads, forms[i] == 6 ? 2 : 0);
	}
	fake_close();
}

TEST("the handler never gets more than the most bytes of a transfer")
{
	fake_open(BLOCK, BLOCKS, FAKE_THREAD);
	fake.dev.disk.max_transfer = 100 * BLOCK;
	check_write(10, 0, BLOCKS);
	CHECK_EQ(fake.writes, 30);
	CHECK_EQ(fake.longest, 100 * BLOCK);
	check_read(10, 1, BLOCKS - 1);
	CHECK_EQ(fake.reads, 30);
	CHECK_EQ(fake.longest, 100 * BLOCK);
	/* not even a block: one it is */
	fake.dev.disk.max_transfer = 1;
	check_read(10, 1, 3);
	CHECK_EQ(fake.reads, 3);
	fake_close();
}

static void check_refused(int form, uint64_t lba, uint32_t count)
{
	rw_cdb(0x08, form, lba, count);
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_LBA);
	CHECK_EQ(fake.callbacks, 0);
	rw_cdb(0x0a, form, lba, count);
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_LBA);
	CHECK_EQ(fake.callbacks, 0);
}

TEST("a range that leaves the disk is 05/21/00, and no sum of it overflows")
{
	fake_open_huge(BLOCK, BLOCKS);
	check_refused(6, BLOCKS, 1);
	check_refused(6, BLOCKS - 1, 2);
	check_refused(6, BLOCKS - 255, 0);
	check_refused(10, BLOCKS, 1);
	check_refused(10, BLOCKS - 1, 2);
	check_refused(10, BLOCKS + 1, 0);
	check_refused(10, UINT32_MAX, 1);
	check_refused(12, 0, BLOCKS + 1);
	check_refused(12, 1, UINT32_MAX);
	check_refused(12, UINT32_MAX, UINT32_MAX);
	check_refused(16, 1ULL << 32, 1);
	check_refused(16, UINT64_MAX, 1);
	check_refused(16, UINT64_MAX, 0);
	check_refused(16, UINT64_MAX - 7, 8);
	check_refused(16, 1ULL << 55, 1);
	check_refused(16, 0, UINT32_MAX);
	fake_close();
}

TEST("blocks beyond 2^32 are reached")
{
	fake_open_huge(4096, (1ULL << 33) + 8);
	rw_cdb(0x08, 16, (1ULL << 33) + 7, 1);
	CHECK_EQ(fake_status(buf, 4096), 0);
	CHECK_EQ(fake.reads, 1);
	rw_cdb(0x08, 16, (1ULL << 33) + 7, 2);
	CHECK_EQ(fake_sense(buf, 8192), BAD_LBA);
	/* its sense has descriptors: the disk is too large for the other format */
	CHECK_EQ(answer.sense[0], 0x72);
	fake_close();
}

TEST("a read into a shorter buffer fills that, up to part of a block")
{
	static const size_t lens[] = { 1, 200, 511, 512, 513, 1000, 1535 };
	unsigned int mode, i;

	for (mode = 0; mode < FAKE_MODES; mode++) {
		fake_open(BLOCK, BLOCKS, mode);
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			memset(buf, 0xee, sizeof(buf));
			rw_cdb(0x08, 10, 9, 3);
			CHECK_EQ(fake_status(buf, lens[i]), 0);
			CHECK(!memcmp(buf, fake.ram + 9 * BLOCK, lens[i]));
			CHECK_EQ(fake.longest, (lens[i] + 511) / 512 * 512);
		}
		fake_close();
	}
}

TEST("a read without a buffer is good, and reads nothing")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	rw_cdb(0x08, 10, 9, 3);
	CHECK_EQ(fake_status(NULL, 0), 0);
	CHECK_EQ(fake.callbacks, 0);
	fake_close();
}

TEST("a read into a longer buffer says how much it is")
{
	fake_open(BLOCK, BLOCKS, FAKE_INSIDE);
	memset(buf, 0xee, sizeof(buf));
	rw_cdb(0x08, 10, 9, 3);
	CHECK_EQ(fake_status(buf, 10000), 0);
	CHECK(!memcmp(buf, fake.ram + 9 * BLOCK, 3 * BLOCK));
	CHECK_EQ(buf[3 * BLOCK], 0xee);
	CHECK(answer.has_read_len);
	CHECK_EQ(answer.read_len, 3 * BLOCK);
	/* exactly enough: there is nothing to say */
	CHECK_EQ(fake_status(buf, 3 * BLOCK), 0);
	CHECK(!answer.has_read_len);
	fake_close();
}

TEST("a write with less data than it says is refused, one with more is not")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	memcpy(expect, fake.ram, sizeof(expect));
	rw_cdb(0x0a, 10, 9, 3);
	CHECK_EQ(fake_sense(buf, 3 * BLOCK - 1), BAD_CDB);
	CHECK_EQ(fake_sense(NULL, 0), BAD_CDB);
	CHECK(!memcmp(expect, fake.ram, sizeof(expect)));
	memset(buf, 0x11, sizeof(buf));
	memset(expect + 9 * BLOCK, 0x11, 3 * BLOCK);
	CHECK_EQ(fake_status(buf, 4 * BLOCK + 1), 0);
	CHECK(!memcmp(expect, fake.ram, sizeof(expect)));
	fake_close();
}

TEST("a read-only disk refuses writes by 07/27/00, and reads")
{
	static const uint8_t opcodes[] = {
		0x0a, 0x2a, 0xaa, 0x8a, 0x2e, 0x8e, 0xae, 0x41, 0x93, 0x42, 0x89,
	};
	unsigned int i;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake.dev.disk.features |= TCMUSER_READ_ONLY;
	for (i = 0; i < ARRAY_SIZE(opcodes); i++) {
		fake_cdb16(opcodes[i], 0, 0, 0);
		CHECK_EQ(fake_sense(buf, BLOCK), SENSE(7, 0x2700));
		CHECK_EQ(fake.callbacks, 0);
	}
	check_read(16, 1, 4);
	fake_cdb10(0x35, 0, 0, 0);
	CHECK_EQ(fake_status(NULL, 0), 0);
	fake_close();
}

TEST("FUA is the handler's with CAN_FUA, and a flush behind the write without")
{
	unsigned int mode;

	for (mode = 0; mode < FAKE_MODES; mode++) {
		fake_open(BLOCK, BLOCKS, mode);
		fake_cdb16(0x8a, 0x08, 0, 1);
		CHECK_EQ(fake_status(buf, BLOCK), 0);
		CHECK_EQ(fake.flushes, 1);
		CHECK_EQ(fake.flags, 0);
		fake.dev.disk.features |= TCMUSER_CAN_FUA;
		CHECK_EQ(fake_status(buf, BLOCK), 0);
		CHECK_EQ(fake.flushes, 0);
		CHECK_EQ(fake.flags, TCMUSER_FUA);
		/* DPO alone is no FUA */
		fake_cdb16(0x8a, 0x10, 0, 1);
		CHECK_EQ(fake_status(buf, BLOCK), 0);
		CHECK_EQ(fake.flags + fake.flushes, 0);
		/* nor is there any in WRITE(6): it is a part of the address */
		fake_cdb6(0x0a, 0x00, 0x08, 1);
		CHECK_EQ(fake_status(buf, BLOCK), 0);
		CHECK_EQ(fake.flags + fake.flushes, 0);
		fake_close();
	}
}

TEST("without a write cache each write is stable: FUA or a flush")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	disk_set_write_cache(&fake.dev.disk, false);
	check_write(10, 0, 4);
	CHECK_EQ(fake.flushes, 1);
	fake_cdb10(0x42, 0, 0, 24);
	memset(buf, 0, 24);
	put_be16(buf + 2, 16);
	put_be32(buf + 16, 1);
	CHECK_EQ(fake_status(buf, 24), 0);
	CHECK_EQ(fake.discards, 1);
	CHECK_EQ(fake.flushes, 1);
	fake.dev.disk.features |= TCMUSER_CAN_FUA;
	check_write(10, 0, 4);
	CHECK_EQ(fake.flushes, 0);
	CHECK_EQ(fake.flags, TCMUSER_FUA);
	disk_set_write_cache(&fake.dev.disk, true);
	check_write(10, 0, 4);
	CHECK_EQ(fake.flags + fake.flushes, 0);
	fake_close();
}

TEST("a read with FUA flushes first")
{
	fake_open(BLOCK, BLOCKS, FAKE_THREAD);
	fake_cdb10(0x28, 0x08, 0, 1);
	CHECK_EQ(fake_status(buf, BLOCK), 0);
	CHECK_EQ(fake.flushes, 1);
	CHECK_EQ(fake.reads, 1);
	fake_close();
}

TEST("a write that failed is not flushed, and a flush that failed is an error")
{
	fake_open(BLOCK, BLOCKS, FAKE_THREAD);
	fake.fail = -EIO;
	fake_cdb10(0x2a, 0x08, 0, 1);
	CHECK_EQ(fake_sense(buf, BLOCK), SENSE(3, 0x0c00));
	CHECK_EQ(fake.flushes, 0);
	fake.fail_after = 1;
	CHECK_EQ(fake_sense(buf, BLOCK), SENSE(3, 0x0c00));
	CHECK_EQ(fake.flushes, 1);
	/* the second of three parts */
	fake.dev.disk.max_transfer = BLOCK;
	fake_cdb10(0x28, 0, 0, 3);
	CHECK_EQ(fake_sense(buf, 3 * BLOCK), SENSE(3, 0x1100));
	CHECK_EQ(fake.reads, 2);
	fake_close();
}

TEST("SYNCHRONIZE CACHE flushes, for any range of the disk")
{
	unsigned int i;

	fake_open(BLOCK, BLOCKS, FAKE_INSIDE);
	for (i = 0; i < 2; i++) {
		fake_cdb10(0x35, i ? 0x02 : 0, 0, 0);
		CHECK_EQ(fake_status(NULL, 0), 0);
		CHECK_EQ(fake.flushes, 1);
		fake_cdb16(0x91, 0, BLOCKS - 1, 1);
		CHECK_EQ(fake_status(NULL, 0), 0);
		CHECK_EQ(fake.flushes, 1);
	}
	fake_cdb10(0x35, 0, BLOCKS - 1, 2);
	CHECK_EQ(fake_sense(NULL, 0), BAD_LBA);
	fake_cdb16(0x91, 0, UINT64_MAX, 0);
	CHECK_EQ(fake_sense(NULL, 0), BAD_LBA);
	fake.dev.disk.features &= ~TCMUSER_CAN_FLUSH;
	fake_cdb10(0x35, 0, 0, 0);
	CHECK_EQ(fake_status(NULL, 0), 0);
	CHECK_EQ(fake.flushes, 0);
	fake_close();
}

TEST("PRE-FETCH checks its range, and is good")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake_cdb10(0x34, 0, 1, 8);
	CHECK_EQ(fake_status(NULL, 0), 0);
	fake_cdb16(0x90, 0, BLOCKS, 1);
	CHECK_EQ(fake_sense(NULL, 0), BAD_LBA);
	fake_close();
}

TEST("protection information is refused, where there is none")
{
	static const uint8_t opcodes[] = {
		0x28, 0x2a, 0xa8, 0xaa, 0x88, 0x8a, 0x2e, 0x8e, 0xae, 0x2f,
		0x8f, 0xaf, 0x41, 0x93, 0x89,
	};
	unsigned int i, bits;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	for (i = 0; i < ARRAY_SIZE(opcodes); i++)
		for (bits = 0x20; bits <= 0xe0; bits += 0x20) {
			fake_cdb16(opcodes[i], (uint8_t)bits, 0, 1);
			CHECK_EQ(fake_sense(buf, 2 * BLOCK), BAD_CDB);
		}
	fake_close();
}
