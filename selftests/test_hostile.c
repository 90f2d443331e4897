// SPDX-License-Identifier: GPL-2.0-only
/*
 * A daemon that writes anything anywhere while commands come, and calls what can be
 * called: the kernel says nothing, nothing hangs, nothing is lost, and the device is
 * a disk again.
 *
 * In the environment: SEED=n does again what another run has done; ANSWERS=n goes on
 * until the kernel has taken so many lies for answers, SOAK=n for so many seconds at
 * the most.
 *
 * timeout: 600
 */
#include "files.h"
#include "guard.h"
#include "harness.h"
#include "honest.h"
#include "hostile.h"
#include "lie.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

/* Of all answers, in the parts that the tests have */
#define SHORT_ANSWERS	4000
#define SHORT_SECONDS	240

#define NR_CALLERS	3
#define NR_SG		2
#define NR_BLOCK	4

static struct lun lun;
static struct hostile hostile;
static pthread_t liars[5];
static struct hostile_one callers[NR_CALLERS];
static struct hostile_one load[NR_SG + NR_BLOCK];

static long from_env(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtol(text, NULL, 0) : otherwise;
}

static uint64_t the_seed(void)
{
	uint64_t seed = from_env("SEED", 0);

	if (!seed)
		seed = now_ms() * 1000 + getpid() % 1000;
	printf("# SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

/* ---- a device, and everybody at work --------------------------------------- */

static void set_up(const char *name, const char *control, const char *recovery)
{
	pthread_rwlockattr_t attr;
	struct hostile *h = &hostile;

	memset(h, 0, sizeof(*h));
	h->lun = &lun;
	h->name = name;
	h->seed = dice_digest(the_seed(), name[0]);
	h->io_mode = strstr(control, "mode=io");
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr,
				      PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&h->attached, &attr);
	pthread_mutex_init(&h->ring, NULL);
	guard_start();
	lun_create(&lun,
		   "dev_config=raw//hostile,dev_size=1048576,hw_max_sectors=2048,max_data_area_mb=1,cmd_ring_size_mb=1");
	ASSERT_EQ(lun_set(&lun, "control", control), 0);
	ASSERT_EQ(lun_set(&lun, "attrib/cmd_time_out", "1"), 0);
	ASSERT_EQ(lun_set(&lun, "attrib/recovery", recovery), 0);
	ASSERT_EQ(lun_enable(&lun), 0);
	ASSERT_EQ(raw_open(&lun.raw, lun.uio), 0);
	lun.raw.disk_blocks = 2048;
	lun_link(&lun);
}

static bool find_disk(struct hostile *h)
{
	char path[96];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path),
		 "/sys/class/scsi_generic/%.16s/device/block", lun.sg + 5);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			snprintf(h->disk, sizeof(h->disk), "%.16s",
				 entry->d_name);
	if (dir)
		closedir(dir);
	return h->disk[0];
}

/* A disk that is found looks at its partitions: they are answered, too */
static void found(struct hostile *h)
{
	raw_serve(&lun.raw);
	ASSERT(WAIT_FOR(20000, find_disk(h)));
	ASSERT(WAIT_FOR(20000, file_exists("/dev/%s", h->disk)));
	sleep_ms(500);
	raw_serve_end(&lun.raw);
}

static void start_one(struct hostile_one *one, int nr, void *(*fn)(void *))
{
	one->hostile = &hostile;
	one->nr = nr;
	ASSERT_EQ(pthread_create(&one->thread, NULL, fn, one), 0);
}

static void start(void)
{
	static void *(*const fns[])(void *) = { hostile_answer,
		hostile_scribble, hostile_map, hostile_config, hostile_netlink };
	size_t i;

	hostile_config_sane(&hostile);
	for (i = 0; i < ARRAY_SIZE(fns); i++)
		ASSERT_EQ(pthread_create(&liars[i], NULL, fns[i], &hostile), 0);
	for (i = 0; i < NR_CALLERS; i++)
		start_one(&callers[i], i, hostile_call);
	for (i = 0; i < ARRAY_SIZE(load); i++)
		start_one(&load[i], i, i < NR_SG ? hostile_sg : hostile_block);
}

/* Those who lie first; an honest daemon answers what is still on its way */
static void end(void)
{
	size_t i;

	hostile.stop = true;
	for (i = 0; i < ARRAY_SIZE(liars); i++)
		pthread_join(liars[i], NULL);
	for (i = 0; i < NR_CALLERS; i++)
		pthread_join(callers[i].thread, NULL);
	hostile_config_sane(&hostile);
	lun_set(&lun, "attrib/recovery", "hold");
	hostile.quiet = true;
	hostile_reset(&hostile, "2");
	raw_serve(&lun.raw);
	for (i = 0; i < ARRAY_SIZE(load); i++)
		pthread_join(load[i].thread, NULL);
	raw_serve_end(&lun.raw);
}

/* ---- the supervisor -------------------------------------------------------- */

