// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Built in kernel and userspace: include only what tools/include supplies.
 *
 * The search for the best nap. See pace.h.
 */
#include "pace.h"

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#define NSEC		1000000000ULL	/* in a second */

/* Nanoseconds. Shorter than the first costs more than it saves. */
static const u32 lengths[] = { 0, 50000, 100000, 200000, 400000 };

/* A nap of the middle length shows best whether naps are of use at all */
#define FIRST_TRIAL	2

/* Rounds between looks at the clock: without naps, with, in a trial, in its beginning */
#define CALL_ROUNDS	128
#define NAP_ROUNDS	32
#define TRIAL_ROUNDS	16
#define FIRST_ROUNDS	4

/* Looks at the clock between trials; once no nap has won, and the most */
#define MIN_PATIENCE	4
#define SURE_PATIENCE	32
#define MAX_PATIENCE	128

/* And between single naps */
#define MAX_BLIND	16

/* Commands a second; with less there is nothing to be saved */
#define MIN_RATE	5000

/**
 * tcmu_pace_length - for how long to nap after this round
 * @pace: the pace
 *
 * Return: nanoseconds; 0: not at all, the program is called for the next command.
 */
u32 tcmu_pace_length(const struct tcmu_pace *pace)
{
	return lengths[pace->level];
}

static void begin(struct tcmu_pace *pace, u64 now)
{
	pace->rounds = 0;
	pace->commands = 0;
	pace->since = now;
	if (pace->looking)
		pace->limit = 1;
	else if (pace->trial)
		pace->limit = FIRST_ROUNDS;
	else
		pace->limit = pace->level ? NAP_ROUNDS : CALL_ROUNDS;
}

static void settle(struct tcmu_pace *pace, u32 level, u32 patience)
{
	pace->level = level;
	pace->settled = level;
	pace->trial = false;
	pace->looking = false;
	pace->patience = patience;
	pace->wait = patience;
}

/* Longer and shorter in turn; where neither is, the other one */
static u32 next_level(struct tcmu_pace *pace)
{
	if (!pace->settled)
		return min_t(u32, FIRST_TRIAL, pace->top);
	pace->up = !pace->up && pace->settled < pace->top;
	return pace->up ? pace->settled + 1 : pace->settled - 1;
}

/*
 * A longer nap must be clearly better, the first one most of all: large commands
 * come at a rate that is never the same. A shorter one must be no worse.
 */
static bool was_of_use(const struct tcmu_pace *pace, u64 rate)
{
	if (pace->level > pace->settled)
		return rate > pace->rate +
			      div64_u64(pace->rate, pace->settled ? 32 : 12);
	return rate >= pace->rate - pace->rate / 64;
}

/*
 * A trial's first rounds show whether it is no good at all. They are not counted
 * further: they also have what collects in the ring until it is as full as it will be.
 */
static bool is_promising(const struct tcmu_pace *pace, u64 rate)
{
	return pace->limit == FIRST_ROUNDS && rate > pace->rate / 8 * 7;
}

static void judge_trial(struct tcmu_pace *pace, u64 rate)
{
	u32 patience = min_t(u32, pace->patience * 4, MAX_PATIENCE);

	if (pace->limit == FIRST_ROUNDS || !was_of_use(pace, rate)) {
		settle(pace, pace->settled, patience);
		return;
	}
	pace->rate = rate;
	pace->won = rate;
	settle(pace, pace->level, pace->level ? MIN_PATIENCE : SURE_PATIENCE);
	if (!pace->settled)
		return;
	/* on, the same way */
	pace->up = !pace->up;
	pace->wait = 1;
}

static void begin_trial(struct tcmu_pace *pace)
{
	pace->level = next_level(pace);
	pace->trial = true;
}

static void begin_look(struct tcmu_pace *pace)
{
	pace->level = 1;
	pace->looking = true;
	pace->blind = 0;
}

/* A number that goes up and down a little, as that of large commands, is no news */
static void judge_look(struct tcmu_pace *pace)
{
	bool more = pace->commands >= 2 * pace->met;

	pace->looking = false;
	pace->level = 0;
	if (more && pace->met)
		begin_trial(pace);
	pace->met = pace->commands;
}

/*
 * A nap that has won among many commands says nothing of those that come at less than
 * half the rate: larger ones, or fewer.
 */
static bool is_slow(const struct tcmu_pace *pace, u64 rate)
{
	return pace->settled && rate < pace->won / 2;
}

static void judge_settled(struct tcmu_pace *pace, u64 rate)
{
	bool changed = rate > pace->rate * 2 || rate < pace->rate / 2;
	bool was_slow = is_slow(pace, pace->rate);

	pace->rate = rate;
	if (is_slow(pace, rate)) {
		/* once may have been a pause */
		if (was_slow)
			settle(pace, 0, MIN_PATIENCE);
		return;
	}
	if (changed)
		settle(pace, pace->settled, MIN_PATIENCE);
	/* what was right for many may be wrong for few: soon, against a rate that holds */
	if (changed && pace->settled)
		pace->wait = 2;
	if (pace->wait)
		pace->wait--;
	if (!pace->top || (!pace->settled && rate < MIN_RATE))
		return;
	if (!pace->wait)
		begin_trial(pace);
	else if (!pace->settled && ++pace->blind >= MAX_BLIND)
		begin_look(pace);
}

/**
 * tcmu_pace_limit - how long a nap may be
 * @pace: the pace
 * @most: nanoseconds; less than the shortest nap that is of use: there is none
 */
void tcmu_pace_limit(struct tcmu_pace *pace, u64 most)
{
	pace->top = ARRAY_SIZE(lengths) - 1;
	while (lengths[pace->top] > most)
		pace->top--;
	if (pace->level > pace->top || pace->settled > pace->top) {
		settle(pace, 0, MIN_PATIENCE);
		pace->since = 0;
	}
}

/**
 * tcmu_pace_judge - look at the clock, and choose
 * @pace: the pace
 * @now: a clock that is never set, in nanoseconds
 */
void tcmu_pace_judge(struct tcmu_pace *pace, u64 now)
{
	u64 time = now - pace->since;
	u64 rate;

	if (!pace->since || !time) {
		settle(pace, pace->settled, MIN_PATIENCE);
		begin(pace, now);
		return;
	}
	rate = div64_u64(pace->commands * NSEC, time);
	if (pace->trial && is_promising(pace, rate)) {
		begin(pace, now);
		pace->limit = TRIAL_ROUNDS;
		return;
	}
	if (pace->looking)
		judge_look(pace);
	else if (pace->trial)
		judge_trial(pace, rate);
	else
		judge_settled(pace, rate);
	begin(pace, now);
}
