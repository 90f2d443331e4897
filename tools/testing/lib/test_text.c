// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the library reads and says: names, numbers, messages, pieces of memory.
 */
#include "rig.h"

#include "sysfs.h"
#include "uio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct uio_name name;

static void check_name(const char *text, u32 host, const char *dev,
		       const char *config, u32 queue)
{
	CHECK_EQ(uio_parse(text, &name), 0);
	CHECK_EQ(name.host, host);
	CHECK(!strcmp(name.name, dev));
	CHECK(!strcmp(name.config, config));
	CHECK_EQ(name.queue, queue);
}

TEST("names of devices and of queues are taken apart")
{
	check_name("tcm-user/0/disk/ram/256M", 0, "disk", "ram/256M", 0);
	check_name("tcm-user/4294967295/d/x", 4294967295U, "d", "x", 0);
	check_name("tcm-user/1/disk", 1, "disk", "", 0);
	check_name("tcm-user/1/disk/", 1, "disk", "", 0);
	check_name("tcm-user/1/disk//a//b/", 1, "disk", "/a//b/", 0);
	check_name("tcmu-queue/12/disk/3", 12, "disk", "", 3);
}

TEST("other names are nobody's")
{
	static const char *const bad[] = {
		"", "tcm-user", "tcm-user/", "tcm-user/1", "tcm-user/1/",
		"tcm-user//disk/x", "tcm-user/x/disk/x", "tcm-user/-1/disk/x",
		"tcm-user/4294967296/disk/x", "tcm-user/1x/disk/x",
		"tcm-user/99999999999999999999/disk", "tcm-userx/1/disk/x",
		"tcmu-queue/1/disk", "tcmu-queue/1/disk/", "tcmu-queue/1/disk/0",
		"tcmu-queue/1/disk/1x", "tcmu-queue/1/disk/1/2",
		"tcmu-queue/1/disk/-1", "uio_pdrv_genirq",
	};
	char text[UIO_NAME_MAX + 300] = "tcm-user/1/";
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(uio_parse(bad[i], &name), -EINVAL);
	memset(text + strlen(text), 'n', 256);
	CHECK_EQ(uio_parse(text, &name), -EINVAL);
	strcpy(text, "tcm-user/1/n/");
	memset(text + strlen(text), 'c', UIO_NAME_MAX);
	CHECK_EQ(uio_parse(text, &name), -EINVAL);
}

TEST("numbers are digits, and nothing else")
{
	static const char *const bad[] = { "", " 1", "-1", "+1", "1 ", "0x",
					   "12a", "x" };
	uint64_t value;
	u32 i;

	CHECK_EQ(sysfs_number("0", &value), 0);
	CHECK_EQ(value, 0);
	CHECK_EQ(sysfs_number("0x0000000040800000", &value), 0);
	CHECK_EQ(value, 0x40800000);
	CHECK_EQ(sysfs_number("18446744073709551615", &value), 0);
	CHECK_EQ(sysfs_number("18446744073709551616", &value), -ERANGE);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(sysfs_number(bad[i], &value), -EINVAL);
}

static void check_size(const char *info, int ret, u64 size)
{
	uint64_t bytes = 0;
	char *dir = sysfs_dir("/core");

	sim_file("/core/info", "%s", info);
	CHECK_EQ(sysfs_dev_size(dir, &bytes), ret);
	if (!ret)
		CHECK_EQ(bytes, size);
	free(dir);
}

TEST("the size is the last one that info names")
{
	sim_begin();
	check_size("Status: X\n        Config: a/b Size: 1048576 MaxDataAreaMB: 8\n",
		   0, 1048576);
	check_size("Config: a Size: 1 b Size: 2 Size: 3 MaxDataAreaMB: 8\n", 0, 3);
	check_size("Config: NULL Size: 512\n", 0, 512);
	check_size("Config: NULL\n", -EPROTO, 0);
	check_size("Config: x Size: -5 Max\n", -EPROTO, 0);
	check_size("Config: x Size: 5x Max\n", -EPROTO, 0);
	check_size("Config: x Size: 99999999999999999999 Max\n", -ERANGE, 0);
	check_size("", -EPROTO, 0);
	sim_end();
}

static int count(void *arg, unsigned int nr, const struct uio_name *found)
{
	*(u32 *)arg = *(u32 *)arg * 100 + nr;
	return 0;
}

TEST("devices are found in the order of their numbers, others left alone")
{
	u32 order = 0;

	sim_begin();
	sim_file("/sys/class/uio/uio10/name", "tcm-user/0/b/x\n");
	sim_file("/sys/class/uio/uio2/name", "tcm-user/0/a/x\n");
	sim_file("/sys/class/uio/uio3/name", "something\n");
	sim_file("/sys/class/uio/uio4/other", "\n");
	sim_file("/sys/class/uio/uiox/name", "tcm-user/0/c/x\n");
	sim_file("/sys/class/uio/uio11/name", "tcmu-queue/0/a/1\n");
	CHECK_EQ(uio_each(count, &order), 0);
	CHECK_EQ(order, 21011);
	sim_end();
}

