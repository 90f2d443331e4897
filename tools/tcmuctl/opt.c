// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options: from a command's table to getopt_long(3), to where they are kept, and to
 * the text of --help.
 */
#include "opt.h"

#include "fs.h"
#include "size.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTS_MAX 32

static const char *root;

const struct opt opt_globals[] = {
	{ "json", OPT_FLAG, NULL, "JSON instead of text", &global.json },
	{ "progress", OPT_FLAG, NULL,
	  "tell how long work goes on, also without a terminal",
	  &global.progress },
	{ "help", OPT_FLAG, NULL, "this text", &global.help },
	{ "version", OPT_FLAG, NULL, "the version", &global.version },
	{ }
};

/* For tests: not in the help */
static const struct opt hidden[] = {
	{ "root", OPT_TEXT, "DIR", NULL, &root },
	{ }
};

struct parser {
	const struct opt *opts[OPTS_MAX];
	struct option longs[OPTS_MAX + 1];
	unsigned int nr;
};

static int has_arg(enum opt_type type)
{
	if (type == OPT_FLAG)
		return no_argument;
	return type == OPT_MAYBE ? optional_argument : required_argument;
}

static void add(struct parser *parser, const struct opt *opts)
{
	for (; opts && opts->name && parser->nr < OPTS_MAX; opts++) {
		parser->opts[parser->nr] = opts;
		parser->longs[parser->nr].name = opts->name;
		parser->longs[parser->nr].has_arg = has_arg(opts->type);
		parser->longs[parser->nr].val = 256 + parser->nr;
		parser->nr++;
	}
}

static int size_error(const char *what, const char *text, int err)
{
	if (err == -ERANGE)
		return say_usage("%s: '%s' is too large", what, text);
	return say_usage("%s: '%s' is no size: a whole number, and maybe K, M, G, T or P",
			 what, text);
}

int opt_size(const char *what, const char *text, uint64_t *bytes)
{
	int err = size_parse(text, bytes);

	return err ? size_error(what, text, err) : 0;
}

static int set_mib(const char *what, const char *text, uint64_t *mib)
{
	uint64_t val;
	int err;

	if (!size_number(text, &val)) {
		*mib = val;
	} else {
		err = size_parse(text, &val);
		if (err)
			return size_error(what, text, err);
		if (val % (1 << 20))
			return say_usage("%s: '%s' is not a whole number of MiB",
					 what, text);
		*mib = val >> 20;
	}
	/* the driver's numbers have 31 bits */
	if (!*mib || *mib > INT32_MAX)
		return say_usage("%s: from 1 to %d MiB", what, INT32_MAX);
	return 0;
}

static int set_number(const char *what, const char *text, const struct opt *opt)
{
	uint64_t val;

	if (size_number(text, &val) || val < opt->min || val > opt->max)
		return say_usage("%s: '%s' is no number from %llu to %llu",
				 what, text, (unsigned long long)opt->min,
				 (unsigned long long)opt->max);
	*(uint64_t *)opt->to = val;
	return 0;
}

static int set_seconds(const char *what, const char *text, double *seconds)
{
	char *end;
	double val = strtod(text, &end);

	/* the comparison is false for what is no number */
	if (end == text || *end || !(val >= 0.1 && val <= 86400))
		return say_usage("%s: '%s' is no number of seconds from 0.1 to 86400",
				 what, text);
	*seconds = val;
	return 0;
}

static int append(const char *what, const char *text, struct opt_list *list)
{
	if (list->nr == OPT_LIST_MAX)
		return say_usage("%s: more than %d of them", what, OPT_LIST_MAX);
	list->item[list->nr++] = text;
	return 0;
}

static int set(const struct opt *opt, const char *text)
{
	char what[64];

	snprintf(what, sizeof(what), "--%s", opt->name);
	switch (opt->type) {
	case OPT_FLAG:
		*(bool *)opt->to = true;
		return 0;
	case OPT_TEXT:
		if (!*text)
			return say_usage("%s: it must not be empty", what);
		*(const char **)opt->to = text;
		return 0;
	case OPT_MAYBE:
		*(const char **)opt->to = text ?: "";
		return 0;
	case OPT_SIZE:
		return opt_size(what, text, opt->to);
	case OPT_MIB:
		return set_mib(what, text, opt->to);
	case OPT_NUMBER:
		return set_number(what, text, opt);
	case OPT_SECONDS:
		return set_seconds(what, text, opt->to);
	case OPT_LIST:
		return append(what, text, opt->to);
	}
	return EXIT_USAGE;
}

/* What getopt_long() did not take */
static int refused(const struct cmd *cmd, int c, char **argv)
{
	const char *hint = cmd ? cmd->name : "";
	const char *word = argv[optind - 1];

	if (c == ':')
		return say_usage("%s needs an argument: see tcmuctl help %s",
				 word, hint);
	return say_usage("no option %s: see tcmuctl help %s", word, hint);
}

static int parse(struct parser *parser, const struct cmd *cmd,
		 const char *letters, int argc, char **argv)
{
	int c, ret = 0;

	opterr = 0;
	optind = 0;
	while (!ret) {
		c = getopt_long(argc, argv, letters, parser->longs, NULL);
		if (c < 0)
			break;
		if (c == 'h')
			global.help = true;
		else if (c == 'j')
			global.json = true;
		else if (c < 256)
			ret = refused(cmd, c, argv);
		else
			ret = set(parser->opts[c - 256], optarg);
	}
	if (root)
		fs_set_root(root);
	return ret;
}

int opt_global(int argc, char **argv)
{
	struct parser parser = { .nr = 0 };
	int ret;

	add(&parser, opt_globals);
	add(&parser, hidden);
	ret = parse(&parser, NULL, "+:hj", argc, argv);
	return ret ? -ret : optind;
}

int opt_parse(const struct cmd *cmd, int argc, char **argv, int *first)
{
	struct parser parser = { .nr = 0 };
	int ret, nr;

	add(&parser, cmd->opts);
	add(&parser, opt_globals);
	add(&parser, hidden);
	ret = parse(&parser, cmd, ":hj", argc, argv);
	*first = optind;
	if (ret || global.help || global.version)
		return ret;
	nr = argc - optind;
	if (nr < cmd->min || nr > cmd->max)
		return say_usage("usage: tcmuctl %s%s%s", cmd->name,
				 *cmd->args ? " " : "", cmd->args);
	return 0;
}

void opt_show(const struct opt *opts)
{
	char text[64];

	for (; opts && opts->name; opts++) {
		if (!opts->arg)
			snprintf(text, sizeof(text), "--%s", opts->name);
		else if (opts->type == OPT_MAYBE)
			snprintf(text, sizeof(text), "--%s[=%s]", opts->name,
				 opts->arg);
		else
			snprintf(text, sizeof(text), "--%s %s", opts->name,
				 opts->arg);
		printf("  %-22s %s\n", text, opts->help);
	}
}
