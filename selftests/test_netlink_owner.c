// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may answer an event of a device whose UIO file is open.
 */
#include "doer.h"
#include "files.h"
#include "harness.h"
#include "lun.h"
#include "nl.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#define SOON	5000

static struct lun lun;
static struct nl nl;
static struct nl_event event;
static struct doer writer, owner;
static int ready[2];

static void put_back(void)
{
	if (owner.pid)
		doer_kill(&owner);
	file_write("60", PARAMS "/netlink_timeout");
	nl_end(&nl);
	lun_down(&lun);
}

static void say_ready(void)
{
	if (write(ready[1], "", 1) != 1)
		_exit(EIO);
}

static int opens_and_stays(void *arg)
{
	if (raw_open(&lun.raw, event.minor))
		return -EIO;
	say_ready();
	pause();
	return 0;
}

/* The file lives on in a child of a process that is gone */
static int opens_and_leaves_it(void *arg)
{
	if (raw_open(&lun.raw, event.minor))
		return -EIO;
	if (!fork()) {
		/* or who answers would still seem to be there at the end */
		nl_end(&nl);
		say_ready();
		alarm(SOON / 1000);
		pause();
	}
	return 0;
}

/* A device that waits for the answer to its ADDED event */
static void announced(int (*opener)(void *arg))
{
	char byte;

	lun_create(&lun, "dev_config=raw//test,dev_size=1048576");
	ASSERT_EQ(nl_start(&nl), 0);
	test_at_end(put_back);
	ASSERT_EQ(nl_features(&nl, 1), 0);
	ASSERT_EQ(file_write("30", PARAMS "/netlink_timeout"), 0);
	doer_write(&writer, "1", "%s/enable", lun.dir);
	ASSERT(nl_event(&nl, &event, SOON));
	ASSERT_EQ(pipe(ready), 0);
	doer_call(&owner, opener, NULL);
	ASSERT_EQ(read(ready[0], &byte, 1), 1);
}

TEST(only_the_owner_answers_while_it_has_the_file_open)
{
	announced(opens_and_stays);
	EXPECT_EQ(nl_reply(&nl, &event, 0), -EPERM);
	EXPECT_EQ(nl_reply(&nl, &event, -EIO), -EPERM);
	EXPECT(doer_busy(&writer));
	doer_kill(&owner);
	EXPECT_EQ(doer_end(&owner, SOON), DOER_KILLED);
	owner.pid = 0;
	EXPECT_EQ(nl_reply(&nl, &event, 0), 0);
	EXPECT_EQ(doer_end(&writer, SOON), 0);
}

TEST(anybody_answers_for_an_owner_that_is_gone)
{
	announced(opens_and_leaves_it);
	EXPECT_EQ(doer_end(&owner, SOON), 0);
	owner.pid = 0;
	EXPECT_EQ(nl_reply(&nl, &event, 0), 0);
	EXPECT_EQ(doer_end(&writer, SOON), 0);
}

TEST(anybody_answers_for_a_device_that_nobody_has_open)
{
	announced(opens_and_stays);
	doer_kill(&owner);
	EXPECT_EQ(doer_end(&owner, SOON), DOER_KILLED);
	owner.pid = 0;
	EXPECT_EQ(nl_reply(&nl, &event, -ENOSPC), 0);
	EXPECT_EQ(doer_end(&writer, SOON), -ENOSPC);
}
