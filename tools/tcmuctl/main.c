// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmuctl: makes, shows, changes and removes devices of target_core_user. Here is
 * the table of its commands, and their help.
 */
#include "tcmuctl.h"

#include "fs.h"
#include "opt.h"
#include "slow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run_help(int argc, char **argv);

static const struct cmd cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.brief = "tell what there is, or of a command",
	.desc = "",
	.max = 1,
	.run = run_help,
};

static const struct cmd *const cmds[] = {
	&cmd_list, &cmd_show, &cmd_create, &cmd_delete, &cmd_resize, &cmd_block,
	&cmd_unblock, &cmd_reset, &cmd_watch, &cmd_events, &cmd_handlers,
	&cmd_help,
};

static const struct cmd *find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		if (!strcmp(cmds[i]->name, name))
			return cmds[i];
	say_usage("no command '%s': see tcmuctl help", name);
	return NULL;
}

static int show_all(void)
{
	size_t i;

	printf("Usage: tcmuctl [OPTION...] COMMAND [ARGUMENT...]\n\n");
	printf("Disks that programs serve through target_core_user.\n\n");
	printf("Commands:\n");
	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		printf("  %-10s %s\n", cmds[i]->name, cmds[i]->brief);
	printf("\nOptions of all commands:\n");
	opt_show(opt_globals);
	printf("\nDEV is HOST/NAME, NAME if only one has it, /dev/uioN, or its disk, /dev/sdX.\n");
	printf("More: tcmuctl help COMMAND, and tcmuctl(8).\n");
	return EXIT_SUCCESS;
}

static int show_one(const struct cmd *cmd)
{
	printf("Usage: tcmuctl %s%s%s%s\n\n", cmd->name,
	       cmd->opts ? " [OPTION...]" : "", *cmd->args ? " " : "",
	       cmd->args);
	printf("To %s.\n%s", cmd->brief, cmd->desc);
	if (cmd->opts) {
		printf("\nOptions:\n");
		opt_show(cmd->opts);
	}
	printf("\nOptions of all commands:\n");
	opt_show(opt_globals);
	return EXIT_SUCCESS;
}

static int run_help(int argc, char **argv)
{
	const struct cmd *cmd;

	if (!argc)
		return show_all();
	cmd = find(argv[0]);
	return cmd ? show_one(cmd) : EXIT_USAGE;
}

static int show_version(void)
{
	printf("tcmuctl %s\n", TCMU_TOOLS_VERSION);
	return EXIT_SUCCESS;
}

/* Before anything is begun: a file that is made, a question to the daemon */
static bool is_allowed(const struct cmd *cmd)
{
	return !cmd->changes || fs_is_fake() || !geteuid() ||
		!eaccess(FS_CORE, W_OK);
}

static int run(int argc, char **argv)
{
	const struct cmd *cmd = find(argv[0]);
	int first, ret;

	if (!cmd)
		return EXIT_USAGE;
	ret = opt_parse(cmd, argc, argv, &first);
	if (ret)
		return ret;
	if (global.version)
		return show_version();
	if (global.help)
		return show_one(cmd);
	if (!is_allowed(cmd))
		return say_error("%s needs root", cmd->name);
	slow_signals();
	return cmd->run(argc - first, argv + first);
}

static int flushed(int ret)
{
	if (fflush(stdout) || ferror(stdout))
		return say_error("stdout: cannot be written");
	return ret;
}

int main(int argc, char **argv)
{
	int first = opt_global(argc, argv);

	if (first < 0)
		return -first;
	if (first < argc)
		return flushed(run(argc - first, argv + first));
	if (global.version)
		return flushed(show_version());
	if (global.help)
		return flushed(show_all());
	return say_usage("a command is missing: see tcmuctl help");
}
