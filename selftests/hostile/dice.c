// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers at random that come again: see dice.h. The generator is SplitMix64, which
 * needs no more state than the number of the step.
 */
#include "dice.h"

#include "harness.h"

#include <string.h>

#define GAMMA	0x9e3779b97f4a7c15ull

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint64_t dice_digest(uint64_t digest, uint64_t val)
{
	return mix(digest * GAMMA + val + 1);
}

struct dice dice_at(uint64_t seed, uint32_t thread, uint64_t n)
{
	struct dice dice = {
		dice_digest(dice_digest(mix(seed), thread), n),
	};

	return dice;
}

uint64_t dice_next(struct dice *dice)
{
	dice->state += GAMMA;
	return mix(dice->state);
}

uint32_t dice_below(struct dice *dice, uint32_t n)
{
	return (dice_next(dice) >> 32) * n >> 32;
}

bool dice_one_in(struct dice *dice, uint32_t n)
{
	return !dice_below(dice, n);
}

uint64_t dice_edge(struct dice *dice, int bits)
{
	static const uint64_t edges[] = {
		0, 1, 2, 7, 8, 15, 16, 63, 64, 95, 96, 97, 127, 128, 129, 255,
		256, 511, 512, 513, 4095, 4096, 4097, 0x7fff, 0x8000, 0xfff8,
		0xffff, 0x10000, 0xfff78, 0xfff80, 0xfffff, 0x100000,
		0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff, 0x100000000,
		0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffff000,
		0xfffffffffffffff8, 0xffffffffffffffff,
	};
	uint64_t val = dice_next(dice);
	uint64_t mask = bits == 64 ? ~0ull : (1ull << bits) - 1;

	if (!dice_one_in(dice, 4))
		val = edges[dice_below(dice, ARRAY_SIZE(edges))] + dice_below(dice, 3) - 1;
	return val & mask;
}

void dice_fill(struct dice *dice, void *buf, uint32_t len)
{
	uint8_t *to = buf;
	uint64_t val;
	uint32_t n;

	for (; len; len -= n, to += n) {
		val = dice_next(dice);
		n = len < sizeof(val) ? len : sizeof(val);
		memcpy(to, &val, n);
	}
}
