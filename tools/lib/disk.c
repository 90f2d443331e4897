// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What SCSI shows of a device: from configfs, the handler, and changes.
 */
#include "scsi.h"
#include "sysfs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BLOCK_MIN 512
#define BLOCK_MAX 65536
#define TRANSFER_MAX (64U << 20)

/* The distribution's driver may lack the file */
static uint64_t read_number(const char *dir, const char *file,
			    uint64_t fallback)
{
	uint64_t value;

	return sysfs_read_u64(dir, file, &value) ? fallback : value;
}

/* 'info' ends by "DataPagesPerBlk: 1,mode=io CmdRingSizeMB: 8" */
static bool is_io_mode(const char *dir)
{
	static const char label[] = " DataPagesPerBlk: ";
	char text[4097];
	const char *at = text, *last = NULL;

	if (sysfs_read(dir, "info", text, sizeof(text)) < 0)
		return false;
	/* what stands in front of the last one is the user's own text */
	while ((at = strstr(at, label)))
		last = at++;
	return last && strstr(last, ",mode=io ");
}

static uint32_t callbacks(const struct tcmuser_handler *handler)
{
	return (handler->flush ? TCMUSER_CAN_FLUSH : 0) |
	       (handler->discard ? TCMUSER_CAN_DISCARD : 0) |
	       (handler->zero ? TCMUSER_CAN_ZERO : 0) |
	       (handler->tmr ? TCMUSER_CAN_TMR : 0);
}

int disk_init(struct disk *disk, const struct tcmuser_handler *handler,
	      const char *dir)
{
	uint64_t block_size = read_number(dir, "attrib/hw_block_size", 512);
	uint64_t sectors = read_number(dir, "attrib/hw_max_sectors", 128);
	int ret;

	memset(disk, 0, sizeof(*disk));
	if (block_size < BLOCK_MIN || block_size > BLOCK_MAX ||
	    block_size & (block_size - 1))
		return -EINVAL;
	ret = sysfs_dev_size(dir, &disk->size);
	if (ret)
		return ret;
	disk->io_mode = is_io_mode(dir);
	disk->size -= disk->size % block_size;
	disk->block_size = (uint32_t)block_size;
	if (sectors < 1)
		sectors = 1;
	if (sectors > TRANSFER_MAX / block_size)
		sectors = TRANSFER_MAX / block_size;
	disk->max_transfer = (uint32_t)(sectors * block_size);
	disk->physical_block = (uint32_t)block_size;
	disk->features = callbacks(handler);
	disk->write_cache = read_number(dir, "attrib/emulate_write_cache", 0);
	return 0;
}

/*
 * In I/O mode the kernel shows emulate_write_cache to the initiator. Otherwise it
 * is 0 as long as nobody has set it, which says nothing: there is a cache if the
 * handler can flush one.
 */
int disk_start(struct disk *disk)
{
	bool on = !disk->io_mode || disk->write_cache;

	if (disk->physical_block < disk->block_size ||
	    disk->physical_block & (disk->physical_block - 1))
		disk->physical_block = disk->block_size;
	disk_set_write_cache(disk, on);
	disk->compare = compare_new();
	return disk->compare ? 0 : -ENOMEM;
}

void disk_end(struct disk *disk)
{
	compare_free(disk->compare);
	disk->compare = NULL;
}

void disk_resize(struct disk *disk, uint64_t bytes)
{
	uint64_t old;

	bytes -= bytes % disk->block_size;
	old = __atomic_exchange_n(&disk->size, bytes, __ATOMIC_RELAXED);
	/* in I/O mode the kernel tells it, and to each initiator */
	if (old != bytes && !disk->io_mode)
		__atomic_store_n(&disk->attention, ASC_CAPACITY_CHANGED,
				 __ATOMIC_RELEASE);
}

void disk_set_write_cache(struct disk *disk, bool on)
{
	on = on && (disk->features & TCMUSER_CAN_FLUSH);
	__atomic_store_n(&disk->write_cache, on, __ATOMIC_RELAXED);
}

uint64_t disk_blocks(const struct disk *disk)
{
	return __atomic_load_n(&disk->size, __ATOMIC_RELAXED) /
	       disk->block_size;
}

bool disk_wants_descriptors(const struct disk *disk)
{
	return disk_blocks(disk) > UINT32_MAX;
}

bool disk_same_unmaps(const struct disk *disk)
{
	return (disk->features & TCMUSER_CAN_DISCARD) &&
	       (disk->features & (TCMUSER_DISCARD_ZEROES | TCMUSER_CAN_ZERO));
}

/* ---- names ----------------------------------------------------------------------- */

/* A file of wwn/ without what is in front of ": " and behind its last letter */
static void read_name(const char *dir, const char *name, char *to, size_t size)
{
	char buf[512], *text = buf;
	char *colon;
	size_t len;

	to[0] = '\0';
	if (sysfs_read(dir, name, buf, sizeof(buf)) <= 0)
		return;
	colon = strstr(buf, ": ");
	if (colon)
		text = colon + 2;
	len = strcspn(text, "\n");
	while (len && text[len - 1] == ' ')
		len--;
	if (len >= size)
		len = size - 1;
	memcpy(to, text, len);
	to[len] = '\0';
}

static uint64_t hash(uint64_t h, const char *text)
{
	/* FNV-1a */
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3ULL;
	return h;
}

/* The same again for this device on this machine, and for no other */
static void make_serial(const char *dir, struct disk_names *names)
{
	const char *host = strstr(dir, "/user_");
	uint64_t h = 0xcbf29ce484222325ULL;
	char id[64];

	if (sysfs_read("/etc", "machine-id", id, sizeof(id)) > 0)
		h = hash(h, id);
	h = hash(h, host ? host : dir);
	snprintf(names->serial, sizeof(names->serial), "%016llx",
		 (unsigned long long)h);
}

static void set_default(char *name, size_t size, const char *text)
{
	if (!name[0])
		snprintf(name, size, "%s", text);
}

void disk_read_names(const char *dir, struct disk_names *names)
{
	read_name(dir, "wwn/vpd_unit_serial", names->serial,
		  sizeof(names->serial));
	read_name(dir, "wwn/vendor_id", names->vendor, sizeof(names->vendor));
	read_name(dir, "wwn/product_id", names->product,
		  sizeof(names->product));
	read_name(dir, "wwn/revision", names->revision,
		  sizeof(names->revision));
	if (!names->serial[0])
		make_serial(dir, names);
	/* what the target core says for its own, and multipath.conf knows */
	set_default(names->vendor, sizeof(names->vendor), "LIO-ORG");
	set_default(names->product, sizeof(names->product), "TCMU device");
	set_default(names->revision, sizeof(names->revision), "0001");
}
