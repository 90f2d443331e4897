// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of commands when the daemon goes: the attribute recovery.
 * timeout: 400
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NR		8

static struct lun lun;
static struct io io[NR];
static uint8_t data[NR][4096];

static void up(const char *recovery)
{
	lun_create(&lun, "dev_config=raw//test,dev_size=1048576,max_data_area_mb=1");
	if (!file_exists("%s/attrib/recovery", lun.dir))
		test_skip("this module has one recovery");
	ASSERT_EQ(lun_set(&lun, "attrib/recovery", recovery), 0);
	ASSERT_EQ(lun_set(&lun, "attrib/cmd_time_out", "15"), 0);
	ASSERT_EQ(lun_enable(&lun), 0);
	lun_link(&lun);
}

static void comes(void)
{
	ASSERT_EQ(raw_open(&lun.raw, lun.uio), 0);
}

static void goes(void)
{
	raw_close(&lun.raw);
}

static void send_write(int i)
{
	memset(data[i], 'a' + i, sizeof(data[i]));
	io_rw(&io[i], &lun, 10, SG_OUT, i, data[i], sizeof(data[i]));
}

static void fetch(struct raw_entry *entry)
{
	ASSERT(raw_fetch(&lun.raw, entry, 5000, false));
}

/* Sent one after the other, so that their order is known */
static void send_writes(struct raw_entry entry[NR])
{
	int i;

	for (i = 0; i < NR; i++) {
		send_write(i);
		fetch(&entry[i]);
	}
}

/* The next entry is this write, with all of its data */
static void is_write(int i, struct raw_entry *entry)
{
	uint8_t bytes[4096];

	fetch(entry);
	EXPECT_EQ(entry->cdb[0], 0x2a);
	EXPECT_EQ(entry->cdb[5], i);
	ASSERT_EQ(raw_gather(&lun.raw, entry, bytes, sizeof(bytes)),
		  sizeof(bytes));
	EXPECT(!memcmp(bytes, data[i], sizeof(bytes)));
}

static void ends_good(int i)
{
	io_end(&io[i], 5000);
	EXPECT(io_is_good(&io[i]));
}

/* The writes are there in their order, from this one on, and are answered */
static void all_come_from(int i)
{
	struct raw_entry entry;

	for (; i < NR; i++) {
		is_write(i, &entry);
		raw_good(&lun.raw, 0);
		ends_good(i);
	}
}

static bool ring_is_empty(void)
{
	struct raw_entry entry;

	return !raw_fetch(&lun.raw, &entry, 200, false);
}

static void one_works(int i)
{
	struct raw_entry entry;

	send_write(i);
	is_write(i, &entry);
	raw_good(&lun.raw, 0);
	ends_good(i);
}

TEST(hold_is_the_default_and_there_are_two_others)
{
	char text[32];

	up("hold");
	ASSERT_EQ(lun_set(&lun, "attrib/recovery", "fail\n"), 0);
	ASSERT_EQ(lun_set(&lun, "attrib/recovery", "replay"), 0);
	ASSERT_EQ(lun_get(&lun, "attrib/recovery", text, sizeof(text)), 0);
	EXPECT(!strncmp(text, "replay", 6));
	EXPECT_EQ(lun_set(&lun, "attrib/recovery", "again"), -EINVAL);
	EXPECT_EQ(lun_num(&lun, "attrib/recovery_time_out"), 30);
	EXPECT_EQ(lun_set(&lun, "attrib/recovery_time_out", "0"), -EINVAL);
	EXPECT_EQ(lun_set(&lun, "attrib/recovery_time_out", "1"), 0);
}

TEST(hold_leaves_commands_where_they_are)
{
	struct raw_entry entry[NR], again;

	up("hold");
	send_writes(entry);
	goes();
	comes();
	is_write(0, &again);
	EXPECT_EQ(again.pos, entry[0].pos);
	EXPECT_EQ(lun_set(&lun, "action/reset_ring", "2"), 0);
}

/* The next daemon knows nothing of it, and would never free it */
TEST(what_a_dead_daemon_wanted_to_keep_is_kept_for_nobody)
{
	struct raw_answer keep = { .uflags = RAW_KEEP_BUF };
	struct raw_entry entry;
	char id[16];

	up("hold");
	send_write(0);
	is_write(0, &entry);
	/* it dies before its write(2) */
	raw_answer(&lun.raw, &keep);
	goes();
	comes();
	raw_kick(&lun.raw);
	ends_good(0);
	snprintf(id, sizeof(id), "%u", entry.id);
	EXPECT_EQ(lun_set(&lun, "action/free_kept_buf", id), -EINVAL);
}

