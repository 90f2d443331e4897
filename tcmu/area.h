/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Built in kernel and userspace: include only what tools/include supplies.
 *
 * Allocator of small numbers, lowest first and in runs: the blocks of a data
 * area, and command ids.
 *
 * Takers are serialised by their caller; givers need no lock at all, so that
 * completion never waits for submission. A tree of bitmaps tells in a few words
 * where the lowest free number is: a set bit means 'free' on level 0, and 'the
 * word below may have a free bit' above.
 */
#ifndef TCMU_AREA_H
#define TCMU_AREA_H

#include <linux/atomic.h>
#include <linux/types.h>

/* 64 to the fifth: more numbers than an int has */
#define TCMU_AREA_LEVELS	6

/**
 * struct tcmu_run - neighbouring numbers
 * @first: the lowest
 * @nr: how many
 */
struct tcmu_run {
	u32 first;
	u32 nr;
};

/**
 * struct tcmu_area - an allocator
 * @level: the bitmaps, from the numbers themselves up to a single word
 * @nr_levels: how many of them are used
 * @nr: how many numbers there are
 * @nr_free: how many of them are free; may lag behind the bitmap
 */
struct tcmu_area {
	atomic_long_t *level[TCMU_AREA_LEVELS];
	u32 nr_levels;
	u32 nr;
	atomic_t nr_free;
};

size_t tcmu_area_bytes(u32 nr);
void tcmu_area_init(struct tcmu_area *area, void *mem, u32 nr);
int tcmu_area_alloc(struct tcmu_area *area, u32 want, struct tcmu_run *runs,
		    u32 max_runs);
void tcmu_area_free(struct tcmu_area *area, const struct tcmu_run *runs,
		    u32 nr_runs);
int tcmu_area_alloc_one(struct tcmu_area *area);
void tcmu_area_free_one(struct tcmu_area *area, u32 number);
unsigned long tcmu_area_claim_word(struct tcmu_area *area, u32 word);
void tcmu_area_unclaim_word(struct tcmu_area *area, u32 word,
			    unsigned long mask);
unsigned long tcmu_area_used_word(const struct tcmu_area *area, u32 word);
u32 tcmu_area_words(const struct tcmu_area *area);

static inline u32 tcmu_area_nr_used(const struct tcmu_area *area)
{
	return area->nr - atomic_read(&area->nr_free);
}

#endif /* TCMU_AREA_H */
