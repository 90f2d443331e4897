// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a daemon and an initiator see of the module, as lines 'KEY: VALUE' behind
 * a '|': the bytes of events, of the mailbox and of entries, and how commands
 * end. diff.sh compares those of two modules. Nothing here expects anything of
 * them.
 */
#include "files.h"
#include "harness.h"
#include "nl.h"
#include "sg.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static struct lun lun;
static uint8_t buf[128 * 1024];

static void show_bytes(const char *key, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;
	size_t i;

	printf("| %s:", key);
	for (i = 0; i < len; i++)
		printf("%s%02x", i % 4 ? "" : " ", from[i]);
	printf("\n");
}

/* ---- events --------------------------------------------------------------------- */

static void show_events(struct nl *nl, const char *key)
{
	uint8_t bytes[4096];
	char name[64];
	int i, len;

	for (i = 0; (len = nl_bytes(nl, bytes, sizeof(bytes), 500)) > 0; i++) {
		snprintf(name, sizeof(name), "%s event %d", key, i);
		/* the message's family is whatever number was free */
		memset(bytes + 4, 0, 2);
		show_bytes(name, bytes, len);
	}
}

TEST(events)
{
	static const char * const writes[][2] = {
		{ "attrib/dev_size", "2097152" },
		{ "attrib/dev_config", "raw//other" },
		{ "attrib/emulate_write_cache", "1" },
		{ "control", "dev_size=4096" },
		{ "control", "dev_config=raw//third" },
		{ "action/block_dev", "1" },
		{ "action/reset_ring", "1" },
	};
	struct nl nl;
	size_t i;

	lun_name_next("disk");
	lun_create(&lun, "dev_config=raw//x,dev_size=1048576");
	ASSERT_EQ(nl_start(&nl), 0);
	lun_enable(&lun);
	show_events(&nl, "enable");
	for (i = 0; i < ARRAY_SIZE(writes); i++) {
		lun_set(&lun, writes[i][0], writes[i][1]);
		show_events(&nl, writes[i][1]);
	}
	lun_remove(&lun);
	show_events(&nl, "rmdir");
	nl_end(&nl);
}

/* ---- the ring ------------------------------------------------------------------- */

static void up(const char *control)
{
	lun_name_next("disk");
	lun_up(&lun, control);
}

static void answer_with(const struct raw_answer *answer)
{
	raw_answer(&lun.raw, answer);
	raw_kick(&lun.raw);
}

/* One command of @cdb_len bytes, with the entry that it makes */
static void one_entry(int cdb_len, int dir, size_t len)
{
	struct raw_answer good = { 0 };
	struct raw_entry entry;
	struct io io;
	char key[64];

	snprintf(key, sizeof(key), "cdb of %d, direction %d, %zu bytes",
		 cdb_len, dir, len);
	io_rw(&io, &lun, cdb_len, dir, 1, buf, len);
	if (!raw_fetch(&lun.raw, &entry, 5000, false)) {
		printf("| %s: no entry\n", key);
		return;
	}
	show_bytes(key, entry.at, entry.len);
	printf("| %s, place: %u, length %u, cdb at %llu\n", key, entry.pos,
	       entry.len, (unsigned long long)entry.cdb_off);
	good.id = entry.id;
	answer_with(&good);
	io_end(&io, 5000);
	printf("| %s, end: status %d, resid %d\n", key, io_status(&io),
	       io.hdr.resid);
}

TEST(entries)
{
	static const int cdb_lens[] = { 6, 10, 12, 16 };
	static const size_t lens[] = { 512, 4096, 4608, 65536 };
	size_t i, j;

	up(NULL);
	show_bytes("mailbox", lun.raw.map, 128);
	for (i = 0; i < ARRAY_SIZE(cdb_lens); i++) {
		for (j = 0; j < ARRAY_SIZE(lens); j++) {
			one_entry(cdb_lens[i], SG_IN, lens[j]);
			one_entry(cdb_lens[i], SG_OUT, lens[j]);
		}
	}
	show_bytes("mailbox afterwards", lun.raw.map, 128);
}

