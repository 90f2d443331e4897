// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that the daemon does not answer in time.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <errno.h>

static struct lun lun;
static uint8_t buf[4096];

static void up(const char *seconds)
{
	lun_create(&lun, "dev_config=raw//test,dev_size=1048576");
	ASSERT_EQ(lun_set(&lun, "attrib/cmd_time_out", seconds), 0);
	ASSERT_EQ(lun_enable(&lun), 0);
	lun_link(&lun);
}

static void expire(struct io *io, struct raw_entry *entry)
{
	long from = now_ms();

	io_rw(io, &lun, 10, SG_IN, 0, buf, sizeof(buf));
	ASSERT(raw_fetch(&lun.raw, entry, 5000, false));
	io_end(io, 10000);
	printf("# ended after %ld ms\n", now_ms() - from);
	EXPECT(now_ms() - from >= 900);
	EXPECT_EQ(io_status(io), CHECK);
	EXPECT_EQ(io_sense(io), LU_COMM_FAILURE);
}

static int next_id(void)
{
	struct raw_entry entry;
	struct io io;

	io_rw(&io, &lun, 10, SG_IN, 0, buf, sizeof(buf));
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	/* from whatever slot is the oldest */
	raw_good(&lun.raw, entry.id);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
	return entry.id;
}

TEST(a_late_command_is_a_communication_failure)
{
	struct raw_entry entry;
	struct io io;

	up("1");
	expire(&io, &entry);
}

TEST(a_late_answer_is_absorbed_and_frees_the_id)
{
	struct raw_entry entry;
	struct io io;

	up("1");
	expire(&io, &entry);
	EXPECT_EQ(entry.id, 1);
	EXPECT_EQ(next_id(), 2);
	/* the answer of 2 stood in the slot of 1: now comes 1, in that of 2 */
	memset(buf, 0, sizeof(buf));
	raw_fill(&lun.raw, &entry, 0x99);
	raw_good(&lun.raw, 1);
	EXPECT_EQ(buf[0], 0);
	EXPECT_EQ(next_id(), 1);
}

TEST(a_late_answer_may_keep_its_buffer)
{
	struct raw_answer answer = { .uflags = RAW_KEEP_BUF };
	struct raw_entry entry;
	struct io io;

	up("1");
	expire(&io, &entry);
	raw_answer(&lun.raw, &answer);
	raw_kick(&lun.raw);
	EXPECT_EQ(next_id(), 2);
	EXPECT_EQ(lun_set(&lun, "action/free_kept_buf", "1"), 0);
	EXPECT_EQ(next_id(), 1);
}

TEST(many_late_commands_end_together)
{
	enum { NR = 100 };
	static struct io io[NR];
	struct raw_entry entry;
	int i;

	up("1");
	for (i = 0; i < NR; i++)
		io_tur(&io[i], &lun);
	for (i = 0; i < NR; i++) {
		io_end(&io[i], 5000);
		EXPECT_EQ(io_sense(&io[i]), LU_COMM_FAILURE);
	}
	/* all of the answers come late */
	for (i = 0; i < NR; i++) {
		ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
		raw_answer(&lun.raw, &(struct raw_answer){ 0 });
	}
	raw_kick(&lun.raw);
	EXPECT_EQ(next_id(), 1);
}

TEST(an_expired_command_ends_with_a_reset)
{
	struct raw_entry entry;
	struct io io;

	up("1");
	expire(&io, &entry);
	EXPECT_EQ(lun_set(&lun, "action/reset_ring", "1"), 0);
	lun.raw.next = 0;
	lun.raw.tail = 0;
	EXPECT_EQ(next_id(), 1);
}

TEST(removal_with_expired_commands_leaks_nothing)
{
	struct raw_entry entry;
	struct io io;
	int i;

	up("1");
	for (i = 0; i < 3; i++)
		expire(&io, &entry);
	lun_unlink(&lun);
	EXPECT_EQ(lun_remove(&lun), 0);
}

TEST(time_out_0_is_never)
{
	struct raw_entry entry;
	struct io io;

	up("0");
	io_rw(&io, &lun, 10, SG_IN, 0, buf, sizeof(buf));
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT(!io_wait(&io, 3500));
	EXPECT_EQ(lun_set(&lun, "action/reset_ring", "2"), 0);
	io_end(&io, 5000);
	EXPECT_EQ(io_sense(&io), LU_COMM_FAILURE);
}

TEST(a_device_that_no_daemon_ever_opened_times_out)
{
	struct io io;

	up("1");
	raw_close(&lun.raw);
	io_tur(&io, &lun);
	io_end(&io, 5000);
	EXPECT_EQ(io_sense(&io), LU_COMM_FAILURE);
}

TEST(time_out_cannot_be_changed_while_exported)
{
	up("1");
	EXPECT_EQ(lun_set(&lun, "attrib/cmd_time_out", "2"), -EINVAL);
	EXPECT_EQ(lun_num(&lun, "attrib/cmd_time_out"), 1);
	lun_unlink(&lun);
	EXPECT_EQ(lun_set(&lun, "attrib/cmd_time_out", "2"), 0);
}
