// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is counted of a device: by our driver in attrib/stat_*, by the target core in
 * statistics/scsi_lu for any driver, and by the block layer for loopback disks.
 */
#include "stats.h"

#include "fs.h"

#include <stdio.h>
#include <string.h>

/* configfs has no larger files */
#define TABLE_SIZE 8192

const char *const stats_kinds[STATS_KINDS] = { "reads", "writes", "others" };

static void set_kind(void *arg, const char *name, uint64_t value)
{
	uint64_t *kinds = arg;
	int i;

	for (i = 0; i < STATS_KINDS; i++)
		if (!strcmp(name, stats_kinds[i]))
			kinds[i] = value;
}

static void set_event(void *arg, const char *name, uint64_t value)
{
	struct stats *stats = arg;

	if (!strcmp(name, "full"))
		stats->full = value;
	else if (!strcmp(name, "timeouts"))
		stats->timeouts = value;
	else if (!strcmp(name, "late"))
		stats->late = value;
	else if (!strcmp(name, "broken"))
		stats->broken = value;
}

static void read_ours(struct stats *stats, const struct dev *dev)
{
	char text[TABLE_SIZE];
	int i;

	if (fs_read(text, sizeof(text), "%s/attrib/stat_commands",
		    dev->dir) < 0)
		return;
	stats->ours = stats_row(text, "all", set_kind, stats->cmds);
	fs_read(text, sizeof(text), "%s/attrib/stat_bytes", dev->dir);
	stats_row(text, "all", set_kind, stats->bytes);
	fs_read(text, sizeof(text), "%s/attrib/stat_events", dev->dir);
	stats_row(text, "all", set_event, stats);
	for (i = 0; i < STATS_KINDS; i++) {
		fs_read(text, sizeof(text), "%s/attrib/stat_latency_%s",
			dev->dir, stats_kinds[i]);
		hist_parse(&stats->latency[i], text);
	}
}

static void read_core(struct stats *stats, const struct dev *dev)
{
	char dir[PATH_MAX];

	if (fs_path(dir, "%s/statistics/scsi_lu", dev->dir))
		return;
	stats->has_core = !fs_number(&stats->core_cmds, "%s/num_cmds", dir);
	fs_number(&stats->core_read_mib, "%s/read_mbytes", dir);
	fs_number(&stats->core_write_mib, "%s/write_mbytes", dir);
}

static void read_inflight(struct stats *stats, const struct lun *lun)
{
	unsigned long reads, writes;
	char text[64];

	if (!lun->disk[0])
		return;
	fs_read(text, sizeof(text), "/sys/block/%s/inflight", lun->disk);
	if (sscanf(text, "%lu %lu", &reads, &writes) != 2)
		return;
	if (stats->inflight < 0)
		stats->inflight = 0;
	stats->inflight += reads + writes;
}

void stats_read(struct stats *stats, const struct world *world,
		const struct dev *dev)
{
	const struct lun *lun = NULL;

	memset(stats, 0, sizeof(*stats));
	stats->inflight = -1;
	read_ours(stats, dev);
	read_core(stats, dev);
	while ((lun = world_lun(world, dev, lun)))
		read_inflight(stats, lun);
}

/* One that has become less was begun anew, by another device of the same name */
static void since(uint64_t *now, uint64_t before)
{
	if (*now >= before)
		*now -= before;
}

static void hist_since(struct hist *hist, const struct hist *old)
{
	unsigned int i;

	for (i = 0; i < hist->nr && i < old->nr; i++)
		since(&hist->count[i], old->count[i]);
}

void stats_since(struct stats *stats, const struct stats *old)
{
	int i;

	for (i = 0; i < STATS_KINDS; i++) {
		since(&stats->cmds[i], old->cmds[i]);
		since(&stats->bytes[i], old->bytes[i]);
		hist_since(&stats->latency[i], &old->latency[i]);
	}
	since(&stats->full, old->full);
	since(&stats->timeouts, old->timeouts);
	since(&stats->late, old->late);
	since(&stats->broken, old->broken);
	since(&stats->core_cmds, old->core_cmds);
	since(&stats->core_read_mib, old->core_read_mib);
	since(&stats->core_write_mib, old->core_write_mib);
}
