// SPDX-License-Identifier: GPL-2.0-only
/*
 * WRITE SAME and UNMAP: patterns, zeroes, and blocks that are not needed.
 */
#include "fake.h"

#include <errno.h>

#define BLOCK 512
#define BLOCKS 5000

/* WRITE SAME(16), byte 1 */
#define NDOB 0x01
#define UNMAP 0x08
#define ANCHOR 0x10

static uint8_t buf[70000];
static uint8_t expect[BLOCKS * BLOCK];

static void expect_block(uint64_t lba, uint64_t count, const uint8_t *block)
{
	uint64_t i;

	for (i = lba; i < lba + count; i++)
		memcpy(expect + i * BLOCK, block, BLOCK);
}

TEST("WRITE SAME repeats its block in the range, and nowhere else")
{
	unsigned int mode;

	for (mode = 0; mode < FAKE_MODES; mode++) {
		fake_open(BLOCK, BLOCKS, mode);
		memcpy(expect, fake.ram, sizeof(expect));
		fake_fill(buf, BLOCK, 3);
		fake_cdb10(0x41, 0, 10, 1000);
		CHECK_EQ(fake_status(buf, BLOCK), 0);
		CHECK_EQ(fake.writes, 8);
		expect_block(10, 1000, buf);
		fake_fill(buf, BLOCK, 4);
		fake_cdb16(0x93, 0, BLOCKS - 7, 7);
		CHECK_EQ(fake_status(buf, BLOCK), 0);
		expect_block(BLOCKS - 7, 7, buf);
		CHECK(!memcmp(fake.ram, expect, sizeof(expect)));
		CHECK_EQ(fake.zeroes + fake.discards, 0);
		fake_close();
	}
}

/* All but the zeroed range is as it was */
static void check_zeroed(uint8_t bits, uint64_t lba, uint32_t count, size_t len)
{
	static const uint8_t zeroes[BLOCK];

	fake_fill(fake.ram, BLOCKS * BLOCK, lba);
	memcpy(expect, fake.ram, sizeof(expect));
	expect_block(lba, count, zeroes);
	memset(buf, 0, BLOCK);
	fake_cdb16(0x93, bits, lba, count);
	CHECK_EQ(fake_status(buf, len), 0);
	CHECK(!memcmp(fake.ram, expect, sizeof(expect)));
}

TEST("zeroes are by zero, or written without it; with NDOB, too")
{
	unsigned int mode;

	for (mode = 0; mode < FAKE_MODES; mode++) {
		fake_open(BLOCK, BLOCKS, mode);
		check_zeroed(0, 100, 3000, BLOCK);
		CHECK_EQ(fake.zeroes, 1);
		check_zeroed(NDOB, 100, 3000, 0);
		CHECK_EQ(fake.zeroes, 1);
		CHECK_EQ(fake.callbacks, 1);
		fake.dev.disk.features &= ~TCMUSER_CAN_ZERO;
		check_zeroed(0, 100, 300, BLOCK);
		CHECK_EQ(fake.writes, 3);
		check_zeroed(NDOB, 100, 300, 0);
		CHECK_EQ(fake.writes, 3);
		fake_close();
	}
}

TEST("with UNMAP it is a discard that reads as zeroes, or they are made")
{
	fake_open(BLOCK, BLOCKS, FAKE_THREAD);
	check_zeroed(UNMAP, 100, 3000, BLOCK);
	CHECK_EQ(fake.discards, 1);
	check_zeroed(UNMAP | NDOB, 100, 3000, 0);
	CHECK_EQ(fake.discards, 1);
	/* what is discarded may keep what it was: no good here */
	fake.dev.disk.features &= ~TCMUSER_DISCARD_ZEROES;
	check_zeroed(UNMAP | NDOB, 100, 3000, 0);
	CHECK_EQ(fake.discards, 0);
	CHECK_EQ(fake.zeroes, 1);
	fake_close();
}

