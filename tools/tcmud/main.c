// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmud: the daemon that serves disks of target_core_user.
 *
 * The main thread deals with the library's events, one waits for signals, one
 * answers the bus, and each queue of a device has the library's.
 */
#include "args.h"
#include "bus.h"
#include "conf.h"
#include "kinds.h"
#include "log.h"
#include "serve.h"
#include "signals.h"
#include "stack.h"
#include "value.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <tcmuser.h>
#include <unistd.h>

static int print_handlers(const struct args *args)
{
	return args->json ? kinds_print_json(stdout) : kinds_print(stdout);
}

static int check(const char *config)
{
	char why[512] = "";
	int ret = stack_check(config, why, sizeof(why));

	if (!ret)
		printf("%s: well\n", config);
	else
		fprintf(stderr, "tcmud: %s\n", why[0] ? why : strerror(-ret));
	return ret;
}

/* ---- settings ----------------------------------------------------------- */

/* The command line goes before the file. Returns whether the file is sound. */
static bool apply_level(const struct args *args)
{
	char *text = args->level < 0 ? conf_get("log-level") : NULL;
	int level = args->level < 0 ? LOG_NOTICE : args->level;
	bool ok = !text || log_parse_level(text, &level);

	if (ok)
		log_set_level(level);
	else
		log_say(LOG_ERR, "%s: no log level '%s'", args->conf, text);
	free(text);
	return ok;
}

static bool apply_dbus(struct args *args)
{
	static const char *const words[] = { "try", "no", "yes" };
	char *text = args->dbus_said ? NULL : conf_get("dbus");
	bool ok = !text;
	int i;

	for (i = 0; text && i < 3; i++) {
		if (!strcmp(text, words[i])) {
			args->dbus = i;
			ok = true;
		}
	}
	if (!ok)
		log_say(LOG_ERR, "%s: dbus = %s: it should be yes, no or try",
			args->conf, text);
	free(text);
	return ok;
}

static bool apply_refuse(struct args *args)
{
	char *text = conf_get("refuse");
	bool value = false, ok = !text || value_bool(text, &value);

	if (!ok)
		log_say(LOG_ERR, "%s: refuse = %s: it should be yes or no",
			args->conf, text);
	args->refuse |= value;
	free(text);
	return ok;
}

static bool load_conf(const struct args *args)
{
	char why[512];

	if (conf_load(args->conf, args->conf_said, why, sizeof(why))) {
		log_say(LOG_ERR, "%s", why);
		return false;
	}
	return apply_level(args);
}

/* SIGHUP: what is wrong is told, and what was before stays */
static void reload(void *priv)
{
	const struct args *args = priv;
	int ret;

	sd_notify(0, "RELOADING=1");
	ret = log_open(args->log_file);
	if (ret)
		log_say(LOG_ERR, "%s: %s", args->log_file, strerror(-ret));
	if (load_conf(args))
		log_say(LOG_NOTICE, "settings read again");
	sd_notify(0, "READY=1");
}

/* ---- the daemon --------------------------------------------------------- */

/* The library's messages: all that our own level lets through */
static void log_message(void *priv, enum tcmuser_level level, const char *message)
{
	log_line(level, message);
}

static void load_module(void)
{
	char *const argv[] = { "modprobe", "-q", "target_core_user", NULL };
	struct stat st;
	pid_t pid;

	if (!stat("/sys/module/target_core_user", &st))
		return;
	if (!posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
		waitpid(pid, NULL, 0);
}

static bool start_bus(const struct args *args)
{
	char why[512];
	int ret;

	if (args->dbus == DBUS_NEVER)
		return true;
	ret = bus_start(why, sizeof(why));
	if (!ret)
		return true;
	if (args->dbus == DBUS_ALWAYS) {
		log_say(LOG_ERR, "%s", why);
		return false;
	}
	log_say(LOG_NOTICE, "%s; going on without D-Bus", why);
	return true;
}

static const char *hint(int error)
{
	if (error == -ENODEV)
		return ": the module target_core_user is not loaded";
	if (error == -EPERM)
		return ": it has to be started by root";
	return "";
}

static int run(struct tcmuser *ctx, const struct args *args)
{
	int ret = tcmuser_start(ctx);

	if (ret) {
		log_say(LOG_ERR, "cannot start: %s%s", strerror(-ret), hint(ret));
		return ret;
	}
	/* devices first: whoever sees the name on the bus makes some more */
	if (!start_bus(args))
		return -ENOTCONN;
	sd_notify(0, "READY=1");
	log_say(LOG_NOTICE, "tcmud %s is ready", tcmuser_version());
	ret = tcmuser_run(ctx);
	if (ret)
		log_say(LOG_ERR, "events: %s", strerror(-ret));
	sd_notify(0, "STOPPING=1");
	log_say(LOG_NOTICE, "handing the devices over");
	bus_stop();
	return ret;
}

static bool known_handlers(const struct args *args)
{
	int i;

	for (i = 0; i < args->nr_handlers; i++) {
		if (!layer_kind(args->handlers[i], strlen(args->handlers[i]))) {
			log_say(LOG_ERR, "no handler '%s': --handlers tells all",
				args->handlers[i]);
			return false;
		}
	}
	return true;
}

static int serve(struct args *args)
{
	struct tcmuser *ctx;
	int ret;

	if (!known_handlers(args))
		return -EINVAL;
	load_module();
	ret = tcmuser_new(&ctx, TCMUSER_ANSWERS |
			  (args->refuse ? TCMUSER_REFUSES : 0));
	if (ret)
		return ret;
	tcmuser_set_log(ctx, log_message, NULL, TCMUSER_DEBUG);
	ret = serve_register(ctx, args->handlers, args->nr_handlers);
	if (!ret)
		ret = signals_start(ctx, reload, args);
	if (!ret)
		ret = run(ctx, args);
	tcmuser_free(ctx);
	signals_stop();
	return ret;
}

static int begin(struct args *args)
{
	int ret = log_open(args->log_file);

	if (ret) {
		log_say(LOG_ERR, "%s: %s", args->log_file, strerror(-ret));
		return ret;
	}
	if (!load_conf(args) || !apply_dbus(args) || !apply_refuse(args))
		return -EINVAL;
	ret = args->want == WANT_CHECK ? check(args->check) : serve(args);
	conf_free();
	return ret;
}

int main(int argc, char **argv)
{
	struct args args;
	int ret = 0;

	if (!args_parse(&args, argc, argv))
		return 2;
	switch (args.want) {
	case WANT_HELP:
		args_help();
		break;
	case WANT_VERSION:
		printf("tcmud %s\n", TCMU_TOOLS_VERSION);
		break;
	case WANT_HANDLERS:
		ret = print_handlers(&args);
		break;
	case WANT_CHECK:
	case WANT_DAEMON:
		ret = begin(&args);
		break;
	}
	return ret ? 1 : 0;
}
