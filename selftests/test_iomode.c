// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O mode: what the daemon sees of what the initiator sends, and what the
 * initiator sees of the daemon's answers.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <errno.h>

#define BLOCK	512

enum { READ = 0x88, WRITE = 0x8a, SYNC = 0x91, WRITE_SAME = 0x93 };
enum { FUA = 8, DISCARD = 9 };

static struct lun lun;
static struct raw_entry entry;
static struct io io;
static uint8_t buf[8 * BLOCK];

static bool idle(void)
{
	uint32_t head = raw_head(&lun.raw);

	sleep_ms(400);
	return raw_head(&lun.raw) == head && raw_tail(&lun.raw) == head;
}

/* A disk of 2048 blocks whose partitions nobody is looking for any more */
static void up(const char *attrib, const char *value)
{
	lun_create(&lun, "dev_config=raw//test,dev_size=1048576,mode=io");
	if (attrib)
		ASSERT_EQ(lun_set(&lun, attrib, value), 0);
	ASSERT_EQ(lun_enable(&lun), 0);
	ASSERT_EQ(lun_set(&lun, "attrib/emulate_tpu", "1"), 0);
	ASSERT_EQ(lun_set(&lun, "attrib/emulate_tpws", "1"), 0);
	lun_link(&lun);
	raw_serve(&lun.raw);
	ASSERT(WAIT_FOR(20000, idle()));
	raw_serve_end(&lun.raw);
}

/* What the initiator sends; a string, since most of a CDB is zero */
static void send_cdb(const char *cdb, int len, int dir, void *data, size_t size)
{
	memset(&io, 0, sizeof(io));
	memcpy(io.cdb, cdb, len);
	io.hdr.cmd_len = len;
	io_start(&io, &lun, dir, data, size);
}

#define SEND(cdb, dir, data, size) \
	send_cdb(cdb, sizeof(cdb) - 1, dir, data, size)

static uint64_t be(const uint8_t *at, int len)
{
	uint64_t val = 0;

	while (len--)
		val = val << 8 | *at++;
	return val;
}

static void expect(int op, int flags, uint64_t lba, uint32_t nolb, int blocks)
{
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT_EQ(entry.op, RAW_CMD);
	EXPECT_EQ(entry.cdb[0], op);
	EXPECT_EQ(entry.cdb[1], flags);
	EXPECT_EQ(be(entry.cdb + 2, 8), lba);
	EXPECT_EQ(be(entry.cdb + 10, 4), nolb);
	EXPECT_EQ(entry.cdb[14], 0);
	EXPECT_EQ(entry.cdb[15], 0);
	EXPECT_EQ(entry.bidi_cnt, 0);
	EXPECT_EQ(entry.iov_cnt, blocks ? 1 : 0);
	if (blocks)
		EXPECT_EQ(raw_iov_len(&entry, 0), blocks * BLOCK);
}

static bool nothing_comes(void)
{
	return !raw_fetch(&lun.raw, &entry, 300, false);
}

static void answer(const struct raw_answer *how)
{
	raw_answer(&lun.raw, how);
	ASSERT_EQ(raw_kick(&lun.raw), 0);
}

static void ends_good(void)
{
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
}

static void ends_with(uint32_t sense)
{
	io_end(&io, 5000);
	EXPECT_EQ(io_status(&io), CHECK);
	EXPECT_EQ(io_sense(&io), sense);
}

static const uint8_t medium_error[96] = { 0x72, 3, 0x11, 0 };
static const struct raw_answer bad = { .status = CHECK, .sense = medium_error };
#define MEDIUM_ERROR	SENSE(3, 0x11, 0)

/* ---- reads and writes -------------------------------------------------------- */

TEST(reads_of_each_length_are_read_16)
{
	static const int lens[] = { 6, 10, 12, 16 };
	size_t i;

	up(NULL, NULL);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		io_rw(&io, &lun, lens[i], SG_IN, 100 + i, buf, BLOCK);
		expect(READ, 0, 100 + i, 1, 1);
		raw_fill(&lun.raw, &entry, 0x5a);
		ends_good();
		EXPECT_EQ(buf[0], 0x5a);
		EXPECT_EQ(buf[BLOCK - 1], 0x5a);
	}
}

