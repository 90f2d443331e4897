// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lies in answers, and scribbling: see lie.h.
 *
 * What makes the initiator's error handling stop all of its commands (a status that
 * is none, sense data that is none) is rare, or nothing else would come.
 */
#include "lie.h"

#include "guard.h"

#include <string.h>

static uint8_t draw_status(struct dice *dice, bool io_mode)
{
	/* GOOD, CHECK, CONDITION MET, INTERMEDIATE */
	static const uint8_t usual[] = { 0, 0, 0, 0, 2, 2, 2, 4, 0x10 };
	/* BUSY, CONFLICT, TASK SET FULL, ACA ACTIVE, TASK ABORTED */
	static const uint8_t unusual[] = { 8, 0x18, 0x28, 0x30, 0x40 };

	if (dice_one_in(dice, io_mode ? 16 : 2000))
		return dice_edge(dice, 8);
	if (dice_one_in(dice, 200))
		return unusual[dice_below(dice, sizeof(unusual))];
	return usual[dice_below(dice, sizeof(usual))];
}

static void draw_sense(struct dice *dice, uint8_t *sense)
{
	dice_fill(dice, sense, 96);
	if (!dice_one_in(dice, 300))
		sense[0] = 0x70 | dice_below(dice, 4);
	/* lengths inside of it */
	if (dice_one_in(dice, 2))
		sense[7] = dice_edge(dice, 8);
}

static uint8_t draw_uflags(struct dice *dice)
{
	uint8_t flags = dice_edge(dice, 8);

	/* what is kept has to be freed some time */
	if (!dice_one_in(dice, 8))
		flags &= ~RAW_KEEP_BUF;
	return flags;
}

void lie_draw(uint64_t seed, uint64_t n, bool io_mode, struct lie *lie)
{
	struct dice dice = dice_at(seed, BY_ANSWERS, n);

	memset(lie, 0, sizeof(*lie));
	lie->fields = 1u << dice_below(&dice, 8);
	lie->fields |= dice_next(&dice) & dice_next(&dice) & 0xff;
	if (dice_one_in(&dice, 400))
		lie->id_how = dice_one_in(&dice, 2) ? ID_DEAD : ID_ANY;
	lie->id = dice_edge(&dice, 16);
	lie->len_op = dice_edge(&dice, 32);
	lie->kflags = dice_edge(&dice, 8);
	lie->uflags = draw_uflags(&dice);
	lie->status = draw_status(&dice, io_mode);
	lie->read_len = dice_edge(&dice, 32);
	dice_fill(&dice, lie->pads, sizeof(lie->pads));
	lie->cdb = dice_next(&dice);
	lie->iov[0] = dice_edge(&dice, 64);
	lie->iov[1] = dice_edge(&dice, 64);
	if (lie->fields & LIE_SENSE)
		draw_sense(&dice, lie->sense);
	else
		lie->sense[0] = 0x70;
}

void batch_draw(uint64_t seed, uint64_t n, struct batch *batch)
{
	struct dice dice = dice_at(seed, BY_BATCHES, n);

	memset(batch, 0, sizeof(*batch));
	batch->most = 1 + dice_below(&dice, dice_one_in(&dice, 8) ? 4 :
				     MAX_BATCH);
	if (dice_one_in(&dice, 3))
		batch->rotate = dice_below(&dice, MAX_BATCH);
	if (dice_one_in(&dice, 96))
		batch->tail = TAIL_FAR + dice_below(&dice, TAIL_ANY);
	batch->any = dice_edge(&dice, 32);
	if (dice_one_in(&dice, 6000))
		batch->late_ms = 1000 + dice_below(&dice, 1200);
	batch->kick = !dice_one_in(&dice, 4);
	if (dice_one_in(&dice, 8))
		batch->free = dice_below(&dice, NR_FREE);
}

/* The tail, the head, the promises, and what only a program reads */
static void draw_mailbox(struct dice *dice, struct scribble *scribble)
{
	static const uint8_t offs[] = { 0, 2, 4, 8, 12, 12, 16, 60, 64, 68, 68,
					72, 72, 76, 124, 127 };

	scribble->off = offs[dice_below(dice, sizeof(offs))];
	if (scribble->off != 64 && dice_one_in(dice, 8))
		scribble->off = dice_below(dice, 60);
	if (scribble->off == 68 || scribble->off == 72)
		scribble->val = dice_below(dice, 3);
	scribble->back = scribble->off <= 12 || scribble->off == 64;
}

static void draw_header(struct dice *dice, struct scribble *scribble)
{
	scribble->off = dice_one_in(dice, 32) ? dice_below(dice, 6) :
						6 + dice_below(dice, 2);
}

