// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation on the way of a device, and of a command, fails in turn. What
 * asked for it ends with an errno or a SCSI status, nothing is left of it, and
 * the device works afterwards or is not there.
 *
 * Only a kernel that injects faults can run this: make check KERNEL=debug, which
 * looks for leaks behind it.
 * timeout: 900
 * kernel: debug
 */
#include "fault.h"
#include "files.h"
#include "harness.h"
#include "nl.h"
#include "sg.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HBA	CORE "/user_8"
#define MIB	1048576
#define SHAPE	"dev_config=raw//faults,dev_size=1048576,max_data_area_mb=1"

static struct lun lun;
static struct store store;

/* ---- a device that comes and goes many times ---------------------------------- */

static void clean_up(void)
{
	store_serve_end(&store);
	lun_down(&lun);
}

/* Everything is loaded and has been used once; there is no device */
static void begin(void)
{
	fault_setup();
	lun_create(&lun, SHAPE);
	test_at_end(clean_up);
	ASSERT_EQ(lun_enable(&lun), 0);
	ASSERT_EQ(lun_remove(&lun), 0);
}

static void make(void)
{
	mkdir(HBA, 0755);
	ASSERT_EQ(mkdir(lun.dir, 0755), 0);
	ASSERT_EQ(lun_set(&lun, "control", SHAPE), 0);
}

static void make_enabled(void)
{
	make();
	ASSERT_EQ(lun_enable(&lun), 0);
}

static bool has_uio(void)
{
	return lun_queue_uio(&lun, 0) >= 0;
}

static bool is_memory(int ret)
{
	return !ret || ret == -ENOMEM || ret == -EFAULT;
}

static void expect_memory(int ret)
{
	if (!is_memory(ret))
		test_fail(__FILE__, __LINE__, "ends with %s",
			  strerrorname_np(-ret));
}

static void remove_it(void)
{
	EXPECT_EQ(rmdir(lun.dir), 0);
	EXPECT(!has_uio());
	EXPECT_EQ(rmdir(HBA), 0);
}

static int do_create(void)
{
	if (mkdir(HBA, 0755))
		return -errno;
	return mkdir(lun.dir, 0755) ? -errno : 0;
}

static void after_create(int ret)
{
	expect_memory(ret);
	EXPECT_EQ(!ret, file_exists("%s/control", lun.dir));
	if (!ret)
		EXPECT_EQ(rmdir(lun.dir), 0);
	if (file_exists(HBA))
		EXPECT_EQ(rmdir(HBA), 0);
}

TEST_LIMIT(create_without_memory_leaves_nothing, 200)
{
	begin();
	EXPECT(fault_each(&(struct fault_path){
		.name = "create", .where = FAULT_HERE,
		.work = do_create, .after = after_create }) > 10);
}

static int do_control(void)
{
	return lun_set(&lun, "control",
		       "dev_config=raw//other,dev_size=2097152,hw_block_size=512");
}

static void after_control(int ret)
{
	expect_memory(ret);
	EXPECT_EQ(do_control(), 0);
}

TEST(control_without_memory_may_be_tried_again)
{
	begin();
	make();
	EXPECT(fault_each(&(struct fault_path){
		.name = "control, new", .where = FAULT_HERE,
		.work = do_control, .after = after_control }) > 1);
	ASSERT_EQ(lun_enable(&lun), 0);
	EXPECT(fault_each(&(struct fault_path){
		.name = "control, enabled", .where = FAULT_HERE,
		.work = do_control, .after = after_control }) > 2);
	remove_it();
}

static int do_attributes(void)
{
	static const char * const files[] = {
		"info", "attrib/stat_commands", "attrib/dev_config",
		"attrib/stat_latency_reads", "attrib/recovery",
	};
	char text[4096];
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		ret = lun_get(&lun, files[i], text, sizeof(text));
		if (ret && ret != -ENOENT)
			return ret;
	}
	/* fixed, but may be written as it is */
	ret = lun_set(&lun, "attrib/emulate_tpu", "0");
	return ret ?: lun_set(&lun, "attrib/cmd_time_out", "30");
}