TEST("with UNMAP and another pattern than zeroes that pattern is written")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake_fill(buf, BLOCK, 3);
	fake_cdb10(0x41, UNMAP, 0, 2);
	CHECK_EQ(fake_status(buf, BLOCK), 0);
	CHECK_EQ(fake.discards, 0);
	CHECK(!memcmp(fake.ram + BLOCK, buf, BLOCK));
	/* zero but for its last byte */
	memset(buf, 0, BLOCK);
	buf[BLOCK - 1] = 1;
	CHECK_EQ(fake_status(buf, BLOCK), 0);
	CHECK_EQ(fake.writes, 1);
	fake_close();
}

TEST("WRITE SAME refuses ANCHOR, obsolete bits, UNMAP that the disk has not promised")
{
	static const uint8_t bits[] = { ANCHOR, ANCHOR | UNMAP, 0x02, 0x04 };
	unsigned int i;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		fake_cdb16(0x93, bits[i], 0, 1);
		CHECK_EQ(fake_sense(buf, BLOCK), BAD_CDB);
		fake_cdb10(0x41, bits[i], 0, 1);
		CHECK_EQ(fake_sense(buf, BLOCK), BAD_CDB);
	}
	/* WRITE SAME(10) has no NDOB */
	fake_cdb10(0x41, NDOB, 0, 1);
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_CDB);
	fake.dev.disk.features &= ~TCMUSER_CAN_DISCARD;
	fake_cdb10(0x41, UNMAP, 0, 1);
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_CDB);
	fake.dev.disk.features = TCMUSER_CAN_DISCARD;
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_CDB);
	CHECK_EQ(fake.callbacks, 0);
	fake_close();
}

TEST("WRITE SAME refuses 0 blocks, more than its limit, too little data, no such LBA")
{
	fake_open_huge(BLOCK, 1ULL << 33);
	fake_cdb16(0x93, 0, 0, 0);
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_CDB);
	fake_cdb10(0x41, 0, 0, 0);
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_CDB);
	fake_cdb16(0x93, 0, 0, 0x10000);
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_CDB);
	fake_cdb16(0x93, 0, 0, 0xffff);
	CHECK_EQ(fake_sense(buf, BLOCK - 1), BAD_CDB);
	CHECK_EQ(fake_sense(NULL, 0), BAD_CDB);
	fake_cdb16(0x93, 0, (1ULL << 33) - 1, 2);
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_LBA);
	fake_cdb16(0x93, 0, UINT64_MAX, 0xffff);
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_LBA);
	CHECK_EQ(fake.callbacks, 0);
	fake_close();
}

TEST("in I/O mode the kernel has checked it: no limit, and UNMAP always")
{
	fake_open_huge(BLOCK, 1ULL << 20);
	fake.dev.disk.io_mode = true;
	fake.dev.disk.features = TCMUSER_CAN_DISCARD | TCMUSER_DISCARD_ZEROES;
	fake_cdb16(0x93, UNMAP | NDOB, 7, 1 << 19);
	CHECK_EQ(fake_status(NULL, 0), 0);
	CHECK_EQ(fake.discards, 1);
	fake_cdb16(0x93, UNMAP | NDOB, 7, 0);
	CHECK_EQ(fake_status(NULL, 0), 0);
	CHECK_EQ(fake.discards, 1);
	/* a disk that can neither: they have to read as zeroes all the same */
	fake.dev.disk.features = 0;
	fake_cdb16(0x93, UNMAP | NDOB, 7, 256);
	CHECK_EQ(fake_status(NULL, 0), 0);
	CHECK_EQ(fake.writes, 2);
	fake_close();
}

/* ---- UNMAP ----------------------------------------------------------------------- */

static size_t list_len;

static void list_begin(void)
{
	memset(buf, 0, sizeof(buf));
	list_len = 8;
}

static void list_add(uint64_t lba, uint32_t count)
{
	put_be64(buf + list_len, lba);
	put_be32(buf + list_len + 8, count);
	list_len += 16;
	put_be16(buf, (uint16_t)(list_len - 2));
	put_be16(buf + 2, (uint16_t)(list_len - 8));
}

static int unmap(void)
{
	fake_cdb10(0x42, 0, 0, (uint16_t)list_len);
	return fake_sense(buf, list_len);
}

