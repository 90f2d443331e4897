// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system bus: see bus.h. An object for each handler, below one that is an object
 * manager. A thread of its own answers, since the main one may be opening a disk.
 */
#include "bus.h"

#include "kinds.h"
#include "serve.h"
#include "stack.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define NAME "org.kernel.TCMUService1"
#define ROOT "/org/kernel/TCMUService1"

static sd_bus *bus;
static pthread_t thread;
static int stop_fd = -1;

/* ---- what it answers ---------------------------------------------------- */

static int get_desc(sd_bus *from, const char *path, const char *interface,
		    const char *property, sd_bus_message *reply, void *userdata,
		    sd_bus_error *error)
{
	char *text = kind_text(userdata);
	int ret = text ? sd_bus_message_append(reply, "s", text) : -ENOMEM;

	free(text);
	return ret;
}

/* A check of another handler's config would be a mistake of whoever asks */
static int check(const struct layer_ops *kind, const char *config, char *why,
		 size_t size)
{
	size_t len = strlen(kind->name);

	if (strncmp(config, kind->name, len) ||
	    (config[len] && config[len] != '/'))
		return check_fail(why, size, EINVAL,
				  "a config of '%s' begins by '%s/'",
				  kind->name, kind->name);
	return stack_check(config, why, size);
}

static int check_config(sd_bus_message *message, void *userdata,
			sd_bus_error *error)
{
	char why[512] = "";
	const char *config;
	int ret;

	ret = sd_bus_message_read(message, "s", &config);
	if (ret < 0)
		return ret;
	ret = check(userdata, config, why, sizeof(why));
	if (ret && !why[0])
		strncat(why, strerror(-ret), sizeof(why) - 1);
	return sd_bus_reply_method_return(message, "bs", ret == 0,
					  ret ? why : "success");
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("ConfigDesc", "s", get_desc, 0,
			SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_METHOD_WITH_ARGS("CheckConfig", SD_BUS_ARGS("s", config),
				SD_BUS_RESULT("b", valid, "s", message),
				check_config, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

/* ---- the thread --------------------------------------------------------- */

static int wait_for_news(void)
{
	struct pollfd fds[2] = {
		{ .fd = sd_bus_get_fd(bus), .events = sd_bus_get_events(bus) },
		{ .fd = stop_fd, .events = POLLIN },
	};

	if (poll(fds, 2, -1) < 0 && errno != EINTR)
		return -errno;
	return fds[1].revents ? -ECANCELED : 0;
}

/* Until it is stopped, or the bus is gone */
static void *run(void *arg)
{
	int ret;

	do {
		ret = sd_bus_process(bus, NULL);
		if (ret == 0)
			ret = wait_for_news();
	} while (ret >= 0);
	return NULL;
}

/* ---- beginning and ending ----------------------------------------------- */

static int add_objects(void)
{
	const struct layer_ops *const *kind;
	char path[128];
	int ret = sd_bus_add_object_manager(bus, NULL, ROOT);

	for (kind = layer_kinds; *kind && ret >= 0; kind++) {
		if (!serve_has(*kind))
			continue;
		snprintf(path, sizeof(path), ROOT "/%s", (*kind)->name);
		ret = sd_bus_add_object_vtable(bus, NULL, path, NAME, vtable,
					       (void *)*kind);
	}
	return ret;
}

static int start(char *why, size_t size)
{
	int ret = sd_bus_open_system(&bus);

	if (ret < 0)
		return check_fail(why, size, -ret, "no system bus: %s",
				  strerror(-ret));
	/* objects first: whoever sees the name asks for them at once */
	ret = add_objects();
	if (ret >= 0)
		ret = sd_bus_request_name(bus, NAME, 0);
	if (ret == -EEXIST)
		return check_fail(why, size, EEXIST,
				  "another daemon has the name " NAME
				  "; tcmu-runner, for one");
	if (ret < 0)
		return check_fail(why, size, -ret, NAME ": %s", strerror(-ret));
	stop_fd = eventfd(0, EFD_CLOEXEC);
	if (stop_fd < 0 || pthread_create(&thread, NULL, run, NULL))
		return check_fail(why, size, ENOMEM, "no thread for the bus");
	return 0;
}

static void clean_up(void)
{
	if (stop_fd >= 0)
		close(stop_fd);
	stop_fd = -1;
	bus = sd_bus_flush_close_unref(bus);
}

int bus_start(char *why, size_t size)
{
	int ret = start(why, size);

	if (ret)
		clean_up();
	return ret;
}

void bus_stop(void)
{
	uint64_t one = 1;

	if (!bus)
		return;
	if (write(stop_fd, &one, sizeof(one)) == sizeof(one))
		pthread_join(thread, NULL);
	clean_up();
}
