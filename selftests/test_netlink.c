// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of the netlink family: what is in them, who gets them.
 */
#include "doer.h"
#include "files.h"
#include "harness.h"
#include "lun.h"
#include "nl.h"

#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/family.h>
#include <netlink/genl/genl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOON	5000

static struct lun lun;
static struct nl nl;
static struct nl_event event;

static void listen_up(void)
{
	/* its module has to be there */
	lun_create(&lun, "dev_config=raw//test,dev_size=1048576");
	ASSERT_EQ(nl_start(&nl), 0);
}

static void expect_device(const char *config)
{
	char name[256];

	snprintf(name, sizeof(name), "tcm-user/8/%s/%s", lun.name, config);
	if (strcmp(event.device, name))
		test_fail(__FILE__, __LINE__, "DEVICE is '%s', not '%s'",
			  event.device, name);
	EXPECT_EQ(event.minor, lun.uio);
}

static void expect_attrs(int fourth)
{
	EXPECT_EQ(event.nr_attrs, fourth ? 4 : 3);
	EXPECT_EQ(event.attrs[0], NL_DEVICE);
	EXPECT_EQ(event.attrs[1], NL_MINOR);
	EXPECT_EQ(event.attrs[2], NL_DEVICE_ID);
	EXPECT_EQ(event.attrs[3], fourth);
}

/* Brought up by somebody who listens, and gives no answers */
static void listen_enabled(void)
{
	listen_up();
	ASSERT_EQ(lun_enable(&lun), 0);
	ASSERT(nl_event(&nl, &event, SOON));
	ASSERT_EQ(event.cmd, NL_ADDED);
}

TEST(the_family_has_its_known_name_version_and_group)
{
	struct genl_family *family;
	struct nl_cache *cache;

	listen_up();
	ASSERT_EQ(genl_ctrl_alloc_cache(nl.sock, &cache), 0);
	family = genl_ctrl_search_by_name(cache, "TCM-USER");
	ASSERT(family);
	EXPECT_EQ(genl_family_get_version(family), 2);
	EXPECT_EQ(genl_family_get_hdrsize(family), 0);
	EXPECT(genl_family_get_maxattr(family) >= 9);
}

TEST(enable_announces_name_minor_and_id_in_this_order)
{
	listen_enabled();
	expect_attrs(0);
	expect_device("raw//test");
}

TEST(rmdir_announces_the_same_device)
{
	uint32_t id;

	listen_enabled();
	id = event.id;
	EXPECT_EQ(lun_remove(&lun), 0);
	ASSERT(nl_event(&nl, &event, SOON));
	EXPECT_EQ(event.cmd, NL_REMOVED);
	expect_attrs(0);
	expect_device("raw//test");
	EXPECT_EQ(event.id, id);
}

TEST(a_new_dev_config_is_announced_under_the_old_name)
{
	listen_enabled();
	EXPECT_EQ(lun_set(&lun, "attrib/dev_config", "raw//new"), 0);
	ASSERT(nl_event(&nl, &event, SOON));
	EXPECT_EQ(event.cmd, NL_RECONFIG);
	expect_attrs(NL_DEV_CFG);
	expect_device("raw//test");
	EXPECT(!strcmp(event.dev_cfg, "raw//new"));
	EXPECT_EQ(lun_remove(&lun), 0);
	ASSERT(nl_event(&nl, &event, SOON));
	expect_device("raw//new");
}

TEST(a_new_dev_size_is_announced_in_64_bits)
{
	listen_enabled();
	EXPECT_EQ(lun_set(&lun, "attrib/dev_size", "1125899906842624"), 0);
	ASSERT(nl_event(&nl, &event, SOON));
	EXPECT_EQ(event.cmd, NL_RECONFIG);
	expect_attrs(NL_DEV_SIZE);
	EXPECT_EQ(event.dev_size, 1125899906842624);
}

