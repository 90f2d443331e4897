// SPDX-License-Identifier: GPL-2.0-only
/*
 * One taker and several givers at a time, as submission and completion are.
 */
#include "areas.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#define NR_GIVERS	3
#define NR_BOX		64
#define ROUNDS		200000

/* From the taker to one giver; a number is never -1 */
struct box {
	u32 number[NR_BOX];
	u32 put, got;
};

static struct tcmu_area area;
static struct box boxes[NR_GIVERS];
static u8 *owner;
static u32 twice, done;

static bool box_put(struct box *box, u32 number)
{
	if (box->put - __atomic_load_n(&box->got, __ATOMIC_ACQUIRE) == NR_BOX)
		return false;
	box->number[box->put % NR_BOX] = number;
	__atomic_store_n(&box->put, box->put + 1, __ATOMIC_RELEASE);
	return true;
}

static void give(u32 number)
{
	struct tcmu_run run = { number, 1 };

	__atomic_store_n(&owner[number], 0, __ATOMIC_RELAXED);
	areas_give(&area, &run, 1);
}

static void *giver(void *arg)
{
	struct box *box = arg;

	while (1) {
		if (box->got == __atomic_load_n(&box->put, __ATOMIC_ACQUIRE)) {
			if (__atomic_load_n(&done, __ATOMIC_ACQUIRE) &&
			    box->got ==
			    __atomic_load_n(&box->put, __ATOMIC_ACQUIRE))
				return NULL;
			sched_yield();
			continue;
		}
		give(box->number[box->got % NR_BOX]);
		__atomic_store_n(&box->got, box->got + 1, __ATOMIC_RELEASE);
	}
}

static void hand_out(const struct tcmu_run *run, u64 *seed)
{
	u32 i;

	for (i = run->first; i < run->first + run->nr; i++) {
		if (__atomic_exchange_n(&owner[i], 1, __ATOMIC_RELAXED))
			twice++;
		while (!box_put(&boxes[unit_random(seed) % NR_GIVERS], i))
			sched_yield();
	}
}

/* As the reclaim of unused pages does it */
static void claim(u32 word)
{
	unsigned long mask = tcmu_area_claim_word(&area, word);

	tcmu_area_unclaim_word(&area, word, mask);
}

static u32 take_many(void)
{
	struct tcmu_run runs[16];
	u32 i, got = 0;
	u64 seed = 1;
	int nr, j;

	for (i = 0; i < ROUNDS; i++) {
		nr = areas_take(&area, 1 + unit_random(&seed) % 8, runs, 16);
		if (nr < 0)
			sched_yield();
		else
			got++;
		for (j = 0; j < nr; j++)
			hand_out(&runs[j], &seed);
		if (i % 1024 == 0)
			claim(unit_random(&seed) % tcmu_area_words(&area));
	}
	return got;
}

static void check_size(u32 nr)
{
	pthread_t thread[NR_GIVERS];
	struct tcmu_run run;
	u32 i, got;

	memset(boxes, 0, sizeof(boxes));
	twice = 0;
	done = 0;
	owner = unit_alloc(nr);
	tcmu_area_init(&area, unit_alloc(tcmu_area_bytes(nr)), nr);
	for (i = 0; i < NR_GIVERS; i++)
		CHECK(!pthread_create(&thread[i], NULL, giver, &boxes[i]));
	got = take_many();
	__atomic_store_n(&done, 1, __ATOMIC_RELEASE);
	for (i = 0; i < NR_GIVERS; i++)
		pthread_join(thread[i], NULL);
	unit_note("%u numbers: %u of %u requests served", nr, got, ROUNDS);
	CHECK_EQ(twice, 0);
	CHECK(got > 100);
	CHECK_EQ(tcmu_area_nr_used(&area), 0);
	CHECK_EQ(tcmu_area_alloc(&area, nr, &run, 1), 1);
	CHECK_EQ(run.nr, nr);
}

TEST("no number is given twice or lost while others free: one word")
{
	check_size(40);
}

TEST("no number is given twice or lost while others free: two levels")
{
	check_size(190);
}

TEST("no number is given twice or lost while others free: three levels")
{
	check_size(4100);
}