static void draw_place(struct dice *dice, struct scribble *scribble)
{
	switch (scribble->where) {
	case AT_MAILBOX:
		draw_mailbox(dice, scribble);
		break;
	case AT_HEADER:
		draw_header(dice, scribble);
		break;
	case AT_BODY:
		scribble->off = 8 + dice_below(dice, 104);
		break;
	case AT_IOVS:
		scribble->off = 48 + 8 * dice_below(dice, 8);
		break;
	default:
		scribble->off = dice_edge(dice, dice_one_in(dice, 2) ? 20 : 32);
	}
}

void scribble_draw(uint64_t seed, uint64_t n, struct scribble *scribble)
{
	struct dice dice = dice_at(seed, BY_SCRIBBLES, n);

	memset(scribble, 0, sizeof(*scribble));
	scribble->where = dice_below(&dice, NR_WHERE);
	/* most of the ring is headers of what is to come */
	if (scribble->where == AT_RING && !dice_one_in(&dice, 8))
		scribble->where = AT_BODY;
	scribble->slot = dice_below(&dice, MAX_BATCH);
	scribble->width = 1u << dice_below(&dice, 4);
	scribble->val = dice_edge(&dice, 8 * scribble->width);
	draw_place(&dice, scribble);
	if (scribble->where == AT_HEADER && scribble->off >= 6)
		scribble->width = 1;
	scribble->kick = dice_one_in(&dice, 16);
	if (dice_one_in(&dice, 16))
		scribble->rest_us = 1000 + dice_below(&dice, 4000);
}

static uint64_t digest(uint64_t sum, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	while (len--)
		sum = dice_digest(sum, *at++);
	return sum;
}

void lie_digests(uint64_t seed, uint64_t n, bool io_mode, uint64_t sums[3])
{
	struct scribble scribble;
	struct batch batch;
	struct lie lie;
	uint64_t i;

	memset(sums, 0, 3 * sizeof(*sums));
	for (i = 0; i < n; i++) {
		lie_draw(seed, i, io_mode, &lie);
		batch_draw(seed, i, &batch);
		scribble_draw(seed, i, &scribble);
		sums[0] = digest(sums[0], &lie, sizeof(lie));
		sums[1] = digest(sums[1], &batch, sizeof(batch));
		sums[2] = digest(sums[2], &scribble, sizeof(scribble));
	}
}

static void put(uint8_t *at, const void *val, size_t len)
{
	memcpy(at, val, len);
}

/* The request may be longer than what is answered in it */
static void write_request(uint8_t *at, const struct slot *slot,
			  const struct lie *lie)
{
	if (lie->fields & LIE_IOVS && slot->len >= 80)
		put(at + 48, lie->iov, sizeof(lie->iov));
	if (lie->fields & LIE_CDB)
		at[slot->len - 8] = lie->cdb;
}

void lie_write(struct raw *raw, const struct slot *slot, uint16_t id,
	       const struct lie *lie)
{
	uint8_t *at = raw->map + raw->ring_off + slot->pos;

	write_request(at, slot, lie);
	put(at + 4, &id, 2);
	at[7] = lie->fields & LIE_UFLAGS ? lie->uflags : 0;
	at[8] = lie->status;
	if (lie->fields & LIE_READ_LEN)
		put(at + 12, &lie->read_len, 4);
	if (lie->status == 2 || lie->fields & LIE_SENSE)
		put(at + 16, lie->sense, sizeof(lie->sense));
	if (lie->fields & LIE_KFLAGS)
		at[6] = lie->kflags;
	if (lie->fields & LIE_PADS)
		put(at + 9, lie->pads, sizeof(lie->pads));
	if (lie->fields & LIE_LEN_OP)
		put(at, &lie->len_op, 4);
}

/* Where it is, or NULL: it goes by what the answerer has in hand */
static uint8_t *place(struct hostile *h, const struct scribble *scribble)
{
	struct raw *raw = &h->lun->raw;
	int nr = h->nr_slots;
	size_t off = scribble->off;

	switch (scribble->where) {
	case AT_MAILBOX:
		break;
	case AT_RING:
		off += raw->ring_off;
		break;
	case AT_DATA:
		off += raw->ring_off + raw->ring_size;
		break;
	default:
		if (!nr)
			return NULL;
		off += raw->ring_off + h->slots[scribble->slot % nr].pos;
	}
	return off + 8 <= raw->map_len ? raw->map + off : NULL;
}

/* Unless the kernel has written another one meanwhile */
static void put_back(uint8_t *at, uint32_t new, uint32_t old)
{
	if ((uintptr_t)at % 4)
		return;
	__atomic_compare_exchange_n((uint32_t *)at, &new, old, false,
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void scribble_write(struct hostile *h, const struct scribble *scribble)
{
	uint8_t *at = place(h, scribble);
	uint32_t old, new;

	if (!at || !guard_load(&old, at, 4))
		return;
	guard_store(at, &scribble->val, scribble->width);
	/* before it is put back, or on one processor nobody would see it */
	if (scribble->kick)
		raw_kick(&h->lun->raw);
	if (scribble->back && guard_load(&new, at, 4))
		put_back(at, new, old);
}
