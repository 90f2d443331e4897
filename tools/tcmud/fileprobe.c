// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store file: what kind of file it is, and what it can do.
 */
#include "file.h"

#include "stack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int file_size(struct file *file, uint64_t *size)
{
	struct stat st;
	int ret;

	if (file->block) {
		ret = ioctl(file->fd, BLKGETSIZE64, size);
	} else {
		ret = fstat(file->fd, &st);
		*size = st.st_size;
	}
	return ret ? layer_fail(file->layer, errno, "%s: size: %s", file->name,
				strerror(errno)) : 0;
}

/* ---- alignment ---------------------------------------------------------- */

/* As the kernel tells, since 6.1. Some file systems do not say. */
static bool ask_statx(struct file *file)
{
#ifdef STATX_DIOALIGN
	struct statx stx;

	if (statx(file->fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &stx) ||
	    !(stx.stx_mask & STATX_DIOALIGN) || !stx.stx_dio_offset_align)
		return false;
	file->mem_align = stx.stx_dio_mem_align ? stx.stx_dio_mem_align : 4096;
	file->off_align = stx.stx_dio_offset_align;
	return true;
#else
	return false;
#endif
}

/* Whether a direct read of so many bytes is one that the file system takes */
static bool reads(struct file *file, uint32_t bytes)
{
	void *buf;
	bool ok;

	if (posix_memalign(&buf, 4096, 4096))
		return false;
	ok = pread(file->fd, buf, bytes, bytes) >= 0;
	free(buf);
	return ok;
}

static void find_alignment(struct file *file)
{
	int bytes;

	file->mem_align = 1;
	file->off_align = 1;
	if (!file->direct || ask_statx(file))
		return;
	file->mem_align = 4096;
	if (file->block && !ioctl(file->fd, BLKSSZGET, &bytes))
		file->off_align = bytes;
	else
		file->off_align = reads(file, 512) ? 512 : 4096;
}

static int check_alignment(struct file *file)
{
	struct layer *layer = file->layer;
	uint32_t block = layer->stack->block_size;

	if (block % file->off_align == 0)
		return 0;
	return layer_fail(layer, EINVAL,
			  "%s wants blocks of %u bytes by direct=1, the device has %u: make it with hw_block_size=%u, or without direct=1",
			  file->name, file->off_align, block, file->off_align);
}

/* ---- block devices ------------------------------------------------------ */

/* A number from the queue of the disk, which a partition has above itself */
static uint64_t queue_number(dev_t dev, const char *name)
{
	static const char *const places[] = { "queue", "../queue" };
	unsigned long long number = 0;
	char path[128];
	FILE *file;
	int i;

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s/%s",
			 major(dev), minor(dev), places[i], name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fscanf(file, "%llu", &number) != 1)
			number = 0;
		fclose(file);
		break;
	}
	return number;
}

/* Whoever holds it, a mounted file system for one, does so exclusively */
static int check_unused(struct file *file)
{
	int fd;

	if (file->shared || file->layer->read_only)
		return 0;
	fd = open(file->name, O_RDONLY | O_EXCL | O_CLOEXEC);
	if (fd < 0 && errno == EBUSY)
		return layer_fail(file->layer, EBUSY,
				  "%s is in use, mounted for example; shared=1 takes it nevertheless",
				  file->name);
	if (fd >= 0)
		close(fd);
	return 0;
}

static int probe_block(struct file *file, dev_t dev)
{
	struct layer *layer = file->layer;
	unsigned int physical;
	int logical;

	file->block = true;
	file->can_discard = queue_number(dev, "discard_max_bytes") > 0;
	layer->discard_granularity = queue_number(dev, "discard_granularity");
	layer->io_opt = queue_number(dev, "optimal_io_size");
	if (!ioctl(file->fd, BLKPBSZGET, &physical))
		layer->physical_block = physical;
	if (!ioctl(file->fd, BLKSSZGET, &logical) &&
	    logical > (int)layer->physical_block)
		layer->physical_block = logical;
	return check_unused(file);
}

/* ---- files -------------------------------------------------------------- */

static void probe_regular(struct file *file, const struct stat *st)
{
	/* punches nothing, for there is nothing behind the end */
	file->can_discard = !file->layer->read_only &&
		!fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			   (st->st_size | 4095) + 1, 4096);
	if (st->st_blksize > 0 && st->st_blksize <= 65536)
		file->layer->discard_granularity = st->st_blksize;
}

/* A granularity is a whole number of blocks, and so is a physical block */
static void fit_limits(struct layer *layer)
{
	uint32_t block = layer->stack->block_size;

	if (layer->discard_granularity % block)
		layer->discard_granularity = 0;
	if (layer->physical_block % block ||
	    layer->physical_block & (layer->physical_block - 1))
		layer->physical_block = 0;
	if (layer->io_opt % block)
		layer->io_opt = 0;
}

int file_probe(struct file *file)
{
	struct layer *layer = file->layer;
	struct stat st;
	int ret = 0;

	if (fstat(file->fd, &st))
		return layer_fail(layer, errno, "%s: %s", file->name,
				  strerror(errno));
	/* it was for opening alone */
	fcntl(file->fd, F_SETFL, fcntl(file->fd, F_GETFL) & ~O_NONBLOCK);
	if (S_ISBLK(st.st_mode))
		ret = probe_block(file, st.st_rdev);
	else if (S_ISREG(st.st_mode))
		probe_regular(file, &st);
	else
		return layer_fail(layer, EINVAL,
				  "%s is neither a file nor a block device",
				  file->name);
	fit_limits(layer);
	find_alignment(file);
	return ret ? ret : check_alignment(file);
}
