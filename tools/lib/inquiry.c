// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * INQUIRY (SPC-4 6.6) and the vital product data pages.
 */
#include "cmd.h"
#include "scsi.h"

#include <ctype.h>
#include <linux/kernel.h>
#include <stdio.h>
#include <string.h>

#define PAGE_MAX 600

static void put_text(uint8_t *to, size_t width, const char *text)
{
	size_t len = strlen(text);

	memset(to, ' ', width);
	memcpy(to, text, len < width ? len : width);
}

/* SPC-4 6.6.2 */
static size_t standard(const struct disk_names *names, uint8_t *buf)
{
	buf[2] = 0x06;			/* SPC-4 */
	buf[3] = 0x02;			/* response data format */
	buf[4] = 96 - 5;
	buf[7] = 0x02;			/* CMDQUE */
	put_text(buf + 8, 8, names->vendor);
	put_text(buf + 16, 16, names->product);
	put_text(buf + 32, 4, names->revision);
	put_be16(buf + 58, 0x00a0);	/* SAM-5 */
	put_be16(buf + 60, 0x0460);	/* SPC-4 */
	put_be16(buf + 62, 0x04c0);	/* SBC-3 */
	return 96;
}

static size_t page_list(const struct tcmuser_cmd *cmd, uint8_t *page);

static size_t serial_number(const struct tcmuser_cmd *cmd, uint8_t *page)
{
	struct disk_names names;
	size_t len;

	disk_read_names(tcmuser_cmd_dev(cmd)->dir, &names);
	len = strlen(names.serial);
	memcpy(page, names.serial, len);
	return len;
}

/*
 * SPC-4 7.8.5.6.5: NAA 6h, with OpenFabrics' company identifier that the target
 * core uses and the serial number's hexadecimal digits, so that a disk has the
 * same name in I/O mode and on other backstores.
 */
static size_t designate_naa(const struct disk_names *names, uint8_t *to)
{
	static const uint8_t head[] = { 0x01, 0x03, 0, 16, 0x60, 0x01, 0x40, 0x5 };
	const char *c = names->serial;
	unsigned int nibble = 7, digit;

	memset(to, 0, 20);
	memcpy(to, head, sizeof(head));
	to[7] = 0x50;
	for (; *c && nibble < 32; c++) {
		if (!isxdigit((unsigned char)*c))
			continue;
		digit = *c <= '9' ? *c - '0' : (*c | 0x20) - 'a' + 10;
		to[4 + nibble / 2] |= nibble & 1 ? digit : digit << 4;
		nibble++;
	}
	return 20;
}

/* SPC-4 7.8.5.4: T10 vendor identification */
static size_t designate_t10(const struct disk_names *names, uint8_t *to)
{
	int len;

	to[0] = 0x02;			/* ASCII */
	to[1] = 0x01;			/* of the logical unit */
	put_text(to + 4, 8, names->vendor);
	len = snprintf((char *)to + 12, 240, "%s:%s", names->product,
		       names->serial);
	len = len < 240 ? len : 239;
	to[3] = (uint8_t)(8 + len);
	return 4 + to[3];
}

static size_t identification(const struct tcmuser_cmd *cmd, uint8_t *page)
{
	struct disk_names names;
	size_t len;

	disk_read_names(tcmuser_cmd_dev(cmd)->dir, &names);
	len = designate_naa(&names, page);
	return len + designate_t10(&names, page + len);
}

static uint32_t in_blocks(const struct disk *disk, uint64_t bytes)
{
	bytes /= disk->block_size;
	return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

/* SBC-3 6.5.3; the offsets are of the page, less its head */
static size_t block_limits(const struct tcmuser_cmd *cmd, uint8_t *page)
{
	const struct disk *disk = cmd_disk(cmd);
	uint32_t unit = in_blocks(disk, disk->discard_granularity);

	page[4 - 4] = 0x01;		/* WSNZ */
	page[5 - 4] = COMPARE_MAX_BLOCKS;
	if (disk->physical_block > disk->block_size)
		put_be16(page + 6 - 4,
			 (uint16_t)in_blocks(disk, disk->physical_block));
	put_be32(page + 8 - 4, in_blocks(disk, disk->max_transfer));
	put_be32(page + 12 - 4, in_blocks(disk, disk->io_opt));
	if (disk->features & TCMUSER_CAN_DISCARD) {
		put_be32(page + 20 - 4, UNMAP_MAX_BLOCKS);
		put_be32(page + 24 - 4, UNMAP_MAX_DESC);
		put_be32(page + 28 - 4, unit ? unit : 1);
		put_be32(page + 32 - 4, 0x80000000);	/* UGAVALID: at 0 */
	}
	put_be64(page + 36 - 4, SAME_MAX_BLOCKS);
	return 0x3c;
}

/* SBC-3 6.5.2 */
static size_t characteristics(const struct tcmuser_cmd *cmd, uint8_t *page)
{
	if (!(cmd_disk(cmd)->features & TCMUSER_ROTATIONAL))
		put_be16(page, 1);
	return 0x3c;
}

/* SBC-3 6.5.4 */
static size_t provisioning(const struct tcmuser_cmd *cmd, uint8_t *page)
{
	const struct disk *disk = cmd_disk(cmd);

	if (!(disk->features & TCMUSER_CAN_DISCARD))
		return 4;
	page[1] = 0x80;			/* LBPU */
	if (disk_same_unmaps(disk))
		page[1] |= 0x60;	/* LBPWS, LBPWS10 */
	if (disk->features & TCMUSER_DISCARD_ZEROES)
		page[1] |= 0x04;	/* LBPRZ */
	page[2] = 0x02;			/* thin provisioned */
	return 4;
}

static const struct {
	uint8_t code;
	size_t (*fill)(const struct tcmuser_cmd *cmd, uint8_t *page);
} pages[] = {
	{ 0x00, page_list },
	{ 0x80, serial_number },
	{ 0x83, identification },
	{ 0xb0, block_limits },
	{ 0xb1, characteristics },
	{ 0xb2, provisioning },
};

#define NR_PAGES ARRAY_SIZE(pages)

static size_t page_list(const struct tcmuser_cmd *cmd, uint8_t *page)
{
	size_t i;

	for (i = 0; i < NR_PAGES; i++)
		page[i] = pages[i].code;
	return NR_PAGES;
}

static int vital_page(struct tcmuser_cmd *cmd, size_t allowed)
{
	uint8_t buf[PAGE_MAX] = { 0 };
	size_t i, len;

	for (i = 0; i < NR_PAGES; i++) {
		if (pages[i].code != cmd->cdb[2])
			continue;
		buf[1] = pages[i].code;
		len = pages[i].fill(cmd, buf + 4);
		put_be16(buf + 2, (uint16_t)len);
		return cmd_reply(cmd, buf, 4 + len, allowed);
	}
	return sense_bad_cdb(cmd, 2);
}

int inquiry_run(struct tcmuser_cmd *cmd)
{
	size_t allowed = get_be16(cmd->cdb + 3);
	struct disk_names names;
	uint8_t buf[96] = { 0 };

	/* CMDDT is obsolete; and a page code without EVPD */
	if (cmd->cdb[1] & 0x02)
		return sense_bad_cdb(cmd, 1);
	if (cmd->cdb[1] & 0x01)
		return vital_page(cmd, allowed);
	if (cmd->cdb[2])
		return sense_bad_cdb(cmd, 2);
	disk_read_names(tcmuser_cmd_dev(cmd)->dir, &names);
	return cmd_reply(cmd, buf, standard(&names, buf), allowed);
}
