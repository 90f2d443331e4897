// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmuctl watch
 */
#include "tcmuctl.h"

#include "opt.h"
#include "out.h"
#include "slow.h"
#include "stats.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TITLES_EVERY 20		/* times, where nothing is rewritten */

static double interval = 1;
static uint64_t count;

static const struct opt opts[] = {
	{ "interval", OPT_SECONDS, "SECONDS", "between two looks; 1 if not said",
	  &interval },
	{ "count", OPT_NUMBER, "N", "end after N looks", &count, 1,
	  1000000000 },
	{ }
};

/* What was read of a device at one time */
struct sample {
	char id[sizeof(((struct dev *)NULL)->id)];
	struct stats stats;
};

struct look {
	double time;
	struct sample *samples;
	unsigned int nr;
};

static bool is_wanted(const struct dev *dev, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (!strcmp(argv[i], dev->id))
			return true;
	return !argc;
}

static const struct stats *find(const struct look *look, const char *id)
{
	unsigned int i;

	for (i = 0; i < look->nr; i++)
		if (!strcmp(look->samples[i].id, id))
			return &look->samples[i].stats;
	return NULL;
}

/* ---- a row ------------------------------------------------------------------- */

static void put_time(json_object *row, const char *key, bool is, double ns)
{
	if (is)
		out_put_double(row, key, ns);
	else
		out_put(row, key, NULL);
}

static void put_ours(json_object *row, const struct stats *stats, double dt)
{
	struct hist all = { .nr = 0 };
	uint64_t total;
	int i;

	for (i = 0; i < STATS_KINDS; i++)
		hist_add(&all, &stats->latency[i]);
	total = hist_total(&all);
	out_put_double(row, "iops", total / dt);
	out_put_double(row, "reads", stats->cmds[STATS_READS] / dt);
	out_put_double(row, "writes", stats->cmds[STATS_WRITES] / dt);
	out_put_double(row, "read_bytes", stats->bytes[STATS_READS] / dt);
	out_put_double(row, "write_bytes", stats->bytes[STATS_WRITES] / dt);
	put_time(row, "mean_ns", total, hist_mean(&all));
	put_time(row, "p99_ns", total, hist_percentile(&all, 99));
	/* Little's law: those that are there at a time, on the average */
	out_put_double(row, "mean_depth", total / dt * hist_mean(&all) / 1e9);
	out_put_number(row, "full", stats->full);
	out_put_number(row, "timeouts", stats->timeouts);
}

static void put_core(json_object *row, const struct stats *stats, double dt)
{
	static const char *const unknown[] = {
		"reads", "writes", "mean_ns", "p99_ns", "mean_depth", "full",
		"timeouts",
	};
	size_t i;

	out_put_double(row, "iops", stats->core_cmds / dt);
	out_put_double(row, "read_bytes",
		       stats->core_read_mib * 1048576.0 / dt);
	out_put_double(row, "write_bytes",
		       stats->core_write_mib * 1048576.0 / dt);
	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		out_put(row, unknown[i], NULL);
}

static json_object *make_row(const struct dev *dev, const struct stats *stats,
			     double dt)
{
	json_object *row = json_object_new_object();

	out_put_text(row, "device", dev->id);
	out_put_text(row, "state", dev->state);
	if (stats->ours)
		put_ours(row, stats, dt);
	else
		put_core(row, stats, dt);
	if (stats->inflight < 0)
		out_put(row, "inflight", NULL);
	else
		out_put_number(row, "inflight", stats->inflight);
	return row;
}

/* ---- a look ------------------------------------------------------------------ */

