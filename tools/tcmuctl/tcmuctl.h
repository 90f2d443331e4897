/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the commands of tcmuctl share: the table of commands, what the global
 * options have said, how errors are told.
 */
#ifndef TCMUCTL_H
#define TCMUCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define EXIT_USAGE 2

struct opt;

/**
 * struct cmd - a command
 * @name: how it is called
 * @args: its arguments, for people
 * @brief: what it does, in a few words
 * @desc: what more there is to say, for its --help; lines end with a newline
 * @opts: ends with an entry without a name; NULL if there are none
 * @changes: for those who may write to configfs
 * @min: so many arguments it needs
 * @max: so many it takes
 * @run: returns an exit status
 */
struct cmd {
	const char *name;
	const char *args;
	const char *brief;
	const char *desc;
	const struct opt *opts;
	bool changes;
	int min;
	int max;
	int (*run)(int argc, char **argv);
};

extern const struct cmd cmd_list;
extern const struct cmd cmd_show;
extern const struct cmd cmd_create;
extern const struct cmd cmd_delete;
extern const struct cmd cmd_resize;
extern const struct cmd cmd_block;
extern const struct cmd cmd_unblock;
extern const struct cmd cmd_reset;
extern const struct cmd cmd_watch;
extern const struct cmd cmd_events;
extern const struct cmd cmd_handlers;

/* What the global options say */
struct global {
	bool json;
	bool progress;
	bool help;
	bool version;
};

extern struct global global;

/* say.c: lines on stderr, with the program's name */
int say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
int say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* say.c: memory, or the end of the program */
void *say_alloc(void *old, size_t nr, size_t size);
char *say_copy(const char *text);

#endif /* TCMUCTL_H */
