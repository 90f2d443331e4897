// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's end, for tests of libtcmuser: see sim.h. This is what stands in the
 * file system, and the system calls on it.
 */
#include "sim.h"

#include "sysfs.h"
#include "uio.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[32];
static struct sim *sims;

/* ---- files --------------------------------------------------------------------- */

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void make_dirs(char *path)
{
	char *slash = path;

	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		if (mkdir(path, 0700) && errno != EEXIST)
			die(path);
		*slash = '/';
	}
}

void sim_file(const char *path, const char *format, ...)
{
	char full[512];
	va_list args;
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", sysfs_root, path);
	make_dirs(full);
	file = fopen(full, "w");
	if (!file)
		die(full);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	fclose(file);
}

bool sim_file_is(const char *path, const char *text)
{
	char full[512], buf[512] = "";
	FILE *file;
	bool same;

	snprintf(full, sizeof(full), "%s%s", sysfs_root, path);
	file = fopen(full, "r");
	if (!file)
		return false;
	same = fgets(buf, sizeof(buf), file) && !strcmp(buf, text);
	fclose(file);
	return same;
}

static int take_away(const char *path, const struct stat *stat, int type,
		     struct FTW *ftw)
{
	return remove(path);
}

static struct uio_ops real_ops;

/* ---- system calls ------------------------------------------------------------------ */

static struct sim *by_uio(u32 uio)
{
	struct sim *sim = sims;

	while (sim && sim->uio != uio)
		sim = sim->next;
	return sim;
}

static struct sim *by_fd(int fd)
{
	struct sim *sim = sims;

	while (sim && sim->event[0] != fd)
		sim = sim->next;
	return sim;
}

static int sim_open(unsigned int nr)
{
	struct sim *sim = by_uio(nr);

	if (!sim)
		return -ENODEV;
	if (sim->taken)
		return -EBUSY;
	sim->taken = true;
	return sim->event[0];
}

static void sim_close(int fd)
{
	struct sim *sim = by_fd(fd);

	sim->taken = false;
	tcmu_ring_forget_words(sim->ring.mbox);
}

static void *sim_map(int fd, size_t size)
{
	return by_fd(fd)->map;
}

static void sim_unmap(void *map, size_t size)
{
}

static int sim_kick(int fd)
{
	sim_take_answers(by_fd(fd));
	return 0;
}

static int sim_ack(int fd)
{
	char buf[4096];

	return read(fd, buf, sizeof(buf)) < 0 && errno != EAGAIN ? -errno : 0;
}

static const struct uio_ops sim_ops = {
	.open = sim_open,
	.close = sim_close,
	.map = sim_map,
	.unmap = sim_unmap,
	.kick = sim_kick,
	.ack = sim_ack,
};

/* ---- life ------------------------------------------------------------------------------- */

void sim_begin(void)
{
	strcpy(root, "/tmp/tcmuser-XXXXXX");
	if (!mkdtemp(root))
		die(root);
	sysfs_root = root;
	if (!real_ops.open)
		real_ops = uio_ops;
	uio_ops = sim_ops;
	sim_file("/sys/class/uio/none", "\n");
	sim_file("/sys/module/target_core_user/parameters/global_max_data_area_mb",
		 "2048\n");
}

/* The memory is the harness's */
static void free_sim(struct sim *sim)
{
	close(sim->event[0]);
	if (sim->event[1] >= 0)
		close(sim->event[1]);
	pthread_mutex_destroy(&sim->lock);
	pthread_cond_destroy(&sim->progress);
}

void sim_end(void)
{
	for (; sims; sims = sims->next)
		free_sim(sims);
	nftw(root, take_away, 8, FTW_DEPTH | FTW_PHYS);
	sysfs_root = "";
	uio_ops = real_ops;
}

static void put_attr(const char *dir, const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	sim_file(path, "%s", text);
}

static const char backstore_info[] =
	"Status: DEACTIVATED  Max Queue Depth: 0  SectorSize: 512  HwMaxSectors: 128\n"
	"        Config: h/x Size: 1048576 MaxDataAreaMB: 1 DataPagesPerBlk: 1 CmdRingSizeMB: 1\n";

/* In configfs; @name is the UIO device's */
static void make_backstore(const char *name)
{
	static const char *const files[][2] = {
		{ "control", "" },
		{ "action/block_dev", "" },
		{ "action/reset_ring", "" },
		{ "attrib/hw_block_size", "512\n" },
		{ "attrib/hw_max_sectors", "128\n" },
		{ "attrib/emulate_write_cache", "0\n" },
		{ "attrib/tmr_notification", "0\n" },
		{ "wwn/vpd_unit_serial", "T10 VPD Unit Serial Number: 12\n" },
		{ "info", backstore_info },
	};
	char dir[96], dev[32];
	u32 i, host;

	if (sscanf(name, "tcm-user/%u/%31[^/]", &host, dev) != 2)
		return;
	snprintf(dir, sizeof(dir), "/sys/kernel/config/target/core/user_%u/%s",
		 host, dev);
	for (i = 0; i < ARRAY_SIZE(files); i++)
		put_attr(dir, files[i][0], files[i][1]);
}

static void make_ring(struct sim *sim, u32 ring_bytes, u32 nr_blocks)
{
	sim->area_off = (ring_bytes + SIM_BLOCK - 1) / SIM_BLOCK * SIM_BLOCK;
	sim->map_size = sim->area_off + (size_t)nr_blocks * SIM_BLOCK;
	sim->map = unit_alloc(sim->map_size);
	tcmu_ring_init(&sim->ring, sim->map, ring_bytes, ring_bytes,
		       unit_alloc(tcmu_ring_nr_recs(ring_bytes) * sizeof(u32)));
	tcmu_area_init(&sim->blocks, unit_alloc(tcmu_area_bytes(nr_blocks)),
		       nr_blocks);
	tcmu_area_init(&sim->ids, unit_alloc(tcmu_area_bytes(SIM_IDS - 1)),
		       SIM_IDS - 1);
}

struct sim *sim_new(u32 uio, const char *name, u32 ring_bytes, u32 nr_blocks)
{
	struct sim *sim = unit_alloc(sizeof(*sim));
	char path[64];

	sim->uio = uio;
	if (pipe2(sim->event, O_NONBLOCK | O_CLOEXEC))
		die("pipe");
	pthread_mutex_init(&sim->lock, NULL);
	pthread_cond_init(&sim->progress, NULL);
	make_ring(sim, ring_bytes, nr_blocks);
	snprintf(path, sizeof(path), "/sys/class/uio/uio%u/name", uio);
	sim_file(path, "%s\n", name);
	snprintf(path, sizeof(path), "/sys/class/uio/uio%u/maps/map0/size", uio);
	sim_file(path, "0x%016zx\n", sim->map_size);
	make_backstore(name);
	sim->next = sims;
	sims = sim;
	return sim;
}

void sim_remove(struct sim *sim)
{
	close(sim->event[1]);
	sim->event[1] = -1;
}
