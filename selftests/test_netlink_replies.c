// SPDX-License-Identifier: GPL-2.0-only
/*
 * Daemons that answer events: rightly, wrongly, late, and not at all.
 */
#include "doer.h"
#include "files.h"
#include "harness.h"
#include "lun.h"
#include "nl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SOON	5000

enum { ADDED_DONE = 4, REMOVED_DONE, RECONFIG_DONE };

static struct lun lun;
static struct nl nl;
static struct nl_event event;
static struct doer doer;

static void put_back(void)
{
	file_write("1", PARAMS "/block_netlink");
	file_write("1", PARAMS "/reset_netlink");
	file_write("0", PARAMS "/block_netlink");
	file_write("60", PARAMS "/netlink_timeout");
	if (nl.sock)
		nl_end(&nl);
	lun_down(&lun);
}

/* A device that waits for answers; enable has not been written */
static void replier(const char *seconds)
{
	lun_create(&lun, "dev_config=raw//test,dev_size=1048576");
	test_at_end(put_back);
	ASSERT_EQ(nl_start(&nl), 0);
	ASSERT_EQ(nl_features(&nl, 1), 0);
	ASSERT_EQ(file_write(seconds, PARAMS "/netlink_timeout"), 0);
}

static void set(const char *file, const char *value)
{
	doer_write(&doer, value, "%s/%s", lun.dir, file);
}

/* Somebody writes @value to @file; its event is in @event */
static void begin(const char *file, const char *value)
{
	set(file, value);
	ASSERT(nl_event(&nl, &event, SOON));
}

static void enabled(const char *seconds)
{
	replier(seconds);
	begin("enable", "1");
	ASSERT_EQ(nl_reply(&nl, &event, 0), 0);
	ASSERT_EQ(doer_end(&doer, SOON), 0);
}

static bool uio_there(void)
{
	return file_exists("/sys/class/uio/uio%u", event.minor);
}

