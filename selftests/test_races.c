// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that may be done to a device at any time, each against each, and all at
 * once, under processes that know every byte: none is wrong, each command ends, the
 * kernel says nothing, and nothing is kept.
 *
 *	RACES=n		for about so many seconds, 30 if nothing is said; those with
 *			commands that are too late take half a minute at least
 *	SEED=n		in the order of the last time
 * timeout: 400
 */
#include "files.h"
#include "guard.h"
#include "harness.h"
#include "races.h"
#include "sg.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MIB	1048576
#define SHAPE	"dev_config=raw//races,dev_size=8388608,hw_max_sectors=1024,max_data_area_mb=1"
#define MAX_RACES	16
#define MAX_PAIRS	(MAX_RACES * (MAX_RACES + 1) / 2)

static struct lun lun;
static struct races races = { .lun = &lun };
static uint32_t random_state;

static long number(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtol(text, NULL, 0) : otherwise;
}

static long seconds(void)
{
	return number("RACES", 30);
}

/* ---- the device ----------------------------------------------------------------- */

static void sane(void)
{
	file_write("2048", PARAMS "/global_max_data_area_mb");
	races_deafen(&races, 0);
	lun_set(&lun, "attrib/recovery", "hold");
	lun_set(&lun, "attrib/max_signal_delay", "100");
	lun_set(&lun, "action/block_dev", "0");
}

static void clean_up(void)
{
	if (races.v)
		races.v->stop = true;
	file_write("1", PARAMS "/block_netlink");
	file_write("1", PARAMS "/reset_netlink");
	lun_down(&lun);
	file_write("0", PARAMS "/block_netlink");
	file_write("2048", PARAMS "/global_max_data_area_mb");
	if (races.v)
		verify_end(races.v);
}

/* @limit: seconds that a command has; with few of them any may be too late */
static void up(uint32_t seed, const char *limit)
{
	guard_start();
	store_make(&races.store, 16 * MIB);
	lun_create(&lun, SHAPE);
	if (!file_exists("%s/attrib/recovery", lun.dir))
		test_skip("this module has one recovery");
	test_at_end(clean_up);
	ASSERT_EQ(lun_set(&lun, "attrib/cmd_time_out", limit), 0);
	ASSERT_EQ(lun_enable(&lun), 0);
	lun_link(&lun);
	/* or the workers would have its file, too */
	raw_close(&lun.raw);
	io_timeout_ms = 60000;
	races.v = verify_start(&lun, seed);
	races_daemon_start(&races);
}

/* ---- who races whom --------------------------------------------------------------- */

static long ended(void)
{
	long sum = 0;
	int i;

	for (i = 0; i < VERIFY_WORKERS; i++)
		sum += races.v->workers[i].ended;
	return sum;
}

static void print(const char *what, const struct racer *racers, int nr, int ms)
{
	int i;

	printf("# %s, %d ms, %ld commands:", what, ms, ended());
	for (i = 0; i < nr; i++)
		printf(" %s %lu", racers[i].race->name, racers[i].rounds);
	printf("\n");
}

/* These race; afterwards it is a disk, without anybody's help */
static bool slice(const struct race **list, int nr, int ms)
{
	struct racer racers[2 * MAX_RACES] = { 0 };
	int tears = 0;
	long before;
	int i;

	for (i = 0; i < nr; i++) {
		racers[i].races = &races;
		racers[i].race = list[i];
		racers[i].random = verify_random(&random_state, 1U << 31);
		tears |= list[i]->tears;
		if (list[i]->late && ms < RACES_LATE_MS)
			ms = RACES_LATE_MS;
	}
	races.v->resets += tears;
	races_run(racers, nr, ms);
	sane();
	if (tears)
		races.v->reset_end = now_ms();
	races.v->resets -= tears;
	before = ended();
	if (WAIT_FOR(60000, ended() > before + 2 * VERIFY_WORKERS) &&
	    !verify_failed(races.v))
		return true;
	print("after this it is no disk any more", racers, nr, ms);
	EXPECT(ended() > before + 2 * VERIFY_WORKERS);
	return false;
}