/* Rows of what happened since @old; *look is what there is now */
static json_object *take_look(struct look *look, const struct look *old,
			      int argc, char **argv)
{
	json_object *rows = json_object_new_array();
	const struct stats *before;
	struct sample *sample;
	struct stats since;
	struct world world;
	unsigned int i;

	world_scan(&world);
	look->samples = say_alloc(NULL, world.nr_devs + 1, sizeof(*sample));
	look->time = slow_now();
	look->nr = 0;
	for (i = 0; i < world.nr_devs; i++) {
		if (!is_wanted(&world.devs[i], argc, argv))
			continue;
		sample = &look->samples[look->nr++];
		strcpy(sample->id, world.devs[i].id);
		stats_read(&sample->stats, &world, &world.devs[i]);
		since = sample->stats;
		before = find(old, sample->id);
		if (before)
			stats_since(&since, before);
		json_object_array_add(rows, make_row(&world.devs[i], &since,
						     look->time - old->time));
	}
	world_free(&world);
	return rows;
}

/* Requests that are under way, or how many there were on the average */
static void depth(json_object *row, char text[OUT_TEXT])
{
	json_object *now = json_object_object_get(row, "inflight");
	json_object *mean = json_object_object_get(row, "mean_depth");

	if (now)
		out_count(now, text);
	else
		out_count(mean, text);
}

static const struct column columns[] = {
	{ "TIME", "time" },
	{ "DEVICE", "device" },
	{ "STATE", "state" },
	{ "IOPS", "iops", out_count, true },
	{ "READ/S", "read_bytes", out_bytes, true },
	{ "WRITE/S", "write_bytes", out_bytes, true },
	{ "LATENCY", "mean_ns", out_time, true },
	{ "P99", "p99_ns", out_time, true },
	{ "DEPTH", NULL, depth, true },
	{ "FULL", "full", out_count, true },
	{ "TIMEOUTS", "timeouts", out_count, true },
	{ }
};

static void now_text(char text[32])
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(text, 32, "%H:%M:%S", &tm);
}

static void print_json(json_object *rows, double dt)
{
	json_object *object = json_object_new_object();

	out_put_number(object, "time", time(NULL));
	out_put_double(object, "interval", dt);
	out_put(object, "devices", json_object_get(rows));
	out_json(object, true);
}

static void print_text(json_object *rows, uint64_t nr)
{
	bool tty = isatty(STDOUT_FILENO);
	size_t i;
	char text[32];

	now_text(text);
	if (tty)
		printf("\033[H\033[J%s, every %g s; Ctrl-C ends\n\n", text,
		       interval);
	for (i = 0; i < json_object_array_length(rows) && !tty; i++)
		out_put_text(json_object_array_get_idx(rows, i), "time", text);
	/* without the time, which stands above */
	out_rows(rows, columns + tty, tty || nr % TITLES_EVERY == 0);
	fflush(stdout);
}

static int watch(int argc, char **argv)
{
	static const struct look none;
	struct look old, look;
	json_object *rows;
	uint64_t nr;

	json_object_put(take_look(&old, &none, argc, argv));
	for (nr = 0; (!count || nr < count) && slow_sleep(interval); nr++) {
		rows = take_look(&look, &old, argc, argv);
		if (global.json)
			print_json(rows, look.time - old.time);
		else
			print_text(rows, nr);
		json_object_put(rows);
		free(old.samples);
		old = look;
		/* nobody reads any more */
		if (ferror(stdout))
			break;
	}
	free(old.samples);
	return EXIT_SUCCESS;
}

/* Devices that may come and go have to have their whole names */
static int run(int argc, char **argv)
{
	const struct dev *dev;
	struct world world;
	int i, ret = 0;

	world_scan(&world);
	for (i = 0; i < argc && !ret; i++) {
		dev = world_find(&world, argv[i]);
		if (dev)
			argv[i] = say_copy(dev->id);
		else
			ret = EXIT_FAILURE;
	}
	world_free(&world);
	return ret ?: watch(argc, argv);
}

const struct cmd cmd_watch = {
	.name = "watch",
	.args = "[DEV...]",
	.brief = "show what devices do, again and again",
	.desc = "Commands and bytes per second; LATENCY and P99 are estimates of the mean and\n"
		"of what 99% stay below. DEPTH is requests under way at the disks of this\n"
		"machine, or the average number of commands. FULL and TIMEOUTS happened since\n"
		"the last look. The distribution's driver counts commands and MiB only.\n",
	.opts = opts,
	.max = 1024,
	.run = run,
};
