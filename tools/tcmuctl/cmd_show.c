// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmuctl show
 */
#include "tcmuctl.h"

#include "describe.h"
#include "out.h"
#include "size.h"
#include "stats.h"
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BAR 40

static void line(const char *what, const char *value)
{
	char *text = say_copy(value && *value ? value : "-");

	out_safe(text);
	printf("%-14s %s\n", what, text);
	free(text);
}

static void line_of(json_object *object, const char *what, const char *key)
{
	line(what, out_member(object, key));
}

static void show_size(const struct dev *dev)
{
	char value[SIZE_TEXT], text[96];

	snprintf(text, sizeof(text), "%s (%" PRIu64 " bytes)",
		 size_text(value, dev->size), dev->size);
	line("size", text);
}

static void show_queues(const struct world *world, const struct dev *dev)
{
	const struct uio *uio = NULL;
	char what[32], text[96];

	while ((uio = world_next_uio(world, dev, uio))) {
		snprintf(what, sizeof(what), "queue %u", uio->queue);
		if (uio->pid)
			snprintf(text, sizeof(text),
				 "/dev/uio%u, served by %s (%d)", uio->nr,
				 uio->comm, uio->pid);
		else
			snprintf(text, sizeof(text),
				 "/dev/uio%u, served by %s", uio->nr,
				 world_sees_servers() ? "nobody" : "?");
		line(what, text);
	}
}

static void show_luns(const struct world *world, const struct dev *dev)
{
	const struct lun *lun = NULL;
	char text[OUT_TEXT + NAME_SIZE + 16];

	while ((lun = world_lun(world, dev, lun))) {
		snprintf(text, sizeof(text), "%s%s%s", lun->name,
			 lun->disk[0] ? " is /dev/" : "", lun->disk);
		line("lun", text);
	}
}

static void show_attributes(json_object *object)
{
	json_object *all = json_object_object_get(object, "attributes");
	char text[OUT_TEXT];

	printf("\nattributes\n");
	json_object_object_foreach(all, name, value) {
		snprintf(text, sizeof(text), "%s",
			 value ? json_object_get_string(value) : "-");
		out_safe(text);
		printf("  %-28s %s\n", name, text);
	}
}

static void show_counters(const struct stats *stats)
{
	char text[SIZE_TEXT];
	int i;

	printf("\nstatistics\n");
	for (i = 0; stats->ours && i < STATS_KINDS; i++)
		printf("  %-28s %" PRIu64 ", %s\n", stats_kinds[i],
		       stats->cmds[i], size_text(text, stats->bytes[i]));
	if (stats->ours) {
		printf("  %-28s %" PRIu64 "\n", "found the ring full",
		       stats->full);
		printf("  %-28s %" PRIu64 ", %" PRIu64 " answered after all\n",
		       "timed out", stats->timeouts, stats->late);
		printf("  %-28s %" PRIu64 "\n", "times that the ring broke",
		       stats->broken);
	} else if (stats->has_core) {
		printf("  %-28s %" PRIu64 "\n", "commands", stats->core_cmds);
		printf("  %-28s %" PRIu64 "M\n", "read", stats->core_read_mib);
		printf("  %-28s %" PRIu64 "M\n", "written",
		       stats->core_write_mib);
	}
	if (stats->inflight >= 0)
		printf("  %-28s %" PRId64 "\n", "under way", stats->inflight);
}

static void show_bar(const struct hist *hist, unsigned int i, uint64_t most)
{
	static const char bar[] = "########################################";
	char text[SIZE_TEXT];

	if (hist->limit[i] == UINT64_MAX)
		printf("  %10s", "more");
	else
		printf("  %10s", size_time(text, hist->limit[i]));
	printf("  %12" PRIu64 "  %.*s\n", hist->count[i],
	       (int)((hist->count[i] * (double)BAR + most - 1) / most), bar);
}

/* From the first bucket that has any to the last one */
static void show_histogram(const struct hist *hist)
{
	unsigned int i, first = hist->nr, last = 0;
	uint64_t most = 1;

	for (i = 0; i < hist->nr; i++) {
		if (!hist->count[i])
			continue;
		first = i < first ? i : first;
		last = i;
		most = hist->count[i] > most ? hist->count[i] : most;
	}
	printf("  %10s  %12s\n", "below", "commands");
	for (i = first; i <= last; i++)
		show_bar(hist, i, most);
}

static void show_latency(const char *kind, const struct hist *hist)
{
	static const double percents[] = { 50, 90, 99, 99.9 };
	char text[SIZE_TEXT];
	size_t i;

	if (!hist_total(hist))
		return;
	printf("\nlatency of %s, about: mean %s", kind,
	       size_time(text, hist_mean(hist)));
	for (i = 0; i < ARRAY_SIZE(percents); i++)
		printf(", p%g %s", percents[i],
		       size_time(text, hist_percentile(hist, percents[i])));
	printf("\n");
	show_histogram(hist);
}

static void show(const struct world *world, const struct dev *dev,
		 json_object *object)
{
	struct stats stats;
	int i;

	line("device", dev->id);
	line("path", dev->dir);
	line("handler", dev->handler);
	line("config", dev->config);
	show_size(dev);
	line("state", dev->state);
	line_of(object, "serial", "serial");
	show_queues(world, dev);
	show_luns(world, dev);
	show_attributes(object);
	stats_read(&stats, world, dev);
	show_counters(&stats);
	for (i = 0; i < STATS_KINDS; i++)
		show_latency(stats_kinds[i], &stats.latency[i]);
}

static int run(int argc, char **argv)
{
	const struct dev *dev;
	json_object *object;
	struct world world;

	world_scan(&world);
	world_find_servers(&world);
	dev = world_find(&world, argv[0]);
	if (dev) {
		object = describe(&world, dev);
		describe_more(object, &world, dev);
		if (global.json) {
			out_json(object, false);
		} else {
			show(&world, dev, object);
			json_object_put(object);
		}
	}
	world_free(&world);
	return dev ? EXIT_SUCCESS : EXIT_FAILURE;
}

const struct cmd cmd_show = {
	.name = "show",
	.args = "DEV",
	.brief = "show all of a device",
	.desc = "Attributes, counters since it was enabled, and histograms of how long\n"
		"commands took. Percentiles are estimates: commands are counted by powers\n"
		"of two.\n",
	.min = 1,
	.max = 1,
	.run = run,
};
