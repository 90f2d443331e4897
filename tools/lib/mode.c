// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * MODE SENSE and MODE SELECT (SPC-4 6.9 to 6.12, SBC-3 6.4). Nothing can be
 * changed: MODE SELECT takes what is there already, as initiators write back what
 * they have read.
 */
#include "cmd.h"
#include "scsi.h"

#include <errno.h>
#include <linux/kernel.h>
#include <string.h>

/* Page control: SPC-4 6.11.1 */
enum { PC_CURRENT = 0, PC_CHANGEABLE = 1, PC_DEFAULT = 2, PC_SAVED = 3 };

#define ALL_PAGES 0x3f
#define ALL_SUBPAGES 0xff
#define SUBPAGE_FORMAT 0x40

#define PAGE_SIZE_MAX 32
#define MODE_MAX (8 + 16 + 4 * PAGE_SIZE_MAX)

/* Each fills what follows its page code and length, which are there already */
static void caching(const struct disk *disk, uint8_t *page)
{
	if (__atomic_load_n(&disk->write_cache, __ATOMIC_RELAXED))
		page[2] = 0x04;		/* WCE */
}

static void control(const struct disk *disk, uint8_t *page)
{
	if (disk_wants_descriptors(disk))
		page[2] = 0x04;		/* D_SENSE */
	page[3] = 0x10;			/* unrestricted reordering */
	put_be16(page + 8, 0xffff);	/* busy timeout: no limit */
}

static void nothing(const struct disk *disk, uint8_t *page)
{
}

static const struct page {
	uint8_t code;
	uint8_t subpage;
	uint8_t len;			/* of the whole page */
	void (*fill)(const struct disk *disk, uint8_t *page);
} pages[] = {
	{ 0x08, 0, 20, caching },
	{ 0x0a, 0, 12, control },
	{ 0x0a, 1, 32, nothing },	/* control extension */
	{ 0x1c, 0, 12, nothing },	/* informational exceptions: none */
};

#define NR_PAGES ARRAY_SIZE(pages)

static size_t fill_page(const struct disk *disk, const struct page *page,
			unsigned int pc, uint8_t *to)
{
	memset(to, 0, page->len);
	to[0] = page->code;
	if (page->subpage) {
		to[0] |= SUBPAGE_FORMAT;
		to[1] = page->subpage;
		put_be16(to + 2, page->len - 4);
	} else {
		to[1] = page->len - 2;
	}
	if (pc != PC_CHANGEABLE)
		page->fill(disk, to);
	return page->len;
}

static bool is_wanted(const struct page *page, uint8_t code, uint8_t subpage)
{
	if (code != ALL_PAGES && code != page->code)
		return false;
	return subpage == ALL_SUBPAGES || subpage == page->subpage;
}

static size_t fill_pages(const struct tcmuser_cmd *cmd, uint8_t *to)
{
	const uint8_t *cdb = cmd->cdb;
	size_t i, len = 0;

	for (i = 0; i < NR_PAGES; i++)
		if (is_wanted(&pages[i], cdb[2] & 0x3f, cdb[3]))
			len += fill_page(cmd_disk(cmd), &pages[i], cdb[2] >> 6,
					 to + len);
	return len;
}

/* SBC-3 6.4.2: the short one, and with LLBAA the long one */
static size_t block_descriptor(const struct disk *disk, bool lbaa, uint8_t *to)
{
	uint64_t blocks = disk_blocks(disk);

	if (lbaa) {
		put_be64(to, blocks);
		put_be32(to + 12, disk->block_size);
		return 16;
	}
	put_be32(to, blocks < UINT32_MAX ? (uint32_t)blocks : UINT32_MAX);
	/* the byte before is reserved */
	put_be32(to + 4, disk->block_size & 0xffffff);
	return 8;
}

/* Device-specific parameter, SBC-3 6.4.1: WP, DPOFUA */
static uint8_t device_specific(const struct disk *disk)
{
	return disk->features & TCMUSER_READ_ONLY ? 0x90 : 0x10;
}

static bool is_short(const struct tcmuser_cmd *cmd)
{
	return cmd->cdb[0] == 0x15 || cmd->cdb[0] == 0x1a;
}

