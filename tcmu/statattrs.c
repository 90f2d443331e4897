// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files 'stat_*' in a device's configfs directory 'attrib': tables with a line
 * of names, a line of sums, and a line for each queue. They are described in
 * Documentation/ABI/testing/configfs-tcmu.
 */
#include "configfs.h"

#include "queues.h"
#include "stats.h"
#include "tcmu.h"

#include <linux/seq_buf.h>
#include <linux/slab.h>

/* Puts the columns of a table behind the first one: of counters, or their names */
typedef void (*columns_fn)(struct seq_buf *s, const struct tcmu_stats *stats);

/* id 0 is never given back */
static void look(struct tcmu_queue *q, struct tcmu_in_use *in_use)
{
	in_use->pages = atomic_long_read(&q->nr_pages);
	in_use->blocks = tcmu_area_nr_used(&q->blocks);
	in_use->commands = tcmu_area_nr_used(&q->ids) - 1;
	in_use->waiting = READ_ONCE(q->nr_waiting);
}

static void snapshot(struct tcmu_queue *q, struct tcmu_stats *stats)
{
	mutex_lock(&q->done_lock);
	*stats = q->stats;
	look(q, &stats->in_use);
	spin_lock(&q->wait_lock);
	stats->full = q->stats.full;
	spin_unlock(&q->wait_lock);
	mutex_unlock(&q->done_lock);
}

static void put_line(struct seq_buf *s, const char *name, columns_fn columns,
		     const struct tcmu_stats *stats)
{
	seq_buf_printf(s, "%s", name);
	columns(s, stats);
	seq_buf_printf(s, "\n");
}

static void add(struct tcmu_stats *all, const struct tcmu_stats *stats)
{
	u32 kind, i;

	for (kind = 0; kind < TCMU_STAT_KINDS; kind++) {
		all->bytes[kind] += stats->bytes[kind];
		for (i = 0; i < TCMU_STAT_BUCKETS; i++)
			all->latency[kind][i] += stats->latency[kind][i];
	}
	all->full += stats->full;
	all->timeouts += stats->timeouts;
	all->late += stats->late;
	all->broken += stats->broken;
	all->in_use.pages += stats->in_use.pages;
	all->in_use.blocks += stats->in_use.blocks;
	all->in_use.commands += stats->in_use.commands;
	all->in_use.waiting += stats->in_use.waiting;
}

static void sum_up(struct tcmu_dev *dev, struct tcmu_stats *all,
		   struct tcmu_stats *stats)
{
	struct tcmu_queue *q;
	u32 i;

	for (i = 0; (q = tcmu_queues_at(dev, i)); i++) {
		snapshot(q, stats);
		add(all, stats);
	}
}

/* A line each, as far as whole ones fit into the file's page */
static void put_queues(struct tcmu_dev *dev, struct seq_buf *s,
		       columns_fn columns, struct tcmu_stats *stats)
{
	struct tcmu_queue *q;
	char name[12];
	size_t len;
	u32 i;

	for (i = 0; (q = tcmu_queues_at(dev, i)); i++) {
		snapshot(q, stats);
		snprintf(name, sizeof(name), "%u", i);
		len = s->len;
		put_line(s, name, columns, stats);
		if (!seq_buf_has_overflowed(s))
			continue;
		s->len = len;
		break;
	}
}

static ssize_t show_table(struct config_item *item, char *page,
			  columns_fn columns)
{
	struct tcmu_dev *dev = tcmu_attrib_to_dev(item);
	struct tcmu_stats *stats;
	struct seq_buf s;

	stats = kcalloc(2, sizeof(*stats), GFP_KERNEL);
	if (!stats)
		return -ENOMEM;
	seq_buf_init(&s, page, PAGE_SIZE);
	put_line(&s, "queue", columns, NULL);
	mutex_lock(&dev->cfg_lock);
	sum_up(dev, &stats[0], &stats[1]);
	put_line(&s, "all", columns, &stats[0]);
	put_queues(dev, &s, columns, &stats[1]);
	mutex_unlock(&dev->cfg_lock);
	kfree(stats);
	return seq_buf_used(&s);
}

