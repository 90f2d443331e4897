/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An allocator, and the simplest thing that says what it has to do.
 */
#ifndef AREAS_H
#define AREAS_H

#include "area.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

struct areas {
	struct tcmu_area area;
	u8 *used;		/* the model: one byte a number */
};

static inline struct areas *areas_new(u32 nr)
{
	struct areas *a = unit_alloc(sizeof(*a));

	tcmu_area_init(&a->area, unit_alloc(tcmu_area_bytes(nr)), nr);
	a->used = unit_alloc(nr);
	return a;
}

static inline u32 areas_nr_used(const struct areas *a)
{
	u32 i, nr = 0;

	for (i = 0; i < a->area.nr; i++)
		nr += a->used[i];
	return nr;
}

/*
 * What @want numbers are, by the model: the lowest free ones, in as few runs as
 * there are. Returns how many runs, or -ENOSPC.
 */
static inline int areas_expect(const struct areas *a, u32 want,
			       struct tcmu_run *runs)
{
	u32 i, nr = 0;

	for (i = 0; i < a->area.nr && want; i++) {
		if (a->used[i])
			continue;
		if (nr && runs[nr - 1].first + runs[nr - 1].nr == i)
			runs[nr - 1].nr++;
		else
			runs[nr++] = (struct tcmu_run){ i, 1 };
		want--;
	}
	return want ? -ENOSPC : (int)nr;
}

static inline void areas_mark(struct areas *a, const struct tcmu_run *runs,
			      u32 nr_runs, u8 used)
{
	u32 i;

	for (i = 0; i < nr_runs; i++)
		memset(a->used + runs[i].first, used, runs[i].nr);
}

/* One number by each of the two ways in turn; as tcmu_area_alloc() */
static inline int areas_take(struct tcmu_area *area, u32 want,
			     struct tcmu_run *runs, u32 max_runs)
{
	static unsigned int turn;
	int ret;

	if (want != 1 || turn++ % 2)
		return tcmu_area_alloc(area, want, runs, max_runs);
	ret = tcmu_area_alloc_one(area);
	if (ret < 0)
		return ret;
	*runs = (struct tcmu_run){ ret, 1 };
	return 1;
}

/* Take, and compare with the model; @runs and the result as tcmu_area_alloc() */
static inline int areas_alloc(struct areas *a, u32 want, struct tcmu_run *runs,
			      u32 max_runs)
{
	struct tcmu_run *model = unit_alloc((want + 1) * sizeof(*model));
	int nr = areas_expect(a, want, model);
	int ret = areas_take(&a->area, want, runs, max_runs);

	if (nr > (int)max_runs)
		nr = -EOVERFLOW;
	CHECK_EQ(ret, nr);
	if (nr > 0) {
		CHECK(!memcmp(runs, model, nr * sizeof(*runs)));
		areas_mark(a, runs, nr, 1);
	}
	CHECK_EQ(tcmu_area_nr_used(&a->area), areas_nr_used(a));
	return ret;
}

/* By each of the three ways in turn, where it may be */
static inline void areas_give(struct tcmu_area *area,
			      const struct tcmu_run *runs, u32 nr_runs)
{
	static unsigned int turns;
	unsigned int turn = __atomic_fetch_add(&turns, 1, __ATOMIC_RELAXED);
	struct tcmu_area_gift gift = { 0 };
	u32 i, j;

	if (turn % 3 == 0 && nr_runs == 1 && runs->nr == 1) {
		tcmu_area_free_one(area, runs->first);
	} else if (turn % 3 == 1) {
		tcmu_area_free(area, runs, nr_runs);
	} else {
		for (i = 0; i < nr_runs; i++)
			for (j = 0; j < runs[i].nr; j++)
				tcmu_area_put(area, &gift, runs[i].first + j);
		tcmu_area_give(area, &gift);
	}
}

static inline void areas_free(struct areas *a, const struct tcmu_run *runs,
			      u32 nr_runs)
{
	areas_give(&a->area, runs, nr_runs);
	areas_mark(a, runs, nr_runs, 0);
	CHECK_EQ(tcmu_area_nr_used(&a->area), areas_nr_used(a));
}

/* Free one number, whoever took it */
static inline void areas_free_one(struct areas *a, u32 number)
{
	struct tcmu_run run = { number, 1 };

	CHECK(a->used[number]);
	areas_free(a, &run, 1);
}

#endif /* AREAS_H */
