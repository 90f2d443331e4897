// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backstore of ours, and a loopback LUN on it: see lun.h.
 */
#include "lun.h"

#include "files.h"
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HBA	CORE "/user_8"
#define LOOP	"/sys/kernel/config/target/loopback/naa.6001405000000008"
#define TPG	LOOP "/tpgt_1"

static struct lun *current;
static const char *next_name;
int lun_queue;

/* One that is built in, or cannot be loaded, shows when it is used */
static void load_modules(void)
{
	if (system("modprobe -aq tcm_loop sg target_core_user 2>/dev/null"))
		return;
}

static void take_away(void)
{
	if (current)
		lun_down(current);
}

void lun_name_next(const char *name)
{
	next_name = name;
}

void lun_create(struct lun *lun, const char *control)
{
	memset(lun, 0, sizeof(*lun));
	lun->uio = -1;
	snprintf(lun->name, sizeof(lun->name), "d%d", getpid());
	if (next_name)
		snprintf(lun->name, sizeof(lun->name), "%s", next_name);
	snprintf(lun->dir, sizeof(lun->dir), HBA "/%s", lun->name);
	load_modules();
	current = lun;
	test_at_end(take_away);
	mkdir("/sys/kernel/config/target/core", 0755);
	mkdir(HBA, 0755);
	ASSERT_EQ(mkdir(lun->dir, 0755), 0);
	if (lun_queue)
		ASSERT_EQ(lun_set(lun, "control", "nr_queues=2"), 0);
	if (control)
		ASSERT_EQ(lun_set(lun, "control", control), 0);
}

/* Half of the area is the test's queue's: it has asked for what it wants to have */
static int set_control_of_two(struct lun *lun, const char *value)
{
	const char *key = "max_data_area_mb=";
	const char *area = strstr(value, key);
	char text[512];

	if (!area)
		return file_write(value, "%s/control", lun->dir);
	area += strlen(key);
	snprintf(text, sizeof(text), "%.*s%d%s", (int)(area - value), value,
		 2 * atoi(area), area + strspn(area, "0123456789"));
	return file_write(text, "%s/control", lun->dir);
}

/* The first queue's daemon has to begin anew, too */
static int reset_two(struct lun *lun, const char *value)
{
	bool served = lun->other.serving;
	int ret;

	raw_serve_end(&lun->other);
	ret = file_write(value, "%s/action/reset_ring", lun->dir);
	if (!ret) {
		lun->other.next = 0;
		lun->other.tail = 0;
	}
	if (served)
		raw_serve(&lun->other);
	return ret;
}

/* A number that is none goes as it is */
static int free_kept_of_second(struct lun *lun, const char *value)
{
	char text[32], *end;
	long id = strtol(value, &end, 0);

	if (*end || end == value || id < 0)
		return file_write(value, "%s/action/free_kept_buf", lun->dir);
	snprintf(text, sizeof(text), "%ld", id + 65536);
	return file_write(text, "%s/action/free_kept_buf", lun->dir);
}

int lun_set(struct lun *lun, const char *file, const char *value)
{
	if (lun_queue && !strcmp(file, "control"))
		return set_control_of_two(lun, value);
	if (lun_queue && !strcmp(file, "action/reset_ring"))
		return reset_two(lun, value);
	if (lun_queue && !strcmp(file, "action/free_kept_buf"))
		return free_kept_of_second(lun, value);
	return file_write(value, "%s/%s", lun->dir, file);
}

int lun_get(struct lun *lun, const char *file, char *buf, int size)
{
	return file_read(buf, size, "%s/%s", lun->dir, file);
}

long lun_num(struct lun *lun, const char *file)
{
	return file_num("%s/%s", lun->dir, file);
}

long long lun_stat(struct lun *lun, const char *table, const char *row, int col)
{
	char text[4097], path[64], *line, *word, *rest;

	snprintf(path, sizeof(path), "attrib/stat_%s", table);
	if (lun_get(lun, path, text, sizeof(text)))
		return -1;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		word = strsep(&line, " ");
		if (strcmp(word, row))
			continue;
		while (word && col--)
			word = strsep(&line, " ");
		return word ? atoll(word) : -1;
	}
	return -1;
}

