// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device with two queues: which command goes where, and what is the device's. That
 * each queue obeys the rules of the ABI is in test_queue1_*.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

static struct lun lun;
static struct io io[2];
static struct raw *const raws[2] = { &lun.raw, &lun.other };

static int create(const char *control)
{
	lun_create(&lun, "dev_config=raw//test,dev_size=1048576");
	if (lun_set(&lun, "control", "nr_queues=2"))
		test_skip("this machine has one CPU, or this module one queue");
	return control ? lun_set(&lun, "control", control) : 0;
}

/* Both served while the LUN is found, and then the test is both daemons */
static void up(const char *control)
{
	ASSERT_EQ(create(control), 0);
	ASSERT_EQ(lun_enable(&lun), 0);
	ASSERT_EQ(raw_open(&lun.other, lun_queue_uio(&lun, 1)), 0);
	raw_serve(&lun.other);
	lun_link(&lun);
	raw_serve_end(&lun.other);
}

/* A command by each CPU, which are in the rings then */
static void one_each(struct raw_entry entry[2])
{
	int i;

	for (i = 0; i < 2; i++) {
		lun_use_queue(i);
		io_tur(&io[i], &lun);
		ASSERT(raw_fetch(raws[i], &entry[i], 5000, false));
	}
}

static void end_each(int status)
{
	int i;

	for (i = 0; i < 2; i++) {
		io_end(&io[i], 5000);
		EXPECT_EQ(io_status(&io[i]), status);
	}
}

/* Both queues work */
static void works(void)
{
	struct raw_entry entry[2];
	int i;

	one_each(entry);
	for (i = 0; i < 2; i++)
		raw_good(raws[i], 0);
	end_each(GOOD);
}

static void after_reset(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(raw_head(raws[i]), 0);
		raws[i]->next = 0;
		raws[i]->tail = 0;
	}
}

TEST(one_queue_unless_asked)
{
	char info[512];

	lun_create(&lun, NULL);
	if (!file_exists("%s/attrib/nr_queues", lun.dir))
		test_skip("this module has one queue");
	EXPECT_EQ(lun_num(&lun, "attrib/nr_queues"), 1);
	ASSERT_EQ(lun_get(&lun, "info", info, sizeof(info)), 0);
	EXPECT(!strstr(info, "nr_queues"));
}

TEST(what_cannot_be_is_refused)
{
	create(NULL);
	EXPECT_EQ(lun_set(&lun, "control", "nr_queues=0"), -EINVAL);
	EXPECT_EQ(lun_set(&lun, "control", "nr_queues=-1"), -EINVAL);
	EXPECT_EQ(lun_set(&lun, "control", "nr_queues=65"), -EINVAL);
	EXPECT_EQ(lun_num(&lun, "attrib/nr_queues"), 2);
	ASSERT_EQ(lun_enable(&lun), 0);
	EXPECT_EQ(lun_set(&lun, "control", "nr_queues=1"), -EINVAL);
	EXPECT_EQ(lun_num(&lun, "attrib/nr_queues"), 2);
}

TEST(an_area_too_small_for_the_queues_is_refused_at_enable)
{
	ASSERT_EQ(create("max_data_area_mb=1"), 0);
	EXPECT_EQ(lun_enable(&lun), -EINVAL);
	ASSERT_EQ(lun_set(&lun, "control", "max_data_area_mb=2"), 0);
	EXPECT_EQ(lun_enable(&lun), 0);
}

TEST(info_restores_the_queues)
{
	char info[512];

	create(NULL);
	ASSERT_EQ(lun_get(&lun, "info", info, sizeof(info)), 0);
	EXPECT(strstr(info, " DataPagesPerBlk: 1,nr_queues=2 CmdRingSizeMB: "));
}

TEST(each_queue_has_a_uio_device_and_a_share_of_the_area)
{
	int second;

	ASSERT_EQ(create("max_data_area_mb=5,cmd_ring_size_mb=1"), 0);
	ASSERT_EQ(lun_enable(&lun), 0);
	second = lun_queue_uio(&lun, 1);
	ASSERT(second >= 0);
	EXPECT_EQ(lun_queue_uio(&lun, 2), -1);
	ASSERT_EQ(raw_open(&lun.raw, lun.uio), 0);
	ASSERT_EQ(raw_open(&lun.other, second), 0);
	EXPECT_EQ(lun.raw.map_len, 3 * 1048576);
	EXPECT_EQ(lun.other.map_len, 3 * 1048576);
	EXPECT(raw_mailbox_ok(&lun.other));
}

TEST(a_new_dev_config_renames_the_first_one_only)
{
	create(NULL);
	ASSERT_EQ(lun_enable(&lun), 0);
	ASSERT_EQ(lun_set(&lun, "control", "dev_config=raw//other"), 0);
	EXPECT_EQ(lun_queue_uio(&lun, 0), lun.uio);
	EXPECT(lun_queue_uio(&lun, 1) >= 0);
}

TEST(a_command_goes_to_the_queue_of_its_cpu)
{
	struct raw_entry entry[2];
	int i;

	up(NULL);
	for (i = 0; i < 20; i++) {
		one_each(entry);
		/* ids are a queue's own */
		EXPECT_EQ(entry[0].id, 1);
		EXPECT_EQ(entry[1].id, 1);
		raw_good(&lun.other, 0);
		raw_good(&lun.raw, 0);
		end_each(GOOD);
	}
}

