// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events that a daemon's socket had no room for, and the daemon that asks for them.
 */
#include "doer.h"
#include "files.h"
#include "harness.h"
#include "lun.h"
#include "nl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOON		5000
#define HBA		CORE "/user_7"
#define NR_WRITERS	8
#define NR_LUNS		200
#define SMALL_BUFFER	4096

static struct lun lun;
static struct nl nl;
static struct nl_event event;
static struct doer doer;

static void put_back(void)
{
	file_write("60", PARAMS "/netlink_timeout");
	nl_end(&nl);
	lun_down(&lun);
}

static void replier(void)
{
	lun_create(&lun, "dev_config=raw//test,dev_size=1048576");
	ASSERT_EQ(nl_start(&nl), 0);
	test_at_end(put_back);
	ASSERT_EQ(nl_features(&nl, 1), 0);
	ASSERT_EQ(file_write("40", PARAMS "/netlink_timeout"), 0);
}

static void begin(const char *file, const char *value)
{
	doer_write(&doer, value, "%s/%s", lun.dir, file);
	ASSERT(nl_event(&nl, &event, SOON));
}

static void answered(void)
{
	EXPECT_EQ(nl_reply(&nl, &event, 0), 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

/* Like a daemon that does not come to reading */
static void fill_buffer(void)
{
	int i;

	ASSERT_EQ(nl_buffer(&nl, SMALL_BUFFER), 0);
	ASSERT_EQ(lun_set(&lun, "attrib/nl_reply_supported", "-1"), 0);
	for (i = 0; i < 1000; i++)
		if (lun_set(&lun, "attrib/dev_size", "1048576"))
			break;
	EXPECT(i > 0 && i < 1000);
	ASSERT_EQ(lun_set(&lun, "attrib/nl_reply_supported", "1"), 0);
}

static void empty_buffer(void)
{
	do {
		nl.lost = false;
		while (nl_event(&nl, &event, 100))
			EXPECT_EQ(event.cmd, NL_RECONFIG);
	} while (nl.lost);
}

TEST(what_is_unanswered_can_be_asked_for_again)
{
	struct nl_event first;

	replier();
	begin("enable", "1");
	first = event;
	nl_again(&nl);
	ASSERT(nl_event(&nl, &event, SOON));
	EXPECT(!memcmp(&first, &event, sizeof(event)));
	answered();

	begin("attrib/dev_size", "4096");
	nl_again(&nl);
	ASSERT(nl_event(&nl, &event, SOON));
	EXPECT_EQ(event.cmd, NL_RECONFIG);
	EXPECT_EQ(event.dev_size, 4096);
	answered();

	doer_rmdir(&doer, lun.dir);
	ASSERT(nl_event(&nl, &event, SOON));
	nl_again(&nl);
	ASSERT(nl_event(&nl, &event, SOON));
	EXPECT_EQ(event.cmd, NL_REMOVED);
	answered();
}

TEST(what_is_answered_is_not_sent_again)
{
	replier();
	begin("enable", "1");
	answered();
	nl_again(&nl);
	EXPECT(!nl_event(&nl, &event, 500));
}

TEST(a_change_that_is_lost_is_asked_for_and_made)
{
	replier();
	begin("enable", "1");
	answered();
	fill_buffer();
	doer_write(&doer, "4096", "%s/attrib/dev_size", lun.dir);
	sleep_ms(300);
	EXPECT(doer_busy(&doer));
	empty_buffer();
	EXPECT(doer_busy(&doer));
	nl_again(&nl);
	ASSERT(nl_event(&nl, &event, SOON));
	EXPECT_EQ(event.dev_size, 4096);
	answered();
	EXPECT_EQ(lun_num(&lun, "attrib/dev_size"), 4096);
}

TEST(a_removal_that_is_lost_is_asked_for_and_made)
{
	replier();
	begin("enable", "1");
	answered();
	fill_buffer();
	doer_rmdir(&doer, lun.dir);
	sleep_ms(300);
	EXPECT(doer_busy(&doer));
	empty_buffer();
	nl_again(&nl);
	ASSERT(nl_event(&nl, &event, SOON));
	EXPECT_EQ(event.cmd, NL_REMOVED);
	answered();
}

/* ---- many ------------------------------------------------------------------ */

static int each_of(long writer, int (*fn)(int nr))
{
	int nr, ret = 0;

	for (nr = writer; nr < NR_LUNS && !ret; nr += NR_WRITERS)
		ret = fn(nr);
	return ret;
}

static int create_one(int nr)
{
	char dir[128];
	int ret;

	snprintf(dir, sizeof(dir), HBA "/lun%d", nr);
	if (mkdir(dir, 0755))
		return -errno;
	ret = file_write("dev_config=raw//many,dev_size=1048576", "%s/control",
			 dir);
	return ret ?: file_write("1", "%s/enable", dir);
}

static int remove_one(int nr)
{
	char dir[128];

	snprintf(dir, sizeof(dir), HBA "/lun%d", nr);
	return rmdir(dir) ? -errno : 0;
}

static int create_some(void *writer)
{
	return each_of((long)writer, create_one);
}

static int remove_some(void *writer)
{
	return each_of((long)writer, remove_one);
}

/* The daemon: answers what comes, and asks for what does not. Returns how many. */
static int answer_all(struct doer *writers, int event_cmd)
{
	int i, nr = 0;

	for (i = 0; i < NR_WRITERS;) {
		if (!doer_busy(&writers[i])) {
			i++;
		} else if (!nl_event(&nl, &event, 50)) {
			nl_again(&nl);
		} else {
			/* one that was asked for twice comes twice */
			nr += !nl_reply(&nl, &event, 0) &&
			      event.cmd == event_cmd;
			/* busy with something else, while others come */
			sleep_ms(5);
		}
	}
	return nr;
}

static int by_all(int (*fn)(void *writer), int event_cmd)
{
	struct doer writers[NR_WRITERS];
	int i, nr;

	for (i = 0; i < NR_WRITERS; i++)
		doer_call(&writers[i], fn, (void *)(long)i);
	nr = answer_all(writers, event_cmd);
	for (i = 0; i < NR_WRITERS; i++)
		EXPECT_EQ(doer_end(&writers[i], SOON), 0);
	return nr;
}

static void remove_many(void)
{
	int nr;

	file_write("1", PARAMS "/block_netlink");
	file_write("1", PARAMS "/reset_netlink");
	for (nr = 0; nr < NR_LUNS; nr++)
		remove_one(nr);
	rmdir(HBA);
	file_write("0", PARAMS "/block_netlink");
	put_back();
}

TEST_LIMIT(two_hundred_devices_come_and_go_by_a_small_socket_buffer, 240)
{
	long from, memory, each;

	replier();
	test_at_end(remove_many);
	ASSERT_EQ(nl_buffer(&nl, SMALL_BUFFER), 0);
	ASSERT_EQ(mkdir(HBA, 0755), 0);

	from = now_ms();
	memory = file_meminfo("MemAvailable");
	EXPECT_EQ(by_all(create_some, NL_ADDED), NR_LUNS);
	each = (memory - file_meminfo("MemAvailable")) / NR_LUNS;
	printf("# %d devices in %ld ms, each with %ld KiB of memory\n", NR_LUNS,
	       now_ms() - from, each);
	/* the rings have 8 MiB, when they have been used */
	EXPECT(each < 2048);

	from = now_ms();
	EXPECT_EQ(by_all(remove_some, NL_REMOVED), NR_LUNS);
	printf("# removed in %ld ms, %ld KiB missing\n", now_ms() - from,
	       memory - file_meminfo("MemAvailable"));
	EXPECT(now_ms() - from < 60000);
}