int lun_queue_uio(const struct lun *lun, int queue)
{
	char want[64], name[512];
	int i;

	snprintf(want, sizeof(want), "tcm-user/8/%s", lun->name);
	if (queue)
		snprintf(want, sizeof(want), "tcmu-queue/8/%s/%d", lun->name,
			 queue);
	for (i = 0; i < 1000; i++) {
		if (file_read(name, sizeof(name), "/sys/class/uio/uio%d/name",
			      i))
			continue;
		if (!strncmp(name, want, strlen(want)) &&
		    (!name[strlen(want)] || name[strlen(want)] == '/'))
			return i;
	}
	return -1;
}

int lun_enable(struct lun *lun)
{
	int ret = lun_set(lun, "enable", "1");

	if (!ret) {
		lun->uio = lun_queue_uio(lun, lun_queue);
		ASSERT(lun->uio >= 0);
	}
	return ret;
}

/* The sg node of the loopback host's only device */
static bool find_sg(struct lun *lun)
{
	char address[32], path[256];
	int host, channel, target;
	struct dirent *entry;
	DIR *dir;

	if (file_read(address, sizeof(address), TPG "/address") ||
	    sscanf(address, "%d:%d:%d", &host, &channel, &target) != 3)
		return false;
	snprintf(path, sizeof(path),
		 "/sys/class/scsi_device/%d:%d:%d:0/device/scsi_generic", host,
		 channel, target);
	dir = opendir(path);
	if (!dir)
		return false;
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, "sg", 2))
			snprintf(lun->sg, sizeof(lun->sg), "/dev/%.16s",
				 entry->d_name);
	closedir(dir);
	return lun->sg[0];
}

void lun_use_queue(int queue)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(queue, &cpus);
	ASSERT_EQ(sched_setaffinity(0, sizeof(cpus), &cpus), 0);
}

/* The initiator's scan may come by any CPU */
static void serve_other(struct lun *lun)
{
	ASSERT_EQ(raw_open(&lun->other, lun_queue_uio(lun, 0)), 0);
	raw_serve(&lun->other);
	lun_use_queue(lun_queue);
}

void lun_link(struct lun *lun)
{
	if (lun_queue && !lun->other.map)
		serve_other(lun);
	if (!lun->raw.map)
		ASSERT_EQ(raw_open(&lun->raw, lun->uio), 0);
	/* the initiator scans while the link is being made */
	raw_serve(&lun->raw);
	mkdir("/sys/kernel/config/target/loopback", 0755);
	mkdir(LOOP, 0755);
	mkdir(TPG, 0755);
	file_write("naa.6001405000000088", TPG "/nexus");
	mkdir(TPG "/lun/lun_0", 0755);
	ASSERT_EQ(symlink(lun->dir, TPG "/lun/lun_0/disk"), 0);
	ASSERT(WAIT_FOR(10000, find_sg(lun)));
	/* nothing of the scan is left behind */
	sleep_ms(50);
	raw_serve_end(&lun->raw);
}

void lun_unlink(struct lun *lun)
{
	unlink(TPG "/lun/lun_0/disk");
	rmdir(TPG "/lun/lun_0");
	rmdir(TPG);
	rmdir(LOOP);
	lun->sg[0] = '\0';
}

int lun_remove(struct lun *lun)
{
	int ret = rmdir(lun->dir) ? -errno : 0;

	if (!ret && current == lun)
		current = NULL;
	rmdir(HBA);
	return ret;
}

void lun_up(struct lun *lun, const char *control)
{
	lun_create(lun, "dev_config=raw//test,dev_size=1048576");
	if (control)
		ASSERT_EQ(lun_set(lun, "control", control), 0);
	ASSERT_EQ(lun_enable(lun), 0);
	lun_link(lun);
}

/* With the ring reset and no LUN, nobody can own anything; -1: not ours to know */
static void nothing_is_kept(struct lun *lun)
{
	static const char *const names[] = { "blocks", "commands", "waiting" };
	long long value;
	int i;

	for (i = 0; i < 3; i++) {
		value = lun_stat(lun, "memory", "all", 2 + i);
		if (value > 0)
			test_fail(__FILE__, __LINE__,
				  "at its end %lld %s are in use", value,
				  names[i]);
	}
}

/* Whatever state it is in: commands in the ring must not hold the LUN */
void lun_down(struct lun *lun)
{
	raw_serve_end(&lun->other);
	lun_set(lun, "action/block_dev", "1");
	lun_set(lun, "action/reset_ring", "2");
	lun_unlink(lun);
	nothing_is_kept(lun);
	raw_close(&lun->raw);
	raw_close(&lun->other);
	if (lun_remove(lun) && file_exists("%s", lun->dir))
		printf("# %s cannot be removed\n", lun->dir);
	current = NULL;
}