static int answer(struct tcmuser_cmd *cmd)
{
	const struct disk *disk = cmd_disk(cmd);
	uint8_t buf[MODE_MAX] = { 0 };
	size_t head = is_short(cmd) ? 4 : 8, desc = 0, len;
	bool lbaa = !is_short(cmd) && (cmd->cdb[1] & 0x10);

	if (!(cmd->cdb[1] & 0x08))	/* DBD */
		desc = block_descriptor(disk, lbaa, buf + head);
	len = fill_pages(cmd, buf + head + desc);
	if (!len)
		return sense_bad_cdb(cmd, 2);
	len += head + desc;
	if (is_short(cmd)) {
		buf[0] = (uint8_t)(len - 1);
		buf[2] = device_specific(disk);
		buf[3] = (uint8_t)desc;
		return cmd_reply(cmd, buf, len, cmd->cdb[4]);
	}
	put_be16(buf, (uint16_t)(len - 2));
	buf[3] = device_specific(disk);
	buf[4] = desc && lbaa ? 0x01 : 0;
	put_be16(buf + 6, (uint16_t)desc);
	return cmd_reply(cmd, buf, len, get_be16(cmd->cdb + 7));
}

int mode_sense(struct tcmuser_cmd *cmd)
{
	if (cmd->cdb[2] >> 6 == PC_SAVED)
		return tcmuser_cmd_sense(cmd, KEY_ILLEGAL_REQUEST,
					 ASC_SAVING_NOT_SUPPORTED);
	return answer(cmd);
}

/* One page of the list; sets *@used to its length. As mode_select() returns. */
static int take_page(struct tcmuser_cmd *cmd, const uint8_t *list, size_t at,
		     size_t len, size_t *used)
{
	const uint8_t *page = list + at;
	uint8_t is[PAGE_SIZE_MAX];
	uint8_t subpage = 0;
	size_t i;

	if (len - at < 2)
		return sense_bad_list_length(cmd);
	if (page[0] & SUBPAGE_FORMAT)
		subpage = page[1];
	for (i = 0; i < NR_PAGES; i++)
		if (pages[i].code == (page[0] & 0x3f) &&
		    pages[i].subpage == subpage)
			break;
	if (i == NR_PAGES)
		return sense_bad_list(cmd, (unsigned int)at);
	*used = fill_page(cmd_disk(cmd), &pages[i], PC_CURRENT, is);
	if (len - at < *used)
		return sense_bad_list_length(cmd);
	/* PS is reserved here */
	for (i = 1; i < *used; i++)
		if (page[i] != is[i])
			return sense_bad_list(cmd, (unsigned int)(at + i));
	return 0;
}

/* The number of blocks may be 0 or all ones: as it is. SBC-3 6.4.2.2 */
static int take_descriptor(struct tcmuser_cmd *cmd, const uint8_t *list,
			   size_t at, size_t desc, bool lbaa)
{
	uint64_t count, all = lbaa ? UINT64_MAX : UINT32_MAX;
	uint64_t blocks = disk_blocks(cmd_disk(cmd));
	uint32_t size;

	if (!desc)
		return 0;
	if (desc != (lbaa ? 16 : 8))
		return sense_bad_list(cmd, is_short(cmd) ? 3 : 6);
	count = lbaa ? get_be64(list + at) : get_be32(list + at);
	size = lbaa ? get_be32(list + at + 12) :
		      get_be32(list + at + 4) & 0xffffff;
	if (count && count != all && count != blocks)
		return sense_bad_list(cmd, (unsigned int)at);
	if (size != cmd_disk(cmd)->block_size)
		return sense_bad_list(cmd, (unsigned int)(at + desc - 4));
	return 0;
}

static int take_list(struct tcmuser_cmd *cmd, const uint8_t *list, size_t len)
{
	size_t at = is_short(cmd) ? 4 : 8, desc, used = 0;
	bool lbaa = false;
	int ret;

	if (len < at)
		return sense_bad_list_length(cmd);
	desc = is_short(cmd) ? list[3] : get_be16(list + 6);
	if (!is_short(cmd))
		lbaa = list[4] & 0x01;
	if (desc > len - at)
		return sense_bad_list_length(cmd);
	ret = take_descriptor(cmd, list, at, desc, lbaa);
	for (at += desc; !ret && at < len; at += used)
		ret = take_page(cmd, list, at, len, &used);
	return ret;
}

int mode_select(struct tcmuser_cmd *cmd)
{
	size_t len = is_short(cmd) ? cmd->cdb[4] : get_be16(cmd->cdb + 7);
	uint8_t *list;

	/* PF, without which pages are the vendor's; SP: nothing is saved */
	if (!(cmd->cdb[1] & 0x10) || (cmd->cdb[1] & 0x01))
		return sense_bad_cdb(cmd, 1);
	if (!len)
		return 0;
	if (len > cmd->data_len)
		return sense_bad_list_length(cmd);
	list = cmd_alloc_buf(cmd, len);
	if (!list)
		return -ENOMEM;
	tcmuser_iov_get(cmd->iov, cmd->iov_cnt, 0, list, len);
	return take_list(cmd, list, len);
}
