// SPDX-License-Identifier: GPL-2.0-only
/*
 * The allocator of blocks and ids, one step at a time.
 */
#include "areas.h"

/* One word, its ends, two levels and their ends, three levels */
static const u32 sizes[] = {
	1, 2, 63, 64, 65, 127, 128, 129, 200, 4095, 4096, 4097, 262144, 262145,
};

TEST("all numbers of a new area are free, and are one run")
{
	struct tcmu_run run;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct areas *a = areas_new(sizes[i]);

		CHECK_EQ(tcmu_area_nr_used(&a->area), 0);
		CHECK_EQ(areas_alloc(a, sizes[i], &run, 1), 1);
		CHECK_EQ(run.first, 0);
		CHECK_EQ(run.nr, sizes[i]);
		CHECK_EQ(areas_alloc(a, 1, &run, 1), -ENOSPC);
	}
}

TEST("one more than there are is -ENOSPC, and takes nothing")
{
	struct tcmu_run run;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct areas *a = areas_new(sizes[i]);

		CHECK_EQ(areas_alloc(a, sizes[i] + 1, &run, 1), -ENOSPC);
		CHECK_EQ(tcmu_area_alloc(&a->area, ~0U, &run, 1), -ENOSPC);
		CHECK_EQ(areas_alloc(a, sizes[i], &run, 1), 1);
	}
}

TEST("whichever number is freed in a full area is the one that is taken next")
{
	struct tcmu_run run;
	u32 i, j, step;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct areas *a = areas_new(sizes[i]);

		CHECK_EQ(areas_alloc(a, sizes[i], &run, 1), 1);
		step = sizes[i] > 5000 ? 3001 : sizes[i] > 200 ? 31 : 1;
		for (j = 0; j < sizes[i]; j += step) {
			areas_free_one(a, j);
			CHECK_EQ(areas_alloc(a, 1, &run, 1), 1);
			CHECK_EQ(run.first, j);
			CHECK_EQ(areas_alloc(a, 1, &run, 1), -ENOSPC);
		}
	}
}

TEST("the lowest free numbers are taken, wherever they lie")
{
	struct areas *a = areas_new(300);
	struct tcmu_run runs[4];

	CHECK_EQ(areas_alloc(a, 300, runs, 4), 1);
	areas_free_one(a, 299);
	areas_free_one(a, 64);
	areas_free_one(a, 130);
	areas_free_one(a, 131);
	CHECK_EQ(areas_alloc(a, 3, runs, 4), 2);
	CHECK_EQ(runs[0].first, 64);
	CHECK_EQ(runs[1].first, 130);
	CHECK_EQ(runs[1].nr, 2);
	CHECK_EQ(areas_alloc(a, 1, runs, 4), 1);
	CHECK_EQ(runs[0].first, 299);
}

TEST("neighbours are one run across the words of the bitmap")
{
	struct areas *a = areas_new(4097);
	struct tcmu_run runs[2];

	CHECK_EQ(areas_alloc(a, 60, runs, 2), 1);
	CHECK_EQ(areas_alloc(a, 70, runs, 2), 1);
	CHECK_EQ(runs[0].first, 60);
	CHECK_EQ(runs[0].nr, 70);
	CHECK_EQ(areas_alloc(a, 3967, runs, 2), 1);
}

TEST("numbers too scattered for the list are -EOVERFLOW, and none is taken")
{
	struct areas *a = areas_new(256);
	struct tcmu_run runs[128];
	u32 i;

	CHECK_EQ(areas_alloc(a, 256, runs, 1), 1);
	for (i = 0; i < 256; i += 2)
		areas_free_one(a, i);
	CHECK_EQ(areas_alloc(a, 128, runs, 127), -EOVERFLOW);
	CHECK_EQ(areas_alloc(a, 2, runs, 1), -EOVERFLOW);
	CHECK_EQ(areas_alloc(a, 128, runs, 128), 128);
}