TEST(enable_waits_for_the_answer)
{
	replier("30");
	begin("enable", "1");
	sleep_ms(500);
	EXPECT(doer_busy(&doer));
	EXPECT_EQ(nl_reply(&nl, &event, 0), 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
	EXPECT_EQ(lun_num(&lun, "enable"), 1);
}

TEST(a_bad_answer_is_what_enable_returns)
{
	replier("30");
	begin("enable", "1");
	EXPECT(uio_there());
	EXPECT_EQ(nl_reply(&nl, &event, -ENOMEDIUM), 0);
	EXPECT_EQ(doer_end(&doer, SOON), -ENOMEDIUM);
	EXPECT(!uio_there());
}

TEST(after_a_bad_answer_enable_may_be_tried_again)
{
	replier("30");
	begin("enable", "1");
	nl_reply(&nl, &event, -ENOENT);
	EXPECT_EQ(doer_end(&doer, SOON), -ENOENT);
	begin("enable", "1");
	nl_reply(&nl, &event, 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
	EXPECT(uio_there());
}

TEST(a_late_answer_is_as_good_as_a_quick_one)
{
	replier("30");
	begin("enable", "1");
	sleep_ms(3000);
	EXPECT_EQ(nl_reply(&nl, &event, 0), 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

TEST(no_answer_to_enable_is_etimedout)
{
	long from;

	replier("1");
	from = now_ms();
	begin("enable", "1");
	EXPECT_EQ(doer_end(&doer, SOON), -ETIMEDOUT);
	EXPECT(now_ms() - from >= 900);
	EXPECT(!uio_there());
	EXPECT_EQ(nl_reply(&nl, &event, 0), -ENODEV);
}

TEST(a_writer_who_waits_can_be_killed)
{
	replier("0");
	begin("enable", "1");
	sleep_ms(300);
	EXPECT(doer_busy(&doer));
	doer_kill(&doer);
	EXPECT_EQ(doer_end(&doer, SOON), DOER_KILLED);
	EXPECT_EQ(nl_reply(&nl, &event, 0), -ENODEV);
	begin("enable", "1");
	nl_reply(&nl, &event, 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

TEST(an_answer_of_the_wrong_kind_is_refused_and_the_right_one_taken)
{
	replier("30");
	begin("enable", "1");
	EXPECT_EQ(nl_done(&nl, REMOVED_DONE, event.id, 0), -EINVAL);
	EXPECT_EQ(nl_done(&nl, RECONFIG_DONE, event.id, 0), -EINVAL);
	sleep_ms(200);
	EXPECT(doer_busy(&doer));
	EXPECT_EQ(nl_done(&nl, ADDED_DONE, event.id, 0), 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

TEST(an_answer_for_another_device_is_enodev)
{
	replier("30");
	begin("enable", "1");
	EXPECT_EQ(nl_done(&nl, ADDED_DONE, event.id + 1, 0), -ENODEV);
	EXPECT_EQ(nl_done(&nl, ADDED_DONE, ~0U, 0), -ENODEV);
	EXPECT(doer_busy(&doer));
	nl_reply(&nl, &event, 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

TEST(a_second_answer_is_enodev)
{
	enabled("30");
	EXPECT_EQ(nl_reply(&nl, &event, -EIO), -ENODEV);
	EXPECT_EQ(lun_num(&lun, "enable"), 1);
}

TEST(an_answer_without_its_attributes_is_refused)
{
	int32_t status = 0;

	replier("30");
	begin("enable", "1");
	EXPECT_EQ(nl_odd(&nl, ADDED_DONE, 0, NULL, 0), -EINVAL);
	EXPECT_EQ(nl_odd(&nl, ADDED_DONE, NL_STATUS, &status, 4), -EINVAL);
	EXPECT_EQ(nl_odd(&nl, ADDED_DONE, NL_DEVICE_ID, &event.id, 4), -EINVAL);
	EXPECT(nl_odd(&nl, ADDED_DONE, NL_STATUS, &status, 1) < 0);
	EXPECT(doer_busy(&doer));
	nl_reply(&nl, &event, 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

TEST(a_status_that_is_no_errno_is_eio)
{
	static const int32_t odd[] = { 1, 2147483647, -4096, -2147483647 - 1 };
	size_t i;

	replier("30");
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		begin("enable", "1");
		EXPECT_EQ(nl_reply(&nl, &event, odd[i]), 0);
		EXPECT_EQ(doer_end(&doer, SOON), -EIO);
	}
}

TEST(features_without_their_attribute_change_nothing)
{
	replier("30");
	EXPECT_EQ(nl_odd(&nl, NL_FEATURES, 0, NULL, 0), 0);
	begin("enable", "1");
	sleep_ms(200);
	EXPECT(doer_busy(&doer));
	nl_reply(&nl, &event, 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

TEST(features_of_0_end_the_waiting)
{
	replier("30");
	EXPECT_EQ(nl_features(&nl, 0), 0);
	begin("enable", "1");
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

TEST(a_daemon_that_is_gone_is_not_waited_for)
{
	enabled("30");
	nl_end(&nl);
	EXPECT_EQ(lun_set(&lun, "attrib/dev_size", "4096"), -ESRCH);
	doer_rmdir(&doer, lun.dir);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

TEST(a_device_that_wants_no_answers_gets_none)
{
	replier("30");
	EXPECT_EQ(lun_set(&lun, "control", "nl_reply_supported=-1"), 0);
	begin("enable", "1");
	EXPECT_EQ(doer_end(&doer, SOON), 0);
	begin("attrib/dev_size", "4096");
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

TEST(a_positive_wish_of_the_user_does_not_make_enable_wait)
{
	replier("30");
	EXPECT_EQ(nl_features(&nl, 0), 0);
	EXPECT_EQ(lun_set(&lun, "control", "nl_reply_supported=1"), 0);
	begin("enable", "1");
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

TEST(a_device_from_before_the_daemon_is_never_waited_for)
{
	replier("30");
	nl_features(&nl, 0);
	begin("enable", "1");
	ASSERT_EQ(doer_end(&doer, SOON), 0);
	nl_features(&nl, 1);
	begin("attrib/dev_size", "4096");
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

/* Each attribute with a new value, and what it keeps */
static const struct {
	const char *file, *value;
	long old;
} changes[] = {
	{ "attrib/dev_size", "4096", 1048576 },
	{ "attrib/emulate_write_cache", "1", 0 },
};

TEST(a_change_that_the_daemon_refuses_is_not_made)
{
	char text[64];
	size_t i;

	enabled("30");
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		begin(changes[i].file, changes[i].value);
		EXPECT_EQ(nl_reply(&nl, &event, -EOPNOTSUPP), 0);
		EXPECT_EQ(doer_end(&doer, SOON), -EOPNOTSUPP);
		EXPECT_EQ(lun_num(&lun, changes[i].file), changes[i].old);
	}
	begin("attrib/dev_config", "raw//b");
	nl_reply(&nl, &event, -EPERM);
	EXPECT_EQ(doer_end(&doer, SOON), -EPERM);
	lun_get(&lun, "attrib/dev_config", text, sizeof(text));
	EXPECT(!strncmp(text, "raw//test", 9));
}

TEST(a_change_that_the_daemon_takes_is_made_after_its_answer)
{
	size_t i;

	enabled("30");
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		begin(changes[i].file, changes[i].value);
		EXPECT_EQ(lun_num(&lun, changes[i].file), changes[i].old);
		EXPECT_EQ(nl_reply(&nl, &event, 0), 0);
		EXPECT_EQ(doer_end(&doer, SOON), 0);
		EXPECT_EQ(lun_num(&lun, changes[i].file),
			  atol(changes[i].value));
	}
}

TEST(a_change_without_an_answer_is_etimedout_and_not_made)
{
	enabled("1");
	begin("attrib/dev_size", "4096");
	EXPECT_EQ(doer_end(&doer, SOON), -ETIMEDOUT);
	EXPECT_EQ(lun_num(&lun, "attrib/dev_size"), 1048576);
}

TEST(a_second_event_of_the_same_device_is_ebusy)
{
	enabled("30");
	begin("attrib/dev_size", "4096");
	EXPECT_EQ(lun_set(&lun, "attrib/emulate_write_cache", "1"), -EBUSY);
	nl_reply(&nl, &event, 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

/* The core gives another index to who enables a device that is being enabled */
TEST(a_second_enable_is_refused_and_changes_nothing)
{
	uint32_t id;

	replier("30");
	begin("enable", "1");
	id = event.id;
	EXPECT_EQ(lun_set(&lun, "enable", "1"), -EBUSY);
	EXPECT_EQ(nl_reply(&nl, &event, 0), 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
	begin("attrib/dev_size", "4096");
	EXPECT_EQ(event.id, id);
	nl_reply(&nl, &event, 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
	doer_rmdir(&doer, lun.dir);
	ASSERT(nl_event(&nl, &event, SOON));
	EXPECT_EQ(event.id, id);
	nl_reply(&nl, &event, 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

TEST(the_device_can_be_looked_at_while_it_is_announced)
{
	char text[1024];

	replier("30");
	begin("enable", "1");
	EXPECT_EQ(lun_get(&lun, "info", text, sizeof(text)), 0);
	EXPECT(strstr(text, "Size: 1048576"));
	EXPECT_EQ(lun_set(&lun, "action/block_dev", "1"), -EINVAL);
	EXPECT_EQ(lun_set(&lun, "action/reset_ring", "1"), -EINVAL);
	nl_reply(&nl, &event, 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
	EXPECT_EQ(lun_set(&lun, "action/block_dev", "0"), 0);
}

TEST(the_answer_may_come_from_who_has_mapped_the_ring)
{
	replier("30");
	begin("enable", "1");
	ASSERT_EQ(raw_open(&lun.raw, event.minor), 0);
	EXPECT_EQ(raw_u32(&lun.raw, 8), (8 << 20) - 128);
	nl_reply(&nl, &event, 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

TEST(rmdir_waits_for_the_answer)
{
	enabled("30");
	doer_rmdir(&doer, lun.dir);
	ASSERT(nl_event(&nl, &event, SOON));
	EXPECT_EQ(event.cmd, NL_REMOVED);
	sleep_ms(300);
	EXPECT(doer_busy(&doer));
	EXPECT(uio_there());
	nl_reply(&nl, &event, 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
	EXPECT(!uio_there());
}

TEST(no_answer_and_no_bad_one_keeps_a_device_from_being_removed)
{
	enabled("1");
	doer_rmdir(&doer, lun.dir);
	ASSERT(nl_event(&nl, &event, SOON));
	EXPECT_EQ(doer_end(&doer, SOON), 0);
	EXPECT(!uio_there());

	ASSERT_EQ(file_write("30", PARAMS "/netlink_timeout"), 0);
	lun_create(&lun, "dev_config=raw//test");
	begin("enable", "1");
	nl_reply(&nl, &event, 0);
	ASSERT_EQ(doer_end(&doer, SOON), 0);
	doer_rmdir(&doer, lun.dir);
	ASSERT(nl_event(&nl, &event, SOON));
	nl_reply(&nl, &event, -EBUSY);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
	EXPECT(!uio_there());
}

TEST(block_netlink_refuses_events_that_want_an_answer)
{
	enabled("30");
	file_write("1", PARAMS "/block_netlink");
	EXPECT_EQ(lun_set(&lun, "attrib/dev_size", "4096"), -EAGAIN);
	EXPECT_EQ(lun_num(&lun, "attrib/dev_size"), 1048576);
	EXPECT(!nl_event(&nl, &event, 300));
	file_write("0", PARAMS "/block_netlink");
	begin("attrib/dev_size", "4096");
	nl_reply(&nl, &event, 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

TEST(block_netlink_refuses_enable)
{
	replier("30");
	file_write("1", PARAMS "/block_netlink");
	EXPECT_EQ(lun_set(&lun, "enable", "1"), -EAGAIN);
	file_write("0", PARAMS "/block_netlink");
	begin("enable", "1");
	nl_reply(&nl, &event, 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}

TEST(while_netlink_is_blocked_a_device_is_removed_silently)
{
	enabled("30");
	file_write("1", PARAMS "/block_netlink");
	doer_rmdir(&doer, lun.dir);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
	EXPECT(!nl_event(&nl, &event, 300));
}

TEST(reset_netlink_ends_a_wait_when_netlink_is_blocked)
{
	enabled("0");
	begin("attrib/dev_size", "4096");
	EXPECT_EQ(file_write("1", PARAMS "/reset_netlink"), -EBUSY);
	EXPECT(doer_busy(&doer));
	EXPECT_EQ(file_write("1", PARAMS "/block_netlink"), 0);
	EXPECT(doer_busy(&doer));
	EXPECT_EQ(file_write("1", PARAMS "/reset_netlink"), 0);
	EXPECT_EQ(doer_end(&doer, SOON), -EINTR);
	EXPECT_EQ(lun_num(&lun, "attrib/dev_size"), 1048576);
	EXPECT_EQ(nl_reply(&nl, &event, 0), -ENODEV);
}

TEST(reset_netlink_lets_a_removal_go_on)
{
	enabled("0");
	doer_rmdir(&doer, lun.dir);
	ASSERT(nl_event(&nl, &event, SOON));
	file_write("1", PARAMS "/block_netlink");
	EXPECT_EQ(file_write("1", PARAMS "/reset_netlink"), 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
}
