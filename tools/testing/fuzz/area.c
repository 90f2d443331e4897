// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes, gives and claims in any order, against one byte a number.
 */
#include "fuzz.h"

#include "area.h"

#include <errno.h>
#include <linux/bits.h>

#define MAX_NR		8300
#define MAX_RUNS	16

static struct tcmu_area area;
static u8 used[MAX_NR];

static u32 nr_used(void)
{
	u32 i, nr = 0;

	for (i = 0; i < area.nr; i++)
		nr += used[i];
	return nr;
}

/* The lowest free numbers, in as few runs as there are */
static int expect(u32 want, struct tcmu_run *runs)
{
	int nr = 0;
	u32 i;

	if (want > area.nr - nr_used())
		return -ENOSPC;
	for (i = 0; want; i++) {
		if (used[i])
			continue;
		want--;
		if (nr && runs[nr - 1].first + runs[nr - 1].nr == i) {
			runs[nr - 1].nr++;
			continue;
		}
		if (nr == MAX_RUNS)
			return -EOVERFLOW;
		runs[nr++] = (struct tcmu_run){ i, 1 };
	}
	return nr;
}

static void take(struct input *in)
{
	struct tcmu_run runs[MAX_RUNS], want[MAX_RUNS];
	u32 nr = 1 + input_below(in, 300);
	u32 max = 1 + input_below(in, MAX_RUNS);
	int i, ret = tcmu_area_alloc(&area, nr, runs, max);
	int model = expect(nr, want);

	if (model > (int)max)
		model = -EOVERFLOW;
	MUST(ret == model);
	for (i = 0; i < ret; i++) {
		MUST(runs[i].first == want[i].first && runs[i].nr == want[i].nr);
		memset(used + runs[i].first, 1, runs[i].nr);
	}
}

/* A part of what is in use, from some number on */
static void give(struct input *in)
{
	u32 first = input_u16(in) % area.nr;
	u32 most = 1 + input_below(in, 200);
	struct tcmu_run run = { first, 0 };

	while (run.nr < most && first + run.nr < area.nr &&
	       used[first + run.nr] == 1)
		used[first + run.nr++] = 0;
	if (run.nr)
		tcmu_area_free(&area, &run, 1);
}

static void claim(struct input *in)
{
	u32 word = input_u8(in) % tcmu_area_words(&area);
	unsigned long mask = tcmu_area_claim_word(&area, word);
	u32 i, nr;

	for (i = 0; i < BITS_PER_LONG; i++) {
		nr = word * BITS_PER_LONG + i;
		MUST(((mask >> i) & 1) == (nr < area.nr && !used[nr]));
	}
	if (input_below(in, 4))
		tcmu_area_unclaim_word(&area, word, mask);
	else
		for (i = 0; i < BITS_PER_LONG; i++)
			if ((mask >> i) & 1)
				used[word * BITS_PER_LONG + i] = 1;
}

static void check_words(void)
{
	unsigned long mask;
	u32 i;

	for (i = 0; i < area.nr; i++) {
		mask = tcmu_area_used_word(&area, i / BITS_PER_LONG);
		MUST(((mask >> i % BITS_PER_LONG) & 1) == used[i]);
	}
	MUST(tcmu_area_nr_used(&area) == nr_used());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	u32 nr = 1 + input_u16(&in) % MAX_NR;
	void *mem = must_alloc(tcmu_area_bytes(nr));

	memset(used, 0, sizeof(used));
	tcmu_area_init(&area, mem, nr);
	while (in.size) {
		switch (input_below(&in, 5)) {
		case 0:
		case 1:
			take(&in);
			break;
		case 2:
		case 3:
			give(&in);
			break;
		default:
			claim(&in);
		}
	}
	check_words();
	free(mem);
	return 0;
}
