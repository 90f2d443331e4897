// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that free blocks keep goes back: above the global limit, and when the kernel
 * is short of it. A busy block keeps its own, and no other's.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define DROP_CACHES	"/proc/sys/vm/drop_caches"

/* 48 MiB of reads at once, and a write of one page above them that stays busy */
#define IO_SIZE		(256 * 1024)
#define NR_BURST	(48 * 4)
#define BURST_PAGES	(NR_BURST * (IO_SIZE / 4096))

enum { PAGES = 1, BLOCKS, COMMANDS, WAITING };

static struct lun lun;
static struct io ios[NR_BURST], busy;
static uint8_t page[4096], buf[IO_SIZE];

static long long memory(int col)
{
	return lun_stat(&lun, "memory", "all", col);
}

static void fetch(void)
{
	struct raw_entry entry;

	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
}

static void burst(void)
{
	uint8_t *bufs = malloc((size_t)NR_BURST * IO_SIZE);
	int i;

	for (i = 0; i < NR_BURST; i++) {
		io_rw(&ios[i], &lun, 10, SG_IN, i, bufs + (size_t)i * IO_SIZE,
		      IO_SIZE);
		fetch();
	}
	memset(page, 0x5a, sizeof(page));
	io_rw(&busy, &lun, 10, SG_OUT, 0, page, sizeof(page));
	fetch();
	EXPECT_EQ(memory(BLOCKS), BURST_PAGES + 1);
	EXPECT_EQ(memory(COMMANDS), NR_BURST + 1);
	for (i = 0; i < NR_BURST; i++)
		raw_answer(&lun.raw, &(struct raw_answer){ .id = i + 1 });
	raw_kick(&lun.raw);
	for (i = 0; i < NR_BURST; i++)
		io_end(&ios[i], 5000);
	free(bufs);
}

/* What was free is kept, and what is busy has one of each */
static void up(void)
{
	lun_create(&lun,
		   "dev_config=raw//pressure,dev_size=1048576,max_data_area_mb=64");
	/* the busy one may have to wait for long */
	ASSERT_EQ(lun_set(&lun, "attrib/cmd_time_out", "0"), 0);
	ASSERT_EQ(lun_enable(&lun), 0);
	lun_link(&lun);
	if (memory(PAGES) < 0)
		test_skip("this module does not say what it has");
	burst();
	EXPECT_EQ(memory(PAGES), BURST_PAGES + 1);
	EXPECT_EQ(memory(BLOCKS), 1);
	EXPECT_EQ(memory(COMMANDS), 1);
}

/* The busy one is whole; what was taken is found again, and is zeros */
static void works_still(void)
{
	struct io io;
	size_t i;

	raw_good(&lun.raw, NR_BURST + 1);
	io_end(&busy, 5000);
	EXPECT(io_is_good(&busy));
	memset(buf, 0xff, sizeof(buf));
	io_rw(&io, &lun, 10, SG_IN, 0, buf, sizeof(buf));
	fetch();
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	for (i = 0; i < sizeof(buf) && !buf[i]; i++)
		;
	EXPECT_EQ(i, sizeof(buf));
	EXPECT_EQ(memory(BLOCKS), 0);
	EXPECT_EQ(memory(COMMANDS), 0);
	EXPECT_EQ(memory(WAITING), 0);
}

/* Above the global limit free blocks lose their pages, below a busy one too */
TEST_LIMIT(the_global_limit_takes_pages_back, 90)
{
	up();
	ASSERT_EQ(file_write("1", PARAMS "/global_max_data_area_mb"), 0);
	/* until there are no more than the limit allows */
	EXPECT(WAIT_FOR(15000, memory(PAGES) <= 256));
	EXPECT_EQ(file_write("2048", PARAMS "/global_max_data_area_mb"), 0);
	works_still();
}

TEST_LIMIT(the_kernel_gets_all_back_when_it_asks, 90)
{
	up();
	ASSERT_EQ(file_write("2", DROP_CACHES), 0);
	EXPECT(WAIT_FOR(15000, memory(PAGES) == 1));
	works_still();
}

/*
 * Takes memory until few of the pages are left. It looks after each bite, so that it
 * cannot have eaten more than they were before it sees that they are gone. If they do
 * not go, it is the first that the kernel ends.
 */
static void eat(void)
{
	const size_t bite = 1 << 20;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ASSERT_EQ(file_write("1000", "/proc/self/oom_score_adj"), 0);
	while (memory(PAGES) > BURST_PAGES / 4)
		ASSERT(mmap(NULL, bite, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
			    0) != MAP_FAILED);
	_exit(0);
}

TEST_LIMIT(nobody_is_killed_for_memory_that_free_blocks_keep, 240)
{
	int status;
	pid_t pid;

	up();
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid)
		eat();
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	printf("# %lld of %d pages are left\n", memory(PAGES), BURST_PAGES + 1);
	works_still();
}