TEST("UNMAP discards each range of its list")
{
	static const uint8_t zeroes[BLOCK];
	unsigned int mode;

	for (mode = 0; mode < FAKE_MODES; mode++) {
		fake_open(BLOCK, BLOCKS, mode);
		memcpy(expect, fake.ram, sizeof(expect));
		list_begin();
		list_add(0, 1);
		list_add(100, 0);
		list_add(BLOCKS - 3, 3);
		list_add(BLOCKS, 0);
		list_add(17, 1000);
		expect_block(0, 1, zeroes);
		expect_block(BLOCKS - 3, 3, zeroes);
		expect_block(17, 1000, zeroes);
		CHECK_EQ(unmap(), -1);
		CHECK_GOOD();
		CHECK_EQ(fake.discards, 3);
		CHECK(!memcmp(fake.ram, expect, sizeof(expect)));
		fake_close();
	}
}

TEST("UNMAP with a range that the disk does not have discards none")
{
	static const uint64_t bad[][2] = {
		{ BLOCKS, 1 }, { BLOCKS - 1, 2 }, { UINT64_MAX, 1 },
		{ UINT64_MAX, UINT32_MAX }, { 1ULL << 55, 1 }, { BLOCKS + 1, 0 },
	};
	unsigned int i;

	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		list_begin();
		list_add(0, 1);
		list_add(bad[i][0], (uint32_t)bad[i][1]);
		CHECK_EQ(unmap(), BAD_LBA);
		CHECK_EQ(fake.callbacks, 0);
	}
	fake_close();
}

TEST("UNMAP keeps the limits that it has told")
{
	unsigned int i;

	fake_open_huge(BLOCK, 1ULL << 33);
	list_begin();
	for (i = 0; i < 256; i++)
		list_add(i * 10, 1);
	CHECK_EQ(unmap(), -1);
	CHECK_EQ(fake.discards, 256);
	list_add(i * 10, 1);
	CHECK_EQ(unmap(), BAD_LIST);
	list_begin();
	list_add(0, 1 << 19);
	list_add(1 << 23, 1 << 19);
	CHECK_EQ(unmap(), -1);
	list_add(1 << 24, 1);
	CHECK_EQ(unmap(), BAD_LIST);
	CHECK_EQ(fake.callbacks, 0);
	fake_close();
}

TEST("UNMAP: no list is good, a short one is not, what is cut off does not count")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake_cdb10(0x42, 0, 0, 0);
	CHECK_EQ(fake_status(NULL, 0), 0);
	list_begin();
	list_add(1, 1);
	list_add(2, 1);
	fake_cdb10(0x42, 0, 0, 7);
	CHECK_EQ(fake_sense(buf, 7), BAD_LENGTH);
	/* the buffer is shorter than the list */
	fake_cdb10(0x42, 0, 0, 40);
	CHECK_EQ(fake_sense(buf, 39), BAD_LENGTH);
	CHECK_EQ(fake.callbacks, 0);
	fake_cdb10(0x42, 0, 0, 39);
	CHECK_EQ(fake_status(buf, 40), 0);
	CHECK_EQ(fake.discards, 1);
	/* a header alone, whatever it promises */
	fake_cdb10(0x42, 0, 0, 8);
	put_be16(buf + 2, 0xffff);
	CHECK_EQ(fake_status(buf, 8), 0);
	CHECK_EQ(fake.discards, 0);
	fake_close();
}

TEST("UNMAP is unknown to a disk that cannot, and ANCHOR is refused")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	list_begin();
	list_add(1, 1);
	fake_cdb10(0x42, 0x01, 0, 24);
	CHECK_EQ(fake_sense(buf, 24), BAD_CDB);
	fake.dev.disk.features &= ~TCMUSER_CAN_DISCARD;
	CHECK_EQ(unmap(), BAD_OPCODE);
	fake_close();
}

TEST("a discard that fails ends UNMAP")
{
	fake_open(BLOCK, BLOCKS, FAKE_THREAD);
	list_begin();
	list_add(1, 1);
	list_add(3, 1);
	list_add(5, 1);
	fake.fail = -EIO;
	fake.fail_after = 1;
	CHECK_EQ(unmap(), SENSE(3, 0x0c00));
	CHECK_EQ(fake.discards, 2);
	fake_close();
}
