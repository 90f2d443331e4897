// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of counters, and what can be said of latencies that were only counted by
 * powers of two.
 */
#include "stats.h"

#include "size.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The next word of a line; @at moves behind it. Returns its length, 0 at the end. */
static size_t word(const char **at, const char **text)
{
	size_t len;

	*at += strspn(*at, " ");
	*text = *at;
	for (len = 0; **at && !isspace((unsigned char)**at); len++)
		++*at;
	return len;
}

/* The line whose first word is @row; *at stands behind that word */
static bool find_line(const char *text, const char *row, const char **at)
{
	const char *first;
	size_t len;

	while (text && *text) {
		*at = text;
		len = word(at, &first);
		if (len == strlen(row) && !memcmp(first, row, len))
			return true;
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return false;
}

bool stats_row(const char *text, const char *row, stats_fn fn, void *arg)
{
	const char *names = text, *values, *name, *value;
	char copy[2][64];
	size_t len[2];
	uint64_t number;

	word(&names, &name);
	if (!find_line(text, row, &values))
		return false;
	for (;;) {
		len[0] = word(&names, &name);
		len[1] = word(&values, &value);
		if (!len[0] || !len[1])
			return true;
		if (len[0] >= sizeof(copy[0]) || len[1] >= sizeof(copy[1]))
			continue;
		memcpy(copy[0], name, len[0]);
		memcpy(copy[1], value, len[1]);
		copy[0][len[0]] = 0;
		copy[1][len[1]] = 0;
		if (!size_number(copy[1], &number))
			fn(arg, copy[0], number);
	}
}

static void add_bucket(void *arg, const char *name, uint64_t value)
{
	struct hist *hist = arg;
	uint64_t limit = UINT64_MAX;

	if (hist->nr == HIST_MAX)
		return;
	if (strcmp(name, "more") && size_number(name, &limit))
		return;
	/* or a lower limit would be above its upper one */
	if (hist->nr && limit <= hist->limit[hist->nr - 1])
		return;
	hist->limit[hist->nr] = limit;
	hist->count[hist->nr] = value;
	hist->nr++;
}

void hist_parse(struct hist *hist, const char *text)
{
	memset(hist, 0, sizeof(*hist));
	stats_row(text, "all", add_bucket, hist);
}

void hist_add(struct hist *hist, const struct hist *more)
{
	unsigned int i;

	if (!hist->nr) {
		*hist = *more;
		return;
	}
	for (i = 0; i < hist->nr && i < more->nr; i++)
		hist->count[i] += more->count[i];
}

uint64_t hist_total(const struct hist *hist)
{
	uint64_t total = 0;
	unsigned int i;

	for (i = 0; i < hist->nr; i++)
		total += hist->count[i];
	return total;
}

static double lower(const struct hist *hist, unsigned int i)
{
	return i ? hist->limit[i - 1] : 0;
}

/* What has no upper limit counts as its lower one */
static double upper(const struct hist *hist, unsigned int i)
{
	return hist->limit[i] == UINT64_MAX ? lower(hist, i) : hist->limit[i];
}

double hist_mean(const struct hist *hist)
{
	uint64_t total = hist_total(hist);
	double sum = 0;
	unsigned int i;

	for (i = 0; i < hist->nr; i++)
		sum += hist->count[i] *
			((lower(hist, i) + upper(hist, i)) / 2);
	return total ? sum / total : 0;
}

double hist_percentile(const struct hist *hist, double percent)
{
	double left = hist_total(hist) * percent / 100;
	unsigned int i;

	if (!hist_total(hist))
		return 0;
	for (i = 0; i < hist->nr; i++) {
		if (hist->count[i] && left <= hist->count[i])
			return lower(hist, i) +
				(upper(hist, i) - lower(hist, i)) *
				left / hist->count[i];
		left -= hist->count[i];
	}
	return hist->nr ? upper(hist, hist->nr - 1) : 0;
}
