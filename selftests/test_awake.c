// SPDX-License-Identifier: GPL-2.0-only
/*
 * A daemon that says it is awake gets no events, one whose events may be held back
 * gets them later, and none of their commands is slept through.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#define FLAG		0x00100000	/* bit 4 of the flags, which are the upper half */
#define AWAKE		68
#define NR_INITIATORS	4
#define NR_COMMANDS	1500

static struct lun lun;
static struct io io;

static void up(void)
{
	lun_up(&lun, NULL);
	if (!(raw_u32(&lun.raw, 0) & FLAG))
		test_skip("this module looks at no such word");
}

static long events(void)
{
	return file_num("/sys/class/uio/uio%d/event", lun.uio);
}

static void awake(uint32_t val)
{
	__atomic_store_n((uint32_t *)(lun.raw.map + AWAKE), val,
			 __ATOMIC_SEQ_CST);
}

/* One command; returns how many events it was worth */
static long one(void)
{
	struct raw_entry entry;
	long before = events();

	io_tur(&io, &lun);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	return events() - before;
}

TEST(who_says_nothing_gets_events)
{
	up();
	EXPECT_EQ(raw_u32(&lun.raw, AWAKE), 0);
	EXPECT(one() > 0);
}

TEST(who_is_awake_gets_none)
{
	up();
	awake(1);
	EXPECT_EQ(one(), 0);
	awake(0);
	EXPECT(one() > 0);
}

TEST(only_1_is_awake)
{
	up();
	awake(2);
	EXPECT(one() > 0);
	awake(0xffffffff);
	EXPECT(one() > 0);
}

TEST(reset_ring_wants_events_again)
{
	up();
	awake(1);
	ASSERT_EQ(lun_set(&lun, "action/reset_ring", "1"), 0);
	EXPECT_EQ(raw_u32(&lun.raw, AWAKE), 0);
}

TEST(the_next_daemon_gets_events)
{
	up();
	awake(1);
	raw_close(&lun.raw);
	ASSERT_EQ(raw_open(&lun.raw, lun.uio), 0);
	EXPECT_EQ(raw_u32(&lun.raw, AWAKE), 0);
	EXPECT(one() > 0);
}

static void *initiator(void *arg)
{
	struct io *mine = arg;
	int i;

	for (i = 0; i < NR_COMMANDS; i++) {
		io_tur(mine, &lun);
		io_end(mine, 10000);
		if (!io_is_good(mine))
			break;
	}
	return (void *)(long)i;
}

static bool says_so;	/* the daemon, when it is awake */

static bool may_sleep(struct raw *raw)
{
	if (!says_so)
		return true;
	awake(0);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (raw_head(raw) == raw->next)
		return true;
	awake(1);
	return false;
}

/* Sleeps without a time limit of its own: what is lost stays lost for a second */
static bool sleep_in_poll(struct raw *raw)
{
	struct pollfd pfd = { .fd = raw->fd, .events = POLLIN };
	uint32_t count;
	int ret = poll(&pfd, 1, 1000);

	awake(says_so);
	if (ret == 1 && read(raw->fd, &count, 4) != 4)
		return false;
	return ret == 1 || raw_head(raw) == raw->next;
}

/* Returns whether no command was slept through */
static bool serve(struct raw *raw, int nr)
{
	struct raw_entry entry;

	awake(says_so);
	while (nr) {
		while (nr && raw_fetch(raw, &entry, 0, false)) {
			raw_answer(raw, &(struct raw_answer){ 0 });
			nr--;
		}
		raw_kick(raw);
		if (nr && may_sleep(raw) && !sleep_in_poll(raw))
			return false;
	}
	return true;
}

static void stress(void)
{
	static struct io ios[NR_INITIATORS];
	pthread_t thread[NR_INITIATORS];
	void *done;
	int i;

	for (i = 0; i < NR_INITIATORS; i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, initiator, &ios[i]),
			  0);
	EXPECT(serve(&lun.raw, NR_INITIATORS * NR_COMMANDS));
	for (i = 0; i < NR_INITIATORS; i++) {
		pthread_join(thread[i], &done);
		EXPECT_EQ((long)done, NR_COMMANDS);
	}
}

TEST_LIMIT(no_command_is_slept_through, 120)
{
	up();
	says_so = true;
	stress();
}

static void up_to_hold_back(void)
{
	up();
	if (!file_exists("%s/attrib/max_signal_delay", lun.dir))
		test_skip("this module holds back no events");
}

TEST(how_long_an_event_may_be_held_back_is_said_by_root)
{
	up_to_hold_back();
	EXPECT_EQ(lun_num(&lun, "attrib/max_signal_delay"), 100);
	EXPECT_EQ(lun_set(&lun, "attrib/max_signal_delay", "1001"), -EINVAL);
	EXPECT_EQ(lun_set(&lun, "attrib/max_signal_delay", "-1"), -EINVAL);
	EXPECT_EQ(lun_num(&lun, "attrib/max_signal_delay"), 100);
	EXPECT_EQ(lun_set(&lun, "attrib/max_signal_delay", "1000"), 0);
	EXPECT_EQ(lun_num(&lun, "attrib/max_signal_delay"), 1000);
	EXPECT(one() > 0);
}

TEST_LIMIT(no_event_that_is_held_back_is_lost, 120)
{
	up_to_hold_back();
	ASSERT_EQ(lun_set(&lun, "attrib/max_signal_delay", "1000"), 0);
	says_so = false;
	stress();
	/* with one on its way, perhaps */
	lun_down(&lun);
}

TEST_LIMIT(who_is_awake_may_have_events_held_back_too, 120)
{
	up_to_hold_back();
	ASSERT_EQ(lun_set(&lun, "attrib/max_signal_delay", "200"), 0);
	says_so = true;
	stress();
	ASSERT_EQ(lun_set(&lun, "attrib/max_signal_delay", "0"), 0);
	/* at once again */
	awake(0);
	EXPECT(one() > 0);
}
