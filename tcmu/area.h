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

#include <asm/barrier.h>
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/compiler.h>
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
 * @nr_levels: how many of them are used, 2 or more
 * @nr: how many numbers there are
 * @nr_free: how many of them are free; may lag behind the bitmap, even below 0
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
unsigned long tcmu_area_claim_word(struct tcmu_area *area, u32 word);
void tcmu_area_unclaim_word(struct tcmu_area *area, u32 word,
			    unsigned long mask);
unsigned long tcmu_area_used_word(const struct tcmu_area *area, u32 word);
u32 tcmu_area_words(const struct tcmu_area *area);

/* what the short ways below leave to the long ones */
int tcmu_area_alloc_any(struct tcmu_area *area);
void tcmu_area_tell_free(struct tcmu_area *area, u32 level, u32 word);
void tcmu_area_tell_empty(struct tcmu_area *area, u32 level, u32 word);

static inline u32 tcmu_area_nr_used(const struct tcmu_area *area)
{
	return area->nr - atomic_read(&area->nr_free);
}

/* Taker: of those in @word that were seen free, @bits. Nobody else takes: they are. */
static inline void tcmu_area_take_bits(struct tcmu_area *area, u32 word,
				       unsigned long bits, unsigned long mask)
{
	/* they are set, so that nothing is borrowed */
	atomic_long_sub(mask, &area->level[0][word]);
	/* what the last owner has done with them, then what the next one does */
	smp_mb__after_atomic();
	if (bits == mask)
		tcmu_area_tell_empty(area, 0, word);
}

/* Taker: the lowest number in @word, which was seen to have @bits free */
static inline u32 tcmu_area_take_lowest(struct tcmu_area *area, u32 word,
					unsigned long bits)
{
	tcmu_area_take_bits(area, word, bits, bits & -bits);
	atomic_sub(1, &area->nr_free);
	/* unlike __ffs(), whose range the compiler does not know */
	return word * BITS_PER_LONG + __builtin_ctzl(bits);
}

/* Giver: set bits of a word, and tell the level above unless it knows */
static inline void tcmu_area_give_bits(struct tcmu_area *area, u32 word,
				       unsigned long mask)
{
	atomic_long_or(mask, &area->level[0][word]);
	/* the bits, then a look above; tcmu_area_tell_empty() does the reverse */
	smp_mb__after_atomic();
	if (!(atomic_long_read(&area->level[1][word / BITS_PER_LONG]) &
	      BIT(word % BITS_PER_LONG)))
		tcmu_area_tell_free(area, 0, word);
}

/**
 * tcmu_area_alloc_one - take the lowest number
 * @area: the allocator
 *
 * Context: one taker at a time.
 * Return: the number, or -ENOSPC.
 */
static inline int tcmu_area_alloc_one(struct tcmu_area *area)
{
	unsigned long bits = atomic_long_read(area->level[0]);

	/* where few are in use the lowest is here */
	if (unlikely(!bits))
		return tcmu_area_alloc_any(area);
	return tcmu_area_take_lowest(area, 0, bits);
}

/**
 * tcmu_area_free_one - give a number back
 * @area: the allocator
 * @number: one that was taken
 *
 * Context: any; takes no lock.
 */
static inline void tcmu_area_free_one(struct tcmu_area *area, u32 number)
{
	/* what the owner has done with it comes first */
	smp_mb__before_atomic();
	tcmu_area_give_bits(area, number / BITS_PER_LONG,
			    BIT(number % BITS_PER_LONG));
	/* last: who finds the count finds the bits */
	smp_mb__before_atomic();
	atomic_add(1, &area->nr_free);
}

/**
 * struct tcmu_area_gift - numbers of one word that are given back together
 * @word: which, as of tcmu_area_claim_word()
 * @mask: a set bit for each
 */
struct tcmu_area_gift {
	u32 word;
	unsigned long mask;
};

/* Give back what was put into a gift; it is empty then */
static inline void tcmu_area_give(struct tcmu_area *area,
				  struct tcmu_area_gift *gift)
{
	tcmu_area_unclaim_word(area, gift->word, gift->mask);
	gift->mask = 0;
}

/**
 * tcmu_area_put - give a number back with tcmu_area_give(), or before
 * @area: the allocator
 * @gift: all zero at first
 * @number: one that was taken
 *
 * Context: any; takes no lock.
 */
static inline void tcmu_area_put(struct tcmu_area *area,
				 struct tcmu_area_gift *gift, u32 number)
{
	u32 word = number / BITS_PER_LONG;

	if (unlikely(word != gift->word)) {
		tcmu_area_give(area, gift);
		gift->word = word;
	}
	gift->mask |= BIT(number % BITS_PER_LONG);
}

#endif /* TCMU_AREA_H */
