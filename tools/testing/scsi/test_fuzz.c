// SPDX-License-Identifier: GPL-2.0-only
/*
 * CDBs by chance, with buffers and parameter lists by chance: each is answered
 * once, none goes beyond a piece of its buffer, and no callback sees a range that
 * the disk does not have. The seed is fixed, so that a failure comes again.
 */
#include "fake.h"

#include <errno.h>

#define BLOCK 512
#define BLOCKS 700
#define BUF_MAX 300000

static u64 seed;
static uint8_t buf[BUF_MAX];

static u32 below(u32 limit)
{
	return unit_random(&seed) % limit;
}

static bool once_in(u32 nr)
{
	return !below(nr);
}

static uint8_t some_opcode(void)
{
	static const uint8_t known[] = {
		0x00, 0x03, 0x08, 0x0a, 0x12, 0x15, 0x1a, 0x1b, 0x1e, 0x25, 0x28,
		0x2a, 0x2e, 0x2f, 0x34, 0x35, 0x41, 0x42, 0x55, 0x5a, 0x88, 0x89,
		0x8a, 0x8e, 0x8f, 0x90, 0x91, 0x93, 0x9e, 0xa0, 0xa3, 0xa8, 0xaa,
		0xae, 0xaf,
	};

	return once_in(20) ? (uint8_t)below(256) : known[below(ARRAY_SIZE(known))];
}

/* Half of the CDBs are near to what is right */
static void some_cdb(void)
{
	uint64_t lba = once_in(4) ? BLOCKS - below(4) : below(BLOCKS);
	uint32_t count = once_in(8) ? unit_random(&seed) : below(40);
	unsigned int i;

	for (i = 0; i < 32; i++)
		cdb[i] = (uint8_t)unit_random(&seed);
	cdb[0] = some_opcode();
	if (once_in(3))
		return;
	cdb[1] &= once_in(2) ? 0 : 0x1f;
	switch (cdb[0] >> 5) {
	case 4:
		put_be64(cdb + 2, lba);
		put_be32(cdb + 10, count);
		cdb[15] = 0;
		break;
	case 5:
		put_be32(cdb + 2, (uint32_t)lba);
		put_be32(cdb + 6, count);
		cdb[11] = 0;
		break;
	case 0:
		put_be16(cdb + 2, (uint16_t)lba);
		cdb[5] = 0;
		break;
	default:
		put_be32(cdb + 2, (uint32_t)lba);
		put_be16(cdb + 7, (uint16_t)count);
		cdb[9] = 0;
	}
	if (cdb[0] == 0x9e || cdb[0] == 0xa3)
		cdb[1] = cdb[0] == 0x9e ? 0x10 : 0x0c;
}

static size_t some_buffer(void)
{
	size_t len = once_in(4) ? below(BUF_MAX) : below(64) * BLOCK;
	unsigned int i;

	if (once_in(6))
		len = below(64);
	switch (below(3)) {
	case 0:
		memset(buf, 0, len);
		break;
	case 1:
		/* what COMPARE AND WRITE and VERIFY may find */
		len = len < BLOCKS * BLOCK ? len : BLOCKS * BLOCK;
		memcpy(buf, fake.ram, len);
		break;
	default:
		fake_fill(buf, len < 1000 ? len : 1000, unit_random(&seed));
	}
	/* lengths of parameter lists */
	for (i = 0; i < 8 && i < len && once_in(2); i++)
		buf[i] = (uint8_t)below(24);
	return len;
}

static void some_disk(void)
{
	static const int errors[] = { 0, 0, 0, -EIO, -ENOSPC };
	struct disk *disk = &fake.dev.disk;

	disk->features = unit_random(&seed) & 0xff;
	if (once_in(2))
		disk->features &= ~TCMUSER_READ_ONLY;
	disk->io_mode = once_in(4);
	disk->max_transfer = once_in(3) ? below(5000) : 65536;
	disk_set_write_cache(disk, once_in(2));
	fake.fail = errors[below(ARRAY_SIZE(errors))];
	fake.fail_after = (int)below(4);
	if (once_in(10))
		disk->attention = 0x2a09;
}

static void fuzz(enum fake_mode mode, unsigned int rounds)
{
	unsigned int i, good = 0;
	size_t len;

	seed = 20240229 + mode;
	fake_open(BLOCK, BLOCKS, mode);
	for (i = 0; i < rounds; i++) {
		if (once_in(50))
			some_disk();
		some_cdb();
		len = some_buffer();
		fake_run(NULL, buf, len);
		CHECK(answer.status == STATUS_GOOD || answer.status == 2);
		CHECK(!answer.has_read_len || answer.read_len <= len);
		good += !answer.status;
	}
	/* or it would be no test of what commands do */
	CHECK(good > rounds / 10);
	unit_note("%u of %u were good", good, rounds);
	fake_close();
}

TEST("30000 commands by chance, when callbacks return")
{
	fuzz(FAKE_SYNC, 30000);
}

TEST("10000 commands by chance, when callbacks complete by themselves")
{
	fuzz(FAKE_INSIDE, 10000);
}

TEST("10000 commands by chance, when another thread completes")
{
	fuzz(FAKE_THREAD, 10000);
}
