// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints: each is there, and tells what it should.
 */
#include "doer.h"
#include "files.h"
#include "harness.h"
#include "nl.h"
#include "sg.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACE	"/sys/kernel/tracing"

static struct lun lun;
static struct io io;
static struct raw_entry entry;
static uint8_t buf[4096];
static char text[256 * 1024];

static void off(void)
{
	file_write("0", TRACE "/events/tcmu/enable");
}

/* By O_TRUNC; truncate() does nothing here */
static void empty(void)
{
	FILE *file = fopen(TRACE "/trace", "w");

	ASSERT(file);
	fclose(file);
}

static void on(void)
{
	if (!file_exists(TRACE "/trace"))
		ASSERT_EQ(mount("tracefs", TRACE, "tracefs", 0, NULL), 0);
	test_at_end(off);
	empty();
	ASSERT_EQ(file_write("1", TRACE "/events/tcmu/enable"), 0);
}

/* How many lines of the trace have both */
static int count(const char *event, const char *fields)
{
	char *line, *rest = text;
	FILE *file = fopen(TRACE "/trace", "r");
	int nr = 0;

	ASSERT(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	while ((line = strsep(&rest, "\n")))
		if (strstr(line, event) && strstr(line, fields))
			nr++;
	return nr;
}

static void up(const char *seconds)
{
	lun_create(&lun,
		   "dev_config=raw//t,dev_size=1048576,max_data_area_mb=1,hw_max_sectors=1024");
	ASSERT_EQ(lun_set(&lun, "attrib/cmd_time_out", seconds), 0);
	ASSERT_EQ(lun_enable(&lun), 0);
	lun_link(&lun);
}

static void expect(int nr, const char *event, const char *fields)
{
	char with_name[256];

	snprintf(with_name, sizeof(with_name), "%s%s%s",
		 lun.dir + strlen(CORE "/"), *fields ? " " : "", fields);
	if (count(event, with_name) == nr)
		return;
	test_fail(__FILE__, __LINE__, "%d lines with '%s' and '%s', not %d",
		  count(event, with_name), event, with_name, nr);
	printf("# %.2000s\n", text);
}

TEST(a_command_on_its_way)
{
	up("30");
	on();
	io_rw(&io, &lun, 10, SG_OUT, 0, buf, sizeof(buf));
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	expect(1, "tcmu_submit: ", "");
	EXPECT_EQ(count("tcmu_submit: ", "opcode=0x2a len=4096"), 1);
	EXPECT_EQ(count("tcmu_deliver: ", "id=1 opcode=0x2a"), 1);
	expect(1, "tcmu_complete: ", "id=1 status=0x00 uflags=0x00 ns=");
}

TEST(a_command_that_finds_no_room)
{
	enum { NR = 5, LEN = 256 * 1024 };
	static struct io many[NR];
	void *data = malloc(LEN);
	int i;

	up("30");
	on();
	for (i = 0; i < NR; i++)
		io_rw(&many[i], &lun, 10, SG_IN, 0, data, LEN);
	EXPECT(WAIT_FOR(5000, count("tcmu_wait: ", "len=262144 reason=-28")));
	raw_serve(&lun.raw);
	for (i = 0; i < NR; i++)
		io_end(&many[i], 10000);
	raw_serve_end(&lun.raw);
	expect(1, "tcmu_wait: ", "");
	expect(NR, "tcmu_complete: ", "");
}

TEST(a_command_that_is_late)
{
	up("1");
	on();
	io_rw(&io, &lun, 10, SG_IN, 0, buf, sizeof(buf));
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	io_end(&io, 10000);
	expect(1, "tcmu_expire: ", "");
	raw_good(&lun.raw, 0);
	EXPECT_EQ(count("tcmu_complete: ", " late"), 1);
}

TEST(ring_and_file)
{
	up("30");
	on();
	EXPECT_EQ(lun_set(&lun, "action/reset_ring", "1"), 0);
	expect(1, "tcmu_reset: ", "err=-16");
	raw_close(&lun.raw);
	expect(1, "tcmu_release: ", "uio");
	ASSERT_EQ(raw_open(&lun.raw, lun.uio), 0);
	expect(1, "tcmu_open: ", "uio");
}

static int enable(void *arg)
{
	return lun_enable(&lun);
}

TEST(netlink_events_and_their_answers)
{
	struct nl_event event;
	struct doer doer;
	struct nl nl;

	lun_create(&lun, "dev_config=raw//test,dev_size=1048576");
	on();
	ASSERT_EQ(nl_start(&nl), 0);
	ASSERT_EQ(nl_features(&nl, 1), 0);
	doer_call(&doer, enable, NULL);
	ASSERT(nl_event(&nl, &event, 5000));
	expect(1, "tcmu_netlink: ", "ADDED status=0");
	EXPECT_EQ(nl_reply(&nl, &event, -EPERM), 0);
	EXPECT_EQ(doer_end(&doer, 5000), -EPERM);
	expect(1, "tcmu_netlink: ", "ADDED_DONE status=-1");
	nl_end(&nl);
}

TEST(nothing_when_they_are_off)
{
	up("30");
	on();
	off();
	empty();
	raw_serve(&lun.raw);
	io_tur(&io, &lun);
	io_end(&io, 5000);
	raw_serve_end(&lun.raw);
	EXPECT_EQ(count("tcmu_", ""), 0);
}