TEST(a_new_write_cache_setting_is_announced)
{
	listen_enabled();
	EXPECT_EQ(lun_set(&lun, "attrib/emulate_write_cache", "1"), 0);
	ASSERT(nl_event(&nl, &event, SOON));
	EXPECT_EQ(event.cmd, NL_RECONFIG);
	expect_attrs(NL_WRITECACHE);
	EXPECT_EQ(event.writecache, 1);
}

TEST(no_change_is_announced_before_enable)
{
	listen_up();
	EXPECT_EQ(lun_set(&lun, "attrib/dev_size", "4096"), 0);
	EXPECT_EQ(lun_set(&lun, "attrib/dev_config", "raw//b"), 0);
	EXPECT(!nl_event(&nl, &event, 300));
}

TEST(control_announces_nothing)
{
	listen_enabled();
	EXPECT_EQ(lun_set(&lun, "control", "dev_size=2097152"), 0);
	EXPECT(!nl_event(&nl, &event, 300));
	EXPECT_EQ(lun_num(&lun, "attrib/dev_size"), 2097152);
}

TEST(without_a_listener_enable_succeeds_at_once)
{
	long from = now_ms();

	lun_create(&lun, "dev_config=raw//test");
	EXPECT_EQ(lun_enable(&lun), 0);
	EXPECT(now_ms() - from < 2000);
}

TEST(without_a_listener_changes_are_refused_and_not_made)
{
	char text[64];

	lun_create(&lun, "dev_config=raw//test,dev_size=1048576");
	ASSERT_EQ(lun_enable(&lun), 0);
	EXPECT_EQ(lun_set(&lun, "attrib/dev_size", "4096"), -ESRCH);
	EXPECT_EQ(lun_num(&lun, "attrib/dev_size"), 1048576);
	EXPECT_EQ(lun_set(&lun, "attrib/dev_config", "raw//b"), -ESRCH);
	lun_get(&lun, "attrib/dev_config", text, sizeof(text));
	EXPECT(!strncmp(text, "raw//test", 9));
	EXPECT_EQ(lun_set(&lun, "attrib/emulate_write_cache", "1"), -ESRCH);
	EXPECT_EQ(lun_num(&lun, "attrib/emulate_write_cache"), 0);
}

TEST(block_netlink_does_not_matter_to_who_gives_no_answers)
{
	listen_up();
	file_write("1", PARAMS "/block_netlink");
	EXPECT_EQ(lun_enable(&lun), 0);
	EXPECT(nl_event(&nl, &event, SOON));
	EXPECT_EQ(lun_set(&lun, "attrib/dev_size", "4096"), 0);
	EXPECT(nl_event(&nl, &event, SOON));
	file_write("0", PARAMS "/block_netlink");
}

/* In a child: @fn decides how it differs from root in the first namespace */
static int child_says(int (*fn)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(fn());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int ask_as_nobody(void)
{
	if (nl_start(&nl) || setgid(65534) || setuid(65534))
		return 100;
	return nl_features(&nl, 1) == -EPERM &&
	       nl_done(&nl, 4, 0, 0) == -EPERM ? 0 : 1;
}

TEST(who_has_no_cap_net_admin_gets_eperm)
{
	lun_create(&lun, NULL);
	EXPECT_EQ(child_says(ask_as_nobody), 0);
}

static int hear_elsewhere(void)
{
	if (unshare(CLONE_NEWNET))
		return 77;
	if (nl_start(&nl))
		return 100;
	if (lun_set(&lun, "enable", "1"))
		return 101;
	return nl_event(&nl, &event, SOON) && event.cmd == NL_ADDED ? 0 : 1;
}

TEST(a_listener_in_another_network_namespace_hears_it)
{
	int status;

	lun_create(&lun, "dev_config=raw//test");
	status = child_says(hear_elsewhere);
	if (status == 77)
		test_skip("this kernel has no network namespaces");
	EXPECT_EQ(status, 0);
}
