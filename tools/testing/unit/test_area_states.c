// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every state of small areas, up to those with a level above, against one byte a
 * number: which numbers are free, and what the upper levels say of it.
 *
 * An area of one word is small enough for all of its states. In a larger one a few
 * numbers, at the ends of words and of levels, are what can be free, and all
 * others are in use: each state of those few, and each step from it.
 */
#include "areas.h"

#include <linux/bits.h>

#define MAX_FEW		10

static unsigned long nr_steps;

/* An upper level may say too much, never too little */
static void check_levels(const struct areas *a)
{
	const struct tcmu_area *area = &a->area;
	u32 level, word, nr = area->nr;
	const atomic_long_t *up;

	for (level = 0; level + 1 < area->nr_levels; level++) {
		nr = (nr + BITS_PER_LONG - 1) / BITS_PER_LONG;
		for (word = 0; word < nr; word++) {
			up = &area->level[level + 1][word / BITS_PER_LONG];
			if (atomic_long_read(&area->level[level][word]))
				CHECK(atomic_long_read(up) >>
				      (word % BITS_PER_LONG) & 1);
		}
	}
}

static void check_bits(const struct areas *a, const u32 *few, u32 nr_few)
{
	unsigned long mask;
	u32 i;

	for (i = 0; i < nr_few; i++) {
		mask = tcmu_area_used_word(&a->area, few[i] / BITS_PER_LONG);
		CHECK_EQ(mask >> (few[i] % BITS_PER_LONG) & 1, a->used[few[i]]);
	}
	check_levels(a);
}

/* All in use but the numbers of @few whose bit in @state is set */
static void enter(struct areas *a, const u32 *few, u32 nr_few, u32 state)
{
	struct tcmu_run run;
	u32 i;

	for (i = 0; i < nr_few; i++) {
		run = (struct tcmu_run){ few[i], 1 };
		if ((state >> i & 1) && a->used[few[i]])
			areas_free(a, &run, 1);
	}
}

/* Take all that is free: with one run each there is always room for them */
static void leave(struct areas *a, u32 nr_few)
{
	u32 nr = a->area.nr - areas_nr_used(a);
	struct tcmu_run runs[MAX_FEW];

	CHECK(nr <= nr_few);
	if (nr)
		CHECK(areas_alloc(a, nr, runs, MAX_FEW) > 0);
}

static void try_take(struct areas *a, const u32 *few, u32 nr_few, u32 state)
{
	struct tcmu_run runs[MAX_FEW];
	u32 want, max;

	for (want = 1; want <= nr_few + 1; want++)
		for (max = 1; max <= nr_few; max++) {
			enter(a, few, nr_few, state);
			areas_alloc(a, want, runs, max);
			check_bits(a, few, nr_few);
			leave(a, nr_few);
			nr_steps++;
		}
}

/* Claim a word, and give back what another claim would have left */
static void try_claim(struct areas *a, const u32 *few, u32 nr_few, u32 state)
{
	unsigned long mask;
	u32 i, word;

	for (i = 0; i < nr_few; i++) {
		enter(a, few, nr_few, state);
		word = few[i] / BITS_PER_LONG;
		mask = ~tcmu_area_used_word(&a->area, word);
		if (word + 1 == tcmu_area_words(&a->area) &&
		    a->area.nr % BITS_PER_LONG)
			mask &= BIT(a->area.nr % BITS_PER_LONG) - 1;
		CHECK_EQ(tcmu_area_claim_word(&a->area, word), mask);
		check_levels(a);
		CHECK_EQ(tcmu_area_claim_word(&a->area, word), 0);
		tcmu_area_unclaim_word(&a->area, word, mask);
		check_bits(a, few, nr_few);
		leave(a, nr_few);
		nr_steps++;
	}
}

static void explore(u32 nr, const u32 *few, u32 nr_few)
{
	struct areas *a = areas_new(nr);
	struct tcmu_run all;
	u32 state;

	CHECK_EQ(areas_alloc(a, nr, &all, 1), 1);
	for (state = 0; state < 1U << nr_few; state++) {
		try_take(a, few, nr_few, state);
		try_claim(a, few, nr_few, state);
	}
}

TEST("in each state of each area of up to nine numbers, each step is as modelled")
{
	static const u32 few[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8 };
	u32 nr;

	nr_steps = 0;
	for (nr = 1; nr <= ARRAY_SIZE(few); nr++)
		explore(nr, few, nr);
	unit_note("%lu steps", nr_steps);
}

TEST("... and of six numbers at the ends of the words of two and three words")
{
	static const u32 two[] = { 0, 62, 63, 64, 65, 127 };
	static const u32 three[] = { 0, 63, 64, 127, 128, 129 };

	nr_steps = 0;
	explore(128, two, ARRAY_SIZE(two));
	explore(130, three, ARRAY_SIZE(three));
	unit_note("%lu steps", nr_steps);
}

TEST("... and of six numbers at the ends of an area with three levels")
{
	static const u32 few[] = { 0, 63, 4095, 4096, 4159, 4160 };

	nr_steps = 0;
	explore(4161, few, ARRAY_SIZE(few));
	unit_note("%lu steps", nr_steps);
}

/* Set and clear in the order of all permutations would be too many: of pairs */
TEST("whichever two words become free and busy in turn, the levels keep up")
{
	static const u32 at[] = { 0, 63, 64, 4095, 4096, 8191, 8192, 8300 };
	struct areas *a = areas_new(8301);
	struct tcmu_run run;
	u32 i, j;

	CHECK_EQ(areas_alloc(a, 8301, &run, 1), 1);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		for (j = 0; j < ARRAY_SIZE(at); j++) {
			areas_free_one(a, at[i]);
			check_levels(a);
			if (i != j)
				areas_free_one(a, at[j]);
			check_levels(a);
			CHECK_EQ(areas_alloc(a, 1, &run, 1), 1);
			check_levels(a);
			if (i != j)
				CHECK_EQ(areas_alloc(a, 1, &run, 1), 1);
			check_levels(a);
		}
}
