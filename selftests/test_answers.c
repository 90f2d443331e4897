// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of each answer that a daemon can give.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <errno.h>

#define LEN	8192

static struct lun lun;
static uint8_t buf[LEN];

/* Let a read of LEN bytes, filled with 0x5a, end with @answer */
static void read_with(struct io *io, const struct raw_answer *answer)
{
	struct raw_entry entry;

	memset(buf, 0, sizeof(buf));
	io_rw(io, &lun, 10, SG_IN, 0, buf, sizeof(buf));
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	raw_fill(&lun.raw, &entry, 0x5a);
	raw_answer(&lun.raw, answer);
	ASSERT_EQ(raw_kick(&lun.raw), 0);
	io_end(io, 5000);
}

/* How many bytes at the start of the buffer came from the daemon? */
static size_t got(void)
{
	size_t i;

	for (i = 0; i < sizeof(buf) && buf[i] == 0x5a; i++)
		;
	return i;
}

static const uint8_t a_sense[96] = {
	0x70, 0, 0x23, 1, 2, 3, 4, 88, 5, 6, 7, 8, 0x11, 0x22,
	[60] = 0xaa, [95] = 0xbb,
};

TEST(good_delivers_the_data)
{
	struct io io;

	lun_up(&lun, NULL);
	read_with(&io, &(struct raw_answer){ .status = GOOD });
	EXPECT(io_is_good(&io));
	EXPECT_EQ(got(), LEN);
	EXPECT_EQ(io.hdr.resid, 0);
}

TEST(check_condition_delivers_96_bytes_of_sense_and_no_data)
{
	struct raw_answer answer = { .status = CHECK, .sense = a_sense };
	struct io io;

	lun_up(&lun, NULL);
	read_with(&io, &answer);
	EXPECT_EQ(io_status(&io), CHECK);
	EXPECT_EQ(io.hdr.sb_len_wr, 96);
	EXPECT(!memcmp(io.sense, a_sense, 96));
	EXPECT_EQ(got(), 0);
}

TEST(other_statuses_go_through)
{
	static const int statuses[] = { BUSY, 0x18, TASK_SET_FULL };
	struct io io;
	size_t i;

	lun_up(&lun, NULL);
	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		struct raw_answer answer = { .status = statuses[i] };
		struct raw_entry entry;

		/* the initiator tries some of them again: let it */
		io_tur(&io, &lun);
		ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
		raw_answer(&lun.raw, &answer);
		raw_kick(&lun.raw);
		raw_serve(&lun.raw);
		io_end(&io, 10000);
		raw_serve_end(&lun.raw);
		EXPECT(io_status(&io) == statuses[i] || io_is_good(&io));
	}
}

TEST(unknown_op_is_a_communication_failure)
{
	struct raw_answer answer = { .uflags = RAW_UNKNOWN_OP, .status = GOOD };
	struct io io;

	lun_up(&lun, NULL);
	read_with(&io, &answer);
	EXPECT_EQ(io_status(&io), CHECK);
	EXPECT_EQ(io_sense(&io), LU_COMM_FAILURE);
	EXPECT_EQ(got(), 0);
}

TEST(unknown_op_hides_status_and_sense)
{
	struct raw_answer answer = { .uflags = RAW_UNKNOWN_OP, .status = CHECK,
				     .sense = a_sense };
	struct io io;

	lun_up(&lun, NULL);
	read_with(&io, &answer);
	EXPECT_EQ(io_sense(&io), LU_COMM_FAILURE);
}

TEST(read_len_shortens_a_good_read)
{
	struct raw_answer answer = { .uflags = RAW_READ_LEN, .read_len = 5000 };
	struct io io;

	lun_up(&lun, NULL);
	read_with(&io, &answer);
	EXPECT(io_is_good(&io));
	EXPECT_EQ(got(), 5000);
	EXPECT_EQ(io.hdr.resid, LEN - 5000);
}

TEST(read_len_with_check_condition_delivers_both)
{
	struct raw_answer answer = { .uflags = RAW_READ_LEN, .read_len = 1024,
				     .status = CHECK, .sense = a_sense };
	struct io io;

	lun_up(&lun, NULL);
	read_with(&io, &answer);
	EXPECT_EQ(io_status(&io), CHECK);
	EXPECT(!memcmp(io.sense, a_sense, 96));
	EXPECT_EQ(got(), 1024);
	EXPECT_EQ(io.hdr.resid, LEN - 1024);
}

TEST(read_len_beyond_the_buffer_is_the_buffer)
{
	struct raw_answer answer = { .uflags = RAW_READ_LEN,
				     .read_len = 0xffffffff };
	struct io io;

	lun_up(&lun, NULL);
	read_with(&io, &answer);
	EXPECT(io_is_good(&io));
	EXPECT_EQ(got(), LEN);
	EXPECT_EQ(io.hdr.resid, 0);
}

