// SPDX-License-Identifier: GPL-2.0-only
/*
 * A daemon that says it fills what it reads gets buffers that are not zeroed, and
 * whoever does not say so, or comes after it, gets zeros.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <string.h>

#define FLAG		0x00200000	/* bit 5 of the flags, which are the upper half */
#define LEN		8192

static uint8_t buf[LEN], in[LEN];
static struct lun lun;
static struct io io;

static void fills(uint32_t val)
{
	__atomic_store_n((uint32_t *)(lun.raw.map + RAW_FILLS), val,
			 __ATOMIC_SEQ_CST);
}

static void fetch(struct raw_entry *entry)
{
	ASSERT(raw_fetch(&lun.raw, entry, 5000, false));
}

static void end_good(void)
{
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
}

/* Data of another command, in the blocks that the next one gets */
static void write_data(void)
{
	struct raw_entry entry;

	memset(buf, 0xee, LEN);
	io_rw(&io, &lun, 10, SG_OUT, 0, buf, LEN);
	fetch(&entry);
	end_good();
}

static bool sees(const struct raw_entry *entry, uint8_t byte)
{
	size_t i;

	raw_gather(&lun.raw, entry, in, LEN);
	for (i = 0; i < LEN; i++)
		if (in[i] != byte)
			return false;
	return true;
}

/* What the daemon finds in the buffer of a read */
static bool read_finds(uint8_t byte)
{
	struct raw_entry entry;
	bool found;

	io_rw(&io, &lun, 10, SG_IN, 0, buf, LEN);
	fetch(&entry);
	found = sees(&entry, byte);
	end_good();
	return found;
}

static void up(const char *control)
{
	lun_up(&lun, control);
	if (!(raw_u32(&lun.raw, 0) & FLAG))
		test_skip("this module looks at no such word");
}

static void next_daemon(void)
{
	raw_close(&lun.raw);
	ASSERT_EQ(raw_open(&lun.raw, lun.uio), 0);
}

TEST(who_says_nothing_gets_zeros)
{
	up(NULL);
	EXPECT_EQ(raw_u32(&lun.raw, RAW_FILLS), 0);
	write_data();
	EXPECT(read_finds(0));
}

TEST(who_fills_is_spared_the_zeroing)
{
	up(NULL);
	fills(1);
	write_data();
	EXPECT(read_finds(0xee));
	fills(0);
	EXPECT(read_finds(0));
}

TEST(only_1_fills)
{
	up(NULL);
	fills(2);
	write_data();
	EXPECT(read_finds(0));
	fills(0xffffffff);
	write_data();
	EXPECT(read_finds(0));
}

TEST(reset_ring_wants_zeros_again)
{
	up(NULL);
	fills(1);
	ASSERT_EQ(lun_set(&lun, "action/reset_ring", "1"), 0);
	EXPECT_EQ(raw_u32(&lun.raw, RAW_FILLS), 0);
}

TEST(the_next_daemon_gets_zeros)
{
	up(NULL);
	fills(1);
	write_data();
	next_daemon();
	EXPECT_EQ(raw_u32(&lun.raw, RAW_FILLS), 0);
	EXPECT(read_finds(0));
}

/* It came to one that has promised to fill it */
static void next_daemon_finds_zeros(const char *recovery)
{
	struct raw_entry entry;

	up(NULL);
	ASSERT_EQ(lun_set(&lun, "attrib/recovery", recovery), 0);
	fills(1);
	write_data();
	io_rw(&io, &lun, 10, SG_IN, 0, buf, LEN);
	fetch(&entry);
	ASSERT(sees(&entry, 0xee));
	next_daemon();
	fetch(&entry);
	EXPECT(sees(&entry, 0));
	end_good();
}

TEST(the_next_daemon_finds_zeros_in_a_read_that_was_held)
{
	next_daemon_finds_zeros("hold");
}

TEST(the_next_daemon_finds_zeros_in_a_read_that_is_replayed)
{
	next_daemon_finds_zeros("replay");
}

/* A write that was held has its data still */
TEST(the_next_daemon_finds_the_data_of_a_write)
{
	struct raw_entry entry;

	up(NULL);
	fills(1);
	memset(buf, 0xdd, LEN);
	io_rw(&io, &lun, 10, SG_OUT, 0, buf, LEN);
	fetch(&entry);
	next_daemon();
	fetch(&entry);
	EXPECT(sees(&entry, 0xdd));
	end_good();
}
