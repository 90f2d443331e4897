// SPDX-License-Identifier: GPL-2.0-only
/*
 * Task management by the loopback fabric: LUN reset and abort.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <pthread.h>
#include <stdlib.h>

static struct lun lun;

static void up(const char *notification)
{
	lun_up(&lun, "max_data_area_mb=1");
	ASSERT_EQ(lun_set(&lun, "attrib/tmr_notification", notification), 0);
}

static void *reset(void *arg)
{
	return (void *)(long)sg_lun_reset(&lun);
}

/* A LUN reset waits for the commands: so it needs a thread of its own */
static void start_reset(pthread_t *thread)
{
	ASSERT_EQ(pthread_create(thread, NULL, reset, NULL), 0);
}

static void end_reset(pthread_t thread)
{
	void *ret;

	ASSERT_EQ(pthread_join(thread, &ret), 0);
	EXPECT_EQ((long)ret, 0);
}

static unsigned int u16_at(const uint8_t *at)
{
	return at[0] | at[1] << 8;
}

TEST(notification_is_off_and_takes_0_or_1)
{
	lun_up(&lun, NULL);
	EXPECT_EQ(lun_num(&lun, "attrib/tmr_notification"), 0);
	EXPECT(lun_set(&lun, "attrib/tmr_notification", "2") < 0);
	EXPECT_EQ(lun_set(&lun, "attrib/tmr_notification", "1"), 0);
	EXPECT_EQ(lun_num(&lun, "attrib/tmr_notification"), 1);
}

TEST(a_reset_of_an_idle_lun_is_announced)
{
	struct raw_entry entry;

	up("1");
	EXPECT_EQ(sg_lun_reset(&lun), 0);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT_EQ(entry.op, RAW_TMR);
	EXPECT_EQ(entry.len, 32);
	EXPECT_EQ(entry.id, 0);
	EXPECT_EQ(entry.at[8], 5);
	EXPECT_EQ(raw_u32(&lun.raw, 128 + entry.pos + 12), 0);
	raw_step_over(&lun.raw);
	EXPECT_EQ(raw_kick(&lun.raw), 0);
	EXPECT_EQ(raw_head(&lun.raw), raw_tail(&lun.raw));
}

TEST(a_reset_names_the_commands_in_the_ring)
{
	struct raw_entry entry[3], tmr;
	struct io io[3];
	pthread_t thread;
	int i;

	up("1");
	for (i = 0; i < 3; i++) {
		io_tur(&io[i], &lun);
		ASSERT(raw_fetch(&lun.raw, &entry[i], 5000, false));
	}
	start_reset(&thread);
	ASSERT(raw_fetch(&lun.raw, &tmr, 5000, false));
	EXPECT_EQ(tmr.op, RAW_TMR);
	EXPECT_EQ(tmr.len, 40);
	EXPECT_EQ(tmr.at[8], 5);
	EXPECT_EQ(raw_u32(&lun.raw, 128 + tmr.pos + 12), 3);
	/* 1, 2 and 3 in any order */
	EXPECT_EQ(1 << u16_at(tmr.at + 32) | 1 << u16_at(tmr.at + 34) |
		  1 << u16_at(tmr.at + 36), 0xe);
	for (i = 0; i < 3; i++)
		raw_answer(&lun.raw, &(struct raw_answer){ 0 });
	raw_step_over(&lun.raw);
	raw_kick(&lun.raw);
	end_reset(thread);
	for (i = 0; i < 3; i++)
		io_end(&io[i], 10000);
}

TEST(without_notification_nothing_is_announced)
{
	struct raw_entry entry;
	pthread_t thread;
	struct io io;

	up("0");
	io_tur(&io, &lun);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	start_reset(&thread);
	EXPECT(!raw_fetch(&lun.raw, &entry, 300, true));
	raw_good(&lun.raw, 0);
	end_reset(thread);
	io_end(&io, 10000);
	EXPECT_EQ(sg_lun_reset(&lun), 0);
	EXPECT(!raw_fetch(&lun.raw, &entry, 100, true));
}

TEST(a_reset_ends_waiting_commands)
{
	enum { LEN = 256 * 1024, FIT = 4 };
	struct io io[FIT], waiting;
	struct raw_entry entry;
	pthread_t thread;
	uint8_t *buf;
	int i;

	up("0");
	buf = malloc(LEN);
	for (i = 0; i < FIT; i++) {
		io_rw(&io[i], &lun, 10, SG_IN, i, buf, LEN);
		ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	}
	io_timeout_ms = 2000;
	io_rw(&waiting, &lun, 10, SG_IN, 9, buf, LEN);
	sleep_ms(100);
	start_reset(&thread);
	EXPECT(!raw_fetch(&lun.raw, &entry, 300, false));
	for (i = 0; i < FIT; i++)
		raw_good(&lun.raw, 0);
	end_reset(thread);
	/* the initiator may try it again: it ends all the same */
	raw_serve(&lun.raw);
	io_end(&waiting, 20000);
	for (i = 0; i < FIT; i++)
		io_end(&io[i], 10000);
	raw_serve_end(&lun.raw);
	free(buf);
}

TEST(an_initiators_timeout_aborts_and_is_announced)
{
	struct raw_entry entry, tmr;
	struct io io;

	up("1");
	io_timeout_ms = 1000;
	io_tur(&io, &lun);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	ASSERT(raw_fetch(&lun.raw, &tmr, 10000, false));
	EXPECT_EQ(tmr.op, RAW_TMR);
	EXPECT_EQ(tmr.at[8], 1);
	EXPECT_EQ(raw_u32(&lun.raw, 128 + tmr.pos + 12), 1);
	EXPECT_EQ(u16_at(tmr.at + 32), entry.id);
	raw_good(&lun.raw, 0);
	raw_step_over(&lun.raw);
	raw_kick(&lun.raw);
	raw_serve(&lun.raw);
	io_end(&io, 20000);
	raw_serve_end(&lun.raw);
}

/* Nobody answers: cmd_time_out bounds how long a reset takes */
TEST(a_reset_with_a_dead_daemon_ends_within_cmd_time_out)
{
	struct io io[4];
	long from;
	int i;

	lun_create(&lun, "dev_config=raw//test,dev_size=1048576");
	ASSERT_EQ(lun_set(&lun, "attrib/cmd_time_out", "3"), 0);
	ASSERT_EQ(lun_enable(&lun), 0);
	lun_link(&lun);
	raw_close(&lun.raw);
	for (i = 0; i < 4; i++)
		io_tur(&io[i], &lun);
	from = now_ms();
	EXPECT_EQ(sg_lun_reset(&lun), 0);
	printf("# took %ld ms\n", now_ms() - from);
	EXPECT(now_ms() - from < 6000);
	for (i = 0; i < 4; i++)
		io_end(&io[i], 20000);
}
