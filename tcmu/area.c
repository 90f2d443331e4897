// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Built in kernel and userspace: include only what tools/include supplies.
 *
 * Allocator of small numbers, lowest first and in runs. See area.h.
 */
#include "area.h"

#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/string.h>

/* Words in the bitmap of one level that has @bits bits */
static u32 words_for(u32 bits)
{
	return DIV_ROUND_UP((u64)bits, BITS_PER_LONG);
}

/* The lowest @nr bits of a word; @nr from 1 to BITS_PER_LONG */
static unsigned long low_bits(u32 nr)
{
	return ~0UL >> (BITS_PER_LONG - nr);
}

/**
 * tcmu_area_bytes - memory that an allocator needs
 * @nr: how many numbers, 1 to INT_MAX
 */
size_t tcmu_area_bytes(u32 nr)
{
	u32 words = words_for(nr);
	size_t sum = words;

	do {
		words = words_for(words);
		sum += words;
	} while (words > 1);
	return sum * sizeof(atomic_long_t);
}

static void fill(atomic_long_t *map, u32 bits)
{
	u32 i;

	for (i = 0; i < bits / BITS_PER_LONG; i++)
		atomic_long_set(&map[i], -1L);
	if (bits % BITS_PER_LONG)
		atomic_long_set(&map[i], low_bits(bits % BITS_PER_LONG));
}

/**
 * tcmu_area_init - set up an allocator in which every number is free
 * @area: the allocator
 * @mem: tcmu_area_bytes(@nr) bytes
 * @nr: how many numbers, 1 to INT_MAX
 */
void tcmu_area_init(struct tcmu_area *area, void *mem, u32 nr)
{
	atomic_long_t *map = mem;
	u32 bits = nr;

	memset(area, 0, sizeof(*area));
	area->nr = nr;
	atomic_set(&area->nr_free, nr);
	do {
		area->level[area->nr_levels++] = map;
		fill(map, bits);
		bits = words_for(bits);
		map += bits;
	} while (bits > 1 || area->nr_levels < 2);
}

/* How many words the bitmap of the numbers themselves has */
u32 tcmu_area_words(const struct tcmu_area *area)
{
	return words_for(area->nr);
}

/**
 * tcmu_area_tell_free - a word that did not seem to have a free bit has one
 * @area: the allocator
 * @level: the word's level; there is one above
 * @word: the word
 *
 * If another giver was first, then that one tells the levels above that.
 */
void tcmu_area_tell_free(struct tcmu_area *area, u32 level, u32 word)
{
	unsigned long bit;

	while (++level < area->nr_levels) {
		bit = BIT(word % BITS_PER_LONG);
		word /= BITS_PER_LONG;
		/* as in tcmu_area_give_bits() */
		smp_mb__after_atomic();
		if (atomic_long_read(&area->level[level][word]) & bit)
			return;
		atomic_long_or(bit, &area->level[level][word]);
	}
}

/**
 * tcmu_area_tell_empty - a word may have no free bit any more
 * @area: the allocator
 * @level: the word's level
 * @word: the word
 *
 * Takes back what the levels above say of it. A giver may have filled it in between,
 * and found the bit above still set: look again. The fetch is a full barrier.
 *
 * Context: a taker.
 */
void tcmu_area_tell_empty(struct tcmu_area *area, u32 level, u32 word)
{
	unsigned long bit, old;
	u32 up;

	for (; level + 1 < area->nr_levels; level++, word = up) {
		up = word / BITS_PER_LONG;
		bit = BIT(word % BITS_PER_LONG);
		old = atomic_long_fetch_andnot(bit, &area->level[level + 1][up]);
		if (atomic_long_read(&area->level[level][word])) {
			tcmu_area_tell_free(area, level, word);
			return;
		}
		if (old != bit)
			return;
	}
}

/* The lowest word of numbers that has a free one, or -ENOSPC */
static int find_word(struct tcmu_area *area, u32 *word)
{
	u32 top = area->nr_levels - 1;
	u32 level = top;
	unsigned long bits;

	*word = 0;
	/* where few are in use the lowest is here */
	if (atomic_long_read(area->level[0]))
		return 0;
	while (1) {
		bits = atomic_long_read(&area->level[level][*word]);
		if (bits && !level)
			return 0;
		if (bits) {
			*word = *word * BITS_PER_LONG + __ffs(bits);
			level--;
			continue;
		}
		if (level == top)
			return -ENOSPC;
		tcmu_area_tell_empty(area, level, *word);
		*word = 0;
		level = top;
	}
}

/* Take the lowest run in @word, at most @want numbers */
static struct tcmu_run take_run(struct tcmu_area *area, u32 word, u32 want)
{
	unsigned long bits = atomic_long_read(&area->level[0][word]);
	u32 start = __ffs(bits);
	unsigned long rest = ~(bits >> start);
	u32 nr = rest ? __ffs(rest) : BITS_PER_LONG;

	nr = min(nr, want);
	tcmu_area_take_bits(area, word, bits, low_bits(nr) << start);
	return (struct tcmu_run){ word * BITS_PER_LONG + start, nr };
}

/* The lowest are side by side in the lowest word: nearly always, so that it is fast */
static bool take_lowest(struct tcmu_area *area, u32 want, struct tcmu_run *run)
{
	unsigned long bits = atomic_long_read(area->level[0]);
	unsigned long mask;
	u32 start;

	if (!bits)
		return false;
	start = __ffs(bits);
	if (want > BITS_PER_LONG - start)
		return false;
	mask = low_bits(want) << start;
	if (mask & ~bits)
		return false;
	tcmu_area_take_bits(area, 0, bits, mask);
	run->first = start;
	run->nr = want;
	return true;
}

