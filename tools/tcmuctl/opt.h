/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options of commands, as tables that are parsed and shown to people.
 */
#ifndef OPT_H
#define OPT_H

#include "tcmuctl.h"

#define OPT_LIST_MAX 64

struct opt_list {
	const char *item[OPT_LIST_MAX];
	unsigned int nr;
};

/* What an option takes, and what it goes to */
enum opt_type {
	OPT_FLAG,	/* bool */
	OPT_TEXT,	/* const char *, not empty */
	OPT_MAYBE,	/* const char *: --name or --name=TEXT; "" without one */
	OPT_SIZE,	/* uint64_t, in bytes */
	OPT_MIB,	/* uint64_t, in MiB; a number without a unit is MiB, too */
	OPT_NUMBER,	/* uint64_t, from min to max */
	OPT_SECONDS,	/* double, from 0.1 to a day */
	OPT_LIST,	/* struct opt_list: may be given again */
};

struct opt {
	const char *name;
	enum opt_type type;
	const char *arg;	/* for people: its name */
	const char *help;
	void *to;
	uint64_t min;
	uint64_t max;
};

/*
 * Parse global options up to the command's name. Returns the index of that, or
 * -EXIT_USAGE after an error.
 */
int opt_global(int argc, char **argv);

/*
 * Parse the options of @cmd, whose name is argv[0]; its arguments stand from
 * argv[*first] on. Returns 0 or an exit status after an error.
 */
int opt_parse(const struct cmd *cmd, int argc, char **argv, int *first);

/* To stdout, as a part of --help */
void opt_show(const struct opt *opts);
extern const struct opt opt_globals[];

/* A size that is an argument; 0, or an exit status after an error */
int opt_size(const char *what, const char *text, uint64_t *bytes);

#endif /* OPT_H */
