/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver and the target core count of a device.
 */
#ifndef STATS_H
#define STATS_H

#include "world.h"

#include <json-c/json.h>

enum { STATS_READS, STATS_WRITES, STATS_OTHERS, STATS_KINDS };

extern const char *const stats_kinds[STATS_KINDS];

#define HIST_MAX 64

/**
 * struct hist - commands by how long they took
 * @nr: of buckets
 * @limit: of each, in nanoseconds; it has those below. UINT64_MAX: all others
 * @count: of each
 */
struct hist {
	unsigned int nr;
	uint64_t limit[HIST_MAX];
	uint64_t count[HIST_MAX];
};

/**
 * struct stats - counters since the device was enabled
 * @ours: the driver has counters; else only @core_* is set
 * @has_core: the target core has some
 * @cmds: commands that were answered in time
 * @bytes: data of them
 * @full, @timeouts, @late, @broken: see configfs-tcmu
 * @latency: of the commands
 * @core_cmds: commands that the target core has brought
 * @core_read_mib, @core_write_mib: what it has moved
 * @inflight: requests that the loopback disks have under way; -1 without such
 */
struct stats {
	bool ours;
	bool has_core;
	uint64_t cmds[STATS_KINDS];
	uint64_t bytes[STATS_KINDS];
	uint64_t full;
	uint64_t timeouts;
	uint64_t late;
	uint64_t broken;
	struct hist latency[STATS_KINDS];
	uint64_t core_cmds;
	uint64_t core_read_mib;
	uint64_t core_write_mib;
	int64_t inflight;
};

void stats_read(struct stats *stats, const struct world *world,
		const struct dev *dev);

/* What has been counted since @old was read */
void stats_since(struct stats *stats, const struct stats *old);

/*
 * Go through a table of stat_*: @fn is called for each column of the line that
 * begins with @row. Returns whether there is such a line.
 */
typedef void (*stats_fn)(void *arg, const char *name, uint64_t value);
bool stats_row(const char *text, const char *row, stats_fn fn, void *arg);

/* A table of stat_latency_*, its line "all"; empty if it is none */
void hist_parse(struct hist *hist, const char *text);
/* @hist becomes the sum of both */
void hist_add(struct hist *hist, const struct hist *more);
uint64_t hist_total(const struct hist *hist);
/* Estimates, in nanoseconds: within a bucket all values are as likely */
double hist_mean(const struct hist *hist);
double hist_percentile(const struct hist *hist, double percent);

#endif /* STATS_H */
