// SPDX-License-Identifier: GPL-2.0-only
/*
 * The small commands, unit attentions, and what goes for all commands.
 */
#include "fake.h"

#define BLOCK 512
#define BLOCKS 4096

static uint8_t buf[512];

TEST("READ CAPACITY(10) names the last block, or says that it cannot")
{
	fake_open_huge(BLOCK, 1ULL << 32);
	fake_cdb10(0x25, 0, 0, 0);
	CHECK_EQ(fake_status(buf, 8), 0);
	CHECK_EQ(get_be32(buf), UINT32_MAX);
	CHECK_EQ(get_be32(buf + 4), BLOCK);
	fake.dev.disk.size = BLOCKS * BLOCK;
	CHECK_EQ(fake_status(buf, 100), 0);
	CHECK_EQ(get_be32(buf), BLOCKS - 1);
	CHECK_EQ(answer.read_len, 8);
	CHECK_EQ(fake_status(buf, 3), 0);
	CHECK_EQ(answer.read_len, 3);
	fake.dev.disk.size = 1ULL << 50;
	CHECK_EQ(fake_status(buf, 8), 0);
	CHECK_EQ(get_be32(buf), UINT32_MAX);
	fake_cdb10(0x25, 0, 1, 0);
	CHECK_EQ(fake_sense(buf, 8), BAD_CDB);
	fake_close();
}

TEST("READ CAPACITY(16) has the last block, and the physical block's exponent")
{
	fake_open_huge(BLOCK, (1ULL << 33) + 1);
	fake.dev.disk.physical_block = 4096;
	memset(buf, 0xee, sizeof(buf));
	fake_cdb16(0x9e, 0x10, 0, 255);
	CHECK_EQ(fake_status(buf, 255), 0);
	CHECK_EQ(answer.read_len, 32);
	CHECK_EQ(get_be64(buf), 1ULL << 33);
	CHECK_EQ(get_be32(buf + 8), BLOCK);
	CHECK_EQ(buf[12], 0);
	CHECK_EQ(buf[13], 3);
	fake_cdb16(0x9e, 0x10, 0, 12);
	CHECK_EQ(fake_status(buf, 255), 0);
	CHECK_EQ(answer.read_len, 12);
	/* other service actions of that opcode */
	fake_cdb16(0x9e, 0x12, 0, 32);
	CHECK_EQ(fake_sense(buf, 32), BAD_OPCODE);
	fake_close();
}

TEST("a disk without a block is not ready")
{
	fake_open_huge(BLOCK, 0);
	fake_cdb6(0x00, 0, 0, 0);
	CHECK_EQ(fake_sense(NULL, 0), SENSE(2, 0x0400));
	fake_cdb10(0x25, 0, 0, 0);
	CHECK_EQ(fake_sense(buf, 8), SENSE(2, 0x0400));
	fake_cdb16(0x9e, 0x10, 0, 32);
	CHECK_EQ(fake_sense(buf, 32), SENSE(2, 0x0400));
	fake_cdb10(0x28, 0, 0, 1);
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_LBA);
	fake_close();
}

TEST("a new size is told once, to the first command that may hear it")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	disk_resize(&fake.dev.disk, (BLOCKS - 1) * BLOCK);
	fake_cdb6(0x12, 0, 0, 96);
	CHECK_EQ(fake_status(buf, 96), 0);
	fake_cdb6(0x00, 0, 0, 0);
	CHECK_EQ(fake_sense(NULL, 0), SENSE(6, 0x2a09));
	CHECK_EQ(fake_status(NULL, 0), 0);
	fake_cdb10(0x25, 0, 0, 0);
	CHECK_EQ(fake_status(buf, 8), 0);
	CHECK_EQ(get_be32(buf), BLOCKS - 2);
	/* none that changes nothing, none in I/O mode */
	disk_resize(&fake.dev.disk, (BLOCKS - 1) * BLOCK);
	CHECK_EQ(fake_status(buf, 8), 0);
	fake.dev.disk.io_mode = true;
	disk_resize(&fake.dev.disk, BLOCKS * BLOCK);
	CHECK_EQ(fake_status(buf, 8), 0);
	fake_close();
}

TEST("a write that hears of a new size has written nothing")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	disk_resize(&fake.dev.disk, (BLOCKS - 1) * BLOCK);
	fake_cdb10(0x2a, 0, 0, 1);
	CHECK_EQ(fake_sense(buf, BLOCK), SENSE(6, 0x2a09));
	CHECK_EQ(fake.callbacks, 0);
	CHECK_EQ(fake_status(buf, BLOCK), 0);
	fake_close();
}