TEST(block_dev_blocks_both)
{
	struct raw_entry entry;

	up(NULL);
	ASSERT_EQ(lun_set(&lun, "action/block_dev", "1"), 0);
	io_timeout_ms = 1000;
	lun_use_queue(0);
	io_tur(&io[0], &lun);
	lun_use_queue(1);
	io_tur(&io[1], &lun);
	end_each(BUSY);
	EXPECT(!raw_fetch(&lun.raw, &entry, 0, false));
	EXPECT(!raw_fetch(&lun.other, &entry, 0, false));
	ASSERT_EQ(lun_set(&lun, "action/block_dev", "0"), 0);
	works();
}

TEST(reset_ring_resets_both)
{
	struct raw_entry entry[2];

	up(NULL);
	one_each(entry);
	ASSERT_EQ(lun_set(&lun, "action/reset_ring", "2"), 0);
	end_each(CHECK);
	after_reset();
	works();
}

TEST(a_broken_ring_is_one_queue_s)
{
	char state[32];
	struct raw_entry entry;

	up(NULL);
	raw_set_tail(&lun.other, 4);
	raw_kick(&lun.other);
	ASSERT_EQ(lun_get(&lun, "attrib/ring_state", state, sizeof(state)), 0);
	EXPECT(!strncmp(state, "broken", 6));
	lun_use_queue(0);
	io_tur(&io[0], &lun);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	raw_good(&lun.raw, 0);
	io_end(&io[0], 5000);
	EXPECT(io_is_good(&io[0]));
	ASSERT_EQ(lun_set(&lun, "action/reset_ring", "1"), 0);
	after_reset();
	works();
}

TEST(one_daemon_dead_costs_its_queue_alone)
{
	struct raw_entry entry;

	ASSERT_EQ(create(NULL), 0);
	ASSERT_EQ(lun_set(&lun, "attrib/cmd_time_out", "2"), 0);
	ASSERT_EQ(lun_enable(&lun), 0);
	ASSERT_EQ(raw_open(&lun.other, lun_queue_uio(&lun, 1)), 0);
	raw_serve(&lun.other);
	lun_link(&lun);
	raw_close(&lun.other);

	lun_use_queue(1);
	io_tur(&io[1], &lun);
	lun_use_queue(0);
	io_tur(&io[0], &lun);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	raw_good(&lun.raw, 0);
	io_end(&io[0], 5000);
	EXPECT(io_is_good(&io[0]));
	io_end(&io[1], 8000);
	EXPECT_EQ(io_sense(&io[1]), LU_COMM_FAILURE);
}

static void *reset(void *arg)
{
	return (void *)(long)sg_lun_reset(&lun);
}

TEST(a_reset_of_the_lun_is_told_to_both_with_their_own_commands)
{
	struct raw_entry entry[2], tmr;
	pthread_t thread;
	int i;

	up(NULL);
	ASSERT_EQ(lun_set(&lun, "attrib/tmr_notification", "1"), 0);
	one_each(entry);
	ASSERT_EQ(pthread_create(&thread, NULL, reset, NULL), 0);
	for (i = 0; i < 2; i++) {
		ASSERT(raw_fetch(raws[i], &tmr, 5000, false));
		EXPECT_EQ(tmr.op, RAW_TMR);
		EXPECT_EQ(raw_u32(raws[i], 128 + tmr.pos + 12), 1);
		EXPECT_EQ(tmr.at[32] | tmr.at[33] << 8, entry[i].id);
	}
	for (i = 0; i < 2; i++) {
		raw_answer(raws[i], &(struct raw_answer){ 0 });
		raw_step_over(raws[i]);
		raw_kick(raws[i]);
	}
	ASSERT_EQ(pthread_join(thread, NULL), 0);
	for (i = 0; i < 2; i++)
		io_end(&io[i], 5000);
}

TEST(what_the_second_queue_keeps_is_freed_by_its_number)
{
	struct raw_answer keep = { .uflags = RAW_KEEP_BUF };
	struct raw_entry entry[2];

	up(NULL);
	one_each(entry);
	raw_answer(&lun.other, &keep);
	raw_kick(&lun.other);
	raw_good(&lun.raw, 0);
	end_each(GOOD);
	EXPECT_EQ(lun_set(&lun, "action/free_kept_buf", "1"), -EINVAL);
	EXPECT_EQ(lun_set(&lun, "action/free_kept_buf", "131073"), -ERANGE);
	EXPECT_EQ(lun_set(&lun, "action/free_kept_buf", "65537"), 0);
	EXPECT_EQ(lun_set(&lun, "action/free_kept_buf", "65537"), -EINVAL);
}

TEST(counters_have_a_line_for_each)
{
	char text[4097];
	int all, first, second;

	up(NULL);
	works();
	ASSERT_EQ(lun_get(&lun, "attrib/stat_commands", text, sizeof(text)), 0);
	if (sscanf(text, "queue reads writes others all 0 0 %d 0 0 0 %d 1 0 0 %d",
		   &all, &first, &second) != 3)
		test_fail(__FILE__, __LINE__, "it says %s", text);
	EXPECT(first > 0);
	EXPECT(second > 0);
	EXPECT_EQ(all, first + second);
}

TEST(both_go_with_the_device)
{
	int second, i;

	create(NULL);
	ASSERT_EQ(lun_enable(&lun), 0);
	second = lun_queue_uio(&lun, 1);
	ASSERT_EQ(raw_open(&lun.raw, lun.uio), 0);
	ASSERT_EQ(raw_open(&lun.other, second), 0);
	ASSERT_EQ(lun_remove(&lun), 0);
	EXPECT(!file_exists("/sys/class/uio/uio%d/name", lun.uio));
	EXPECT(!file_exists("/sys/class/uio/uio%d/name", second));
	/* a mapping keeps the memory */
	for (i = 0; i < 2; i++) {
		EXPECT(raw_mailbox_ok(raws[i]));
		raw_close(raws[i]);
	}
}