TEST("several runs are given back in one go")
{
	struct areas *a = areas_new(500);
	struct tcmu_run runs[100], run;
	int nr;
	u32 i;

	CHECK_EQ(areas_alloc(a, 500, runs, 1), 1);
	for (i = 0; i < 500; i += 5)
		areas_free_one(a, i);
	nr = areas_alloc(a, 100, runs, 100);
	CHECK_EQ(nr, 100);
	areas_free(a, runs, nr);
	CHECK_EQ(areas_alloc(a, 1, &run, 1), 1);
	CHECK_EQ(run.first, 0);
}

TEST("a claimed word gives what was free in it, and takes it back")
{
	struct areas *a = areas_new(130);
	struct tcmu_run run;
	unsigned long mask;

	CHECK_EQ(areas_alloc(a, 70, &run, 1), 1);
	areas_free_one(a, 3);
	CHECK_EQ(tcmu_area_words(&a->area), 3);
	CHECK_EQ(tcmu_area_claim_word(&a->area, 0), 1UL << 3);
	CHECK_EQ(tcmu_area_claim_word(&a->area, 0), 0);
	mask = tcmu_area_claim_word(&a->area, 1);
	CHECK_EQ(mask, ~0UL << 6);
	CHECK_EQ(tcmu_area_claim_word(&a->area, 2), 3);
	CHECK_EQ(tcmu_area_nr_used(&a->area), 130);
	CHECK_EQ(tcmu_area_alloc(&a->area, 1, &run, 1), -ENOSPC);
	tcmu_area_unclaim_word(&a->area, 0, 0);
	CHECK_EQ(tcmu_area_alloc(&a->area, 1, &run, 1), -ENOSPC);
	tcmu_area_unclaim_word(&a->area, 1, mask);
	CHECK_EQ(tcmu_area_alloc(&a->area, 58, &run, 1), 1);
	CHECK_EQ(run.first, 70);
}

TEST("of a gift, the numbers of one word are given back together")
{
	struct areas *a = areas_new(200);
	struct tcmu_area_gift gift = { 0 };
	struct tcmu_run run;

	CHECK_EQ(areas_alloc(a, 200, &run, 1), 1);
	tcmu_area_give(&a->area, &gift);
	CHECK_EQ(tcmu_area_nr_used(&a->area), 200);
	tcmu_area_put(&a->area, &gift, 130);
	tcmu_area_put(&a->area, &gift, 191);
	CHECK_EQ(tcmu_area_nr_used(&a->area), 200);
	CHECK_EQ(tcmu_area_alloc_one(&a->area), -ENOSPC);
	/* of another word: those before it are not kept */
	tcmu_area_put(&a->area, &gift, 5);
	CHECK_EQ(tcmu_area_nr_used(&a->area), 198);
	CHECK_EQ(tcmu_area_alloc_one(&a->area), 130);
	tcmu_area_give(&a->area, &gift);
	CHECK_EQ(tcmu_area_nr_used(&a->area), 198);
	CHECK_EQ(tcmu_area_alloc_one(&a->area), 5);
	CHECK_EQ(tcmu_area_alloc_one(&a->area), 191);
	tcmu_area_give(&a->area, &gift);
	CHECK_EQ(tcmu_area_nr_used(&a->area), 200);
}

TEST("the numbers in use are told word by word, and none past the end")
{
	struct areas *a = areas_new(130);
	struct tcmu_run run;

	CHECK_EQ(tcmu_area_used_word(&a->area, 2), 0);
	CHECK_EQ(areas_alloc(a, 130, &run, 1), 1);
	CHECK_EQ(tcmu_area_used_word(&a->area, 0), ~0UL);
	CHECK_EQ(tcmu_area_used_word(&a->area, 2), 3);
	areas_free_one(a, 65);
	CHECK_EQ(tcmu_area_used_word(&a->area, 1), ~2UL);
}

TEST("an area of one word needs two, and no area much more than bits")
{
	CHECK_EQ(tcmu_area_bytes(1), 16);
	CHECK_EQ(tcmu_area_bytes(64), 16);
	CHECK_EQ(tcmu_area_bytes(65), 24);
	CHECK_EQ(tcmu_area_bytes(4096), 64 * 8 + 8);
	CHECK_EQ(tcmu_area_bytes(4097), 65 * 8 + 2 * 8 + 8);
	CHECK(tcmu_area_bytes(0x7fffffff) < 0x7fffffff / 8 / 63 * 64 + 100);
}
