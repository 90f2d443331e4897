// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring at its ends: wrap, padding, full.
 *
 * A round through the ring would take thousands of commands if they were all
 * short. So the data area is fragmented first: a read then takes one iovec for
 * each of its pages.
 *
 * No initiator here has enough commands on the way to fill even the smallest
 * ring: that is for the unit tests. A full data area, which is the same to a
 * command, is in test_qfull.c.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define RING_SIZE	(1048576 - 128)
#define NR_FRAGMENTS	128
#define BIG		(NR_FRAGMENTS * 4096)
/* header and request, an iovec for each page, a CDB of ten bytes */
#define BIG_LEN		(48 + NR_FRAGMENTS * 16 + 16)

static struct lun lun;
static uint8_t buf[BIG];

static void one_read(size_t len, uint8_t uflags)
{
	struct raw_answer answer = { .uflags = uflags };
	struct raw_entry entry;
	struct io io;

	io_rw(&io, &lun, 10, SG_IN, 0, buf, len);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	raw_answer(&lun.raw, &answer);
	raw_kick(&lun.raw);
	io_end(&io, 5000);
}

/* Leave holes of one page each at the beginning of the data area */
static void fragment(void)
{
	char id[16];
	int i;

	for (i = 0; i < 2 * NR_FRAGMENTS; i++)
		one_read(4096, RAW_KEEP_BUF);
	for (i = 1; i <= 2 * NR_FRAGMENTS; i += 2) {
		snprintf(id, sizeof(id), "%d", i);
		ASSERT_EQ(lun_set(&lun, "action/free_kept_buf", id), 0);
	}
}

/* A read of many pages: every page of it must come back in its place */
static void big_read(struct raw_entry *entry)
{
	struct io io;
	int i;

	io_rw(&io, &lun, 10, SG_IN, 0, buf, BIG);
	ASSERT(raw_fetch(&lun.raw, entry, 5000, false));
	EXPECT_EQ(entry->iov_cnt, NR_FRAGMENTS);
	EXPECT_EQ(entry->len, BIG_LEN);
	for (i = 0; i < NR_FRAGMENTS; i++)
		lun.raw.map[raw_iov_base(entry, i)] = i + 1;
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	for (i = 0; i < NR_FRAGMENTS && buf[i * 4096] == i + 1; i++)
		;
	EXPECT_EQ(i, NR_FRAGMENTS);
}

static void small(int cdb_len)
{
	struct raw_entry entry;
	struct io io;

	io_rw(&io, &lun, cdb_len, SG_IN, 0, buf, 512);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT_EQ(entry.len, cdb_len == 6 ? 120 : 128);
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
}

/* Go to the place that is @gap bytes before the end */
static void go_to_gap(uint32_t gap)
{
	struct raw_entry entry;
	uint32_t left, nr6;

	while ((left = RING_SIZE - gap - raw_head(&lun.raw)) >
	       BIG_LEN + 16 * 128)
		big_read(&entry);
	for (nr6 = (128 - left % 128) / 8 % 16; nr6; nr6--)
		small(6);
	while (RING_SIZE - raw_head(&lun.raw) > gap)
		small(12);
	ASSERT_EQ(RING_SIZE - raw_head(&lun.raw), gap);
}

TEST_LIMIT(pads_of_every_length_at_the_end, 200)
{
	struct raw_entry entry;
	struct io io;
	uint32_t gap;

	lun_up(&lun, "cmd_ring_size_mb=1");
	fragment();
	for (gap = 8; gap < 128; gap += 8) {
		go_to_gap(gap);
		io_rw(&io, &lun, 16, SG_IN, gap, buf, 512);
		ASSERT(raw_fetch(&lun.raw, &entry, 5000, true));
		EXPECT_EQ(entry.op, RAW_PAD);
		EXPECT_EQ(entry.len, gap);
		EXPECT_EQ(entry.id, 0);
		/* never without another entry behind it */
		ASSERT(raw_fetch(&lun.raw, &entry, 0, true));
		EXPECT_EQ(entry.op, RAW_CMD);
		EXPECT_EQ(entry.pos, 0);
		EXPECT(!memcmp(entry.cdb, io.cdb, 16));
		raw_good(&lun.raw, 0);
		io_end(&io, 5000);
		EXPECT(io_is_good(&io));
	}
}

