// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmuctl events: what the driver says by netlink, as libtcmuser receives it.
 */
#include "tcmuctl.h"

#include "opt.h"
#include "out.h"
#include "slow.h"
#include "tcmuser.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

static uint64_t count;

static const struct opt opts[] = {
	{ "count", OPT_NUMBER, "N", "end after N events", &count, 1,
	  1000000000 },
	{ }
};

struct listener {
	uint64_t seen;
};

static const char *type_name(enum tcmuser_event_type type)
{
	switch (type) {
	case TCMUSER_EVENT_ADDED:
		return "added";
	case TCMUSER_EVENT_REMOVED:
		return "removed";
	case TCMUSER_EVENT_RECONFIG:
		return "reconfig";
	case TCMUSER_EVENT_LOST:
		return "lost";
	}
	return "unknown";
}

/* "tcm-user/HOST/NAME/CONFIG": the device, and its dev_config if there is one */
static void split(const char *text, char *id, size_t size, const char **config)
{
	const char *at = text, *end;

	if (!strncmp(at, "tcm-user/", 9))
		at += 9;
	end = strchr(at, '/');
	end = end ? strchr(end + 1, '/') : NULL;
	*config = end ? end + 1 : NULL;
	snprintf(id, size, "%.*s", (int)(end ? (size_t)(end - at) : strlen(at)),
		 at);
}

static void put_time(json_object *object)
{
	char date[32], text[64];
	struct timeval now;
	struct tm tm;

	gettimeofday(&now, NULL);
	localtime_r(&now.tv_sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%03ld", date, (long)now.tv_usec / 1000);
	out_put_text(object, "time", text);
}

static void put_change(json_object *object, const struct tcmuser_event *event)
{
	if (event->config)
		out_put_text(object, "new_config", event->config);
	if (event->has_size)
		out_put_number(object, "new_size", event->dev_size);
	if (event->write_cache >= 0)
		out_put_number(object, "new_write_cache", event->write_cache);
}

static json_object *to_json(const struct tcmuser_event *event)
{
	json_object *object = json_object_new_object();
	const char *config;
	char id[320], node[32];

	put_time(object);
	out_put_text(object, "event", type_name(event->type));
	if (event->type == TCMUSER_EVENT_LOST)
		return object;
	split(event->name, id, sizeof(id), &config);
	snprintf(node, sizeof(node), "/dev/uio%u", event->uio);
	out_put_text(object, "device", id);
	out_put_text(object, "uio", node);
	out_put_text(object, "config", config);
	if (event->type == TCMUSER_EVENT_RECONFIG)
		put_change(object, event);
	return object;
}

/* The values, and names of those that are not clear by themselves */
static void print_text(json_object *object)
{
	char text[OUT_TEXT];
	const char *before = "";

	json_object_object_foreach(object, key, value) {
		snprintf(text, sizeof(text), "%s",
			 value ? json_object_get_string(value) : "-");
		out_safe(text);
		if (!strncmp(key, "new_", 4))
			printf("%s%s=%s", before, key, text);
		else
			printf("%s%s", before, text);
		before = " ";
	}
	printf("\n");
	fflush(stdout);
}

static void on_event(void *priv, const struct tcmuser_event *event)
{
	struct listener *listener = priv;
	json_object *object;

	if (count && listener->seen >= count)
		return;
	listener->seen++;
	object = to_json(event);
	if (global.json) {
		out_json(object, true);
		return;
	}
	print_text(object);
	json_object_put(object);
}

static int listen(struct tcmuser *ctx, const struct listener *listener)
{
	struct pollfd pfd = { .fd = tcmuser_fd(ctx), .events = POLLIN };
	int ret;

	/* the time limit is for a signal that comes right before */
	while (!slow_stopped() && !ferror(stdout) &&
	       (!count || listener->seen < count)) {
		if (poll(&pfd, 1, 500) <= 0)
			continue;
		ret = tcmuser_dispatch(ctx);
		if (ret)
			return ret;
	}
	return 0;
}

static int start(struct tcmuser *ctx, struct listener *listener)
{
	int ret;

	tcmuser_on_event(ctx, on_event, listener);
	ret = tcmuser_start(ctx);
	if (ret == -ENODEV)
		return say_error("the module target_core_user is not loaded");
	if (ret)
		return say_error("cannot listen: %s", strerror(-ret));
	say_note("listening");
	ret = listen(ctx, listener);
	return ret ? say_error("cannot listen any more: %s", strerror(-ret)) :
		EXIT_SUCCESS;
}

/* Without a handler it serves no device, and it gives no answers */
static int run(int argc, char **argv)
{
	struct listener listener = { .seen = 0 };
	struct tcmuser *ctx;
	int ret;

	ret = tcmuser_new(&ctx, 0);
	if (ret)
		return say_error("%s", strerror(-ret));
	ret = start(ctx, &listener);
	tcmuser_free(ctx);
	return ret;
}

const struct cmd cmd_events = {
	.name = "events",
	.args = "",
	.brief = "tell what the driver tells daemons, as it happens",
	.desc = "A line for each event: added, removed, reconfig; or lost, when too many came\n"
		"at once. It gives no answers, but is a listener: changes that would be refused\n"
		"because no daemon hears of them are carried out while it runs.\n",
	.opts = opts,
	.run = run,
};
