// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line: see args.h.
 */
#include "args.h"

#include "log.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum {
	OPT_HANDLERS = 256,
	OPT_HANDLER,
	OPT_JSON,
	OPT_DBUS,
	OPT_NO_DBUS,
	OPT_CHECK,
	OPT_CONF,
	OPT_LOG_LEVEL,
	OPT_LOG_FILE,
	OPT_REFUSE,
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "handlers", no_argument, NULL, OPT_HANDLERS },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "handler", required_argument, NULL, OPT_HANDLER },
	{ "check", required_argument, NULL, OPT_CHECK },
	{ "config", required_argument, NULL, OPT_CONF },
	{ "refuse", no_argument, NULL, OPT_REFUSE },
	{ "dbus", no_argument, NULL, OPT_DBUS },
	{ "no-dbus", no_argument, NULL, OPT_NO_DBUS },
	{ "log-level", required_argument, NULL, OPT_LOG_LEVEL },
	{ "log-file", required_argument, NULL, OPT_LOG_FILE },
	{}
};

void args_help(void)
{
	printf("Usage: tcmud [OPTION]...\n"
	       "Serves the disks of target_core_user.\n"
	       "\n"
	       "  -f, --foreground     stay in the foreground, as it does anyway\n"
	       "      --handler=NAME   serve devices of this handler only; may be repeated\n"
	       "      --refuse         refuse devices of handlers that nobody has\n"
	       "      --config=FILE    read this instead of " TCMUD_CONF "\n"
	       "      --dbus           end if the bus cannot be had\n"
	       "      --no-dbus        do without the bus\n"
	       "      --log-level=WORD error, warning, notice, info or debug\n"
	       "      --log-file=FILE  not to stderr; SIGHUP opens it anew\n"
	       "\n"
	       "      --handlers       tell the handlers and their options, and end\n"
	       "      --json           ... as JSON\n"
	       "      --check=CONFIG   tell whether this could be a dev_config, and end\n"
	       "  -h, --help           tell this, and end\n"
	       "  -V, --version        tell the version, and end\n"
	       "\n"
	       "tcmud(8) has the rest.\n");
}

static bool add_handler(struct args *args, char *name)
{
	if (args->nr_handlers == ARGS_MAX_HANDLERS) {
		fprintf(stderr, "tcmud: too many handlers\n");
		return false;
	}
	args->handlers[args->nr_handlers++] = name;
	return true;
}

static void set_dbus(struct args *args, enum args_dbus dbus)
{
	args->dbus = dbus;
	args->dbus_said = true;
}

static bool set_level(struct args *args, const char *text)
{
	if (log_parse_level(text, &args->level))
		return true;
	fprintf(stderr, "tcmud: no log level '%s': error, warning, notice, info, debug\n",
		text);
	return false;
}

static bool set_log_file(struct args *args, const char *path)
{
	args->log_file = path;
	return true;
}

/* What has a value */
static bool take_value(struct args *args, int opt, char *value)
{
	switch (opt) {
	case OPT_HANDLER:
		return add_handler(args, value);
	case OPT_CHECK:
		args->want = WANT_CHECK;
		args->check = value;
		return true;
	case OPT_CONF:
		args->conf = value;
		args->conf_said = true;
		return true;
	case OPT_LOG_LEVEL:
		return set_level(args, value);
	case OPT_LOG_FILE:
		return set_log_file(args, value);
	default:
		/* getopt has said it */
		fprintf(stderr, "tcmud: --help tells what there is\n");
		return false;
	}
}

static bool take(struct args *args, int opt, char *value)
{
	switch (opt) {
	case 'h':
		args->want = WANT_HELP;
		return true;
	case 'V':
		args->want = WANT_VERSION;
		return true;
	case 'f':
		return true;
	case OPT_HANDLERS:
		args->want = WANT_HANDLERS;
		return true;
	case OPT_JSON:
		args->json = true;
		return true;
	case OPT_REFUSE:
		args->refuse = true;
		return true;
	case OPT_DBUS:
		set_dbus(args, DBUS_ALWAYS);
		return true;
	case OPT_NO_DBUS:
		set_dbus(args, DBUS_NEVER);
		return true;
	default:
		return take_value(args, opt, value);
	}
}

bool args_parse(struct args *args, int argc, char **argv)
{
	int opt;

	*args = (struct args){ .level = -1, .conf = TCMUD_CONF };
	while ((opt = getopt_long(argc, argv, "hVf", long_options, NULL)) >= 0) {
		if (!take(args, opt, optarg))
			return false;
	}
	if (optind == argc)
		return true;
	fprintf(stderr, "tcmud: what is '%s'? --help tells what there is\n",
		argv[optind]);
	return false;
}
