// SPDX-License-Identifier: GPL-2.0-only
/*
 * kill -9 of the daemon, many times, each time in the middle of something, under
 * processes that know every byte of the disk: none is wrong, no command is lost and
 * none ends with an error, and memory does not grow from one hundred to another.
 *
 *	KILLS=n		so many, 36 if nothing is said; from 300 on memory is judged
 *	KILLS_SEED=n	as the last time
 * timeout: 300
 */
#include "doer.h"
#include "files.h"
#include "harness.h"
#include "nl.h"
#include "sg.h"
#include "store.h"
#include "verify.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HBA	CORE "/user_8"
#define OTHER	HBA "/other"
#define MIB	1048576
#define IO_MS	60000
/* Commands of all workers do not fit at a time */
#define SHAPE	"dev_config=raw//kills,dev_size=8388608,hw_max_sectors=1024,max_data_area_mb=1"

/* What becomes of what the dead one has left */
static const struct how {
	const char *name, *recovery;
	bool reset;
} hows[] = {
	{ "continue", "hold", false },
	{ "reset", "hold", true },
	{ "fail", "fail", false },
	{ "replay", "replay", false },
};

static struct lun lun;
static struct store store;
static struct verify *v;
static uint32_t random_state;
static pid_t daemon_pid;

static uint32_t any(uint32_t below)
{
	return verify_random(&random_state, below);
}

/* ---- the daemon ----------------------------------------------------------------- */

/* Answers events, and takes its time */
static void *answer_events(void *arg)
{
	struct nl *nl = arg;
	struct nl_event event;

	for (;;) {
		if (!nl_next(nl, &event, 50))
			continue;
		sleep_ms(event.id % 2 ? 0 : 15);
		nl_reply(nl, &event, 0);
	}
	return NULL;
}

static void serve(struct raw *raw)
{
	struct raw_entry entry;

	for (;;) {
		if (!raw_fetch(raw, &entry, 1000, false))
			continue;
		if (entry.op == RAW_CMD)
			store_do(&store, raw, &entry);
		raw_kick(raw);
	}
}

/* Until it is killed */
static void be_daemon(int ready)
{
	struct raw raw;
	pthread_t thread;
	struct nl nl;

	test_forked();
	ASSERT_EQ(raw_open(&raw, lun.uio), 0);
	ASSERT_EQ(nl_start(&nl), 0);
	/* with what the last one has not answered */
	nl_again(&nl);
	ASSERT_EQ(pthread_create(&thread, NULL, answer_events, &nl), 0);
	ASSERT_EQ(write(ready, "x", 1), 1);
	serve(&raw);
}

static void daemon_start(void)
{
	int ready[2];
	char byte;

	ASSERT_EQ(pipe(ready), 0);
	fflush(stdout);
	daemon_pid = fork();
	ASSERT(daemon_pid >= 0);
	if (!daemon_pid)
		be_daemon(ready[1]);
	close(ready[1]);
	ASSERT_EQ(read(ready[0], &byte, 1), 1);
	close(ready[0]);
}