TEST("REQUEST SENSE takes it as data, in the format that it wants")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	disk_resize(&fake.dev.disk, (BLOCKS - 1) * BLOCK);
	fake_cdb6(0x03, 0, 0, 252);
	CHECK_EQ(fake_status(buf, 252), 0);
	CHECK_EQ(answer.read_len, 18);
	CHECK_EQ(buf[0], 0x70);
	CHECK_EQ(buf[2], 6);
	CHECK_EQ(get_be16(buf + 12), 0x2a09);
	CHECK_EQ(fake_status(buf, 252), 0);
	CHECK_EQ(buf[2], 0);
	CHECK_EQ(get_be16(buf + 12), 0);
	fake_cdb6(0x03, 1, 0, 252);
	CHECK_EQ(fake_status(buf, 252), 0);
	CHECK_EQ(answer.read_len, 8);
	CHECK_EQ(buf[0], 0x72);
	fake_cdb6(0x03, 0, 0, 5);
	CHECK_EQ(fake_status(buf, 252), 0);
	CHECK_EQ(answer.read_len, 5);
	fake_close();
}

TEST("START STOP UNIT flushes before it stops, and knows nothing else")
{
	static const uint8_t bad[] = { 0x02, 0x03, 0x10, 0x30, 0xf0 };
	unsigned int i;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake_cdb6(0x1b, 0, 0, 1);
	CHECK_EQ(fake_status(NULL, 0), 0);
	CHECK_EQ(fake.flushes, 0);
	fake_cdb6(0x1b, 0, 0, 0);
	CHECK_EQ(fake_status(NULL, 0), 0);
	CHECK_EQ(fake.flushes, 1);
	fake_cdb6(0x1b, 0, 0, 4);
	CHECK_EQ(fake_status(NULL, 0), 0);
	CHECK_EQ(fake.flushes, 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		fake_cdb6(0x1b, 0, 0, bad[i]);
		CHECK_EQ(fake_sense(NULL, 0), BAD_CDB);
	}
	fake_close();
}

TEST("PREVENT ALLOW MEDIUM REMOVAL is good: nothing can be removed")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake_cdb6(0x1e, 0, 0, 1);
	CHECK_EQ(fake_status(NULL, 0), 0);
	fake_cdb6(0x1e, 0, 0, 0);
	CHECK_EQ(fake_status(NULL, 0), 0);
	fake_cdb6(0x1e, 0, 0, 2);
	CHECK_EQ(fake_sense(NULL, 0), BAD_CDB);
	fake_close();
}

TEST("REPORT LUNS names LUN 0")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake_cdb12(0xa0, 0, 0, 64);
	CHECK_EQ(fake_status(buf, 64), 0);
	CHECK_EQ(answer.read_len, 16);
	CHECK_EQ(get_be32(buf), 8);
	cdb[2] = 1;
	CHECK_EQ(fake_status(buf, 64), 0);
	CHECK_EQ(answer.read_len, 8);
	CHECK_EQ(get_be32(buf), 0);
	cdb[2] = 9;
	CHECK_EQ(fake_sense(buf, 64), BAD_CDB);
	fake_cdb12(0xa0, 0, 0, 15);
	CHECK_EQ(fake_sense(buf, 15), BAD_CDB);
	fake_close();
}

TEST("opcodes that are unknown are 05/20/00: those of other devices, LOG SENSE, ...")
{
	static const uint8_t opcodes[] = {
		0x01, 0x04, 0x4d, 0x5e, 0x5f, 0x7f, 0x83, 0x84, 0xc0, 0xff,
	};
	unsigned int i;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	for (i = 0; i < ARRAY_SIZE(opcodes); i++) {
		fake_cdb16(opcodes[i], 0, 0, 0);
		CHECK_EQ(fake_sense(NULL, 0), BAD_OPCODE);
	}
	fake_close();
}

TEST("NACA is refused, for each length of CDB")
{
	static const struct { uint8_t opcode, control; } cdbs[] = {
		{ 0x00, 5 }, { 0x28, 9 }, { 0xa8, 11 }, { 0x88, 15 },
	};
	unsigned int i;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	for (i = 0; i < ARRAY_SIZE(cdbs); i++) {
		fake_cdb6(cdbs[i].opcode, 0, 0, 0);
		cdb[cdbs[i].control] = 0x04;
		CHECK_EQ(fake_sense(NULL, 0), BAD_CDB);
	}
	fake_close();
}
