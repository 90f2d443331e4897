// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon that answers, with lies, and the one that scribbles meanwhile.
 */
#include "files.h"
#include "hostile.h"
#include "lie.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How often a daemon with nothing to do looks whether that is its own fault */
#define IDLE_LOOKS	16
#define STUCK_LOOKS	256
/* So many are freed at a time */
#define MIN_KEPT	8

/* Entries from the tail on, as far as they make sense: anybody may have written them */
static int collect(struct hostile *h, int most)
{
	struct raw *raw = &h->lun->raw;
	uint32_t head = raw_head(raw), pos = raw->tail, len_op;
	struct slot *slot = h->slots;
	int nr = 0;

	if (head >= raw->ring_size || head % 8)
		return 0;
	for (; nr < most && pos != head; nr++, slot++) {
		len_op = raw_u32(raw, raw->ring_off + pos);
		slot->pos = pos;
		slot->op = len_op & 7;
		slot->len = len_op & ~7u;
		if (slot->len < 8 || slot->len > raw->ring_size - pos ||
		    (slot->op == RAW_CMD && slot->len < 112))
			break;
		memcpy(&slot->id, raw->map + raw->ring_off + pos + 4, 2);
		pos = (pos + slot->len) % raw->ring_size;
	}
	return nr;
}

/* Those of the commands among @nr entries, in the order of the ring; how many */
static int collect_ids(const struct hostile *h, int nr, uint16_t *ids)
{
	int nr_ids = 0, i;

	for (i = 0; i < nr; i++)
		if (h->slots[i].op == RAW_CMD)
			ids[nr_ids++] = h->slots[i].id;
	return nr_ids;
}

static uint16_t lie_about_id(const struct hostile *h, const struct lie *lie,
			     uint16_t id)
{
	if (lie->id_how == ID_ANY)
		return lie->id;
	if (lie->id_how == ID_DEAD && h->nr_dead)
		return h->dead[lie->id % h->nr_dead];
	return id;
}

/* Half of them by the supervisor's reset, or by the release of the file */
static void remember(struct hostile *h, uint16_t id, const struct lie *lie)
{
	h->dead[lie->id % MAX_BATCH] = id;
	if (h->nr_dead < MAX_BATCH)
		h->dead[h->nr_dead++] = id;
	if ((lie->fields & LIE_UFLAGS) && (lie->uflags & RAW_KEEP_BUF) &&
	    h->nr_kept < MAX_BATCH)
		h->kept[h->nr_kept++] = id;
}

/* Returns whether the ring may be broken by it */
static bool answer(struct hostile *h, const struct batch *batch, int nr)
{
	uint16_t ids[MAX_BATCH], id, said;
	int nr_ids = collect_ids(h, nr, ids), k = batch->rotate, i;
	bool breaks = false;
	struct lie lie;

	for (i = 0; i < nr; i++) {
		if (h->slots[i].op != RAW_CMD)
			continue;
		lie_draw(h->seed, h->nr_answers++, h->io_mode, &lie);
		id = ids[k++ % nr_ids];
		said = lie_about_id(h, &lie, id);
		lie_write(&h->lun->raw, &h->slots[i], said, &lie);
		remember(h, id, &lie);
		breaks |= said != id;
	}
	return breaks;
}

static uint32_t tail_behind(const struct hostile *h, int nr)
{
	const struct slot *last = &h->slots[nr - 1];

	return (last->pos + last->len) % h->lun->raw.ring_size;
}

/* The tail as it ought to be is kept: the next reset may be a while away */
static void release(struct hostile *h, const struct batch *batch, int nr)
{
	struct raw *raw = &h->lun->raw;
	uint32_t tail = tail_behind(h, nr), said = tail;

	switch (batch->tail) {
	case TAIL_FAR:
		said = raw_head(raw) + 8;
		break;
	case TAIL_BACK:
		said = raw->tail - 8;
		break;
	case TAIL_INSIDE:
		said = h->slots[nr - 1].pos + 8 * (1 + batch->any % 12);
		break;
	case TAIL_ANY:
		said = batch->any;
		break;
	}
	raw_set_tail(raw, said);
	raw->tail = tail;
}

static void free_one(struct hostile *h, uint32_t id)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", id);
	lun_set(h->lun, "action/free_kept_buf", text);
}

/* Those that are kept, and now and then one that is not: answered, or in the ring */
static void free_kept(struct hostile *h, const struct batch *batch)
{
	uint16_t ids[MAX_BATCH];
	unsigned int nr, i;

	pthread_mutex_lock(&h->ring);
	nr = h->nr_kept < MIN_KEPT ? 0 : h->nr_kept;
	memcpy(ids, h->kept, nr * sizeof(*ids));
	if (nr)
		h->nr_kept = 0;
	pthread_mutex_unlock(&h->ring);
	for (i = 0; i < nr; i++)
		free_one(h, ids[i]);
	if (batch->free == FREE_DEAD)
		free_one(h, h->dead[batch->any % MAX_BATCH]);
	if (batch->free == FREE_LIVE)
		free_one(h, h->slots[batch->any % MAX_BATCH].id);
	if (batch->free == FREE_ANY)
		free_one(h, batch->any);
}

/* One step; 0: nothing was there, 1: answered, 2: and the ring may be broken */
static int answer_some(struct hostile *h, struct batch *batch)
{
	int nr, ret = 1;

	pthread_mutex_lock(&h->ring);
	nr = collect(h, batch->most);
	h->nr_slots = nr;
	if (nr && !batch->late_ms) {
		ret += answer(h, batch, nr);
		release(h, batch, nr);
		ret = batch->tail ? 2 : ret;
	}
	pthread_mutex_unlock(&h->ring);
	if (nr && !batch->late_ms && batch->kick)
		raw_kick(&h->lun->raw);
	return nr ? ret : 0;
}

/* Nobody comes: wait a little, and look now and then if it is the ring's fault */
static void idle(struct hostile *h, int looks)
{
	struct pollfd pfd = { .fd = h->lun->raw.fd, .events = POLLIN };
	uint32_t count;

	raw_kick(&h->lun->raw);
	if (poll(&pfd, 1, 1) == 1 && read(pfd.fd, &count, 4) != 4)
		return;
	if (looks % IDLE_LOOKS == 0)
		hostile_heal(h);
	if (looks % STUCK_LOOKS == 0)
		hostile_reset(h, "1");
}

void *hostile_answer(void *arg)
{
	struct hostile *h = arg;
	struct batch batch;
	int looks = 0, did;

	while (!h->stop) {
		batch_draw(h->seed, h->nr_batches, &batch);
		pthread_rwlock_rdlock(&h->attached);
		did = answer_some(h, &batch);
		if (!did)
			idle(h, ++looks);
		pthread_rwlock_unlock(&h->attached);
		if (!did)
			continue;
		looks = 0;
		h->nr_batches++;
		if (did == 2)
			hostile_heal(h);
		if (batch.late_ms)
			sleep_ms(batch.late_ms);
		free_kept(h, &batch);
	}
	return NULL;
}

void *hostile_scribble(void *arg)
{
	struct hostile *h = arg;
	struct scribble scribble;

	while (!h->stop) {
		scribble_draw(h->seed, h->nr_scribbles++, &scribble);
		pthread_rwlock_rdlock(&h->attached);
		scribble_write(h, &scribble);
		pthread_rwlock_unlock(&h->attached);
		if (scribble.rest_us)
			usleep(scribble.rest_us);
	}
	return NULL;
}
