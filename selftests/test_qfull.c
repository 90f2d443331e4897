// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands for which the data area has no room: wait, or fail at once.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <stdlib.h>

/* An area of 1 MiB holds four of these */
#define LEN	(256 * 1024)
#define FIT	4
#define NR	8

static struct lun lun;
static struct io io[NR];
static uint8_t *bufs[NR];

static void start(int i)
{
	if (!bufs[i])
		bufs[i] = malloc(LEN);
	io_rw(&io[i], &lun, 10, SG_IN, i, bufs[i], LEN);
}

/*
 * Commands 0 to FIT - 1 into the ring. Each is fetched before the next one
 * starts: the fabric hands them on from a workqueue, in any order.
 */
static void fill_area(void)
{
	struct raw_entry entry;
	int i;

	for (i = 0; i < FIT; i++) {
		start(i);
		ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
		EXPECT_EQ(entry.cdb[5], i);
	}
}

static void up_full(const char *qfull)
{
	lun_up(&lun, "max_data_area_mb=1,hw_max_sectors=1024");
	if (qfull)
		ASSERT_EQ(lun_set(&lun, "attrib/qfull_time_out", qfull), 0);
	fill_area();
}

static void expect_next_is(int i)
{
	struct raw_entry entry;

	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT_EQ(entry.cdb[5], i);
}

TEST(waiting_commands_go_on_in_their_order)
{
	struct raw_entry entry;
	int i;

	up_full(NULL);
	for (i = FIT; i < NR; i++) {
		start(i);
		/* each has its place before the next one comes */
		sleep_ms(30);
	}
	EXPECT(!raw_fetch(&lun.raw, &entry, 100, false));
	for (i = 0; i < FIT; i++) {
		raw_good(&lun.raw, 0);
		io_end(&io[i], 5000);
		expect_next_is(FIT + i);
	}
	for (i = FIT; i < NR; i++) {
		raw_good(&lun.raw, 0);
		io_end(&io[i], 5000);
		EXPECT(io_is_good(&io[i]));
	}
}

TEST(nobody_overtakes_a_waiting_command)
{
	struct raw_entry entry;
	struct io small;
	int i;

	up_full(NULL);
	start(FIT);
	sleep_ms(50);
	/* no data: would fit */
	io_tur(&small, &lun);
	EXPECT(!raw_fetch(&lun.raw, &entry, 200, false));
	raw_good(&lun.raw, 0);
	io_end(&io[0], 5000);
	expect_next_is(FIT);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT_EQ(entry.iov_cnt, 0);
	for (i = 1; i <= FIT + 1; i++)
		raw_good(&lun.raw, 0);
	for (i = 1; i <= FIT; i++)
		io_end(&io[i], 5000);
	io_end(&small, 5000);
}

static long commands(void)
{
	return lun_num(&lun, "statistics/scsi_lu/num_cmds");
}

static void answer_all(void)
{
	int i;

	for (i = 0; i < FIT; i++)
		raw_good(&lun.raw, 0);
	for (i = 0; i < FIT; i++)
		io_end(&io[i], 5000);
}

/*
 * An initiator that is told TASK SET FULL tries again when another command has
 * ended. So let one end that keeps its room: the second try fails like the
 * first, and by then the initiator has lost its patience and shows it.
 */
static void let_it_try_again(void)
{
	struct raw_answer answer = { .uflags = RAW_KEEP_BUF };

	raw_answer(&lun.raw, &answer);
	raw_kick(&lun.raw);
	io_end(&io[0], 5000);
}

TEST(qfull_time_out_0_is_task_set_full_at_once)
{
	long before, from;

	up_full("0");
	io_timeout_ms = 500;
	before = commands();
	start(FIT);
	sleep_ms(700);
	from = now_ms();
	let_it_try_again();
	io_end(&io[FIT], 10000);
	printf("# %ld tries, the last one took %ld ms\n",
	       commands() - before, now_ms() - from);
	EXPECT_EQ(io_status(&io[FIT]), TASK_SET_FULL);
	EXPECT(now_ms() - from < 1000);
}