static void daemon_kill(void)
{
	int status;

	if (!daemon_pid)
		return;
	kill(daemon_pid, SIGKILL);
	ASSERT_EQ(waitpid(daemon_pid, &status, 0), daemon_pid);
	daemon_pid = 0;
	/* it has not ended by itself */
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* ---- moments ---------------------------------------------------------------------- */

static struct doer doer;

static void begin_idle(void)
{
	verify_pause(v);
}

static void end_idle(void)
{
	verify_go(v);
}

static void begin_load(void)
{
	sleep_ms(any(20));
}

static void begin_full(void)
{
	kill(daemon_pid, SIGSTOP);
	sleep_ms(30 + any(30));
}

static void begin_add(void)
{
	rmdir(OTHER);
	ASSERT_EQ(mkdir(OTHER, 0755), 0);
	ASSERT_EQ(file_write("dev_config=raw//other,dev_size=1048576",
			     OTHER "/control"), 0);
	doer_write(&doer, "1", OTHER "/enable");
	sleep_ms(any(25));
}

static void begin_remove(void)
{
	if (!file_exists(OTHER)) {
		ASSERT_EQ(mkdir(OTHER, 0755), 0);
		ASSERT_EQ(file_write("dev_config=raw//other,dev_size=1048576",
				     OTHER "/control"), 0);
		ASSERT_EQ(file_write("1", OTHER "/enable"), 0);
	}
	doer_rmdir(&doer, OTHER);
	sleep_ms(any(25));
}

static void resize(void)
{
	doer_write(&doer, any(2) ? "8388608" : "16777216", "%s/attrib/dev_size",
		   lun.dir);
}

static void begin_resize(void)
{
	resize();
	sleep_ms(any(25));
}

static void end_good(void)
{
	EXPECT_EQ(doer_end(&doer, 30000), 0);
}

/* Where nobody is there to be told, nothing is changed, and it may be tried again */
static void end_resize(void)
{
	int ret = doer_end(&doer, 30000);

	if (ret != -ESRCH) {
		EXPECT_EQ(ret, 0);
		return;
	}
	resize();
	end_good();
}

static int reset_lun(void *unused)
{
	return sg_lun_reset(&lun);
}

static void begin_reset(void)
{
	v->resets++;
	if (any(2))
		begin_full();
	doer_call(&doer, reset_lun, NULL);
	sleep_ms(any(5));
}

/* A command that its initiator gives up in the middle */
static int time_out(void *unused)
{
	static uint8_t buf[VERIFY_BLOCK];
	struct io io;

	io_timeout_ms = 60;
	io_rw(&io, &lun, 10, SG_IN, VERIFY_BLOCKS, buf, sizeof(buf));
	io_timeout_ms = IO_MS;
	return io_wait(&io, 60000) ? 0 : -ETIMEDOUT;
}

static void begin_abort(void)
{
	v->resets++;
	kill(daemon_pid, SIGSTOP);
	doer_call(&doer, time_out, NULL);
	sleep_ms(50 + any(100));
}

static void end_reset(void)
{
	EXPECT_EQ(doer_end(&doer, 100000), 0);
	v->reset_end = now_ms();
	v->resets--;
}

static const struct moment {
	const char *name;
	void (*begin)(void);	/* then it is killed */
	void (*end)(void);	/* with the next one there */
} moments[] = {
	{ "idle", begin_idle, end_idle },
	{ "load", begin_load, NULL },
	{ "load", begin_load, NULL },
	{ "full", begin_full, NULL },
	{ "add", begin_add, end_good },
	{ "remove", begin_remove, end_good },
	{ "resize", begin_resize, end_resize },
	{ "reset", begin_reset, end_reset },
	{ "abort", begin_abort, end_reset },
};

#define NR_HOWS		ARRAY_SIZE(hows)
#define NR_MOMENTS	ARRAY_SIZE(moments)
#define NR_KINDS	(NR_HOWS * NR_MOMENTS)

static void one_kill(const struct how *how, const struct moment *moment)
{
	ASSERT_EQ(lun_set(&lun, "attrib/recovery", how->recovery), 0);
	moment->begin();
	daemon_kill();
	sleep_ms(any(30));
	if (how->reset) {
		ASSERT_EQ(lun_set(&lun, "action/block_dev", "1"), 0);
		ASSERT_EQ(lun_set(&lun, "action/reset_ring", "1"), 0);
	}
	daemon_start();
	if (how->reset)
		ASSERT_EQ(lun_set(&lun, "action/block_dev", "0"), 0);
	if (moment->end)
		moment->end();
	sleep_ms(any(20));
}

/* ---- memory ------------------------------------------------------------------------- */

struct memory {
	long available, slab, vmalloc;	/* KiB */
};

static struct memory look_at_memory(void)
{
	file_write("3", "/proc/sys/vm/drop_caches");
	sleep_ms(300);
	return (struct memory){ file_meminfo("MemAvailable"),
				file_meminfo("SUnreclaim"),
				file_meminfo("VmallocUsed") };
}

/* ---- all of it ------------------------------------------------------------------------ */

static void clean_up(void)
{
	if (v)
		v->stop = true;
	if (daemon_pid)
		kill(daemon_pid, SIGKILL);
	file_write("1", PARAMS "/block_netlink");
	file_write("1", PARAMS "/reset_netlink");
	rmdir(OTHER);
	lun_down(&lun);
	file_write("0", PARAMS "/block_netlink");
	if (v)
		verify_end(v);
}

static void up(uint32_t seed)
{
	store_make(&store, 16 * MIB);
	lun_create(&lun, SHAPE);
	if (!file_exists("%s/attrib/recovery", lun.dir))
		test_skip("this module has one recovery");
	test_at_end(clean_up);
	ASSERT_EQ(lun_enable(&lun), 0);
	lun_link(&lun);
	raw_close(&lun.raw);
	io_timeout_ms = IO_MS;
	daemon_start();
	v = verify_start(&lun, seed);
}

static struct memory look(int kills, uint32_t seed)
{
	struct memory now;

	verify_pause(v);
	if (!verify_failed(v))
		EXPECT(verify_all(v));
	now = look_at_memory();
	printf("# %d kills, %ld commands, %ld of them amid resets; available %ld, slab %ld, vmalloc %ld KiB\n",
	       kills, verify_commands(v), verify_torn(v), now.available,
	       now.slab, now.vmalloc);
	verify_go(v);
	return now;
}

static void shuffle(int *order, int nr)
{
	int i, other, tmp;

	for (i = 0; i < nr; i++) {
		order[i] = i;
		other = any(i + 1);
		tmp = order[i];
		order[i] = order[other];
		order[other] = tmp;
	}
}

static void report(const int *count)
{
	size_t how, moment;

	for (how = 0; how < NR_HOWS; how++) {
		printf("# %s:", hows[how].name);
		for (moment = 0; moment < NR_MOMENTS; moment++)
			printf(" %s %d", moments[moment].name,
			       count[how * NR_MOMENTS + moment]);
		printf("\n");
	}
}

static long number(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? atol(text) : otherwise;
}

TEST(a_killed_write_may_end_at_any_byte_and_a_foreign_byte_is_found)
{
	uint8_t buf[VERIFY_BLOCK], new[VERIFY_BLOCK];
	int cut;

	verify_fill(new, 3833, 3);
	for (cut = 0; cut <= VERIFY_BLOCK; cut++) {
		verify_fill(buf, 3833, 0);
		memcpy(buf, new, cut);
		EXPECT_EQ(verify_wrong_word(buf, 3833, 0, 3, 3), -1);
		EXPECT_EQ(verify_wrong_word(buf, 3833, 0, 1, 4), -1);
		/* where the versions differ */
		EXPECT_EQ(verify_wrong_word(buf, 3833, 0, 4, 4),
			  cut > 4 ? 0 : -1);
	}
	for (cut = 0; cut < VERIFY_BLOCK; cut++) {
		verify_fill(buf, 3833, 3);
		buf[cut] = (uint8_t)~buf[cut] ?: 0x55;
		EXPECT_EQ(verify_wrong_word(buf, 3833, 0, 3, 3), cut / 8);
		EXPECT_EQ(verify_wrong_word(buf, 3833, 3, 1, 0), cut / 8);
	}
}

TEST_LIMIT(no_byte_and_no_command_is_lost_and_no_memory, 36000)
{
	int kills = number("KILLS", NR_KINDS);
	uint32_t seed = number("KILLS_SEED", time(NULL) & 0xffffff);
	int order[NR_KINDS], count[NR_KINDS] = { 0 };
	struct memory first = { 0 }, last;
	int i, kind, hundred = kills >= 300 ? 100 : kills / 3 ?: 1;

	random_state = seed;
	printf("# KILLS=%d KILLS_SEED=%u\n", kills, seed);
	up(seed);
	for (i = 0; i < kills && !verify_failed(v); i++) {
		if (i % NR_KINDS == 0)
			shuffle(order, NR_KINDS);
		kind = order[i % NR_KINDS];
		count[kind]++;
		one_kill(&hows[kind / NR_MOMENTS],
			 &moments[kind % NR_MOMENTS]);
		if (i + 1 == hundred)
			first = look(i + 1, seed);
		else if ((i + 1) % hundred == 0 && i + 1 < kills)
			look(i + 1, seed);
	}
	last = look(i, seed);
	report(count);
	printf("# from the first to the last hundred: slab %+ld, vmalloc %+ld, available %+ld KiB\n",
	       last.slab - first.slab, last.vmalloc - first.vmalloc,
	       last.available - first.available);
	/* what is kept of the first ones, as sanitizers do, is no growth of hundreds */
	if (hundred == 100) {
		EXPECT(last.slab - first.slab < 2048);
		EXPECT(last.vmalloc - first.vmalloc < 1024);
		EXPECT(first.available - last.available < 8192);
	}
	verify_pause(v);
	verify_end(v);
	daemon_kill();
}