TEST(fail_ends_commands_busy_at_once)
{
	struct raw_entry entry[NR];
	int i;

	up("fail");
	io_timeout_ms = 2000;
	send_writes(entry);
	goes();
	for (i = 0; i < NR; i++) {
		io_end(&io[i], 4000);
		EXPECT_EQ(io_status(&io[i]), BUSY);
	}
	/* new ones, too */
	send_write(0);
	io_end(&io[0], 4000);
	EXPECT_EQ(io_status(&io[0]), BUSY);
	comes();
	EXPECT_EQ(raw_head(&lun.raw), 0);
	EXPECT(ring_is_empty());
	one_works(1);
}

TEST(fail_waits_for_the_first_daemon_as_ever)
{
	struct raw_entry entry;

	lun_create(&lun, "dev_config=raw//test,dev_size=1048576");
	if (!file_exists("%s/attrib/recovery", lun.dir))
		test_skip("this module has one recovery");
	ASSERT_EQ(lun_set(&lun, "attrib/recovery", "fail"), 0);
	ASSERT_EQ(lun_enable(&lun), 0);
	lun_link(&lun);
	io_tur(&io[0], &lun);
	fetch(&entry);
	raw_good(&lun.raw, 0);
	ends_good(0);
}

TEST(replay_brings_commands_again_in_their_order_with_their_data)
{
	struct raw_entry entry[NR], again;
	struct raw_answer answer = { 0 };
	int i;

	up("replay");
	send_writes(entry);
	/* answered out of order, and known to the kernel: does not come again */
	answer.id = entry[5].id;
	raw_answer(&lun.raw, &answer);
	raw_kick(&lun.raw);
	ends_good(5);
	goes();
	comes();
	for (i = 0; i < NR; i++) {
		if (i == 5)
			continue;
		is_write(i, &again);
		if (!i)
			EXPECT_EQ(again.pos, 0);
		raw_good(&lun.raw, 0);
		ends_good(i);
	}
	EXPECT(ring_is_empty());
	one_works(5);
}

TEST(replay_takes_an_answer_that_was_not_told)
{
	struct raw_answer answer = { 0 };
	struct raw_entry entry[NR];

	up("replay");
	send_writes(entry);
	raw_answer(&lun.raw, &answer);
	goes();
	ends_good(0);
	comes();
	all_come_from(1);
}

TEST(replay_forgets_answers_that_the_tail_has_not_passed)
{
	struct raw_entry entry[NR];

	up("replay");
	send_writes(entry);
	/* CHECK CONDITION in the slot of a command, and the daemon dies */
	entry[0].at[8] = 2;
	goes();
	comes();
	all_come_from(0);
}

TEST(replay_heals_a_broken_ring)
{
	struct raw_entry entry[NR];

	up("replay");
	send_writes(entry);
	raw_set_tail(&lun.raw, 4);
	raw_kick(&lun.raw);
	goes();
	comes();
	all_come_from(0);
}

TEST(replay_stops_the_timers)
{
	struct raw_entry again;

	up("replay");
	lun_unlink(&lun);
	ASSERT_EQ(lun_set(&lun, "attrib/cmd_time_out", "2"), 0);
	lun_link(&lun);
	send_write(0);
	is_write(0, &again);
	goes();
	send_write(1);
	sleep_ms(4500);
	comes();
	is_write(0, &again);
	/* what came meanwhile stands behind */
	is_write(1, &again);
	raw_good(&lun.raw, 0);
	raw_good(&lun.raw, 0);
	ends_good(0);
	ends_good(1);
}

TEST(replay_gives_each_command_its_time_once_more)
{
	struct raw_entry again;
	long start;

	up("replay");
	lun_unlink(&lun);
	ASSERT_EQ(lun_set(&lun, "attrib/cmd_time_out", "2"), 0);
	lun_link(&lun);
	send_write(0);
	is_write(0, &again);
	goes();
	sleep_ms(3000);
	comes();
	start = now_ms();
	io_end(&io[0], 6000);
	EXPECT_EQ(io_sense(&io[0]), LU_COMM_FAILURE);
	EXPECT(now_ms() - start > 1500);
}