TEST(writes_of_each_length_are_write_16)
{
	static const int lens[] = { 6, 10, 12, 16 };
	uint8_t got[BLOCK];
	size_t i;

	up(NULL, NULL);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		memset(buf, 'a' + i, BLOCK);
		io_rw(&io, &lun, lens[i], SG_OUT, 200 + i, buf, BLOCK);
		expect(WRITE, 0, 200 + i, 1, 1);
		EXPECT_EQ(raw_gather(&lun.raw, &entry, got, BLOCK), BLOCK);
		EXPECT(!memcmp(got, buf, BLOCK));
		ends_good();
	}
}

TEST(write_and_verify_is_write_16)
{
	up(NULL, NULL);
	SEND("\x2e\0\0\0\0\7\0\0\2\0", SG_OUT, buf, 2 * BLOCK);
	expect(WRITE, 0, 7, 2, 2);
	ends_good();
}

TEST(force_unit_access_is_kept)
{
	up(NULL, NULL);
	SEND("\x2a\x08\0\0\0\1\0\0\1\0", SG_OUT, buf, BLOCK);
	/* no such bit without a write cache */
	ends_with(INVALID_FIELD);
	EXPECT(nothing_comes());
	lun_down(&lun);

	up("attrib/emulate_write_cache", "1");
	SEND("\x2a\x08\0\0\0\1\0\0\1\0", SG_OUT, buf, BLOCK);
	expect(WRITE, FUA, 1, 1, 1);
	ends_good();
	SEND("\x2a\0\0\0\0\1\0\0\1\0", SG_OUT, buf, BLOCK);
	expect(WRITE, 0, 1, 1, 1);
	ends_good();
	/* the disk goes when its cache is written */
	raw_serve(&lun.raw);
	lun_unlink(&lun);
	raw_serve_end(&lun.raw);
}