/* Append to the list, as a part of the last run where it continues that one */
static int add_run(struct tcmu_run *runs, u32 nr_runs, struct tcmu_run run)
{
	struct tcmu_run *last = runs + nr_runs - 1;

	if (nr_runs && last->first + last->nr == run.first) {
		last->nr += run.nr;
		return nr_runs;
	}
	runs[nr_runs] = run;
	return nr_runs + 1;
}

static void put_run(struct tcmu_area *area, struct tcmu_run run)
{
	u32 start, nr;

	while (run.nr) {
		start = run.first % BITS_PER_LONG;
		nr = min_t(u32, run.nr, BITS_PER_LONG - start);
		tcmu_area_give_bits(area, run.first / BITS_PER_LONG,
				    low_bits(nr) << start);
		run.first += nr;
		run.nr -= nr;
	}
}

/* The same as tcmu_area_alloc(), for those that are counted already */
static int take_runs(struct tcmu_area *area, u32 left, struct tcmu_run *runs,
		     u32 max_runs)
{
	struct tcmu_run run;
	u32 nr_runs = 0;
	u32 word;
	int ret;

	while (left) {
		/* empty only for a giver that is still on its way up */
		ret = find_word(area, &word);
		if (ret)
			goto err_put;
		run = take_run(area, word, left);
		left -= run.nr;
		if (nr_runs == max_runs &&
		    runs[nr_runs - 1].first + runs[nr_runs - 1].nr != run.first) {
			put_run(area, run);
			ret = -EOVERFLOW;
			goto err_put;
		}
		nr_runs = add_run(runs, nr_runs, run);
	}
	return nr_runs;

err_put:
	while (nr_runs)
		put_run(area, runs[--nr_runs]);
	return ret;
}

/**
 * tcmu_area_alloc - take numbers, the lowest first
 * @area: the allocator
 * @want: how many, 1 or more
 * @runs: where to put them
 * @max_runs: capacity of @runs, 1 or more
 *
 * Context: one taker at a time.
 * Return: how many runs were filled. -ENOSPC if too few numbers are free,
 * -EOVERFLOW if they are too scattered for @max_runs; then none is taken.
 */
int tcmu_area_alloc(struct tcmu_area *area, u32 want, struct tcmu_run *runs,
		    u32 max_runs)
{
	int ret;

	if ((s64)want > atomic_read(&area->nr_free))
		return -ENOSPC;
	atomic_sub(want, &area->nr_free);
	if (take_lowest(area, want, runs))
		return 1;
	ret = take_runs(area, want, runs, max_runs);
	if (ret < 0)
		atomic_add(want, &area->nr_free);
	return ret;
}

/**
 * tcmu_area_free - give numbers back
 * @area: the allocator
 * @runs: from tcmu_area_alloc()
 * @nr_runs: how many runs
 *
 * Context: any; takes no lock.
 */
void tcmu_area_free(struct tcmu_area *area, const struct tcmu_run *runs,
		    u32 nr_runs)
{
	u32 nr = 0;
	u32 i;

	/* what the owner has done with them comes first */
	smp_mb__before_atomic();
	for (i = 0; i < nr_runs; i++) {
		put_run(area, runs[i]);
		nr += runs[i].nr;
	}
	/* last: who finds the count finds the bits */
	smp_mb__before_atomic();
	atomic_add(nr, &area->nr_free);
}

/* The same as tcmu_area_alloc_one(), wherever the lowest is */
int tcmu_area_alloc_any(struct tcmu_area *area)
{
	u32 word;

	if (find_word(area, &word))
		return -ENOSPC;
	return tcmu_area_take_lowest(area, word,
				     atomic_long_read(&area->level[0][word]));
}

/**
 * tcmu_area_claim_word - take every number of a word that is free
 * @area: the allocator
 * @word: 0 to tcmu_area_words() - 1; holds the numbers from @word *
 *	BITS_PER_LONG on
 *
 * Context: a taker.
 * Return: a set bit for each number that was taken.
 */
unsigned long tcmu_area_claim_word(struct tcmu_area *area, u32 word)
{
	unsigned long mask = atomic_long_xchg(&area->level[0][word], 0);

	atomic_sub(hweight_long(mask), &area->nr_free);
	tcmu_area_tell_empty(area, 0, word);
	return mask;
}

/**
 * tcmu_area_unclaim_word - give numbers of a word back, as tcmu_area_claim_word() took
 * @area: the allocator
 * @word: as there
 * @mask: a set bit for each, which is the caller's
 *
 * Context: any; takes no lock.
 */
void tcmu_area_unclaim_word(struct tcmu_area *area, u32 word,
			    unsigned long mask)
{
	if (!mask)
		return;
	/* what was done with them comes first */
	smp_mb__before_atomic();
	tcmu_area_give_bits(area, word, mask);
	/* last: who finds the count finds the bits */
	smp_mb__before_atomic();
	atomic_add(hweight_long(mask), &area->nr_free);
}

/* A set bit for each number of a word that is in use */
unsigned long tcmu_area_used_word(const struct tcmu_area *area, u32 word)
{
	u32 nr = min_t(u32, area->nr - word * BITS_PER_LONG, BITS_PER_LONG);

	return ~atomic_long_read(&area->level[0][word]) & low_bits(nr);
}
