// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counters in attrib/stat_*.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <errno.h>
#include <stdlib.h>

enum { READS = 1, WRITES, OTHERS };
enum { FULL = 1, TIMEOUTS, LATE, BROKEN };
#define BUCKETS		27

static const char *const files[] = {
	"commands", "bytes", "events", "latency_reads", "latency_writes",
	"latency_others",
};

static struct lun lun;
static struct io io;
static struct raw_entry entry;
static uint8_t buf[4096];

/* Of the only queue, which are those of the device; it may be counting just now */
static long long stat_of(const char *file, int col)
{
	long long count, all;

	do {
		count = lun_stat(&lun, file, "0", col);
		all = lun_stat(&lun, file, "all", col);
	} while (lun_stat(&lun, file, "0", col) != count);
	EXPECT_EQ(all, count);
	return count;
}

static void one(int dir, void *data, int len)
{
	if (dir == SG_NONE)
		io_tur(&io, &lun);
	else
		io_rw(&io, &lun, 10, dir, 0, data, len);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
}

static void begin_read(void)
{
	io_rw(&io, &lun, 10, SG_IN, 0, buf, sizeof(buf));
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
}

static void up(const char *seconds)
{
	lun_create(&lun,
		   "dev_config=raw//t,dev_size=1048576,max_data_area_mb=1,hw_max_sectors=1024");
	ASSERT_EQ(lun_set(&lun, "attrib/cmd_time_out", seconds), 0);
	ASSERT_EQ(lun_enable(&lun), 0);
	lun_link(&lun);
}

TEST(a_new_device_has_a_line_of_sums_and_no_queue)
{
	char text[4097];

	lun_create(&lun, NULL);
	ASSERT_EQ(lun_get(&lun, "attrib/stat_commands", text, sizeof(text)), 0);
	EXPECT(!strcmp(text, "queue reads writes others\nall 0 0 0"));
	ASSERT_EQ(lun_get(&lun, "attrib/stat_events", text, sizeof(text)), 0);
	EXPECT(!strcmp(text, "queue full timeouts late broken\nall 0 0 0 0"));
}

TEST(nobody_writes_them)
{
	char path[64];
	size_t i;

	lun_up(&lun, NULL);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "attrib/stat_%s", files[i]);
		/* root may open it, but there is nothing behind it */
		EXPECT(lun_set(&lun, path, "0") < 0);
	}
}

TEST(latencies_are_powers_of_two)
{
	int i;

	lun_up(&lun, NULL);
	for (i = 0; i < BUCKETS - 1; i++) {
		EXPECT_EQ(lun_stat(&lun, "latency_reads", "queue", 1 + i), 1024LL << i);
		EXPECT(lun_stat(&lun, "latency_reads", "0", 1 + i) >= 0);
	}
	EXPECT(lun_stat(&lun, "latency_reads", "0", BUCKETS) >= 0);
	EXPECT_EQ(lun_stat(&lun, "latency_reads", "0", BUCKETS + 1), -1);
}

TEST(commands_and_bytes_are_counted_by_kind)
{
	long long commands[4], bytes[4];
	int i;

	up("30");
	raw_serve(&lun.raw);
	for (i = READS; i <= OTHERS; i++) {
		commands[i] = stat_of("commands", i);
		bytes[i] = stat_of("bytes", i);
	}
	for (i = 0; i < 5; i++)
		one(SG_IN, buf, 4096);
	for (i = 0; i < 3; i++)
		one(SG_OUT, buf, 512);
	one(SG_NONE, NULL, 0);
	raw_serve_end(&lun.raw);
	EXPECT_EQ(stat_of("commands", READS) - commands[READS], 5);
	EXPECT_EQ(stat_of("commands", WRITES) - commands[WRITES], 3);
	EXPECT_EQ(stat_of("commands", OTHERS) - commands[OTHERS], 1);
	EXPECT_EQ(stat_of("bytes", READS) - bytes[READS], 5 * 4096);
	EXPECT_EQ(stat_of("bytes", WRITES) - bytes[WRITES], 3 * 512);
	EXPECT_EQ(stat_of("bytes", OTHERS) - bytes[OTHERS], 0);
}