static u64 sum(const u64 *counters)
{
	u64 total = 0;
	u32 i;

	for (i = 0; i < TCMU_STAT_BUCKETS; i++)
		total += counters[i];
	return total;
}

static void commands(struct seq_buf *s, const struct tcmu_stats *stats)
{
	if (!stats)
		seq_buf_printf(s, " reads writes others");
	else
		seq_buf_printf(s, " %llu %llu %llu",
			       sum(stats->latency[TCMU_STAT_READS]),
			       sum(stats->latency[TCMU_STAT_WRITES]),
			       sum(stats->latency[TCMU_STAT_OTHERS]));
}

static void bytes(struct seq_buf *s, const struct tcmu_stats *stats)
{
	if (!stats)
		seq_buf_printf(s, " reads writes others");
	else
		seq_buf_printf(s, " %llu %llu %llu",
			       stats->bytes[TCMU_STAT_READS],
			       stats->bytes[TCMU_STAT_WRITES],
			       stats->bytes[TCMU_STAT_OTHERS]);
}

static void events(struct seq_buf *s, const struct tcmu_stats *stats)
{
	if (!stats)
		seq_buf_printf(s, " full timeouts late broken");
	else
		seq_buf_printf(s, " %llu %llu %llu %llu", stats->full,
			       stats->timeouts, stats->late, stats->broken);
}

static void memory(struct seq_buf *s, const struct tcmu_stats *stats)
{
	if (!stats)
		seq_buf_printf(s, " pages blocks commands waiting");
	else
		seq_buf_printf(s, " %llu %llu %llu %llu", stats->in_use.pages,
			       stats->in_use.blocks, stats->in_use.commands,
			       stats->in_use.waiting);
}

static void latency(struct seq_buf *s, const struct tcmu_stats *stats,
		    enum tcmu_stat_kind kind)
{
	u32 i;

	for (i = 0; i < TCMU_STAT_BUCKETS; i++)
		if (stats)
			seq_buf_printf(s, " %llu", stats->latency[kind][i]);
		else if (i < TCMU_STAT_BUCKETS - 1)
			seq_buf_printf(s, " %llu",
				       1ULL << (TCMU_STAT_FIRST_LOG + i));
		else
			seq_buf_printf(s, " more");
}

static void latency_reads(struct seq_buf *s, const struct tcmu_stats *stats)
{
	latency(s, stats, TCMU_STAT_READS);
}

static void latency_writes(struct seq_buf *s, const struct tcmu_stats *stats)
{
	latency(s, stats, TCMU_STAT_WRITES);
}

static void latency_others(struct seq_buf *s, const struct tcmu_stats *stats)
{
	latency(s, stats, TCMU_STAT_OTHERS);
}

#define TCMU_STAT_FILE(columns)						\
	static ssize_t tcmu_stat_##columns##_show(struct config_item *item, \
						  char *page)		\
	{								\
		return show_table(item, page, columns);			\
	}								\
	CONFIGFS_ATTR_RO(tcmu_, stat_##columns)

TCMU_STAT_FILE(commands);
TCMU_STAT_FILE(bytes);
TCMU_STAT_FILE(events);
TCMU_STAT_FILE(memory);
TCMU_STAT_FILE(latency_reads);
TCMU_STAT_FILE(latency_writes);
TCMU_STAT_FILE(latency_others);

struct configfs_attribute *tcmu_stat_attrs[] = {
	&tcmu_attr_stat_commands,
	&tcmu_attr_stat_bytes,
	&tcmu_attr_stat_events,
	&tcmu_attr_stat_memory,
	&tcmu_attr_stat_latency_reads,
	&tcmu_attr_stat_latency_writes,
	&tcmu_attr_stat_latency_others,
	NULL,
};
