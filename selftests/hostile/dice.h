/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers at random that come again. What a thread does in its n-th step is drawn
 * from the seed, the thread and n alone, so that a replay does the same things,
 * whatever the threads have met on the way.
 */
#ifndef TCMU_DICE_H
#define TCMU_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

/* Those of step @n of a thread */
struct dice dice_at(uint64_t seed, uint32_t thread, uint64_t n);
uint64_t dice_next(struct dice *dice);
/* 0 to @n - 1; @n is not 0 */
uint32_t dice_below(struct dice *dice, uint32_t n);
bool dice_one_in(struct dice *dice, uint32_t n);
/* Of @bits bits: mostly one where something begins or ends, else any */
uint64_t dice_edge(struct dice *dice, int bits);
/* Bytes, as of dice_next() */
void dice_fill(struct dice *dice, void *buf, uint32_t len);

/* What was drawn, in one number: equal for equal ones */
uint64_t dice_digest(uint64_t digest, uint64_t val);

#endif /* TCMU_DICE_H */
