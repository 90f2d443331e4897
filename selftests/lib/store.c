// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bytes of a disk: see store.h.
 */
#include "store.h"

#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BLOCK	512

enum { WRITE_SAME_16 = 0x93, UNMAP_BIT = 8, ILLEGAL = 5 };

/* What a CDB says of the disk */
struct range {
	uint64_t at, len;	/* bytes */
};

void store_make(struct store *store, uint64_t size)
{
	memset(store, 0, sizeof(*store));
	store->size = size;
	store->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT(store->bytes != MAP_FAILED);
}

void store_free(struct store *store)
{
	munmap(store->bytes, store->size);
}

static uint64_t be(const uint8_t *at, int len)
{
	uint64_t val = 0;

	while (len--)
		val = val << 8 | *at++;
	return val;
}

static struct range cdb_range(const uint8_t *cdb)
{
	uint64_t lba, nr;

	switch (cdb[0] >> 5) {
	case 0:
		lba = be(cdb + 1, 3) & 0x1fffff;
		nr = cdb[4] ?: 256;
		break;
	case 4:
		lba = be(cdb + 2, 8);
		nr = be(cdb + 10, 4);
		break;
	case 5:
		lba = be(cdb + 2, 4);
		nr = be(cdb + 6, 4);
		break;
	default:
		lba = be(cdb + 2, 4);
		nr = be(cdb + 7, 2);
	}
	return (struct range){ lba * BLOCK, nr * BLOCK };
}

/* Between the buffers of an entry and the store */
static void copy(struct raw *raw, const struct raw_entry *entry, uint8_t *bytes,
		 uint64_t len, bool in)
{
	uint64_t part;
	uint32_t i;

	for (i = 0; i < entry->iov_cnt && len; i++) {
		uint8_t *at = raw->map + raw_iov_base(entry, i);

		part = raw_iov_len(entry, i);
		if (part > len)
			part = len;
		memcpy(in ? at : bytes, in ? bytes : at, part);
		bytes += part;
		len -= part;
	}
}

static void write_same(struct store *store, struct raw *raw,
		       const struct raw_entry *entry, struct range range)
{
	uint8_t block[BLOCK] = { 0 };

	if (!(entry->cdb[1] & UNMAP_BIT))
		raw_gather(raw, entry, block, sizeof(block));
	for (; range.len; range.len -= BLOCK, range.at += BLOCK)
		memcpy(store->bytes + range.at, block, BLOCK);
}

/* false: it is about no blocks */
static bool move(struct store *store, struct raw *raw,
		 const struct raw_entry *entry)
{
	struct range range = cdb_range(entry->cdb);
	uint8_t op = entry->cdb[0];
	bool in = (op & 0x1f) == 0x08, out = (op & 0x1f) == 0x0a;

	if (!in && !out && op != WRITE_SAME_16)
		return false;
	if (range.at + range.len > store->size)
		return false;
	if (op == WRITE_SAME_16)
		write_same(store, raw, entry, range);
	else
		copy(raw, entry, store->bytes + range.at, range.len, in);
	return true;
}

void store_do(struct store *store, struct raw *raw,
	      const struct raw_entry *entry)
{
	struct raw_answer answer = { .id = entry->id };

	if (move(store, raw, entry))
		raw_answer(raw, &answer);
	else
		raw_answer_control(raw, entry);
}

static void *serve(void *arg)
{
	struct store *store = arg;
	struct raw_entry entry;

	while (store->serving) {
		if (!raw_fetch(store->raw, &entry, 10, false))
			continue;
		if (entry.op == RAW_CMD)
			store_do(store, store->raw, &entry);
		raw_kick(store->raw);
	}
	return NULL;
}

void store_serve(struct store *store, struct raw *raw)
{
	store->raw = raw;
	store->serving = true;
	pthread_create(&store->server, NULL, serve, store);
}

void store_serve_end(struct store *store)
{
	if (!store->serving)
		return;
	store->serving = false;
	pthread_join(store->server, NULL);
}
