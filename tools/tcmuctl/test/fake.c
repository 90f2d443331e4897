// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel of plain files: what the linker puts in place of the functions of fs.h
 * that change something. It does below --root what configfs and sysfs would do.
 *
 * The environment tells it to go wrong:
 *
 *	FAKE_FAIL="enable=2 rm:disk=16"	names of files or directories, and errnos
 *	FAKE_SERVER=PID			that process opens each device
 *	FAKE_NO_DISK=1			no LUN becomes a disk
 *	FAKE_DIST=1			the distribution's driver
 *	FAKE_SLOW=SECONDS		enable takes so long
 */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files ------------------------------------------------------------------- */

static const char *base(const char *path)
{
	return strrchr(path, '/') + 1;
}

static void make_parents(char *path)
{
	char *at;

	for (at = path + 1; (at = strchr(at, '/')); at++) {
		*at = 0;
		mkdir(path, 0755);
		*at = '/';
	}
}

/* A file with this text, and the directories above it */
static void put(const char *text, const char *format, ...)
{
	char path[PATH_MAX], full[PATH_MAX];
	va_list args;
	FILE *file;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	if (fs_full(full, "%s", path))
		abort();
	make_parents(full);
	file = fopen(full, "w");
	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

static void get(char *text, size_t size, const char *path)
{
	fs_read(text, size, "%s", path);
}

static int remove_one(const char *path, const struct stat *stat, int type,
		      struct FTW *ftw)
{
	return remove(path);
}

static void remove_all(const char *format, ...)
{
	char path[PATH_MAX], full[PATH_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	if (!fs_full(full, "%s", path))
		nftw(full, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* -errno if the user of the test wants this to fail */
static int wanted(const char *before, const char *path)
{
	const char *list = getenv("FAKE_FAIL") ?: "";
	char name[PATH_MAX];
	size_t len = snprintf(name, sizeof(name), "%s%s", before, base(path));

	for (; *list; list += strcspn(list, " "), list += strspn(list, " "))
		if (!strncmp(list, name, len) && list[len] == '=')
			return -atoi(list + len + 1);
	return 0;
}

/* How many parts a path has below a directory; 0 if it is not below it */
static int depth(const char *path, const char *dir)
{
	int nr = 0;

	if (strncmp(path, dir, strlen(dir)))
		return 0;
	for (path += strlen(dir); *path; path++)
		nr += *path == '/';
	return nr;
}

/* ---- a device ---------------------------------------------------------------- */

static void make_device(const char *dir)
{
	static const char *const attributes[] = {
		"cmd_time_out=30", "qfull_time_out=-1", "dev_config=",
		"dev_size=0", "hw_block_size=512", "emulate_write_cache=0",
		"max_data_area_mb=1024", "cmd_ring_size_mb=8",
	};
	size_t i;

	put("", "%s/control", dir);
	put("0\n", "%s/enable", dir);
	for (i = 0; i < sizeof(attributes) / sizeof(*attributes); i++)
		put(strchr(attributes[i], '=') + 1, "%s/attrib/%.*s", dir,
		    (int)strcspn(attributes[i], "="), attributes[i]);
	put("unblocked\n", "%s/action/block_dev", dir);
	put("", "%s/action/reset_ring", dir);
	put("T10 VPD Unit Serial Number:", "%s/wwn/vpd_unit_serial", dir);
	put("0\n", "%s/statistics/scsi_lu/num_cmds", dir);
	if (getenv("FAKE_DIST"))
		return;
	put("passthrough\n", "%s/attrib/mode", dir);
	put("ok\n", "%s/attrib/ring_state", dir);
}

static void control(const char *path, const char *text)
{
	char file[PATH_MAX];

	snprintf(file, sizeof(file), "%.*s/attrib/%.*s",
		 (int)(base(path) - path - 1), path, (int)strcspn(text, "="),
		 text);
	/* what it does not know it takes in silence */
	if (fs_exists("%s", file))
		put(strchr(text, '=') + 1, "%s", file);
}

static int next_uio(void)
{
	int nr = 0;

	while (fs_exists("/sys/class/uio/uio%d", nr))
		nr++;
	return nr;
}

static void serve(const char *pid, int nr)
{
	char link[PATH_MAX], target[64];

	put("fake\n", "/proc/%s/comm", pid);
	put("", "/proc/%s/fd/0", pid);
	if (fs_full(link, "/proc/%s/fd/%d", pid, nr + 10))
		abort();
	snprintf(target, sizeof(target), "/dev/uio%d", nr);
	if (symlink(target, link))
		abort();
}

static void enable(const char *path)
{
	char dir[PATH_MAX], config[300], file[PATH_MAX + 32], name[PATH_MAX];
	int nr = next_uio();

	snprintf(dir, sizeof(dir), "%.*s", (int)(base(path) - path - 1), path);
	snprintf(file, sizeof(file), "%s/attrib/dev_config", dir);
	get(config, sizeof(config), file);
	put("1\n", "%s", path);
	snprintf(name, sizeof(name), "tcm-user/%s/%s",
		 strstr(dir, "user_") + 5, config);
	put(name, "/sys/class/uio/uio%d/name", nr);
	if (getenv("FAKE_SERVER"))
		serve(getenv("FAKE_SERVER"), nr);
	if (getenv("FAKE_SLOW"))
		usleep(1000000 * atof(getenv("FAKE_SLOW")));
}

static void remove_device(const char *dir)
{
	struct names names = fs_names("/sys/class/uio");
	char name[PATH_MAX], mine[PATH_MAX];
	unsigned int i;

	snprintf(mine, sizeof(mine), "tcm-user/%s/",
		 strstr(dir, "user_") + 5);
	for (i = 0; i < names.nr; i++) {
		fs_read(name, sizeof(name), "/sys/class/uio/%s/name",
			names.name[i]);
		if (!strncmp(name, mine, strlen(mine)))
			remove_all("/sys/class/uio/%s", names.name[i]);
	}
	fs_names_free(&names);
	remove_all("%s", dir);
}

/* ---- a disk ------------------------------------------------------------------ */

/* LUN N of the only host adapter is the disk sda, sdb, ... */
static void disk_of(const char *link, char disk[8], char scsi[32])
{
	const char *lun = strstr(link, "/lun_");
	int nr = lun ? atoi(lun + 5) : 0;

	snprintf(disk, 8, "sd%c", 'a' + nr);
	snprintf(scsi, 32, "2:0:1:%d", nr);
}

static void put_size(const char *disk, const char *dev)
{
	char number[32], file[PATH_MAX + 32];

	snprintf(file, sizeof(file), "%s/attrib/dev_size", dev);
	get(number, sizeof(number), file);
	snprintf(number, sizeof(number), "%lld", atoll(number) / 512);
	put(number, "/sys/block/%s/size", disk);
}

static void make_disk(const char *dev, const char *link)
{
	char disk[8], scsi[32];

	disk_of(link, disk, scsi);
	put("", "/sys/class/scsi_device/%s/device/rescan", scsi);
	put("8:0", "/sys/class/scsi_device/%s/device/block/%s/dev", scsi, disk);
	put(dev, "/sys/class/scsi_device/%s/device/backing", scsi);
	put("8:0", "/sys/block/%s/dev", disk);
	put("1 2", "/sys/block/%s/inflight", disk);
	put("", "/dev/%s", disk);
	put_size(disk, dev);
}

static void remove_disk(const char *link)
{
	char disk[8], scsi[32];

	disk_of(link, disk, scsi);
	remove_all("/sys/class/scsi_device/%s", scsi);
	remove_all("/sys/block/%s", disk);
	remove_all("/dev/%s", disk);
}

static void rescan(const char *path)
{
	struct names names;
	char dev[PATH_MAX];
	int len = base(path) - path - 1;

	fs_read(dev, sizeof(dev), "%.*s/backing", len, path);
	names = fs_names("%.*s/block", len, path);
	if (names.nr)
		put_size(names.name[0], dev);
	fs_names_free(&names);
}

static void write_serial(const char *path, const char *text)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "T10 VPD Unit Serial Number: %s", text);
	put(whole, "%s", path);
}

/* ---- in place of the functions of fs.h ----------------------------------------- */

int __wrap_fs_write(const char *path, const char *text)
{
	int err = wanted("", path);

	if (err)
		return err;
	if (!fs_exists("%s", path))
		return -ENOENT;
	if (!strcmp(base(path), "control"))
		control(path, text);
	else if (!strcmp(base(path), "enable"))
		enable(path);
	else if (!strcmp(base(path), "rescan"))
		rescan(path);
	else if (!strcmp(base(path), "block_dev"))
		put(atoi(text) ? "blocked" : "unblocked", "%s", path);
	else if (!strcmp(base(path), "vpd_unit_serial"))
		write_serial(path, text);
	else
		put(text, "%s", path);
	return 0;
}

int __wrap_fs_mkdir(const char *path)
{
	int err = wanted("", path) ?: __real_fs_mkdir(path);

	if (err)
		return err;
	if (depth(path, FS_CORE) == 2)
		make_device(path);
	if (depth(path, FS_LOOP) == 2) {
		put("", "%s/nexus", path);
		put("2:0:1\n", "%s/address", path);
		put("", "%s/lun/.keep", path);
	}
	return 0;
}

int __wrap_fs_rmdir(const char *path)
{
	struct names names = fs_names("%s/lun", path);
	bool full = names.nr;
	int err = wanted("rm:", path);

	fs_names_free(&names);
	if (err)
		return err;
	if (full)
		return -ENOTEMPTY;
	if (depth(path, FS_CORE) == 2)
		remove_device(path);
	else if (depth(path, FS_LOOP) == 2)
		remove_all("%s", path);
	else
		return __real_fs_rmdir(path);
	return 0;
}

int __wrap_fs_symlink(const char *target, const char *path)
{
	int err = wanted("", path) ?: __real_fs_symlink(target, path);

	if (!err && !getenv("FAKE_NO_DISK"))
		make_disk(target, path);
	return err;
}

int __wrap_fs_unlink(const char *path)
{
	int err = wanted("rm:", path) ?: __real_fs_unlink(path);

	if (!err)
		remove_disk(path);
	return err;
}