TEST("without a UIO device of any driver there is none of ours")
{
	u32 order = 0;

	sysfs_root = "/nowhere";
	CHECK_EQ(uio_each(count, &order), 0);
	CHECK_EQ(order, 0);
	sysfs_root = "";
}

static char last[2000];

static void keep(void *priv, enum tcmuser_level level, const char *message)
{
	strcpy(last, message);
}

TEST("a message is one line, whatever is in it")
{
	struct tcmuser *ctx;
	char big[3000];

	CHECK_EQ(tcmuser_new(&ctx, TCMUSER_NO_EVENTS), 0);
	tcmuser_set_log(ctx, keep, NULL, TCMUSER_INFO);
	tcmuser_log(ctx, TCMUSER_ERROR, "a\nb\033[1mc\td%%%d", 5);
	CHECK(!strcmp(last, "a?b?[1mc?d%5"));
	tcmuser_log(ctx, TCMUSER_DEBUG, "not this");
	CHECK(!strcmp(last, "a?b?[1mc?d%5"));
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	tcmuser_log(ctx, TCMUSER_INFO, "%s", big);
	CHECK(strlen(last) > 100 && strlen(last) < sizeof(last));
	tcmuser_free(ctx);
}

/* ---- pieces of memory ----------------------------------------------------------- */

static char a[3], b[1], c[4];
static const struct iovec iov[] = {
	{ a, 3 }, { NULL, 0 }, { b, 1 }, { c, 4 },
};

static void check_iov(const char *first, const char *second, const char *third)
{
	CHECK(!memcmp(a, first, 3));
	CHECK(!memcmp(b, second, 1));
	CHECK(!memcmp(c, third, 4));
}

TEST("pieces of memory are written, read and zeroed at any place")
{
	char buf[10] = "..........";

	CHECK_EQ(tcmuser_iov_len(iov, 4), 8);
	CHECK_EQ(tcmuser_iov_put(iov, 4, 0, "abcdefghij", 10), 8);
	check_iov("abc", "d", "efgh");
	CHECK_EQ(tcmuser_iov_put(iov, 4, 2, "XYZ", 3), 3);
	check_iov("abX", "Y", "Zfgh");
	CHECK_EQ(tcmuser_iov_get(iov, 4, 1, buf, 4), 4);
	CHECK(!memcmp(buf, "bXYZ.", 5));
	CHECK_EQ(tcmuser_iov_get(iov, 4, 7, buf, 10), 1);
	CHECK_EQ(tcmuser_iov_get(iov, 4, 8, buf, 10), 0);
	CHECK_EQ(tcmuser_iov_get(iov, 4, 100, buf, 10), 0);
	CHECK_EQ(tcmuser_iov_zero(iov, 4, 3, 2), 2);
	check_iov("abX", "", "\0fgh");
	CHECK_EQ(tcmuser_iov_put(iov, 0, 0, "x", 1), 0);
}

TEST("a handler that makes no sense is refused")
{
	struct tcmuser_handler handler = { .size = sizeof(handler), .name = "a",
					   .cdb = rig_good };
	struct tcmuser *ctx;

	CHECK_EQ(tcmuser_new(&ctx, 0x8000), -EINVAL);
	CHECK_EQ(tcmuser_new(&ctx, TCMUSER_NO_EVENTS), 0);
	CHECK_EQ(tcmuser_add_handler(ctx, &handler), 0);
	CHECK_EQ(tcmuser_add_handler(ctx, &handler), -EEXIST);
	handler.name = "";
	CHECK_EQ(tcmuser_add_handler(ctx, &handler), -EINVAL);
	handler.name = "a/b";
	CHECK_EQ(tcmuser_add_handler(ctx, &handler), -EINVAL);
	handler.name = NULL;
	CHECK_EQ(tcmuser_add_handler(ctx, &handler), -EINVAL);
	handler.name = "b";
	handler.cdb = NULL;
	CHECK_EQ(tcmuser_add_handler(ctx, &handler), -EINVAL);
	handler.cdb = rig_good;
	handler.threads = 257;
	CHECK_EQ(tcmuser_add_handler(ctx, &handler), -EINVAL);
	handler.threads = 0;
	handler.size--;
	CHECK_EQ(tcmuser_add_handler(ctx, &handler), -EINVAL);
	tcmuser_free(ctx);
	tcmuser_free(NULL);
}
