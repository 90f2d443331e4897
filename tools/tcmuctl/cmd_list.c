// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmuctl list
 */
#include "tcmuctl.h"

#include "describe.h"
#include "fs.h"
#include "out.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A device that nobody serves hangs whoever uses it: that is to be seen */
static void served_by(json_object *value, char text[OUT_TEXT])
{
	if (value)
		snprintf(text, OUT_TEXT, "%s/%s", out_member(value, "comm"),
			 out_member(value, "pid"));
	else
		strcpy(text, world_sees_servers() ? "nobody" : "?");
}

static void luns(json_object *value, char text[OUT_TEXT])
{
	json_object *names = json_object_new_array(), *lun, *disk;
	size_t i;

	for (i = 0; i < json_object_array_length(value); i++) {
		lun = json_object_array_get_idx(value, i);
		disk = json_object_object_get(lun, "disk");
		json_object_array_add(names, json_object_get(disk ?:
				      json_object_object_get(lun, "lun")));
	}
	out_words(names, text);
	json_object_put(names);
}

static const struct column columns[] = {
	{ "DEVICE", "device" },
	{ "HANDLER", "handler" },
	{ "CONFIG", "config" },
	{ "SIZE", "size", out_bytes, true },
	{ "STATE", "state" },
	{ "UIO", "uio" },
	{ "SERVED BY", "served_by", served_by },
	{ "LUNS", "luns", luns },
	{ }
};

static int run(int argc, char **argv)
{
	json_object *rows = json_object_new_array();
	struct world world;
	unsigned int i;

	if (!fs_exists(FS_MODULE))
		say_note("the module target_core_user is not loaded");
	world_scan(&world);
	world_find_servers(&world);
	for (i = 0; i < world.nr_devs; i++)
		json_object_array_add(rows, describe(&world, &world.devs[i]));
	if (!world.nr_devs && !global.json && isatty(STDOUT_FILENO))
		say_note("there is no device: see tcmuctl help create");
	out_table(rows, columns);
	world_free(&world);
	return EXIT_SUCCESS;
}

const struct cmd cmd_list = {
	.name = "list",
	.args = "",
	.brief = "list the devices",
	.desc = "STATE is 'new' before the device is enabled, 'blocked' after tcmuctl block,\n"
		"'broken' after its daemon put nonsense into the ring, else 'ok'.\n"
		"LUNS are its disks on this machine, and what else exports it.\n",
	.run = run,
};
