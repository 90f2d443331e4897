// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device after all that: see honest.h.
 */
#include "honest.h"

#include "files.h"
#include "harness.h"
#include "sg.h"

#include <stdlib.h>

#define BLOCK		512
#define DISK_BYTES	(1024 * 1024)
/* As many commands fill the data area of 1 MiB */
#define CHUNK		(64 * 1024)
#define NR_CHUNKS	16

static uint8_t disk[DISK_BYTES];
static struct io io[NR_CHUNKS];
static struct raw_entry entry[NR_CHUNKS];

/* READ (16) or WRITE (16) of a chunk, which both modes pass on */
static void start_chunk(struct hostile *h, int i, int dir, uint8_t *buf)
{
	memset(&io[i], 0, sizeof(io[i]));
	io_cdb(&io[i], 16, dir, i * (CHUNK / BLOCK));
	io[i].cdb[13] = CHUNK / BLOCK;
	io_start(&io[i], h->lun, dir, buf, CHUNK);
}

static void start_all(struct hostile *h, int dir, uint8_t *buf)
{
	int i;

	for (i = 0; i < NR_CHUNKS; i++)
		start_chunk(h, i, dir, buf + i * CHUNK);
}

static void end_all(void)
{
	int i;

	for (i = 0; i < NR_CHUNKS; i++) {
		io_end(&io[i], 10000);
		EXPECT(io_is_good(&io[i]));
	}
}

static void check_ring(struct hostile *h)
{
	struct raw *raw = &h->lun->raw;
	char state[32] = "";

	lun_get(h->lun, "attrib/ring_state", state, sizeof(state));
	EXPECT(!strcmp(state, "ok"));
	EXPECT(raw_mailbox_ok(raw));
	EXPECT_EQ(raw_head(raw), 0);
	EXPECT_EQ(raw_tail(raw), 0);
}

/*
 * The lowest that is free is always taken first, so that a lost one shows: together
 * the commands have the first ids, and all of the area.
 */
void honest_check_free(struct hostile *h)
{
	struct raw *raw = &h->lun->raw;
	uint64_t area = raw->ring_off + raw->ring_size;
	unsigned long ids = 0, chunks = 0;
	int i;

	check_ring(h);
	start_all(h, SG_OUT, disk);
	for (i = 0; i < NR_CHUNKS; i++) {
		ASSERT(raw_fetch(raw, &entry[i], 10000, false));
		EXPECT(entry[i].id <= NR_CHUNKS);
		ids |= 1ul << (entry[i].id - 1) % 64;
		chunks |= 1ul << (raw_iov_base(&entry[i], 0) - area) / CHUNK % 64;
		EXPECT_EQ(raw_iov_len(&entry[i], 0), CHUNK);
	}
	EXPECT_EQ(ids, (1ul << NR_CHUNKS) - 1);
	EXPECT_EQ(chunks, (1ul << NR_CHUNKS) - 1);
	for (i = 0; i < NR_CHUNKS; i++)
		raw_good(raw, 0);
	end_all();
}

static void copy(struct raw *raw, const struct raw_entry *e)
{
	uint32_t lba = e->cdb[6] << 24 | e->cdb[7] << 16 | e->cdb[8] << 8 |
		       e->cdb[9];
	size_t at = (size_t)lba * BLOCK, len;
	uint32_t i;

	for (i = 0; i < e->iov_cnt; i++, at += len) {
		len = raw_iov_len(e, i);
		ASSERT(at + len <= DISK_BYTES);
		if (e->cdb[0] == 0x8a)
			memcpy(disk + at, raw->map + raw_iov_base(e, i), len);
		else
			memcpy(raw->map + raw_iov_base(e, i), disk + at, len);
	}
}

static void serve(struct raw *raw)
{
	int i;

	for (i = 0; i < NR_CHUNKS; i++) {
		ASSERT(raw_fetch(raw, &entry[0], 10000, false));
		copy(raw, &entry[0]);
		raw_good(raw, 0);
	}
}

void honest_check_disk(struct hostile *h)
{
	struct dice dice = dice_at(h->seed, BY_ALL, 0);
	uint8_t *in = calloc(1, DISK_BYTES), *out = malloc(DISK_BYTES);
	long long taken = hostile_taken(h);
	long long reads = hostile_stat(h, "bytes", 1);
	long long events[5];
	int i;

	ASSERT(in && out);
	for (i = 1; i <= 4; i++)
		events[i] = hostile_stat(h, "events", i);
	dice_fill(&dice, out, DISK_BYTES);
	memset(disk, 0, sizeof(disk));
	start_all(h, SG_OUT, out);
	serve(&h->lun->raw);
	end_all();
	EXPECT(!memcmp(disk, out, DISK_BYTES));
	start_all(h, SG_IN, in);
	serve(&h->lun->raw);
	end_all();
	EXPECT(!memcmp(in, out, DISK_BYTES));
	EXPECT_EQ(hostile_taken(h), taken + 2 * NR_CHUNKS);
	EXPECT_EQ(hostile_stat(h, "bytes", 1), reads + DISK_BYTES);
	for (i = 1; i <= 4; i++)
		EXPECT_EQ(hostile_stat(h, "events", i), events[i]);
	free(in);
	free(out);
}
