// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is seen of the module in configfs, in sysfs and by netlink, as lines
 * 'KEY: VALUE' behind a '|'. diff.sh compares those of two modules. Nothing here
 * expects anything.
 */
#include "doer.h"
#include "files.h"
#include "harness.h"
#include "lun.h"
#include "nl.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct lun lun;

static void created(void)
{
	lun_name_next("disk");
	lun_create(&lun, NULL);
}

static const char *result(int ret)
{
	return ret ? strerrorname_np(-ret) : "0";
}

/* The text of a file on one line */
static const char *shown(const char *path)
{
	static char text[4200];
	char buf[2000], *to = text, *from;
	int ret = file_read(buf, sizeof(buf), "%s", path);

	if (ret)
		return result(ret);
	for (from = buf; *from; from++)
		to += sprintf(to, *from == '\n' ? "\\n" : "%c", *from);
	*to = '\0';
	return text;
}

/* ---- what there is -------------------------------------------------------------- */

static void show_dir(const char *state, const char *dir)
{
	char path[512];
	struct dirent **names;
	struct stat st;
	int i, nr;

	nr = scandir(dir, &names, NULL, alphasort);
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		if (names[i]->d_name[0] == '.' || lstat(path, &st))
			continue;
		printf("| %s %s/%s: %o %s\n", state, strrchr(dir, '/') + 1,
		       names[i]->d_name,
		       st.st_mode, S_ISREG(st.st_mode) && st.st_mode & 0400 ?
		       shown(path) : "");
	}
}

static void show_all(const char *state)
{
	char dir[200];

	show_dir(state, CORE "/user_8");
	show_dir(state, lun.dir);
	snprintf(dir, sizeof(dir), "%s/attrib", lun.dir);
	show_dir(state, dir);
	snprintf(dir, sizeof(dir), "%s/action", lun.dir);
	show_dir(state, dir);
}

TEST(configfs)
{
	created();
	show_all("new");
	lun_set(&lun, "control", "dev_config=raw//x,dev_size=1048576");
	lun_enable(&lun);
	show_all("enabled");
}

TEST(sysfs)
{
	static const char * const files[] = {
		"name", "version", "event", "maps/map0/name", "maps/map0/size",
		"maps/map0/offset", "maps/map0/addr",
	};
	char path[128];
	size_t i;

	created();
	lun_set(&lun, "control", "dev_config=raw//x,dev_size=1048576");
	lun_enable(&lun);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "/sys/class/uio/uio%d/%s",
			 lun.uio, files[i]);
		printf("| uio %s: %s\n", files[i], strstr(files[i], "addr") &&
		       strcmp(shown(path), "0x0000000000000000") ?
		       "an address" : shown(path));
	}
}

/* ---- what is written ------------------------------------------------------------ */

static const char * const numbers[] = {
	"0", "1", "2", "-1", "-2", "5", "010", "0x10", "127", "128", "-128",
	"-129", "255", "256", "65535", "65536", "2147483647", "2147483648",
	"-2147483648", "-2147483649", "4294967295", "4294967296",
	"18446744073709551615", "18446744073709551616", "1\n", "1\n\n", " 1",
	"1 ", "1k", "x", "yes", "\n", "+1", "1,2",
};

static void write_numbers(const char *state, const char *file)
{
	char path[200];
	size_t i;
	int ret;

	snprintf(path, sizeof(path), "%s/%s", lun.dir, file);
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		ret = file_write(numbers[i], "%s", path);
		printf("| %s %s=%zu:%.*s: %s ", state, file, i,
		       (int)strcspn(numbers[i], "\n"), numbers[i], result(ret));
		printf("-> %s\n", shown(path));
	}
}