/* The kernel has mapped the first 64 KiB only */
TEST(pages_that_the_daemon_touched_first_are_those_of_the_ring)
{
	struct raw_entry entry;
	struct io io;

	lun_up(&lun, "cmd_ring_size_mb=1");
	memset(lun.raw.map + 65536, 0xee, RING_SIZE + 128 - 65536);
	fragment();
	go_to_gap(128);
	io_rw(&io, &lun, 10, SG_IN, 0, buf, 512);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, true));
	EXPECT_EQ(entry.op, RAW_CMD);
	EXPECT_EQ(entry.pos + entry.len, RING_SIZE);
	EXPECT_EQ(entry.kflags, 0);
	EXPECT_EQ(entry.uflags, 0);
	EXPECT(!memcmp(entry.cdb, io.cdb, 10));
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
}

TEST(an_entry_that_fits_exactly_has_no_pad)
{
	struct raw_entry entry;
	struct io io;

	lun_up(&lun, "cmd_ring_size_mb=1");
	fragment();
	go_to_gap(128);
	io_rw(&io, &lun, 10, SG_IN, 0, buf, 512);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, true));
	EXPECT_EQ(entry.op, RAW_CMD);
	EXPECT_EQ(entry.pos + entry.len, RING_SIZE);
	EXPECT_EQ(raw_head(&lun.raw), 0);
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
	small(10);
}

/* ---- two of a daemon's threads: one answers, the other tells the kernel so ---------- */

#define NR_READERS	96		/* each has one command */
#define LOAD_MS		3000

static volatile bool load_ends;

static void read_on(void)
{
	struct io io;

	test_forked();
	for (;;) {
		io_rw(&io, &lun, 10, SG_IN, 0, buf, BIG);
		io_end(&io, 60000);
	}
}

static void *only_answer(void *arg)
{
	struct raw_answer answer = { 0 };
	struct raw_entry entry;

	while (!load_ends)
		if (raw_fetch(&lun.raw, &entry, 10, false))
			raw_answer(&lun.raw, &answer);
	return NULL;
}

static long long commands_done(void)
{
	return lun_stat(&lun, "bytes", "all", 1) / BIG;
}

/* How many commands the longest write(2) has ended */
static long long tell_for(int ms)
{
	long long before, done, most = 0;
	long end = now_ms() + ms;

	for (before = commands_done(); now_ms() < end; before = done) {
		raw_kick(&lun.raw);
		done = commands_done();
		if (done - before > most)
			most = done - before;
	}
	return most;
}

/* Or it takes as long as there is load, and others wait for it to ask for the name */
TEST(telling_of_answers_ends_while_others_go_on_answering)
{
	pid_t readers[NR_READERS];
	pthread_t answerer;
	long long most;
	int i;

	lun_up(&lun, "max_data_area_mb=128,hw_max_sectors=1024");
	if (lun_stat(&lun, "bytes", "all", 1) < 0)
		test_skip("this module counts nothing");
	/* to go in costs little then, and to come out as ever */
	raw_set_u32(&lun.raw, RAW_FILLS, 1);
	fflush(stdout);
	for (i = 0; i < NR_READERS; i++) {
		readers[i] = fork();
		ASSERT(readers[i] >= 0);
		if (!readers[i])
			read_on();
	}
	ASSERT_EQ(pthread_create(&answerer, NULL, only_answer, NULL), 0);
	most = tell_for(LOAD_MS);
	for (i = 0; i < NR_READERS; i++)
		kill(readers[i], SIGKILL);
	for (i = 0; i < NR_READERS; i++) {
		while (waitpid(readers[i], NULL, WNOHANG) == 0)
			raw_kick(&lun.raw);
	}
	load_ends = true;
	pthread_join(answerer, NULL);
	printf("# at most %lld commands ended by a write(2)\n", most);
	EXPECT(most > 0);
	EXPECT(most <= NR_READERS);
}
