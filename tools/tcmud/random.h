/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers at random, of no cryptographic worth. Each thread has its own row.
 */
#ifndef TCMUD_RANDOM_H
#define TCMUD_RANDOM_H

#include <stdint.h>
#include <sys/random.h>

static inline uint64_t random_next(void)
{
	static __thread uint64_t state;

	/* xorshift64*, which stays at 0 once it is there */
	while (!state) {
		if (getrandom(&state, sizeof(state), 0) < 0)
			state = (uintptr_t)&state;
	}
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dull;
}

/* 0 to @limit - 1; @limit is not 0 */
static inline uint64_t random_below(uint64_t limit)
{
	__extension__ typedef unsigned __int128 wide;

	return (wide)random_next() * limit >> 64;
}

/* Whether something of probability @ratio happens this time */
static inline int random_chance(double ratio)
{
	return (random_next() >> 11) < ratio * (UINT64_C(1) << 53);
}

#endif /* TCMUD_RANDOM_H */
