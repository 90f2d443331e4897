// SPDX-License-Identifier: GPL-2.0-only
/*
 * Targets of the loopback fabric: tcm_loop's host adapters, whose LUNs are disks of
 * this machine.
 */
#include "loop.h"

#include "fs.h"
#include "tcmuctl.h"
#include "undo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* There are more LUNs than anybody needs */
#define LUN_MAX 255
#define WWN_MAX 220

bool loop_is_wwn(const char *wwn)
{
	return (!strncmp(wwn, "naa.", 4) || !strncmp(wwn, "iqn.", 4) ||
		!strncmp(wwn, "fc.", 3)) && !strchr(wwn, '/') &&
		strlen(wwn) < WWN_MAX;
}

/* NAA 5, the number of the Linux target, and 36 bits of chance */
static void random_wwn(char wwn[32])
{
	uint64_t chance;

	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance))
		exit(say_error("no random numbers: %s", strerror(errno)));
	snprintf(wwn, 32, "naa.5001405%09llx",
		 (unsigned long long)chance & 0xfffffffffULL);
}

static int failed(const char *what, const char *path, int err)
{
	return say_error("cannot %s %s: %s", what, path, strerror(-err));
}

static int make_dir(const char *path)
{
	int err = fs_mkdir(path);

	if (err && err != -EEXIST)
		return failed("make", path, err);
	if (!err)
		undo_rmdir(path);
	return 0;
}

/* The target's first portal group; a new target gets its first */
static int find_tpg(struct lun *lun, const char *wwn)
{
	struct names names = fs_names(FS_LOOP "/%s", wwn);
	const char *name = "tpgt_1";
	unsigned int i;
	int err;

	for (i = 0; i < names.nr; i++)
		if (!strncmp(names.name[i], "tpgt_", 5)) {
			name = names.name[i];
			break;
		}
	err = fs_path(lun->tpg, FS_LOOP "/%s/%s", wwn, name);
	fs_names_free(&names);
	return err;
}

/* Without a nexus no command goes from the disk to the target */
static int make_nexus(const struct lun *lun)
{
	char path[PATH_MAX], wwn[32];
	int err;

	if (fs_read(wwn, sizeof(wwn), "%s/nexus", lun->tpg) > 0)
		return 0;
	random_wwn(wwn);
	err = fs_path(path, "%s/nexus", lun->tpg) ?: fs_write(path, wwn);
	return err ? failed("write to", path, err) : 0;
}

static int make_target(struct lun *lun, const char *wwn)
{
	char path[PATH_MAX], chosen[32];
	int ret;

	if (!*wwn) {
		random_wwn(chosen);
		wwn = chosen;
	}
	/* this loads tcm_loop */
	ret = make_dir(FS_LOOP);
	if (ret)
		return say_error("there is no tcm_loop: modprobe tcm_loop says why");
	if (fs_path(path, FS_LOOP "/%s", wwn))
		return failed("make", wwn, -ENAMETOOLONG);
	ret = make_dir(path);
	if (ret)
		return ret;
	if (find_tpg(lun, wwn))
		return failed("make", wwn, -ENAMETOOLONG);
	return make_dir(lun->tpg) ?: make_nexus(lun);
}

/* The lowest number that is free */
static int make_lun(struct lun *lun)
{
	unsigned int nr;
	int err = -EEXIST;

	for (nr = 0; nr <= LUN_MAX && err == -EEXIST; nr++)
		err = fs_path(lun->dir, "%s/lun/lun_%u", lun->tpg, nr) ?:
			fs_mkdir(lun->dir);
	if (err)
		return failed("make", lun->dir, err);
	undo_rmdir(lun->dir);
	return 0;
}

static int make_link(struct lun *lun)
{
	int err = fs_path(lun->link, "%s/tcmuctl", lun->dir);

	if (!err)
		err = slow_symlink("the disk is being looked at",
				   lun->dev->dir, lun->link);
	/* what was interrupted may be done all the same */
	if (!err || err == -EINTR)
		undo_unlink(lun->link);
	if (err == -EINTR)
		return say_error("interrupted");
	return err ? failed("make", lun->link, err) : 0;
}

/* A disk that has a node, and a size: its driver has looked at it */
static bool has_disk(void *arg)
{
	struct lun *lun = arg;
	uint64_t sectors;

	luns_find_disk(lun);
	return lun->disk[0] && fs_exists("/dev/%s", lun->disk) &&
		!fs_number(&sectors, "/sys/block/%s/size", lun->disk) &&
		sectors;
}

/* The kernel looks for partitions yet; opening waits until it has done so */
static int open_disk(const struct lun *lun, double seconds)
{
	double end = slow_now() + seconds;
	char node[PATH_MAX];
	int err = fs_path(node, "/dev/%s", lun->disk);

	if (err)
		return err;
	do {
		err = slow_touch("the disk is being looked at", node, seconds);
	} while (err == -ENXIO && slow_now() < end && slow_sleep(0.05));
	return err;
}

static int wait_for_disk(struct lun *lun, double seconds)
{
	int err = slow_wait("the disk has not appeared yet", seconds, has_disk,
			    lun) ?: open_disk(lun, seconds);

	if (err == -EINTR)
		return say_error("interrupted");
	if (err && lun->disk[0])
		return say_error("/dev/%s cannot be opened: %s: see the daemon's log",
				 lun->disk, strerror(-err));
	if (err)
		return say_error("no disk appeared at %s within %g s: see the daemon's log",
				 lun->scsi[0] ? lun->scsi : lun->tpg, seconds);
	return 0;
}

int loop_add(const struct dev *dev, const char *wwn, double seconds,
	     struct lun *lun)
{
	int ret;

	memset(lun, 0, sizeof(*lun));
	lun->dev = dev;
	lun->loop = true;
	ret = make_target(lun, wwn) ?: make_lun(lun) ?: make_link(lun) ?:
		wait_for_disk(lun, seconds);
	if (!ret)
		fs_path(lun->name, "%s", lun->dir + strlen(FS_TARGET) + 1);
	return ret;
}

/* ---- the way back ------------------------------------------------------------ */

static bool is_empty(const char *tpg)
{
	struct names names = fs_names("%s/lun", tpg);
	bool empty = !names.nr;

	fs_names_free(&names);
	return empty;
}

/* Its other portal groups may have LUNs: then the target stays */
static int remove_target(const char *tpg)
{
	char path[PATH_MAX];
	int err;

	err = slow_rmdir("the target is being removed", tpg);
	if (err)
		return failed("remove", tpg, err);
	fs_path(path, "%s", tpg);
	*strrchr(path, '/') = 0;
	err = slow_rmdir("the target is being removed", path);
	if (err && err != -ENOTEMPTY && err != -EBUSY)
		return failed("remove", path, err);
	return 0;
}

int loop_remove(const struct lun *lun, bool keep, slow_tick tick, void *arg)
{
	int err = slow_unlink("the disk is being removed", lun->link, tick,
			      arg);

	if (err)
		return failed("remove", lun->link, err);
	err = fs_rmdir(lun->dir);
	if (err)
		return failed("remove", lun->dir, err);
	return !keep && lun->loop && is_empty(lun->tpg) ?
		remove_target(lun->tpg) : 0;
}
