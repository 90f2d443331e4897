// SPDX-License-Identifier: GPL-2.0-only
/*
 * What exports devices: the links to them in the directories of the fabrics, and the
 * disks that the loopback fabric makes of them.
 */
#include "world.h"

#include "fs.h"
#include "tcmuctl.h"

#include <stdio.h>
#include <string.h>

/* A target portal group that is being looked through */
struct tpg {
	struct world *world;
	const char *fabric;
	const char *wwn;
	const char *name;
};

static const struct dev *dev_at(const struct world *world, const char *link)
{
	char target[PATH_MAX];
	const struct dev *dev;

	if (fs_target(target, link))
		return NULL;
	for (dev = world->devs; dev < world->devs + world->nr_devs; dev++)
		if (!strcmp(dev->dir, target))
			return dev;
	return NULL;
}

void luns_find_disk(struct lun *lun)
{
	char address[32];
	struct names disks;
	const char *number = strrchr(lun->dir, '_');

	lun->disk[0] = 0;
	lun->scsi[0] = 0;
	if (fs_read(address, sizeof(address), "%s/address", lun->tpg) <= 0 ||
	    !number)
		return;
	snprintf(lun->scsi, sizeof(lun->scsi), "%s:%s", address, number + 1);
	disks = fs_names("/sys/class/scsi_device/%s/device/block", lun->scsi);
	if (disks.nr)
		snprintf(lun->disk, sizeof(lun->disk), "%s", disks.name[0]);
	fs_names_free(&disks);
}

static void add(const struct tpg *tpg, const char *lun_name,
		const char *link_name)
{
	struct world *world = tpg->world;
	struct lun lun = { .loop = !strcmp(tpg->fabric, "loopback") };

	if (fs_path(lun.name, "%s/%s/%s/%s", tpg->fabric, tpg->wwn, tpg->name,
		    lun_name) ||
	    fs_path(lun.tpg, FS_TARGET "/%s/%s/%s", tpg->fabric, tpg->wwn,
		    tpg->name) ||
	    fs_path(lun.dir, "%s/lun/%s", lun.tpg, lun_name) ||
	    fs_path(lun.link, "%s/%s", lun.dir, link_name))
		return;
	lun.dev = dev_at(world, lun.link);
	if (!lun.dev)
		return;
	if (lun.loop)
		luns_find_disk(&lun);
	world->luns = say_alloc(world->luns, world->nr_luns + 1, sizeof(lun));
	world->luns[world->nr_luns++] = lun;
}

static void scan_tpg(const struct tpg *tpg)
{
	struct names luns, links;
	unsigned int i, k;

	luns = fs_names(FS_TARGET "/%s/%s/%s/lun", tpg->fabric, tpg->wwn,
			tpg->name);
	for (i = 0; i < luns.nr; i++) {
		links = fs_names(FS_TARGET "/%s/%s/%s/lun/%s", tpg->fabric,
				 tpg->wwn, tpg->name, luns.name[i]);
		for (k = 0; k < links.nr; k++)
			add(tpg, luns.name[i], links.name[k]);
		fs_names_free(&links);
	}
	fs_names_free(&luns);
}

static void scan_fabric(struct world *world, const char *fabric)
{
	struct names wwns = fs_names(FS_TARGET "/%s", fabric), tpgs;
	struct tpg tpg = { world, fabric };
	unsigned int i, k;

	for (i = 0; i < wwns.nr; i++) {
		tpg.wwn = wwns.name[i];
		tpgs = fs_names(FS_TARGET "/%s/%s", fabric, tpg.wwn);
		for (k = 0; k < tpgs.nr; k++) {
			tpg.name = tpgs.name[k];
			if (!strncmp(tpg.name, "tpgt_", 5))
				scan_tpg(&tpg);
		}
		fs_names_free(&tpgs);
	}
	fs_names_free(&wwns);
}

void luns_scan(struct world *world)
{
	struct names fabrics = fs_names(FS_TARGET);
	unsigned int i;

	for (i = 0; i < fabrics.nr; i++)
		if (strcmp(fabrics.name[i], "core"))
			scan_fabric(world, fabrics.name[i]);
	fs_names_free(&fabrics);
}
