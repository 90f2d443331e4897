/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Built in kernel and userspace: include only what tools/include supplies.
 *
 * What is counted of a queue.
 */
#ifndef TCMU_STATS_H
#define TCMU_STATS_H

#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/types.h>

/* Latencies are counted by powers of two: below 2^10 ns, ..., 2^35 ns, more */
#define TCMU_STAT_FIRST_LOG	10
#define TCMU_STAT_LAST_LOG	35
#define TCMU_STAT_BUCKETS	(TCMU_STAT_LAST_LOG - TCMU_STAT_FIRST_LOG + 2)

/**
 * enum tcmu_stat_kind - which commands are counted together
 * @TCMU_STAT_READS: they fetch blocks of the medium
 * @TCMU_STAT_WRITES: they bring some
 * @TCMU_STAT_OTHERS: all others
 * @TCMU_STAT_KINDS: how many kinds there are
 */
enum tcmu_stat_kind {
	TCMU_STAT_READS,
	TCMU_STAT_WRITES,
	TCMU_STAT_OTHERS,
	TCMU_STAT_KINDS,
};

/**
 * struct tcmu_in_use - what a queue has at this moment
 * @pages: of memory behind its data area
 * @blocks: of the data area that are a command's, or being taken back
 * @commands: ids that are in use: in the ring, expired or kept
 * @waiting: commands for which there is no room
 */
struct tcmu_in_use {
	u64 pages;
	u64 blocks;
	u64 commands;
	u64 waiting;
};

/**
 * struct tcmu_stats - counters since the device was enabled
 * @latency: commands that were answered in time, by how long that took from the
 *	core's call on
 * @bytes: data of those that ended well
 * @full: commands that found no room
 * @timeouts: commands that were not answered in time
 * @late: answers to those, after all
 * @broken: how often the ring broke
 * @in_use: filled when somebody looks
 */
struct tcmu_stats {
	u64 latency[TCMU_STAT_KINDS][TCMU_STAT_BUCKETS];
	u64 bytes[TCMU_STAT_KINDS];
	u64 full;
	u64 timeouts;
	u64 late;
	u64 broken;
	struct tcmu_in_use in_use;
};

/* Clocks of two CPUs may differ a little: below 0 is 0 */
static inline u32 tcmu_stat_bucket(s64 ns)
{
	u64 least = 1U << (TCMU_STAT_FIRST_LOG - 1);
	u32 log = fls64(max_t(s64, ns, 0) | least);

	return min_t(u32, log, TCMU_STAT_LAST_LOG + 1) - TCMU_STAT_FIRST_LOG;
}

#endif /* TCMU_STATS_H */