/* @late: those with the one that makes commands late, or those without */
static int all_pairs(const struct race *pairs[][2], bool late)
{
	int nr = 0, i, j;

	for (i = 0; i < races_nr; i++)
		for (j = i; j < races_nr; j++) {
			if ((races_all[i].late || races_all[j].late) != late)
				continue;
			pairs[nr][0] = &races_all[i];
			pairs[nr++][1] = &races_all[j];
		}
	return nr;
}

static void shuffle(const struct race *pairs[][2], int nr)
{
	const struct race *tmp[2];
	int i, other;

	for (i = nr - 1; i > 0; i--) {
		other = verify_random(&random_state, i + 1);
		memcpy(tmp, pairs[i], sizeof(tmp));
		memcpy(pairs[i], pairs[other], sizeof(tmp));
		memcpy(pairs[other], tmp, sizeof(tmp));
	}
}

static void begin(bool late)
{
	uint32_t seed = number("SEED", time(NULL) & 0xffffff);

	random_state = seed;
	printf("# RACES=%ld SEED=%u\n", seconds(), seed);
	up(seed, late ? "1" : "30");
	races.v->late = late;
}

static void end(void)
{
	verify_pause(races.v);
	if (!verify_failed(races.v))
		EXPECT(verify_all(races.v));
	printf("# %ld commands, %ld of them torn\n", verify_commands(races.v),
	       verify_torn(races.v));
	verify_end(races.v);
	races_daemon_end(&races);
}

static void race_in_pairs(bool late, int ms)
{
	static const struct race *pairs[MAX_PAIRS][2];
	int nr = all_pairs(pairs, late), i;

	begin(late);
	shuffle(pairs, nr);
	for (i = 0; i < nr && slice(pairs[i], 2, ms / nr); i++)
		if (i % 20 == 19)
			printf("# %d of %d pairs\n", i + 1, nr);
	EXPECT_EQ(i, nr);
	end();
}

TEST_LIMIT(each_races_each_for_a_device, 36000)
{
	race_in_pairs(false, seconds() * 500);
}

TEST_LIMIT(each_races_commands_that_are_too_late, 36000)
{
	race_in_pairs(true, seconds() * 500);
}

TEST_LIMIT(all_race_for_a_device_at_once, 36000)
{
	const struct race *list[2 * MAX_RACES];
	long end_ms;
	int i;

	begin(true);
	for (i = 0; i < 2 * races_nr; i++)
		list[i] = &races_all[i % races_nr];
	end_ms = now_ms() + seconds() * 300;
	do {
		/* one of each, and two of each */
		if (!slice(list, races_nr, 2500) ||
		    !slice(list, 2 * races_nr, 2500) || !test_log_is_quiet())
			break;
	} while (now_ms() < end_ms);
	end();
}

TEST_LIMIT(the_module_comes_and_goes_meanwhile, 36000)
{
	struct racer racers[MAX_RACES] = { 0 };
	int nr = races_module_nr, i;

	random_state = number("SEED", time(NULL) & 0xffffff);
	printf("# RACES=%ld SEED=%u\n", seconds(), random_state);
	for (i = 0; i < nr; i++) {
		racers[i].race = &races_module[i];
		racers[i].random = verify_random(&random_state, 1U << 31);
	}
	races_run(racers, nr, seconds() * 200);
	printf("# in %ld ms:", seconds() * 200);
	for (i = 0; i < nr; i++) {
		printf(" %s %lu", racers[i].race->name, racers[i].rounds);
		EXPECT(racers[i].rounds > 0);
	}
	printf("\n");
	EXPECT(file_exists("/sys/module/" RACES_MODULE));
}
