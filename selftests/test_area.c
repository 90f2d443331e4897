// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data area: blocks, fragments, limits, what is left in it.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static struct lun lun;
static uint8_t buf[256 * 1024];

static void fetch(struct raw_entry *entry)
{
	ASSERT(raw_fetch(&lun.raw, entry, 5000, false));
}

/* Write @len bytes of @byte through the area */
static void write_bytes(uint8_t byte, size_t len, uint8_t uflags)
{
	struct raw_answer answer = { .uflags = uflags };
	struct raw_entry entry;
	struct io io;

	memset(buf, byte, len);
	io_rw(&io, &lun, 10, SG_OUT, 0, buf, len);
	fetch(&entry);
	raw_answer(&lun.raw, &answer);
	raw_kick(&lun.raw);
	io_end(&io, 5000);
}

static bool all_are(uint8_t byte, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (buf[i] != byte)
			return false;
	return true;
}

TEST(a_read_that_the_daemon_does_not_fill_is_zeros)
{
	struct raw_entry entry;
	struct io io;

	lun_up(&lun, NULL);
	write_bytes(0xee, sizeof(buf), 0);
	memset(buf, 0x11, sizeof(buf));
	io_rw(&io, &lun, 10, SG_IN, 0, buf, sizeof(buf));
	fetch(&entry);
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
	EXPECT(all_are(0, sizeof(buf)));
}

TEST(the_daemon_sees_zeros_in_a_read_buffer)
{
	static uint8_t in[8192];
	struct raw_entry entry;
	struct io io;
	size_t i;

	lun_up(&lun, NULL);
	write_bytes(0xee, sizeof(in), 0);
	io_rw(&io, &lun, 10, SG_IN, 0, buf, sizeof(in));
	fetch(&entry);
	raw_gather(&lun.raw, &entry, in, sizeof(in));
	for (i = 0; i < sizeof(in) && !in[i]; i++)
		;
	EXPECT_EQ(i, sizeof(in));
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
}

/* Blocks of @pages pages: where do buffers of 1 and 5 pages go? */
static void blocks_of(int pages, int second)
{
	struct raw_entry entry[2];
	char control[64];
	struct io io[2];
	uint8_t *other = malloc(5 * 4096);

	snprintf(control, sizeof(control),
		 "max_data_area_mb=4,data_pages_per_blk=%d", pages);
	lun_up(&lun, control);
	EXPECT_EQ(lun_num(&lun, "attrib/data_pages_per_blk"), pages);
	io_rw(&io[0], &lun, 10, SG_IN, 0, buf, 512);
	fetch(&entry[0]);
	io_rw(&io[1], &lun, 10, SG_IN, 0, other, 5 * 4096);
	fetch(&entry[1]);
	EXPECT_EQ(raw_iov_base(&entry[0], 0), 0x800000);
	EXPECT_EQ(raw_iov_len(&entry[0], 0), 512);
	EXPECT_EQ(raw_iov_base(&entry[1], 0), 0x800000 + second * 4096);
	EXPECT_EQ(raw_iov_len(&entry[1], 0), 5 * 4096);
	raw_fill(&lun.raw, &entry[1], 0x21);
	raw_good(&lun.raw, 0);
	raw_good(&lun.raw, 0);
	io_end(&io[0], 5000);
	io_end(&io[1], 5000);
	EXPECT_EQ(other[0], 0x21);
	EXPECT_EQ(other[5 * 4096 - 1], 0x21);
	free(other);
}

TEST(blocks_of_one_page)
{
	blocks_of(1, 1);
}

TEST(blocks_of_two_pages)
{
	blocks_of(2, 2);
}

TEST(blocks_of_sixteen_pages)
{
	blocks_of(16, 16);
}

TEST(a_fragmented_area_gives_several_iovecs)
{
	static uint8_t out[4 * 4096], in[4 * 4096];
	struct raw_entry entry;
	struct io io;
	size_t i;

	lun_up(&lun, NULL);
	for (i = 0; i < 6; i++)
		write_bytes(i, 4096, RAW_KEEP_BUF);
	/* blocks 1, 3 and 4 are free, 6 and up too */
	lun_set(&lun, "action/free_kept_buf", "2");
	lun_set(&lun, "action/free_kept_buf", "4");
	lun_set(&lun, "action/free_kept_buf", "5");
	for (i = 0; i < sizeof(out); i++)
		out[i] = i / 16;
	io_rw(&io, &lun, 10, SG_OUT, 0, out, sizeof(out) - 100);
	fetch(&entry);
	ASSERT_EQ(entry.iov_cnt, 3);
	EXPECT_EQ(raw_iov_base(&entry, 0), 0x800000 + 4096);
	EXPECT_EQ(raw_iov_len(&entry, 0), 4096);
	EXPECT_EQ(raw_iov_base(&entry, 1), 0x800000 + 3 * 4096);
	EXPECT_EQ(raw_iov_len(&entry, 1), 2 * 4096);
	EXPECT_EQ(raw_iov_base(&entry, 2), 0x800000 + 6 * 4096);
	EXPECT_EQ(raw_iov_len(&entry, 2), 4096 - 100);
	raw_gather(&lun.raw, &entry, in, sizeof(in));
	EXPECT(!memcmp(in, out, sizeof(out) - 100));
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
}

