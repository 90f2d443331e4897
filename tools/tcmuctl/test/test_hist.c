// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of the driver, and what is estimated from them.
 */
#include "stats.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static const char table[] =
	"queue 1024 2048 4096 more\n"
	"all 10 80 9 1\n"
	"0 10 80 9 1\n";

static struct hist hist;

/* Within a nanosecond */
static void about(double is, double should)
{
	if (is < should - 1 || is > should + 1)
		unit_fail(__FILE__, __LINE__, "%f, not %f", is, should);
}

static void parse(const char *text)
{
	hist_parse(&hist, text);
}

TEST("the buckets are those of the line of sums")
{
	parse(table);
	CHECK_EQ(hist.nr, 4);
	CHECK_EQ(hist.limit[0], 1024);
	CHECK_EQ(hist.limit[3], ~0ULL);
	CHECK_EQ(hist.count[1], 80);
	CHECK_EQ(hist_total(&hist), 100);
}

TEST("percentiles are within their bucket")
{
	parse(table);
	about(hist_percentile(&hist, 5), 512);
	about(hist_percentile(&hist, 10), 1024);
	about(hist_percentile(&hist, 50), 1536);
	about(hist_percentile(&hist, 90), 2048);
	about(hist_percentile(&hist, 99), 4096);
}

TEST("what has no upper limit counts as its lower one")
{
	parse("queue 1024 more\nall 0 5\n");
	about(hist_percentile(&hist, 50), 1024);
	about(hist_mean(&hist), 1024);
}

TEST("the mean is that of the buckets' middles")
{
	parse("queue 1024 2048 more\nall 1 1 0\n");
	about(hist_mean(&hist), (512 + 1536) / 2.0);
}

TEST("without commands all estimates are 0")
{
	parse("queue 1024 more\nall 0 0\n");
	CHECK_EQ(hist_total(&hist), 0);
	CHECK(hist_mean(&hist) == 0);
	CHECK(hist_percentile(&hist, 99) == 0);
}

TEST("what is no table is an empty histogram")
{
	static const char *const texts[] = {
		"", "\n", "queue", "all 1 2\n", "queue 1024\n",
		"queue x y\nall 1 2\n", "queue 1024\nall x\n",
		"queue 1024 more\n0 1 1\n",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		parse(texts[i]);
		if (hist.nr && strncmp(texts[i], "all", 3))
			unit_fail(__FILE__, __LINE__, "'%s'", texts[i]);
		CHECK(hist_percentile(&hist, 99) >= 0);
	}
}

TEST("limits that go back, and more buckets than there is room for, are left out")
{
	char text[8192] = "queue";
	int i;

	parse("queue 2048 1024 4096\nall 1 2 3\n");
	CHECK_EQ(hist.nr, 2);
	CHECK_EQ(hist.count[1], 3);
	for (i = 1; i <= 2 * HIST_MAX; i++)
		sprintf(text + strlen(text), " %d", i);
	strcat(text, "\nall");
	for (i = 1; i <= 2 * HIST_MAX; i++)
		strcat(text, " 1");
	parse(text);
	CHECK_EQ(hist.nr, HIST_MAX);
}

static void note(void *arg, const char *name, uint64_t value)
{
	uint64_t *late = arg;

	if (!strcmp(name, "late"))
		*late = value;
}

TEST("columns are found by their names, wherever they stand")
{
	uint64_t late = 0;

	CHECK(stats_row("queue late new full\nall 7 x 9\n", "all", note,
			&late));
	CHECK_EQ(late, 7);
	CHECK(stats_row("queue new full late\nall 1 2 8\n", "all", note,
			&late));
	CHECK_EQ(late, 8);
	CHECK(!stats_row("queue late\n0 1\n", "all", note, &late));
}

TEST("two histograms make one")
{
	struct hist sum = { .nr = 0 };

	parse(table);
	hist_add(&sum, &hist);
	hist_add(&sum, &hist);
	CHECK_EQ(hist_total(&sum), 200);
	CHECK_EQ(sum.limit[2], 4096);
}

TEST("what was counted before is taken off, unless it was begun anew")
{
	struct stats old = { .full = 5, .core_cmds = 100 };
	struct stats now = { .full = 7, .core_cmds = 3 };

	parse(table);
	old.latency[0] = hist;
	now.latency[0] = hist;
	now.latency[0].count[1] += 4;
	stats_since(&now, &old);
	CHECK_EQ(now.full, 2);
	CHECK_EQ(now.core_cmds, 3);
	CHECK_EQ(hist_total(&now.latency[0]), 4);
}