TEST(a_command_that_fails_is_counted_without_its_bytes)
{
	uint8_t sense[96] = { 0x70, [2] = 3, [7] = 10, [12] = 0x11 };
	struct raw_answer answer = { .status = CHECK, .sense = sense };
	long long commands, bytes;

	up("30");
	commands = stat_of("commands", READS);
	bytes = stat_of("bytes", READS);
	begin_read();
	raw_answer(&lun.raw, &answer);
	raw_kick(&lun.raw);
	io_end(&io, 5000);
	EXPECT_EQ(io_sense(&io), SENSE(3, 0x11, 0));
	EXPECT_EQ(stat_of("commands", READS), commands + 1);
	EXPECT_EQ(stat_of("bytes", READS), bytes);
}

/* Reads that took 2^26 ns = 67 ms or longer */
static long long slow_reads(void)
{
	long long sum = 0;
	int i;

	for (i = 18; i <= BUCKETS; i++)
		sum += stat_of("latency_reads", i);
	return sum;
}

TEST(a_slow_answer_is_in_its_column)
{
	long long sum = 0, before;
	int i;

	up("30");
	EXPECT_EQ(lun_stat(&lun, "latency_reads", "queue", 17), 1LL << 26);
	raw_serve(&lun.raw);
	for (i = 0; i < 10; i++)
		one(SG_IN, buf, 4096);
	raw_serve_end(&lun.raw);
	before = slow_reads();
	begin_read();
	sleep_ms(80);
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT_EQ(slow_reads(), before + 1);
	for (i = 1; i <= BUCKETS; i++)
		sum += stat_of("latency_reads", i);
	EXPECT_EQ(sum, stat_of("commands", READS));
}

TEST(late_commands_and_their_answers)
{
	long long reads;

	up("1");
	reads = stat_of("commands", READS);
	begin_read();
	io_end(&io, 10000);
	EXPECT_EQ(io_sense(&io), LU_COMM_FAILURE);
	EXPECT_EQ(stat_of("events", TIMEOUTS), 1);
	EXPECT_EQ(stat_of("events", LATE), 0);
	raw_good(&lun.raw, 0);
	EXPECT_EQ(stat_of("events", TIMEOUTS), 1);
	EXPECT_EQ(stat_of("events", LATE), 1);
	EXPECT_EQ(stat_of("commands", READS), reads);
}

TEST(commands_without_room)
{
	enum { FIT = 4, NR = 7, LEN = 256 * 1024 };
	static struct io many[NR];
	void *data = malloc(LEN);
	int i;

	up("30");
	for (i = 0; i < FIT; i++)
		io_rw(&many[i], &lun, 10, SG_IN, 0, data, LEN);
	for (i = 0; i < FIT; i++)
		ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT_EQ(stat_of("events", FULL), 0);
	for (i = FIT; i < NR; i++)
		io_rw(&many[i], &lun, 10, SG_IN, 0, data, LEN);
	EXPECT(WAIT_FOR(5000, stat_of("events", FULL) == NR - FIT));
	raw_serve(&lun.raw);
	for (i = 0; i < FIT; i++)
		raw_answer(&lun.raw, &(struct raw_answer){ 0 });
	raw_kick(&lun.raw);
	for (i = 0; i < NR; i++)
		io_end(&many[i], 10000);
	raw_serve_end(&lun.raw);
	/* who waits is tried again, and not counted again */
	EXPECT_EQ(stat_of("events", FULL), NR - FIT);
}

TEST(broken_rings)
{
	int i;

	up("30");
	for (i = 1; i <= 2; i++) {
		begin_read();
		raw_set_tail(&lun.raw, lun.raw.ring_size + 64);
		raw_kick(&lun.raw);
		EXPECT_EQ(stat_of("events", BROKEN), i);
		EXPECT_EQ(lun_set(&lun, "action/reset_ring", "2"), 0);
		lun.raw.next = 0;
		lun.raw.tail = 0;
		io_end(&io, 5000);
	}
	EXPECT_EQ(stat_of("events", BROKEN), 2);
}
