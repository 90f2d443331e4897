/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Built in kernel and userspace: include only what tools/include supplies.
 *
 * How long the ring is left alone before its program looks at it again.
 *
 * A program that is woken for each command pays for each with a wake-up and two
 * context switches. One that naps for some 100 microseconds finds many at once, and
 * each of them waits a little; whether that is worth it, only a trial shows: it is if
 * more commands get done in the same time. Where a fixed number is outstanding, which
 * is how disks are used, that is also what makes the mean of their latencies the least.
 *
 * So from time to time another length is tried; it is kept if it has been of use, and
 * tried the more seldom the more often it has not. In between a single short nap tells
 * whether more commands meet in the ring than before, which their rate does not: then
 * the trial comes at once. One command at a time waits in these looks, one in 2048,
 * and in the beginning of a trial, four.
 *
 * The nap may be the program's own, or the kernel's, which holds back its signal.
 */
#ifndef TCMU_PACE_H
#define TCMU_PACE_H

#include <linux/types.h>

/**
 * struct tcmu_pace - what was found out; all zero at the start
 * @top: the longest nap that may be tried, an index of the lengths
 * @level: what is done now
 * @settled: what has been best so far
 * @trial: @level is not @settled
 * @looking: a single nap, to see how many meet
 * @up: the last trial was of a longer nap
 * @rounds: since @since
 * @limit: how many until the next look at the clock
 * @commands: in these rounds
 * @since: when they began, in nanoseconds; 0: not yet
 * @rate: commands a second at @settled
 * @won: what that was when @settled was found to be the best
 * @wait: looks at the clock until the next trial
 * @patience: what @wait will be after a trial that was of no use
 * @blind: looks at the clock since the last single nap
 * @met: how many it found
 */
struct tcmu_pace {
	u8 top;
	u8 level;
	u8 settled;
	bool trial;
	bool looking;
	bool up;
	u32 rounds;
	u32 limit;
	u64 commands;
	u64 since;
	u64 rate;
	u64 won;
	u32 wait;
	u32 patience;
	u32 blind;
	u32 met;
};

void tcmu_pace_limit(struct tcmu_pace *pace, u64 most);
void tcmu_pace_judge(struct tcmu_pace *pace, u64 now);
u32 tcmu_pace_length(const struct tcmu_pace *pace);

/**
 * tcmu_pace_round - the program has come to the ring
 * @pace: the pace
 * @commands: how many it has found, 1 or more
 *
 * Return: true if tcmu_pace_judge() is to look at the clock.
 */
static inline bool tcmu_pace_round(struct tcmu_pace *pace, u32 commands)
{
	pace->commands += commands;
	return ++pace->rounds >= pace->limit;
}

#endif /* TCMU_PACE_H */
