/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line.
 */
#ifndef TCMUD_ARGS_H
#define TCMUD_ARGS_H

#include <stdbool.h>

enum args_want {
	WANT_DAEMON,
	WANT_HELP,
	WANT_VERSION,
	WANT_HANDLERS,
	WANT_CHECK,
};

enum args_dbus {
	DBUS_IF_POSSIBLE,
	DBUS_NEVER,
	DBUS_ALWAYS,
};

#define ARGS_MAX_HANDLERS 16

struct args {
	enum args_want want;
	bool json;
	enum args_dbus dbus;
	bool dbus_said;		/* on the command line */
	bool refuse;
	int level;		/* -1: not said */
	const char *check;
	const char *conf;
	bool conf_said;
	const char *log_file;
	char *handlers[ARGS_MAX_HANDLERS];
	int nr_handlers;
};

/* False, and it was said why, if it makes no sense */
bool args_parse(struct args *args, int argc, char **argv);
void args_help(void);

#endif /* TCMUD_ARGS_H */
