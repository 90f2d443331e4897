// SPDX-License-Identifier: GPL-2.0-only
/*
 * The allocator against its model: every state of small areas, and long random
 * walks through larger ones.
 */
#include "areas.h"

#define MAX_HELD	512

struct held {
	struct tcmu_run runs[8];
	int nr;
};

/* One step: mostly take while few are held, mostly give while many are */
static int step(struct areas *a, struct held *held, int nr, u64 *seed)
{
	u32 most = a->area.nr < 40 ? a->area.nr : 40;
	int i;

	if (nr < MAX_HELD && unit_random(seed) % MAX_HELD >= (u32)nr / 2) {
		i = areas_alloc(a, 1 + unit_random(seed) % most,
				held[nr].runs, 8);
		held[nr].nr = i;
		if (i > 0)
			return nr + 1;
	}
	if (!nr)
		return 0;
	i = unit_random(seed) % nr;
	areas_free(a, held[i].runs, held[i].nr);
	held[i] = held[nr - 1];
	return nr - 1;
}

static void walk(u32 size, u32 steps)
{
	struct held *held = unit_alloc(MAX_HELD * sizeof(*held));
	struct areas *a = areas_new(size);
	u64 seed = size;
	int nr = 0;

	while (steps--)
		nr = step(a, held, nr, &seed);
	while (nr--)
		areas_free(a, held[nr].runs, held[nr].nr);
	CHECK_EQ(tcmu_area_nr_used(&a->area), 0);
	CHECK_EQ(areas_alloc(a, size, held[0].runs, 1), 1);
}

TEST("random walks through areas of 1 to 200 numbers agree with the model")
{
	u32 size;

	for (size = 1; size <= 200; size++)
		walk(size, 500);
}

TEST("a random walk through 4097 numbers agrees with the model")
{
	walk(4097, 20000);
}

TEST("a random walk through 262144 numbers agrees with the model")
{
	walk(262144, 300);
}

/* Every set of numbers in use, and every length that is asked for then */
TEST("in all states of ten numbers each request agrees with the model")
{
	struct tcmu_run run, runs[10];
	u32 state, want, i;

	for (state = 0; state < 1024; state++)
		for (want = 1; want <= 11; want++) {
			struct areas *a = areas_new(10);

			CHECK_EQ(areas_alloc(a, 10, &run, 1), 1);
			for (i = 0; i < 10; i++)
				if (!(state & (1U << i)))
					areas_free_one(a, i);
			areas_alloc(a, want, runs, 1 + state % 5);
		}
}