/* One that has given up on its disk would let nothing through any more */
static void set_online(void)
{
	file_write("running", "/sys/class/scsi_generic/%s/device/state",
		   lun.sg + 5);
}

/* The daemon dies, and the next one comes: what it finds of the mailbox is spoilt */
static void reopen(struct hostile *h, int ms)
{
	struct raw old = lun.raw;

	pthread_rwlock_wrlock(&h->attached);
	pthread_mutex_lock(&h->ring);
	raw_close(&lun.raw);
	sleep_ms(ms);
	ASSERT(WAIT_FOR(10000, !raw_open(&lun.raw, lun.uio)));
	lun.raw.ring_off = old.ring_off;
	lun.raw.ring_size = old.ring_size;
	lun.raw.disk_blocks = old.disk_blocks;
	if (lun.raw.tail >= old.ring_size)
		lun.raw.tail = 0;
	h->nr_kept = 0;
	h->nr_slots = 0;
	pthread_mutex_unlock(&h->ring);
	pthread_rwlock_unlock(&h->attached);
	hostile_count(&h->reopened);
}

/* How many commands a read or a write becomes */
static void split(struct hostile *h, struct dice *dice)
{
	static const char *const kib[] = { "4", "4", "4", "16", "64" };

	file_write(kib[dice_below(dice, ARRAY_SIZE(kib))],
		   "/sys/block/%s/queue/max_sectors_kb", h->disk);
}

static void progress(const char *word, long long taken, long goal, long ms)
{
	struct hostile *h = &hostile;

	printf("# %s: %s: %lld of %ld lies taken for answers, %lld/s; rings broken %lld, resets %lu, daemons %lu, scribbles %llu, commands %lu, calls %lu, mappings %lu, configfs %lu, netlink %lu\n",
	       word, h->name, taken, goal, taken * 1000 / (ms ?: 1),
	       hostile_stat(h, "events", 4), h->resets, h->reopened + 1,
	       (unsigned long long)h->nr_scribbles, h->commands, h->calls,
	       h->mappings, h->configs, h->messages);
}

/* Until the kernel has taken @goal of their answers, or it takes too long */
static void supervise(struct hostile *h, long goal, long limit)
{
	long long taken = 0, before = hostile_taken(h);
	long begin = now_ms(), looked = 0, said = begin;
	struct dice dice;

	while (1) {
		sleep_ms(20);
		hostile_heal(h);
		if (now_ms() - looked < 500)
			continue;
		looked = now_ms();
		taken = hostile_taken(h) - before;
		if (taken >= goal || looked - begin > limit)
			break;
		set_online();
		dice = dice_at(h->seed, BY_SUPERVISOR, h->reopened);
		split(h, &dice);
		reopen(h, dice_below(&dice, 20));
		if (looked - said < 5000)
			continue;
		progress("progress", taken, goal, looked - begin);
		said = looked;
		if (!test_log_is_quiet())
			break;
	}
	progress("result", taken, goal, now_ms() - begin);
	EXPECT(taken >= goal);
}

/* @percent: its share of all answers */
static void fuzz(const char *name, const char *control, const char *recovery,
		 int percent)
{
	long goal = from_env("ANSWERS", SHORT_ANSWERS) * percent / 100;
	long seconds = from_env("SOAK", SHORT_SECONDS) * percent / 100;

	alarm(seconds + 120);
	set_up(name, control, recovery);
	found(&hostile);
	start();
	supervise(&hostile, goal, seconds * 1000);
	end();
	hostile_reset(&hostile, "1");
	honest_check_free(&hostile);
	honest_check_disk(&hostile);
}

/* ---- the tests ------------------------------------------------------------- */

TEST(the_same_seed_makes_the_same_lies)
{
	uint64_t digest[3][3];
	int i;

	lie_digests(1, 10000, false, digest[0]);
	lie_digests(1, 10000, false, digest[1]);
	lie_digests(2, 10000, false, digest[2]);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(digest[0][i], digest[1][i]);
		EXPECT(digest[0][i] != digest[2][i]);
	}
}

TEST_LIMIT(devices_of_any_configuration, 300)
{
	struct hostile *h = &hostile;
	pthread_t talker;
	uint64_t i;

	h->seed = the_seed();
	guard_start();
	file_write("1", PARAMS "/netlink_timeout");
	ASSERT_EQ(pthread_create(&talker, NULL, hostile_netlink, h), 0);
	for (i = 0; i < (from_env("ANSWERS", 0) ? 60 : 10); i++)
		hostile_device(&lun, h->seed, i);
	h->stop = true;
	pthread_join(talker, NULL);
	file_write("60", PARAMS "/netlink_timeout");
}

TEST(everything_is_passed_on)
{
	fuzz("passthrough", "mode=passthrough", "hold", 45);
}

TEST(blocks_of_several_pages)
{
	fuzz("blocks", "data_pages_per_blk=4", "fail", 25);
}

TEST(io_mode)
{
	fuzz("io", "mode=io", "hold", 15);
}

TEST(daemons_that_come_again)
{
	fuzz("replay", "mode=io", "replay", 15);
}
