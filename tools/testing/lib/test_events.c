// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a netlink message says, whatever is in it.
 */
#include "rig.h"

#include "events.h"

#include <errno.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY 33

static struct nl_msg *message(int cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	CHECK(msg);
	CHECK(genlmsg_put(msg, 0, 0, FAMILY, 0, 0, cmd, 2));
	return msg;
}

static struct nl_msg *named(int cmd)
{
	struct nl_msg *msg = message(cmd);

	CHECK_EQ(nla_put_string(msg, TCMU_ATTR_DEVICE, RIG_NAME), 0);
	CHECK_EQ(nla_put_u32(msg, TCMU_ATTR_MINOR, 7), 0);
	CHECK_EQ(nla_put_u32(msg, TCMU_ATTR_DEVICE_ID, 3), 0);
	return msg;
}

static struct tcmuser_event event;

static int parse(struct nl_msg *msg)
{
	return events_parse(nlmsg_hdr(msg), &event);
}

TEST("an event says what has become of which device")
{
	static const int types[] = { TCMUSER_EVENT_ADDED, TCMUSER_EVENT_REMOVED,
				     TCMUSER_EVENT_RECONFIG };
	struct nl_msg *msg;
	int i;

	for (i = 0; i < 3; i++) {
		msg = named(TCMU_CMD_ADDED_DEVICE + i);
		CHECK_EQ(parse(msg), 0);
		CHECK_EQ(event.type, types[i]);
		CHECK(!strcmp(event.name, RIG_NAME));
		CHECK_EQ(event.uio, 7);
		CHECK_EQ(event.dev_id, 3);
		CHECK(!event.config && !event.has_size);
		CHECK_EQ(event.write_cache, -1);
		nlmsg_free(msg);
	}
}

TEST("a change says what changes")
{
	struct nl_msg *msg = named(TCMU_CMD_RECONFIG_DEVICE);

	CHECK_EQ(nla_put_string(msg, TCMU_ATTR_DEV_CFG, "h/new"), 0);
	CHECK_EQ(parse(msg), 0);
	CHECK(!strcmp(event.config, "h/new"));
	nlmsg_free(msg);

	msg = named(TCMU_CMD_RECONFIG_DEVICE);
	CHECK_EQ(nla_put_u64(msg, TCMU_ATTR_DEV_SIZE, 1ULL << 40), 0);
	CHECK_EQ(parse(msg), 0);
	CHECK(event.has_size);
	CHECK_EQ(event.dev_size, 1ULL << 40);
	nlmsg_free(msg);

	msg = named(TCMU_CMD_RECONFIG_DEVICE);
	CHECK_EQ(nla_put_u8(msg, TCMU_ATTR_WRITECACHE, 1), 0);
	CHECK_EQ(parse(msg), 0);
	CHECK_EQ(event.write_cache, 1);
	nlmsg_free(msg);
}

TEST("an old driver's event has no id of its device")
{
	struct nl_msg *msg = message(TCMU_CMD_ADDED_DEVICE);

	CHECK_EQ(nla_put_string(msg, TCMU_ATTR_DEVICE, RIG_NAME), 0);
	CHECK_EQ(nla_put_u32(msg, TCMU_ATTR_MINOR, 7), 0);
	CHECK_EQ(parse(msg), 0);
	CHECK_EQ(event.dev_id, -1);
	nlmsg_free(msg);
}

static void check_refused(struct nl_msg *msg)
{
	CHECK_EQ(parse(msg), -EINVAL);
	nlmsg_free(msg);
}

TEST("a message without what it needs is no event")
{
	struct nl_msg *msg;

	check_refused(message(TCMU_CMD_ADDED_DEVICE));
	check_refused(named(TCMU_CMD_ADDED_DEVICE_DONE));
	check_refused(named(TCMU_CMD_UNSPEC));
	check_refused(named(77));
	msg = message(TCMU_CMD_ADDED_DEVICE);
	CHECK_EQ(nla_put_u32(msg, TCMU_ATTR_MINOR, 7), 0);
	check_refused(msg);
}

TEST("nor is one whose attributes are too short, or text without an end")
{
	struct nl_msg *msg = named(TCMU_CMD_RECONFIG_DEVICE);

	CHECK_EQ(nla_put_u16(msg, TCMU_ATTR_DEV_SIZE, 1), 0);
	check_refused(msg);
	msg = named(TCMU_CMD_RECONFIG_DEVICE);
	CHECK_EQ(nla_put(msg, TCMU_ATTR_DEV_CFG, 4, "h/ab"), 0);
	check_refused(msg);
	msg = named(TCMU_CMD_RECONFIG_DEVICE);
	CHECK_EQ(nla_put(msg, TCMU_ATTR_DEV_CFG, 0, ""), 0);
	check_refused(msg);
	msg = named(TCMU_CMD_ADDED_DEVICE);
	CHECK_EQ(nla_put(msg, TCMU_ATTR_DEVICE, 0, ""), 0);
	check_refused(msg);
}

TEST("random bytes do no harm")
{
	struct nlmsghdr *hdr;
	u64 seed = 7;
	u32 i, j, len;

	for (i = 0; i < 20000; i++) {
		len = NLMSG_HDRLEN + GENL_HDRLEN + unit_random(&seed) % 100;
		/* as long as it is, so that the sanitizer sees what is behind */
		hdr = malloc(len);
		for (j = 0; j < len; j++)
			((u8 *)hdr)[j] = unit_random(&seed) & unit_random(&seed);
		hdr->nlmsg_len = len;
		((struct genlmsghdr *)(hdr + 1))->cmd = 1 + i % 3;
		events_parse(hdr, &event);
		free(hdr);
	}
}