TEST(replay_never_brings_an_expired_command)
{
	struct raw_entry again;

	up("replay");
	lun_unlink(&lun);
	ASSERT_EQ(lun_set(&lun, "attrib/cmd_time_out", "1"), 0);
	lun_link(&lun);
	send_write(0);
	is_write(0, &again);
	io_end(&io[0], 5000);
	EXPECT_EQ(io_sense(&io[0]), LU_COMM_FAILURE);
	goes();
	comes();
	EXPECT(ring_is_empty());
	one_works(1);
}

TEST(replay_never_brings_an_aborted_command)
{
	struct raw_entry entry[NR];
	long start;
	int i;

	up("replay");
	send_writes(entry);
	goes();
	/* the reset waits for the commands; nobody else could end them */
	start = now_ms();
	ASSERT_EQ(sg_lun_reset(&lun), 0);
	EXPECT(now_ms() - start < 5000);
	for (i = 0; i < NR; i++)
		io_end(&io[i], 5000);
	comes();
	EXPECT(ring_is_empty());
}

TEST(replay_ends_when_nobody_comes_in_time)
{
	struct raw_entry again;
	long start;

	up("replay");
	ASSERT_EQ(lun_set(&lun, "attrib/recovery_time_out", "2"), 0);
	send_write(0);
	is_write(0, &again);
	start = now_ms();
	goes();
	io_end(&io[0], 8000);
	EXPECT(now_ms() - start > 1500);
	EXPECT_EQ(io_sense(&io[0]), LU_COMM_FAILURE);
	comes();
	EXPECT(ring_is_empty());
	one_works(1);
}

/* Then it is as if nobody had ever been awaited */
TEST(replay_ends_in_time_with_nothing_to_bring)
{
	struct raw_entry again;

	up("replay");
	lun_unlink(&lun);
	ASSERT_EQ(lun_set(&lun, "attrib/cmd_time_out", "2"), 0);
	ASSERT_EQ(lun_set(&lun, "attrib/recovery_time_out", "4"), 0);
	lun_link(&lun);
	/* leaves a timer that is due before the time is over */
	one_works(0);
	goes();
	sleep_ms(7000);
	send_write(1);
	sleep_ms(300);
	comes();
	is_write(1, &again);
	raw_good(&lun.raw, 0);
	ends_good(1);
}

/* A daemon that takes commands and answers none, until it is killed */
static pid_t taker(void)
{
	struct raw_entry entry;
	struct raw raw;
	char byte = 0;
	int ready[2];
	pid_t pid;

	ASSERT_EQ(pipe(ready), 0);
	pid = fork();
	if (pid) {
		close(ready[1]);
		ASSERT_EQ(read(ready[0], &byte, 1), 1);
		close(ready[0]);
		return pid;
	}
	if (raw_open(&raw, lun.uio) || write(ready[1], &byte, 1) != 1)
		_exit(1);
	for (;;)
		raw_fetch(&raw, &entry, 1000, false);
}

static long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000L + ts.tv_nsec / 1000;
}

/* What is measured is the driver, not who else runs in the guest */
static void be_first(bool first)
{
	struct sched_param param = { .sched_priority = first };

	ASSERT_EQ(sched_setscheduler(0, first ? SCHED_FIFO : SCHED_OTHER,
				     &param), 0);
}

/* Killed with the commands in it; the next one has the first of them within 10 ms */
TEST_LIMIT(replay_after_kill_9_is_there_at_once, 90)
{
	struct raw_entry again;
	long start, took, worst = 0;
	int i, round;
	pid_t pid;

	up("replay");
	goes();
	for (round = 0; round < 10; round++) {
		pid = taker();
		for (i = 0; i < NR; i++)
			send_write(i);
		sleep_ms(50);
		kill(pid, SIGKILL);
		ASSERT_EQ(waitpid(pid, NULL, 0), pid);
		be_first(true);
		start = now_us();
		comes();
		fetch(&again);
		took = now_us() - start;
		be_first(false);
		if (took > worst)
			worst = took;
		for (i = 0; i < NR; i++) {
			if (i)
				fetch(&again);
			raw_good(&lun.raw, again.id);
		}
		for (i = 0; i < NR; i++)
			ends_good(i);
		goes();
	}
	printf("# at the worst %ld us from open to the first command\n", worst);
	/* a kernel that looks for races stops each task at random for that */
	EXPECT(worst < (file_exists("/sys/kernel/debug/kcsan") ? 100000 : 10000));
}
