// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a disk is by its files in configfs and by its handler.
 */
#include "fake.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static struct disk disk;

static const char *const names[] = {
	"info", "attrib/hw_block_size", "attrib/hw_max_sectors",
	"attrib/emulate_write_cache", "wwn/vpd_unit_serial", "wwn/vendor_id",
	"wwn/product_id", "wwn/revision",
};

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	CHECK(file);
	fputs(text, file);
	fclose(file);
}

static void make_dir(void)
{
	char path[128];

	snprintf(dir, sizeof(dir), "/tmp/tcmu-disk-%d", getpid());
	mkdir(dir, 0700);
	snprintf(path, sizeof(path), "%s/attrib", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/wwn", dir);
	mkdir(path, 0700);
}

static void remove_dir(void)
{
	char path[128];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/attrib", dir);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/wwn", dir);
	rmdir(path);
	rmdir(dir);
}

static void put_info(const char *config, const char *size, const char *mode)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "Status: DEACTIVATED  Max Queue Depth: 128  SectorSize: 512  HwMaxSectors: 128\n"
		 "        Config: %s Size: %s MaxDataAreaMB: 1024 DataPagesPerBlk: 1%s CmdRingSizeMB: 8\n",
		 config, size, mode);
	put("info", text);
}

static int init(void)
{
	static const struct tcmuser_handler handler = { .name = "x" };

	return disk_init(&disk, &handler, dir);
}

TEST("size, block size and the most of a transfer are configfs's")
{
	make_dir();
	put_info("ram/x", "1048577", "");
	put("attrib/hw_block_size", "4096\n");
	put("attrib/hw_max_sectors", "256\n");
	CHECK_EQ(init(), 0);
	CHECK_EQ(disk.size, 1 << 20);
	CHECK_EQ(disk.block_size, 4096);
	CHECK_EQ(disk.physical_block, 4096);
	CHECK_EQ(disk.max_transfer, 256 * 4096);
	CHECK(!disk.io_mode);
	CHECK_EQ(disk.features, 0);
	remove_dir();
}

TEST("numbers that no disk has are refused or bounded")
{
	static const char *const bad[] = { "0", "100", "513", "768", "131072",
					   "4294967296" };
	unsigned int i;

	make_dir();
	put_info("ram/x", "1048576", "");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		put("attrib/hw_block_size", bad[i]);
		CHECK_EQ(init(), -EINVAL);
	}
	put("attrib/hw_block_size", "512\n");
	put("attrib/hw_max_sectors", "18446744073709551615\n");
	CHECK_EQ(init(), 0);
	CHECK_EQ(disk.max_transfer, 64 << 20);
	put("attrib/hw_max_sectors", "0\n");
	CHECK_EQ(init(), 0);
	CHECK_EQ(disk.max_transfer, 512);
	remove_dir();
}

TEST("without info there is no disk")
{
	make_dir();
	CHECK(init() < 0);
	put("info", "nothing of that kind\n");
	CHECK(init() < 0);
	remove_dir();
}

TEST("I/O mode is what the driver says of it, not what the user's config says")
{
	make_dir();
	put_info("ram/x", "1048576", ",mode=io");
	CHECK_EQ(init(), 0);
	CHECK(disk.io_mode);
	put_info("x Size: 5 DataPagesPerBlk: 1,mode=io ", "1048576", "");
	CHECK_EQ(init(), 0);
	CHECK(!disk.io_mode);
	CHECK_EQ(disk.size, 1 << 20);
	remove_dir();
}

/* WCE after @start, by the attribute's value */
static unsigned int wce(const char *attr, bool can_flush)
{
	unsigned int val;

	put("attrib/emulate_write_cache", attr);
	CHECK_EQ(init(), 0);
	disk.features = can_flush ? TCMUSER_CAN_FLUSH : 0;
	CHECK_EQ(disk_start(&disk), 0);
	val = disk.write_cache;
	disk_end(&disk);
	return val;
}

TEST("there is a write cache if it can be flushed; in I/O mode if the user wants it")
{
	make_dir();
	put_info("ram/x", "1048576", "");
	CHECK_EQ(wce("0\n", true), 1);
	CHECK_EQ(wce("1\n", true), 1);
	CHECK_EQ(wce("1\n", false), 0);
	put_info("ram/x", "1048576", ",mode=io");
	CHECK_EQ(wce("0\n", true), 0);
	CHECK_EQ(wce("1\n", true), 1);
	CHECK_EQ(wce("1\n", false), 0);
	remove_dir();
}

TEST("limits that make no sense are left out")
{
	static const uint32_t bad[] = { 0, 256, 1000, 513 };
	unsigned int i;

	make_dir();
	put_info("ram/x", "1048576", "");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_EQ(init(), 0);
		disk.physical_block = bad[i];
		CHECK_EQ(disk_start(&disk), 0);
		CHECK_EQ(disk.physical_block, 512);
		disk_end(&disk);
	}
	remove_dir();
}

TEST("the names are the user's where there are any")
{
	struct disk_names got;

	make_dir();
	put("wwn/vpd_unit_serial", "T10 VPD Unit Serial Number: 12ab-cd\n");
	put("wwn/vendor_id", "ACME\n");
	put("wwn/product_id", "A product of much more\n");
	put("wwn/revision", "   ");
	disk_read_names(dir, &got);
	CHECK(!strcmp(got.serial, "12ab-cd"));
	CHECK(!strcmp(got.vendor, "ACME"));
	CHECK(!strcmp(got.product, "A product of muc"));
	CHECK(!strcmp(got.revision, "0001"));
	remove_dir();
}

static uint8_t page[600];

TEST("the NAA name has the serial number's digits, as the target core has it")
{
	fake_open(512, 8, FAKE_SYNC);
	make_dir();
	fake.dev.dir = dir;
	put("wwn/vpd_unit_serial",
	    "T10 VPD Unit Serial Number: 0bdc12f3-4567-89ab-cdef-0123456789ab\n");
	fake_cdb6(0x12, 1, 0x83, 255);
	CHECK_EQ(fake_status(page, 255), 0);
	CHECK(!memcmp(page + 8, "\x60\x01\x40\x50\xbd\xc1\x2f\x34\x56\x78\x9a\xbc\xde\xf0\x12\x34",
		      16));
	CHECK_EQ(page[24], 2);
	CHECK(!memcmp(page + 28, "LIO-ORG TCMU device:0bdc12f3-", 29));
	remove_dir();
	fake_close();
}

TEST("names of any length stay within their pages")
{
	char serial[400];

	fake_open(512, 8, FAKE_SYNC);
	make_dir();
	fake.dev.dir = dir;
	memset(serial, 'a', sizeof(serial));
	serial[sizeof(serial) - 1] = '\0';
	put("wwn/vpd_unit_serial", serial);
	fake_cdb6(0x12, 1, 0x80, 0);
	put_be16(cdb + 3, sizeof(page));
	CHECK_EQ(fake_status(page, sizeof(page)), 0);
	CHECK_EQ(answer.read_len, 4 + 255);
	cdb[2] = 0x83;
	CHECK_EQ(fake_status(page, sizeof(page)), 0);
	CHECK_EQ(answer.read_len, 4 + get_be16(page + 2));
	CHECK_EQ(get_be16(page + 2), 20 + 4 + page[27]);
	remove_dir();
	fake_close();
}