static void write_attribs(const char *state)
{
	static const char * const files[] = {
		"attrib/cmd_time_out", "attrib/qfull_time_out",
		"attrib/dev_size", "attrib/emulate_write_cache",
		"attrib/tmr_notification", "attrib/nl_reply_supported",
		"attrib/max_data_area_mb", "attrib/data_pages_per_blk",
		"attrib/cmd_ring_size_mb", "attrib/hw_block_size",
		"attrib/hw_max_sectors", "attrib/hw_queue_depth",
		"attrib/emulate_pr", "attrib/alua_support",
		"attrib/pgr_support", "attrib/enforce_pr_isids",
		"attrib/force_pr_aptpl", "action/block_dev",
		"action/reset_ring", "action/free_kept_buf",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		write_numbers(state, files[i]);
}

TEST(attributes_of_a_new_device)
{
	created();
	write_attribs("new");
}

TEST(attributes_of_an_enabled_device)
{
	created();
	lun_set(&lun, "control", "dev_config=raw//x,dev_size=1048576");
	lun_enable(&lun);
	write_attribs("enabled");
}

TEST(dev_config_attribute)
{
	static const char * const texts[] = {
		"a", "a/b c,d", "a/b\n", "", "\n", "a\nb",
	};
	char path[200];
	size_t i;
	int ret;

	created();
	snprintf(path, sizeof(path), "%s/attrib/dev_config", lun.dir);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		ret = file_write(texts[i], "%s", path);
		printf("| dev_config=%zu: %s ", i, result(ret));
		printf("-> %s\n", shown(path));
	}
}

/* Not data_pages_per_blk=0: the distribution's module divides by it */
static const char * const controls[] = {
	"dev_config=a/b", "dev_config=", "dev_config", "dev_size=4096",
	"dev_size=0x1000", "dev_size=-1", "dev_size=1k", "dev_size=",
	"dev_size=18446744073709551616", "hw_block_size=4096",
	"hw_block_size=0", "hw_block_size=-1", "hw_block_size=513",
	"hw_block_size=x", "hw_max_sectors=256", "hw_max_sectors=0",
	"hw_max_sectors=-1", "nl_reply_supported=-1", "nl_reply_supported=1",
	"max_data_area_mb=64", "max_data_area_mb=64M", "max_data_area_mb=0",
	"max_data_area_mb=-1", "max_data_area_mb=4096",
	"max_data_area_mb=99999999999", "data_pages_per_blk=4",
	"data_pages_per_blk=-1", "data_pages_per_blk=99999999",
	"cmd_ring_size_mb=2", "cmd_ring_size_mb=9", "cmd_ring_size_mb=0",
	"cmd_ring_size_mb=-1", "async=1", "nonsense", ",,", "\n",
	" dev_size=8192", "dev_size=8192 ", "dev_size=8192\n",
	"dev_size=512,hw_block_size=0,dev_size=1024",
	"dev_size=512,unknown=1\nhw_max_sectors=64",
};

static void write_controls(const char *state)
{
	char path[200];
	size_t i;
	int ret;

	snprintf(path, sizeof(path), "%s/info", lun.dir);
	for (i = 0; i < ARRAY_SIZE(controls); i++) {
		ret = lun_set(&lun, "control", controls[i]);
		printf("| %s control=%zu:%.*s: %s ", state, i,
		       (int)strcspn(controls[i], "\n"), controls[i],
		       result(ret));
		printf("-> %s\n", shown(path));
	}
}

TEST(control_of_a_new_device)
{
	created();
	write_controls("new");
}

TEST(control_of_an_enabled_device)
{
	created();
	lun_set(&lun, "control", "dev_config=raw//x,dev_size=1048576");
	lun_enable(&lun);
	write_controls("enabled");
}

TEST(enable)
{
	static const char * const texts[] = { "0", "x", "", "2", "21", "1" };
	size_t i;

	created();
	lun_set(&lun, "control", "dev_config=raw//x");
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		int ret = lun_set(&lun, "enable", texts[i]);

		printf("| enable=%zu:%s: %s -> %ld\n", i, texts[i], result(ret),
		       lun_num(&lun, "enable"));
	}
}

TEST(parameters)
{
	static const char * const files[] = {
		"block_netlink", "reset_netlink", "global_max_data_area_mb",
	};
	char path[200];
	size_t i, j;
	int ret;

	created();
	show_dir("loaded", PARAMS);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), PARAMS "/%s", files[i]);
		printf("| %s: %s\n", files[i], shown(path));
		for (j = 0; j < ARRAY_SIZE(numbers); j++) {
			ret = file_write(numbers[j], "%s", path);
			printf("| %s=%zu:%.*s: %s ", files[i], j,
			       (int)strcspn(numbers[j], "\n"), numbers[j],
			       result(ret));
			printf("-> %s\n", shown(path));
		}
	}
	file_write("0", PARAMS "/block_netlink");
	file_write("2048", PARAMS "/global_max_data_area_mb");
}
