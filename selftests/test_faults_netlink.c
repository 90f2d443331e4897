// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation for netlink fails in turn: for events, their answers, and for who
 * says that he answers. Whoever waits gets an errno or the answer, and what was lost
 * comes again when it is asked for.
 * timeout: 1200
 * kernel: debug
 */
#include "doer.h"
#include "fault.h"
#include "files.h"
#include "harness.h"
#include "lun.h"
#include "nl.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#define HBA	CORE "/user_8"
#define SHAPE	"dev_config=raw//faults,dev_size=1048576,max_data_area_mb=1"
#define SOON	20000

static struct lun lun;
static struct nl nl;
static struct nl_event event;
static struct doer doer;
static pthread_t replier;
static volatile bool replying;

/* As a daemon should: an event that was lost is asked for again */
static void *reply(void *arg)
{
	struct nl_event event;

	while (replying) {
		if (nl_next(&nl, &event, 20))
			nl_reply(&nl, &event, 0);
	}
	return NULL;
}

static void replier_end(void)
{
	if (!replying)
		return;
	replying = false;
	pthread_join(replier, NULL);
}

static void clean_up(void)
{
	replier_end();
	file_write("1", PARAMS "/block_netlink");
	file_write("1", PARAMS "/reset_netlink");
	lun_down(&lun);
	file_write("0", PARAMS "/block_netlink");
}

static void begin(void)
{
	fault_setup();
	lun_create(&lun, SHAPE);
	test_at_end(clean_up);
	ASSERT_EQ(lun_enable(&lun), 0);
	ASSERT_EQ(lun_remove(&lun), 0);
	ASSERT_EQ(nl_start(&nl), 0);
	ASSERT_EQ(nl_features(&nl, 1), 0);
}

static void begin_replying(void)
{
	begin();
	replying = true;
	ASSERT_EQ(pthread_create(&replier, NULL, reply, NULL), 0);
}

static void make(void)
{
	mkdir(HBA, 0755);
	ASSERT_EQ(mkdir(lun.dir, 0755), 0);
	ASSERT_EQ(lun_set(&lun, "control", SHAPE), 0);
}

static int enable(void)
{
	return lun_set(&lun, "enable", "1");
}

static void make_enabled(void)
{
	make();
	ASSERT_EQ(enable(), 0);
}

static void remove_it(void)
{
	EXPECT_EQ(rmdir(lun.dir), 0);
	EXPECT(lun_queue_uio(&lun, 0) < 0);
	EXPECT_EQ(rmdir(HBA), 0);
}

static void expect_memory(int ret)
{
	if (ret && ret != -ENOMEM && ret != -EFAULT && ret != -ENOBUFS)
		test_fail(__FILE__, __LINE__, "ends with %s",
			  strerrorname_np(-ret));
}

static void after_enable(int ret)
{
	expect_memory(ret);
	EXPECT_EQ(lun_num(&lun, "enable"), !ret);
	if (ret)
		EXPECT_EQ(enable(), 0);
	remove_it();
}

TEST_LIMIT(enable_with_an_answer, 500)
{
	begin_replying();
	EXPECT(fault_each(&(struct fault_path){
		.name = "enable, answered", .where = FAULT_HERE,
		.before = make, .work = enable,
		.after = after_enable }) > 20);
}

static int remove_dir(void)
{
	return rmdir(lun.dir) ? -errno : 0;
}

static void after_remove(int ret)
{
	expect_memory(ret);
	if (ret)
		EXPECT_EQ(remove_dir(), 0);
	EXPECT(lun_queue_uio(&lun, 0) < 0);
	EXPECT_EQ(rmdir(HBA), 0);
}

TEST_LIMIT(remove_with_an_answer, 300)
{
	begin_replying();
	EXPECT(fault_each(&(struct fault_path){
		.name = "remove, answered", .where = FAULT_HERE, .passes = 2,
		.before = make_enabled, .work = remove_dir,
		.after = after_remove }) > 5);
}