TEST(qfull_time_out_2_is_task_set_full_after_2_seconds)
{
	long from;

	up_full("2");
	/* longer than a try, or the initiator would abort it */
	io_timeout_ms = 3500;
	start(FIT);
	sleep_ms(4000);
	from = now_ms();
	let_it_try_again();
	io_end(&io[FIT], 10000);
	printf("# the second try took %ld ms\n", now_ms() - from);
	EXPECT_EQ(io_status(&io[FIT]), TASK_SET_FULL);
	EXPECT(now_ms() - from >= 1900);
	EXPECT(now_ms() - from <= 4500);
}

TEST(qfull_time_out_minus_1_is_that_of_commands)
{
	long before, from;

	lun_create(&lun, "dev_config=raw//test,dev_size=1048576,max_data_area_mb=1");
	ASSERT_EQ(lun_set(&lun, "attrib/cmd_time_out", "2"), 0);
	EXPECT_EQ(lun_num(&lun, "attrib/qfull_time_out"), -1);
	ASSERT_EQ(lun_enable(&lun), 0);
	lun_link(&lun);
	io_timeout_ms = 3500;
	fill_area();
	before = commands();
	from = now_ms();
	start(FIT);
	io_end(&io[FIT], 15000);
	printf("# %ld tries in %ld ms\n", commands() - before,
	       now_ms() - from);
	/* expired commands leave no room: the daemon may still use it */
	EXPECT_EQ(io_status(&io[FIT]), TASK_SET_FULL);
	EXPECT(commands() - before <= 3);
}

/* Tries that fail must not begin the time anew */
TEST(a_waiting_command_keeps_its_deadline)
{
	struct raw_entry entry;
	long before, from;
	int i;

	up_full("3");
	io_timeout_ms = 5000;
	from = now_ms();
	start(FIT);
	sleep_ms(100);
	before = commands();
	/* answers that keep their room: each makes the list be tried again */
	for (i = 0; i < FIT; i++) {
		sleep_ms(600);
		raw_answer(&lun.raw, &(struct raw_answer){
			   .uflags = RAW_KEEP_BUF });
		raw_kick(&lun.raw);
	}
	/* it was refused at its deadline, and is on its second try since */
	ASSERT(WAIT_FOR(3000, commands() > before));
	printf("# ended after %ld ms\n", now_ms() - from);
	EXPECT(now_ms() - from >= 2900);
	EXPECT(now_ms() - from < 4500);
	EXPECT(!raw_fetch(&lun.raw, &entry, 0, false));
}

TEST(block_dev_ends_waiting_commands_with_busy)
{
	up_full(NULL);
	io_timeout_ms = 1000;
	start(FIT);
	sleep_ms(100);
	EXPECT_EQ(lun_set(&lun, "action/block_dev", "1"), 0);
	/* the initiator shows it when its patience is at an end */
	sleep_ms(1200);
	answer_all();
	io_end(&io[FIT], 10000);
	EXPECT_EQ(io_status(&io[FIT]), BUSY);
}

TEST(too_large_for_the_area_is_an_invalid_field)
{
	static uint8_t big[130 * 4096];
	struct io one;

	/* one block; what is left of the area makes no second */
	lun_up(&lun, "max_data_area_mb=1,data_pages_per_blk=129");
	io_rw(&one, &lun, 10, SG_IN, 0, big, sizeof(big));
	io_end(&one, 5000);
	EXPECT_EQ(io_status(&one), CHECK);
	EXPECT_EQ(io_sense(&one), INVALID_FIELD);
}

TEST(a_waiting_command_keeps_its_reason)
{
	up_full(NULL);
	start(FIT);
	sleep_ms(100);
	/* a lie breaks the ring: then the one that waits is refused for that */
	raw_answer(&lun.raw, &(struct raw_answer){ 0 });
	raw_answer(&lun.raw, &(struct raw_answer){ .id = 777 });
	raw_kick(&lun.raw);
	io_end(&io[0], 5000);
	io_end(&io[FIT], 10000);
	EXPECT_EQ(io_status(&io[FIT]), CHECK);
	EXPECT_EQ(io_sense(&io[FIT]), LU_COMM_FAILURE);
}
