// SPDX-License-Identifier: GPL-2.0-only
/*
 * In which bucket a latency is counted.
 */
#include "stats.h"
#include "unit.h"

TEST("a bucket ends where its power of two begins the next one")
{
	u32 i;

	for (i = 0; i < TCMU_STAT_BUCKETS - 1; i++) {
		s64 limit = 1LL << (TCMU_STAT_FIRST_LOG + i);

		CHECK_EQ(tcmu_stat_bucket(limit - 1), i);
		CHECK_EQ(tcmu_stat_bucket(limit), i + 1);
	}
}

TEST("what is below the first power is in the first bucket, also below zero")
{
	CHECK_EQ(tcmu_stat_bucket(0), 0);
	CHECK_EQ(tcmu_stat_bucket(1), 0);
	CHECK_EQ(tcmu_stat_bucket(-1), 0);
	CHECK_EQ(tcmu_stat_bucket(-(s64)~(1ULL << 63)), 0);
}

TEST("what is beyond the last power is in the last bucket")
{
	CHECK_EQ(tcmu_stat_bucket(1LL << TCMU_STAT_LAST_LOG),
		 TCMU_STAT_BUCKETS - 1);
	CHECK_EQ(tcmu_stat_bucket((s64)~(1ULL << 63)), TCMU_STAT_BUCKETS - 1);
}