/* Holes in the data area: several runs of blocks for one command */
TEST(entries_in_pieces)
{
	enum { NR = 6 };
	static uint8_t bufs[NR][8192];
	struct raw_answer good = { 0 };
	struct raw_entry entries[NR];
	struct io io[NR];
	int i;

	up(NULL);
	for (i = 0; i < NR; i++) {
		io_rw(&io[i], &lun, 10, SG_IN, i, bufs[i], sizeof(bufs[i]));
		ASSERT(raw_fetch(&lun.raw, &entries[i], 5000, false));
		printf("| command %d: id %u\n", i, entries[i].id);
	}
	for (i = 0; i < NR; i += 2) {
		good.id = entries[i].id;
		answer_with(&good);
		io_end(&io[i], 5000);
	}
	one_entry(10, SG_IN, 40960);
}

/* ---- how commands end ----------------------------------------------------------- */

static void show_end(const char *key, const struct io *io)
{
	size_t i;

	for (i = 0; i < sizeof(buf) && buf[i] == 0x5a; i++)
		;
	printf("| %s: status %d, sense of %d %06x, resid %d, %zu bytes\n", key,
	       io_status(io), io->hdr.sb_len_wr, io_sense(io), io->hdr.resid,
	       i);
}

/* A read of 8 KiB that is answered by @answer, or not, and what follows */
static void ends(const char *key, const struct raw_answer *answer,
		 const char *file, const char *value)
{
	struct raw_entry entry;
	struct io io;

	memset(buf, 0, sizeof(buf));
	io_rw(&io, &lun, 10, SG_IN, 0, buf, 8192);
	if (raw_fetch(&lun.raw, &entry, 1000, false))
		raw_fill(&lun.raw, &entry, 0x5a);
	if (answer)
		answer_with(answer);
	if (file)
		lun_set(&lun, file, value);
	io_end(&io, 20000);
	show_end(key, &io);
}

static const uint8_t a_sense[96] = {
	0x70, 0, 0x23, 1, 2, 3, 4, 88, 5, 6, 7, 8, 0x11, 0x22, [95] = 0xbb,
};

TEST(answers)
{
	static const struct {
		const char *name;
		struct raw_answer answer;
	} cases[] = {
		{ "good", { 0 } },
		{ "check condition", { .status = CHECK, .sense = a_sense } },
		{ "reservation conflict", { .status = 0x18 } },
		{ "unknown op", { .uflags = RAW_UNKNOWN_OP } },
		{ "read_len 100", { .uflags = RAW_READ_LEN, .read_len = 100 } },
		{ "read_len 0", { .uflags = RAW_READ_LEN } },
		{ "read_len too long", { .uflags = RAW_READ_LEN,
					 .read_len = 1 << 20 } },
		{ "read_len with check", { .uflags = RAW_READ_LEN,
			.read_len = 512, .status = CHECK, .sense = a_sense } },
		{ "read_len without its flag", { .read_len = 100 } },
	};
	size_t i;

	up(NULL);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		ends(cases[i].name, &cases[i].answer, NULL, NULL);
}

/* The ring was reset */
static void begin_anew(void)
{
	lun.raw.next = 0;
	lun.raw.tail = 0;
}

TEST(ends_without_an_answer)
{
	static const struct raw_answer unknown = { .id = 60000 };

	up("max_data_area_mb=1,hw_max_sectors=8192");
	/* BUSY and TASK SET FULL are tried again for so long */
	io_timeout_ms = 1500;
	ends("broken ring", &unknown, "action/reset_ring", "2");
	begin_anew();
	ends("reset 2", NULL, "action/reset_ring", "2");
	begin_anew();
	lun_set(&lun, "action/block_dev", "1");
	ends("blocked", NULL, NULL, NULL);
	lun_set(&lun, "action/block_dev", "0");
}

TEST(too_much_for_the_area)
{
	static uint8_t much[900 * 1024];
	struct io io;

	/* there is one block of 800 KiB */
	up("max_data_area_mb=1,data_pages_per_blk=200,hw_max_sectors=8192");
	io_rw(&io, &lun, 10, SG_IN, 0, much, sizeof(much));
	io_end(&io, 5000);
	show_end("two blocks of one", &io);
}

TEST(expired)
{
	lun_name_next("disk");
	lun_create(&lun, "dev_config=raw//x,dev_size=1048576");
	lun_set(&lun, "attrib/cmd_time_out", "1");
	lun_enable(&lun);
	lun_link(&lun);
	ends("cmd_time_out", NULL, NULL, NULL);
}
