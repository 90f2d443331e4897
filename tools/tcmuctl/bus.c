// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's D-Bus interface: tcmud's, or tcmu-runner's, which is where it is from.
 * Nobody is started by being asked.
 */
#include "bus.h"

#include "out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define SERVICE "org.kernel.TCMUService1"
#define PATH "/org/kernel/TCMUService1"
#define TIMEOUT_US 10000000

static int call(sd_bus *bus, sd_bus_message *message, sd_bus_message **reply)
{
	int ret = sd_bus_message_set_auto_start(message, 0);

	return ret < 0 ? ret :
		sd_bus_call(bus, message, TIMEOUT_US, NULL, reply);
}

static int get_objects(sd_bus *bus, sd_bus_message **reply)
{
	sd_bus_message *message = NULL;
	int ret;

	ret = sd_bus_message_new_method_call(bus, &message, SERVICE, PATH,
					     "org.freedesktop.DBus.ObjectManager",
					     "GetManagedObjects");
	if (ret >= 0)
		ret = call(bus, message, reply);
	sd_bus_message_unref(message);
	return ret;
}

/* One property: its name and a variant. *desc is set if it is the right one. */
static int read_property(sd_bus_message *m, const char **desc)
{
	const char *name;
	int ret;

	ret = sd_bus_message_read(m, "s", &name);
	if (ret < 0)
		return ret;
	if (!strcmp(name, "ConfigDesc"))
		return sd_bus_message_read(m, "v", "s", desc);
	return sd_bus_message_skip(m, "v");
}

static int read_properties(sd_bus_message *m, const char **desc)
{
	int ret = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (ret >= 0 &&
	       (ret = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		ret = read_property(m, desc);
		if (ret >= 0)
			ret = sd_bus_message_exit_container(m);
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(m);
}

/* *desc is set if the object has the interface of a handler */
static int read_interfaces(sd_bus_message *m, const char **desc)
{
	const char *name;
	int ret = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");

	while (ret >= 0 &&
	       (ret = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
		ret = sd_bus_message_read(m, "s", &name);
		if (ret >= 0 && !strcmp(name, SERVICE)) {
			*desc = "";
			ret = read_properties(m, desc);
		} else if (ret >= 0) {
			ret = sd_bus_message_skip(m, "a{sv}");
		}
		if (ret >= 0)
			ret = sd_bus_message_exit_container(m);
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(m);
}

static void add(json_object *rows, const char *path, const char *desc)
{
	const char *slash = strrchr(path, '/');
	json_object *row = json_object_new_object();

	out_put_text(row, "handler", slash ? slash + 1 : path);
	out_put_text(row, "description", desc);
	out_put_text(row, "object", path);
	json_object_array_add(rows, row);
}

/* Objects in a dictionary by their paths; those of handlers are below HandlerManager1 */
static int read_objects(sd_bus_message *m, json_object *rows)
{
	const char *path, *desc;
	int ret = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");

	while (ret >= 0 &&
	       (ret = sd_bus_message_enter_container(m, 'e',
						     "oa{sa{sv}}")) > 0) {
		desc = NULL;
		ret = sd_bus_message_read(m, "o", &path);
		if (ret >= 0)
			ret = read_interfaces(m, &desc);
		if (ret >= 0 && desc)
			add(rows, path, desc);
		if (ret >= 0)
			ret = sd_bus_message_exit_container(m);
	}
	return ret < 0 ? ret : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(out_member(*(json_object *const *)a, "handler"),
		      out_member(*(json_object *const *)b, "handler"));
}

json_object *bus_handlers(int *err)
{
	json_object *rows = json_object_new_array();
	sd_bus_message *reply = NULL;
	sd_bus *bus = NULL;
	int ret;

	ret = sd_bus_open_system(&bus);
	if (ret >= 0)
		ret = get_objects(bus, &reply);
	if (ret >= 0)
		ret = read_objects(reply, rows);
	sd_bus_message_unref(reply);
	sd_bus_flush_close_unref(bus);
	*err = ret < 0 ? ret : 0;
	json_object_array_sort(rows, by_name);
	if (ret >= 0)
		return rows;
	json_object_put(rows);
	return NULL;
}

/* ---- a question -------------------------------------------------------------- */

static int ask(sd_bus *bus, const char *object, const char *config, int *ok,
	       char *why, size_t size)
{
	sd_bus_message *message = NULL, *reply = NULL;
	const char *text;
	int ret;

	ret = sd_bus_message_new_method_call(bus, &message, SERVICE, object,
					     SERVICE, "CheckConfig");
	if (ret >= 0)
		ret = sd_bus_message_append(message, "s", config);
	if (ret >= 0)
		ret = call(bus, message, &reply);
	if (ret >= 0)
		ret = sd_bus_message_read(reply, "bs", ok, &text);
	if (ret >= 0)
		snprintf(why, size, "%s", text);
	sd_bus_message_unref(message);
	sd_bus_message_unref(reply);
	return ret;
}

static const char *object_of(json_object *rows, const char *handler)
{
	json_object *row;
	size_t i;

	for (i = 0; i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		if (!strcmp(handler, out_member(row, "handler")))
			return out_member(row, "object");
	}
	return NULL;
}

void bus_check(const char *handler, const char *config, char *why, size_t size)
{
	const char *object;
	json_object *rows;
	sd_bus *bus = NULL;
	int err, ok = 1;

	why[0] = 0;
	rows = bus_handlers(&err);
	if (!rows)
		return;
	object = object_of(rows, handler);
	if (object && sd_bus_open_system(&bus) >= 0 &&
	    (ask(bus, object, config, &ok, why, size) < 0 || ok))
		why[0] = 0;
	sd_bus_flush_close_unref(bus);
	json_object_put(rows);
}