static long size;

static int resize(void)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", size + 512);
	return lun_set(&lun, "attrib/dev_size", text);
}

/* It has the size that the daemon knows, or the old one and an errno */
static void after_resize(int ret)
{
	expect_memory(ret);
	if (ret)
		EXPECT_EQ(lun_num(&lun, "attrib/dev_size"), size);
	EXPECT_EQ(resize(), 0);
	size += 512;
	EXPECT_EQ(lun_num(&lun, "attrib/dev_size"), size);
}

TEST_LIMIT(a_change_with_an_answer, 300)
{
	begin_replying();
	make_enabled();
	size = lun_num(&lun, "attrib/dev_size");
	EXPECT(fault_each(&(struct fault_path){
		.name = "dev_size, answered", .where = FAULT_HERE, .passes = 2,
		.work = resize, .after = after_resize }) > 5);
	remove_it();
}

/* ---- who answers ----------------------------------------------------------------- */

static struct nl other;

static void other_start(void)
{
	ASSERT_EQ(nl_start(&other), 0);
}

/* libnl says of most errors EIO, or nothing at all if it misses the acknowledgment */
static int say_features(void)
{
	nl_features(&other, 1);
	return 0;
}

/* What has come late for a socket is not taken for an answer to something else */
static void other_anew(void)
{
	nl_end(&other);
	other_start();
}

static void after_features(int ret)
{
	other_anew();
	EXPECT_EQ(nl_features(&other, 1), 0);
	nl_end(&other);
}

TEST_LIMIT(who_answers_may_say_so_again, 200)
{
	begin();
	EXPECT(fault_each(&(struct fault_path){
		.name = "SET_FEATURES", .where = FAULT_HERE, .passes = 2,
		.before = other_start, .work = say_features,
		.after = after_features }) > 5);
}

/* Somebody waits for the answer to @event */
static void enable_begins(void)
{
	make();
	doer_write(&doer, "1", "%s/enable", lun.dir);
	ASSERT(nl_event(&nl, &event, SOON));
}

static void before_answer(void)
{
	enable_begins();
	other_start();
}

static int give_answer(void)
{
	nl_reply(&other, &event, 0);
	return 0;
}

/* The answer has counted, or another one does */
static void after_answer(int ret)
{
	other_anew();
	ret = nl_reply(&other, &event, 0);
	EXPECT(!ret || ret == -ENODEV);
	nl_end(&other);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
	doer_rmdir(&doer, lun.dir);
	while (nl_event(&nl, &event, SOON) && event.cmd != NL_REMOVED)
		;
	EXPECT_EQ(nl_reply(&nl, &event, 0), 0);
	EXPECT_EQ(doer_end(&doer, SOON), 0);
	EXPECT_EQ(rmdir(HBA), 0);
}

TEST_LIMIT(an_answer_may_be_given_again, 400)
{
	begin();
	EXPECT(fault_each(&(struct fault_path){
		.name = "an answer", .where = FAULT_HERE,
		.before = before_answer, .work = give_answer,
		.after = after_answer }) > 5);
}

/* Asks for what is unanswered by a socket that nobody reads */
static int ask_again(void)
{
	uint8_t one = 1;

	nl_odd(&other, NL_FEATURES, NL_REPLY_SUPPORTED, &one, 1);
	return 0;
}

static void after_asking(int ret)
{
	nl_again(&nl);
	ASSERT(nl_event(&nl, &event, SOON));
	EXPECT_EQ(event.cmd, NL_ADDED);
	after_answer(0);
}

TEST_LIMIT(an_event_may_be_asked_for_again, 400)
{
	begin();
	EXPECT(fault_each(&(struct fault_path){
		.name = "events again", .where = FAULT_HERE,
		.before = before_answer, .work = ask_again,
		.after = after_asking }) > 5);
}