TEST(a_transfer_of_no_blocks_asks_for_nothing)
{
	up(NULL, NULL);
	SEND("\x28\0\0\0\0\3\0\0\0\0", SG_NONE, NULL, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
	EXPECT(nothing_comes());
}

TEST(what_is_out_of_range_is_not_asked_for)
{
	up(NULL, NULL);
	SEND("\x28\0\0\0\x08\0\0\0\1\0", SG_IN, buf, BLOCK);
	ends_with(SENSE(5, 0x21, 0));
	EXPECT(nothing_comes());
}

/* ---- the other three ------------------------------------------------------------ */

TEST(synchronize_cache_is_asked_for)
{
	up(NULL, NULL);
	SEND("\x35\0\0\0\0\4\0\0\5\0", SG_NONE, NULL, 0);
	expect(SYNC, 0, 4, 5, 0);
	ends_good();
	SEND("\x91\0\0\0\0\0\0\0\0\6\0\0\0\7\0\0", SG_NONE, NULL, 0);
	expect(SYNC, 0, 6, 7, 0);
	ends_good();
}

TEST(write_same_carries_one_block)
{
	uint8_t got[BLOCK];

	up(NULL, NULL);
	memset(buf, 'w', BLOCK);
	SEND("\x41\0\0\0\0\4\0\0\5\0", SG_OUT, buf, BLOCK);
	expect(WRITE_SAME, 0, 4, 5, 1);
	raw_gather(&lun.raw, &entry, got, BLOCK);
	EXPECT(!memcmp(got, buf, BLOCK));
	ends_good();
	SEND("\x93\0\0\0\0\0\0\0\0\6\0\0\0\7\0\0", SG_OUT, buf, BLOCK);
	expect(WRITE_SAME, 0, 6, 7, 1);
	ends_good();
}

TEST(write_same_of_less_than_a_block_is_refused)
{
	up(NULL, NULL);
	SEND("\x41\0\0\0\0\4\0\0\5\0", SG_OUT, buf, BLOCK / 2);
	io_end(&io, 5000);
	EXPECT_EQ(io_status(&io), CHECK);
	EXPECT(nothing_comes());
}

TEST(write_same_with_unmap_is_a_discard_without_data)
{
	up(NULL, NULL);
	SEND("\x41\x08\0\0\0\4\0\0\5\0", SG_OUT, buf, BLOCK);
	expect(WRITE_SAME, DISCARD, 4, 5, 0);
	ends_good();
	SEND("\x93\x08\0\0\0\0\0\0\0\6\0\0\0\7\0\0", SG_OUT, buf, BLOCK);
	expect(WRITE_SAME, DISCARD, 6, 7, 0);
	ends_good();
}

/* ---- UNMAP ----------------------------------------------------------------------- */

static void put(uint8_t *to, uint64_t val, int len)
{
	while (len--) {
		to[len] = val;
		val >>= 8;
	}
}

/* UNMAP with a list of @nr ranges, each LBA and number */
static void send_unmap(const uint32_t (*ranges)[2], int nr)
{
	char cdb[10] = { 0x42, [8] = 8 + 16 * nr };
	int i;

	memset(buf, 0, sizeof(buf));
	put(buf, 6 + 16 * nr, 2);
	put(buf + 2, 16 * nr, 2);
	for (i = 0; i < nr; i++) {
		put(buf + 8 + 16 * i, ranges[i][0], 8);
		put(buf + 16 + 16 * i, ranges[i][1], 4);
	}
	send_cdb(cdb, 10, SG_OUT, buf, 8 + 16 * nr);
}

TEST(each_range_of_an_unmap_is_a_discard_after_the_last)
{
	static const uint32_t ranges[][2] = { { 8, 8 }, { 0, 0 }, { 100, 50 },
					      { 2047, 1 }, { 5, 0 } };

	up(NULL, NULL);
	send_unmap(ranges, ARRAY_SIZE(ranges));
	expect(WRITE_SAME, DISCARD, 8, 8, 0);
	EXPECT(nothing_comes());
	raw_good(&lun.raw, 0);
	expect(WRITE_SAME, DISCARD, 100, 50, 0);
	raw_good(&lun.raw, 0);
	expect(WRITE_SAME, DISCARD, 2047, 1, 0);
	EXPECT(!io_wait(&io, 100));
	ends_good();
}

TEST(a_range_that_fails_ends_the_unmap)
{
	static const uint32_t ranges[][2] = { { 8, 8 }, { 100, 50 }, { 5, 1 } };

	up(NULL, NULL);
	send_unmap(ranges, ARRAY_SIZE(ranges));
	expect(WRITE_SAME, DISCARD, 8, 8, 0);
	raw_good(&lun.raw, 0);
	expect(WRITE_SAME, DISCARD, 100, 50, 0);
	answer(&bad);
	ends_with(MEDIUM_ERROR);
	EXPECT(nothing_comes());
}

TEST(an_unmap_with_a_wrong_range_discards_nothing)
{
	static const uint32_t ranges[][2] = { { 8, 8 }, { 2047, 2 } };

	up(NULL, NULL);
	send_unmap(ranges, ARRAY_SIZE(ranges));
	ends_with(SENSE(5, 0x21, 0));
	EXPECT(nothing_comes());
}

/* The list may be in memory that the initiator goes on writing to */
TEST(a_range_that_has_changed_since_the_check_is_not_discarded)
{
	static _Alignas(BLOCK) uint8_t list[BLOCK];
	const uint8_t cdb[10] = { 0x42, [7] = BLOCK >> 8 };

	up(NULL, NULL);
	ASSERT_EQ(file_write("1", "/sys/module/sg/parameters/allow_dio"), 0);
	put(list + 2, 2 * 16, 2);
	put(list + 8, 8, 8);
	put(list + 16, 8, 4);
	put(list + 24, 100, 8);
	put(list + 32, 50, 4);
	memset(&io, 0, sizeof(io));
	memcpy(io.cdb, cdb, sizeof(cdb));
	io.hdr.cmd_len = sizeof(cdb);
	io.hdr.flags = SG_FLAG_DIRECT_IO;
	io_start(&io, &lun, SG_OUT, list, sizeof(list));
	expect(WRITE_SAME, DISCARD, 8, 8, 0);
	put(list + 24, 2048, 8);
	raw_good(&lun.raw, 0);
	EXPECT(nothing_comes());
	ends_with(SENSE(5, 0x21, 0));
	EXPECT(io.hdr.info & SG_INFO_DIRECT_IO);
}

TEST(an_unmap_with_more_ranges_than_were_offered_is_refused)
{
	static const uint32_t ranges[][2] = { { 8, 8 }, { 20, 2 } };

	up(NULL, NULL);
	ASSERT_EQ(lun_set(&lun, "attrib/max_unmap_block_desc_count", "1"), 0);
	send_unmap(ranges, ARRAY_SIZE(ranges));
	ends_with(SENSE(5, 0x26, 0));
	EXPECT(nothing_comes());
}

TEST(an_unmap_of_nothing_is_good)
{
	up(NULL, NULL);
	send_unmap(NULL, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
	EXPECT(nothing_comes());
}

/* A reset in the middle: the next range is not asked for */
TEST(an_aborted_unmap_asks_for_no_other_range)
{
	static const uint32_t ranges[][2] = { { 8, 8 }, { 20, 2 } };

	io_timeout_ms = 1000;
	up(NULL, NULL);
	send_unmap(ranges, ARRAY_SIZE(ranges));
	expect(WRITE_SAME, DISCARD, 8, 8, 0);
	/* the initiator aborts it meanwhile */
	sleep_ms(2500);
	raw_good(&lun.raw, 0);
	EXPECT(nothing_comes());
	io_end(&io, 20000);
	EXPECT(!io_is_good(&io));
}

/* ---- COMPARE AND WRITE ------------------------------------------------------------- */

static void send_caw(void)
{
	memset(buf, 'o', BLOCK);
	memset(buf + BLOCK, 'n', BLOCK);
	SEND("\x89\0\0\0\0\0\0\0\0\x21\0\0\0\1\0\0", SG_OUT, buf, 2 * BLOCK);
}

/* One that finds what it expects */
static void swap(void)
{
	uint8_t got[BLOCK];

	send_caw();
	expect(READ, 0, 0x21, 1, 1);
	raw_fill(&lun.raw, &entry, 'o');
	raw_good(&lun.raw, 0);
	expect(WRITE, 0, 0x21, 1, 1);
	raw_gather(&lun.raw, &entry, got, BLOCK);
	EXPECT(!memcmp(got, buf + BLOCK, BLOCK));
	ends_good();
}

TEST(compare_and_write_reads_and_then_writes)
{
	up(NULL, NULL);
	swap();
}

TEST(a_miscompare_writes_nothing)
{
	up(NULL, NULL);
	send_caw();
	expect(READ, 0, 0x21, 1, 1);
	raw_fill(&lun.raw, &entry, 'x');
	raw_good(&lun.raw, 0);
	ends_with(SENSE(0xe, 0x1d, 0));
	EXPECT(nothing_comes());
	swap();
}

/* However it ends, the next one is not kept waiting */
TEST(a_compare_and_write_that_cannot_read_fails_alone)
{
	up(NULL, NULL);
	send_caw();
	expect(READ, 0, 0x21, 1, 1);
	answer(&bad);
	ends_with(MEDIUM_ERROR);
	swap();
}

TEST(a_compare_and_write_that_cannot_write_fails_alone)
{
	up(NULL, NULL);
	send_caw();
	expect(READ, 0, 0x21, 1, 1);
	raw_fill(&lun.raw, &entry, 'o');
	raw_good(&lun.raw, 0);
	expect(WRITE, 0, 0x21, 1, 1);
	answer(&bad);
	ends_with(MEDIUM_ERROR);
	swap();
}

TEST(a_compare_and_write_with_a_short_read_fails_alone)
{
	up(NULL, NULL);
	send_caw();
	expect(READ, 0, 0x21, 1, 1);
	raw_fill(&lun.raw, &entry, 'o');
	answer(&(struct raw_answer){ .uflags = RAW_READ_LEN, .read_len = 100 });
	ends_with(LU_COMM_FAILURE);
	EXPECT(nothing_comes());
	swap();
}

TEST(a_compare_and_write_that_is_not_answered_in_time_fails_alone)
{
	up("attrib/cmd_time_out", "2");
	send_caw();
	expect(READ, 0, 0x21, 1, 1);
	ends_with(LU_COMM_FAILURE);
	raw_good(&lun.raw, 0);
	swap();
}

/* ---- answers ------------------------------------------------------------------------- */

TEST(a_short_read_is_an_error)
{
	up(NULL, NULL);
	io_rw(&io, &lun, 10, SG_IN, 0, buf, BLOCK);
	expect(READ, 0, 0, 1, 1);
	answer(&(struct raw_answer){ .uflags = RAW_READ_LEN, .read_len = 511 });
	ends_with(LU_COMM_FAILURE);
}

TEST(a_read_that_says_how_long_it_is_is_good)
{
	up(NULL, NULL);
	io_rw(&io, &lun, 10, SG_IN, 0, buf, BLOCK);
	expect(READ, 0, 0, 1, 1);
	answer(&(struct raw_answer){ .uflags = RAW_READ_LEN, .read_len = 512 });
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
}

TEST(sense_data_goes_through)
{
	up(NULL, NULL);
	io_rw(&io, &lun, 10, SG_IN, 0, buf, BLOCK);
	expect(READ, 0, 0, 1, 1);
	answer(&bad);
	ends_with(MEDIUM_ERROR);
}

TEST(sense_data_that_is_none_is_replaced)
{
	static const uint8_t none[96] = { 0x12, 0x34 };

	up(NULL, NULL);
	io_rw(&io, &lun, 10, SG_IN, 0, buf, BLOCK);
	expect(READ, 0, 0, 1, 1);
	answer(&(struct raw_answer){ .status = CHECK, .sense = none });
	ends_with(LU_COMM_FAILURE);
}

TEST(an_odd_status_is_replaced)
{
	static const int odd[] = { 1, 0x04, 0x10, 0x40, 0xff };
	size_t i;

	up(NULL, NULL);
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		io_rw(&io, &lun, 10, SG_IN, 0, buf, BLOCK);
		expect(READ, 0, 0, 1, 1);
		answer(&(struct raw_answer){ .status = odd[i] });
		ends_with(LU_COMM_FAILURE);
	}
}

TEST(an_opcode_that_the_daemon_does_not_know_is_unsupported)
{
	up(NULL, NULL);
	SEND("\x41\0\0\0\0\4\0\0\5\0", SG_OUT, buf, BLOCK);
	expect(WRITE_SAME, 0, 4, 5, 1);
	answer(&(struct raw_answer){ .uflags = RAW_UNKNOWN_OP });
	ends_with(SENSE(5, 0x20, 0));
}

/* ---- what is not the daemon's --------------------------------------------------------- */

TEST(control_commands_do_not_reach_the_daemon)
{
	static const char cdbs[][17] = {
		"\x00", "\x12\0\0\0\x24", "\x12\1\xb0\0\x40",
		"\x1a\0\x3f\0\xc0", "\x25", "\x9e\x10\0\0\0\0\0\0\0\0\0\0\0\x20",
		"\xa0\0\0\0\0\0\0\0\1\0", "\x1b\1\0\0\1",
		"\x2f\0\0\0\0\1\0\0\1",
	};
	static const int lens[] = { 6, 6, 6, 6, 10, 16, 12, 6, 10 };
	static const int sizes[] = { 0, 36, 64, 192, 8, 32, 256, 0, 0 };
	size_t i;

	up(NULL, NULL);
	for (i = 0; i < ARRAY_SIZE(cdbs); i++) {
		send_cdb(cdbs[i], lens[i], sizes[i] ? SG_IN : SG_NONE, buf,
			 sizes[i]);
		io_end(&io, 5000);
		if (!io_is_good(&io))
			test_fail(__FILE__, __LINE__, "opcode %#x: status %d",
				  (uint8_t)cdbs[i][0], io_status(&io));
	}
	EXPECT(nothing_comes());
}

TEST(an_initiator_hears_once_of_a_new_size)
{
	uint8_t capacity[8];

	up("control", "nl_reply_supported=-1");
	ASSERT_EQ(lun_set(&lun, "control", "dev_size=2097152"), 0);
	io_tur(&io, &lun);
	ends_with(SENSE(6, 0x2a, 9));
	io_tur(&io, &lun);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
	SEND("\x25\0\0\0\0\0\0\0\0\0", SG_IN, capacity, 8);
	io_end(&io, 5000);
	EXPECT_EQ(be(capacity, 4), 4095);
}
