// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmuctl handlers
 */
#include "tcmuctl.h"

#include "bus.h"
#include "out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A description may have several lines: they go on under the first one */
static void print(json_object *row)
{
	const char *name = out_member(row, "handler");
	const char *desc = out_member(row, "description");
	char text[OUT_TEXT], *rest = text, *line;

	snprintf(text, sizeof(text), "%s", desc ?: "");
	while ((line = strchr(text, '\t')))
		*line = ' ';
	while ((line = strsep(&rest, "\n"))) {
		out_safe(line);
		if (*line || *name)
			printf("%-14s %s\n", name, line);
		name = "";
	}
}

static int run(int argc, char **argv)
{
	json_object *rows;
	size_t i;
	int err;

	rows = bus_handlers(&err);
	if (!rows)
		return say_error("no daemon on D-Bus has the name org.kernel.TCMUService1: %s. Is tcmud running? What it can serve, tcmud --handlers tells, too",
				 strerror(-err));
	if (global.json) {
		out_json(rows, false);
		return EXIT_SUCCESS;
	}
	for (i = 0; i < json_object_array_length(rows); i++)
		print(json_object_array_get_idx(rows, i));
	json_object_put(rows);
	return EXIT_SUCCESS;
}

const struct cmd cmd_handlers = {
	.name = "handlers",
	.args = "",
	.brief = "list what the daemon can serve",
	.desc = "That is, tcmud or tcmu-runner, asked by D-Bus.\n",
	.run = run,
};