TEST(attributes_without_memory_may_be_tried_again)
{
	begin();
	make_enabled();
	EXPECT(fault_each(&(struct fault_path){
		.name = "attributes", .where = FAULT_HERE,
		.work = do_attributes, .after = expect_memory }) > 5);
	EXPECT_EQ(do_attributes(), 0);
	remove_it();
}

static int do_enable(void)
{
	return lun_set(&lun, "enable", "1");
}

/* An enable that failed may be tried again, and then it works */
static void after_enable(int ret)
{
	expect_memory(ret);
	EXPECT_EQ(lun_num(&lun, "enable"), !ret);
	EXPECT_EQ(has_uio(), !ret);
	if (ret) {
		EXPECT_EQ(do_enable(), 0);
		EXPECT(has_uio());
	}
	remove_it();
}

TEST_LIMIT(enable_without_memory_may_be_tried_again, 200)
{
	begin();
	EXPECT(fault_each(&(struct fault_path){
		.name = "enable", .where = FAULT_HERE, .passes = 3,
		.before = make,
		.work = do_enable, .after = after_enable }) > 20);
}

static int do_remove(void)
{
	return rmdir(lun.dir) ? -errno : 0;
}

/* The directory goes with the device, or both stay and can be removed */
static void after_remove(int ret)
{
	expect_memory(ret);
	EXPECT_EQ(has_uio(), !!ret);
	if (ret)
		EXPECT_EQ(do_remove(), 0);
	EXPECT(!has_uio());
	EXPECT_EQ(rmdir(HBA), 0);
}

TEST_LIMIT(remove_without_memory_removes, 200)
{
	begin();
	EXPECT(fault_each(&(struct fault_path){
		.name = "remove", .where = FAULT_HERE, .before = make_enabled,
		.work = do_remove, .after = after_remove }) > 2);
}

/* ---- the program's end ---------------------------------------------------------- */

static struct raw raw;

/* Memory is mapped; what is touched of it comes later */
static int do_open(void)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/uio%d", lun.uio);
	raw.fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (raw.fd < 0)
		return -errno;
	raw.map_len = 9 * MIB;
	raw.map = mmap(NULL, raw.map_len, PROT_READ | PROT_WRITE, MAP_SHARED,
		       raw.fd, 0);
	return raw.map == MAP_FAILED ? -errno : 0;
}

static void after_open(int ret)
{
	expect_memory(ret);
	if (!ret) {
		EXPECT(raw_mailbox_ok(&raw));
		munmap(raw.map, raw.map_len);
	}
	if (raw.fd >= 0)
		close(raw.fd);
	memset(&raw, 0, sizeof(raw));
	/* nobody is taken for its owner who has not got it */
	EXPECT_EQ(raw_open(&raw, lun.uio), 0);
	raw_close(&raw);
}

TEST_LIMIT(open_and_mmap_without_memory_may_be_tried_again, 100)
{
	begin();
	make_enabled();
	EXPECT(fault_each(&(struct fault_path){
		.name = "open and mmap", .where = FAULT_HERE,
		.work = do_open, .after = after_open }) > 5);
	remove_it();
}

static void before_touch(void)
{
	make_enabled();
	ASSERT_EQ(raw_open(&raw, lun.uio), 0);
}

/*
 * The kernel takes a page fault that found no memory once more, and write(2) from
 * the mapping, in which the kernel is who touches it, ends with what it has got.
 */
static int do_touch(void)
{
	int sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
	size_t off;

	for (off = 0; off < 8 * MIB; off += 3 * MIB / 2 + 4096)
		raw_set_u32(&raw, off + 512, 1);
	if (sink >= 0)
		close(sink);
	return 0;
}

static void after_touch(int ret)
{
	size_t off;

	for (off = 0; off < 8 * MIB; off += 3 * MIB / 2 + 4096)
		EXPECT_EQ(raw_u32(&raw, off + 512), 1);
	EXPECT(raw_mailbox_ok(&raw));
	raw_close(&raw);
	remove_it();
}

TEST_LIMIT(page_faults_without_memory_are_taken_again, 100)
{
	begin();
	EXPECT(fault_each(&(struct fault_path){
		.name = "page fault", .where = FAULT_HERE,
		.before = before_touch, .work = do_touch,
		.after = after_touch }) > 5);
}