TEST(read_len_zero_or_without_its_flag_says_nothing)
{
	struct io io;

	lun_up(&lun, NULL);
	read_with(&io, &(struct raw_answer){ .uflags = RAW_READ_LEN });
	EXPECT_EQ(got(), LEN);
	EXPECT_EQ(io.hdr.resid, 0);
	read_with(&io, &(struct raw_answer){ .read_len = 512 });
	EXPECT_EQ(got(), LEN);
	EXPECT_EQ(io.hdr.resid, 0);
}

TEST(read_len_means_nothing_for_a_write)
{
	struct raw_answer answer = { .uflags = RAW_READ_LEN, .read_len = 512 };
	struct raw_entry entry;
	struct io io;

	lun_up(&lun, NULL);
	memset(buf, 0x77, sizeof(buf));
	io_rw(&io, &lun, 10, SG_OUT, 0, buf, sizeof(buf));
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	raw_fill(&lun.raw, &entry, 0x5a);
	raw_answer(&lun.raw, &answer);
	raw_kick(&lun.raw);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
	EXPECT_EQ(io.hdr.resid, 0);
	EXPECT_EQ(got(), 0);
}

/* A kept command: answered, but id 1 and its block stay */
static void keep_one(void)
{
	struct raw_answer answer = { .uflags = RAW_KEEP_BUF };
	struct raw_entry entry;
	struct io io;

	read_with(&io, &answer);
	EXPECT(io_is_good(&io));
	EXPECT_EQ(got(), LEN);
	io_rw(&io, &lun, 10, SG_IN, 0, buf, 4096);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT_EQ(entry.id, 2);
	EXPECT_EQ(raw_iov_base(&entry, 0), 0x800000 + LEN);
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
}

/* Where does the next command go? */
static int next_id(void)
{
	struct raw_entry entry;
	struct io io;

	io_rw(&io, &lun, 10, SG_IN, 0, buf, 4096);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	return entry.id;
}

TEST(keep_buf_keeps_id_and_data_until_they_are_freed)
{
	lun_up(&lun, NULL);
	keep_one();
	EXPECT_EQ(lun_set(&lun, "action/free_kept_buf", "2"), -EINVAL);
	EXPECT_EQ(lun_set(&lun, "action/free_kept_buf", "1"), 0);
	EXPECT_EQ(lun_set(&lun, "action/free_kept_buf", "1"), -EINVAL);
	EXPECT_EQ(next_id(), 1);
}

TEST(keep_buf_ends_with_the_release_of_the_file)
{
	lun_up(&lun, NULL);
	keep_one();
	raw_close(&lun.raw);
	ASSERT_EQ(raw_open(&lun.raw, lun.uio), 0);
	EXPECT_EQ(next_id(), 1);
}

TEST(keep_buf_ends_with_a_reset)
{
	lun_up(&lun, NULL);
	keep_one();
	EXPECT_EQ(lun_set(&lun, "action/reset_ring", "1"), 0);
	lun.raw.next = 0;
	lun.raw.tail = 0;
	EXPECT_EQ(next_id(), 1);
}

TEST(removal_with_kept_buffers_leaks_nothing)
{
	lun_up(&lun, NULL);
	keep_one();
	lun_unlink(&lun);
	EXPECT_EQ(lun_remove(&lun), 0);
}

TEST(answers_may_come_in_any_order)
{
	static uint8_t bufs[16][4096];
	struct raw_entry entry[16];
	struct io io[16];
	int i, n;

	lun_up(&lun, NULL);
	for (i = 0; i < 16; i++) {
		io_rw(&io[i], &lun, 10, SG_IN, i, bufs[i], 4096);
		ASSERT(raw_fetch(&lun.raw, &entry[i], 5000, false));
		raw_fill(&lun.raw, &entry[i], 0x10 + i);
	}
	for (n = 0; n < 16; n++) {
		i = n * 7 % 16;
		raw_good(&lun.raw, entry[i].id);
		io_end(&io[i], 5000);
		EXPECT(io_is_good(&io[i]));
		EXPECT_EQ(bufs[i][0], 0x10 + i);
		EXPECT_EQ(bufs[i][4095], 0x10 + i);
	}
	EXPECT_EQ(raw_head(&lun.raw), raw_tail(&lun.raw));
}

TEST(one_write_takes_many_answers)
{
	struct raw_entry entry;
	struct io io[16];
	int i;

	lun_up(&lun, NULL);
	for (i = 0; i < 16; i++)
		io_tur(&io[i], &lun);
	for (i = 0; i < 16; i++)
		ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	for (i = 0; i < 16; i++)
		raw_answer(&lun.raw, &(struct raw_answer){ 0 });
	EXPECT(!io_wait(&io[0], 50));
	raw_kick(&lun.raw);
	for (i = 0; i < 16; i++) {
		io_end(&io[i], 5000);
		EXPECT(io_is_good(&io[i]));
	}
}
