// SPDX-License-Identifier: GPL-2.0-only
/*
 * A daemon on D-Bus that has two handlers and serves nothing. 'file' takes all
 * configs but those with "bad" in them; 'ram' takes all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define NAME "org.kernel.TCMUService1"
#define ROOT "/org/kernel/TCMUService1"

static int get_desc(sd_bus *bus, const char *path, const char *interface,
		    const char *property, sd_bus_message *reply, void *data,
		    sd_bus_error *error)
{
	return sd_bus_message_append(reply, "s", data);
}

static int check_config(sd_bus_message *message, void *data,
			sd_bus_error *error)
{
	const char *config;
	int ret = sd_bus_message_read(message, "s", &config);

	if (ret < 0)
		return ret;
	if (!strncmp(config, "file/", 5) && strstr(config, "bad"))
		return sd_bus_reply_method_return(message, "bs", 0,
						  "it looks bad");
	return sd_bus_reply_method_return(message, "bs", 1, "success");
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Version", "s", get_desc, 0, 0),
	SD_BUS_PROPERTY("ConfigDesc", "s", get_desc, 0, 0),
	SD_BUS_METHOD("CheckConfig", "s", "bs", check_config,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

static int add(sd_bus *bus, const char *path, const char *desc)
{
	return sd_bus_add_object_vtable(bus, NULL, path, NAME, vtable,
					(void *)desc);
}

int main(void)
{
	sd_bus *bus;

	if (sd_bus_open_system(&bus) < 0 ||
	    sd_bus_add_object_manager(bus, NULL, ROOT) < 0 ||
	    add(bus, ROOT "/HandlerManager1/file", "a file\n\tand its path") < 0 ||
	    add(bus, ROOT "/HandlerManager1/ram", "memory") < 0 ||
	    sd_bus_request_name(bus, NAME, 0) < 0) {
		fprintf(stderr, "fakebus: no bus\n");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		if (sd_bus_process(bus, NULL) < 0)
			return 0;
		sd_bus_wait(bus, 100000);
	}
}