TEST(five_iovecs_make_a_longer_entry)
{
	struct raw_entry entry;
	char id[16];
	struct io io;
	int i;

	lun_up(&lun, NULL);
	for (i = 1; i <= 10; i++)
		write_bytes(i, 4096, RAW_KEEP_BUF);
	for (i = 1; i <= 10; i += 2) {
		snprintf(id, sizeof(id), "%d", i);
		lun_set(&lun, "action/free_kept_buf", id);
	}
	io_rw(&io, &lun, 10, SG_IN, 0, buf, 5 * 4096);
	fetch(&entry);
	EXPECT_EQ(entry.iov_cnt, 5);
	EXPECT_EQ(entry.len, 48 + 5 * 16 + 16);
	EXPECT_EQ(entry.cdb_off, 128 + entry.pos + 48 + 5 * 16);
	EXPECT(!memcmp(entry.cdb, io.cdb, 10));
	raw_fill(&lun.raw, &entry, 0x66);
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(all_are(0x66, 5 * 4096));
}

/* Offsets beyond 32 bits: few big blocks reach there with little memory */
TEST_LIMIT(an_area_above_4_gib, 120)
{
	enum { NR = 600 };
	static struct io io[NR];
	static uint8_t bufs[NR][512];
	struct raw_entry entry;
	int i, high = 0;

	/* loads the module */
	lun_create(&lun, "dev_config=raw//test,dev_size=1048576");
	ASSERT_EQ(file_write("16384", PARAMS "/global_max_data_area_mb"), 0);
	ASSERT_EQ(lun_set(&lun, "control",
			  "max_data_area_mb=6144,data_pages_per_blk=2048"), 0);
	ASSERT_EQ(lun_enable(&lun), 0);
	EXPECT_EQ(file_num("/sys/class/uio/uio%d/maps/map0/size", lun.uio),
		  (6144L + 8) << 20);
	lun_link(&lun);
	for (i = 0; i < NR; i++) {
		memset(bufs[i], i, sizeof(bufs[i]));
		io_rw(&io[i], &lun, 10, SG_OUT, i, bufs[i], 512);
		fetch(&entry);
		EXPECT_EQ(raw_iov_base(&entry, 0),
			  0x800000 + i * 2048L * 4096);
		EXPECT_EQ(lun.raw.map[raw_iov_base(&entry, 0) + 511],
			  i & 0xff);
		high += raw_iov_base(&entry, 0) >> 32 ? 1 : 0;
	}
	EXPECT(high > 50);
	for (i = 0; i < NR; i++)
		raw_answer(&lun.raw, &(struct raw_answer){ 0 });
	raw_kick(&lun.raw);
	for (i = 0; i < NR; i++) {
		io_end(&io[i], 5000);
		EXPECT(io_is_good(&io[i]));
	}
	lun_down(&lun);
	EXPECT_EQ(file_write("2048", PARAMS "/global_max_data_area_mb"), 0);
}

static long sum_of(const char *path, const char *format)
{
	FILE *f = fopen(path, "r");
	char line[128];
	long sum = 0;
	long val;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, format, &val) == 1)
			sum += val;
	if (f)
		fclose(f);
	return sum;
}

static long free_kb(void)
{
	/* the kernel counts as used what lies on the lists of a CPU */
	long kb = sum_of("/proc/meminfo", "MemFree: %ld");

	return kb + 4 * sum_of("/proc/zoneinfo", " count: %ld");
}

/* So that hundreds of them may wait for work; the distribution's have 8 MiB each */
TEST(an_idle_device_needs_less_than_256_kib)
{
	enum { NR = 64 };
	static struct lun luns[NR];
	char name[16];
	long before, each;
	int i;

	/* what the first one alone needs is no device's */
	lun_up(&lun, NULL);
	lun_down(&lun);
	before = free_kb();
	for (i = 0; i < NR; i++) {
		snprintf(name, sizeof(name), "idle%d", i);
		lun_name_next(name);
		lun_create(&luns[i], "dev_config=raw//test");
		EXPECT_EQ(lun_enable(&luns[i]), 0);
	}
	each = (before - free_kb()) / NR;
	for (i = 0; i < NR; i++)
		EXPECT_EQ(lun_remove(&luns[i]), 0);
	printf("# %ld KiB each\n", each);
	if (!access("/sys/kernel/debug/kmemleak", F_OK))
		test_skip("a kernel with sanitizers needs more for each object");
	/* of which each queue is most */
	EXPECT(each < (lun_queue ? 2 : 1) * 256);
}

TEST(the_global_limit_has_bounds)
{
	static const char * const bad[] = { "0", "-1", "x", "2147483647" };
	size_t i;

	lun_create(&lun, "dev_config=raw//test");
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(file_write(bad[i], PARAMS "/global_max_data_area_mb"),
			  -EINVAL);
	EXPECT_EQ(file_num(PARAMS "/global_max_data_area_mb"), 2048);
}

/* No fabric here sends BIDI commands; the unit tests encode and check them */
TEST(bidi_commands_by_an_initiator)
{
	test_skip("tcm_loop and sg offer no BIDI on this kernel: see the unit tests");
}
