// SPDX-License-Identifier: GPL-2.0-only
/*
 * Producer, program and reaper at a time, each in a thread of its own: what
 * ThreadSanitizer makes of the barriers that ring.h names.
 */
#include "pair.h"

#include <pthread.h>
#include <sched.h>

#define NR_ENTRIES	100000U

static struct pair *pair;
static u32 wrong, answered, reaped;

/* An entry's length and bytes follow from its number */
static u32 len_of(u32 nr)
{
	return 120 + nr % 17 * 8;
}

static void put(u32 nr)
{
	u32 i, len = len_of(nr), *words;
	struct tcmu_ring_slot slot;

	while (tcmu_ring_reserve(&pair->ring, len, &slot))
		sched_yield();
	slot.op = TCMU_OP_CMD;
	words = tcmu_ring_slot_ptr(&pair->ring, slot.pos);
	words[0] = len | TCMU_OP_CMD;
	for (i = 1; i < len / 4; i++)
		words[i] = nr + i;
	tcmu_ring_submit(&pair->ring, &slot);
}

static void *producer(void *unused)
{
	u32 nr;

	for (nr = 0; nr < NR_ENTRIES; nr++)
		put(nr);
	return unused;
}

/* The program: compares the whole entry, and answers by its complement */
static void answer(struct tcmu_cmd_entry *entry, u32 nr)
{
	u32 i, *words = (u32 *)entry;

	if (words[0] != (len_of(nr) | TCMU_OP_CMD))
		wrong++;
	for (i = 1; i < len_of(nr) / 4; i++) {
		if (words[i] != nr + i)
			wrong++;
		words[i] = ~words[i];
	}
}

static void *program(void *unused)
{
	struct tcmu_cmd_entry *entry;
	u32 nr = 0, len_op;

	while (nr < NR_ENTRIES) {
		if (tcmu_ring_user_peek(&pair->user, &entry) != 1) {
			sched_yield();
			continue;
		}
		len_op = entry->hdr.len_op;
		if (tcmu_hdr_get_op(len_op) == TCMU_OP_CMD)
			answer(entry, nr++);
		tcmu_ring_user_release(&pair->user, tcmu_hdr_get_len(len_op));
	}
	answered = nr;
	return unused;
}

static void take_answer(const struct tcmu_ring_slot *slot)
{
	const u32 *words = tcmu_ring_slot_ptr(&pair->ring, slot->pos);
	u32 i;

	if (slot->op != TCMU_OP_CMD)
		return;
	if (slot->len != len_of(reaped))
		wrong++;
	for (i = 1; i < slot->len / 4; i++)
		if (words[i] != ~(reaped + i))
			wrong++;
	reaped++;
}

static void *reaper(void *unused)
{
	struct tcmu_ring_slot slot;
	u32 tail;
	int ret;

	while (reaped < NR_ENTRIES) {
		if (tcmu_ring_tail(&pair->ring, &tail)) {
			wrong += NR_ENTRIES;
			return unused;
		}
		while ((ret = tcmu_ring_next(&pair->ring, tail, &slot)) == 1)
			take_answer(&slot);
		if (ret)
			wrong++;
		tcmu_ring_clean(&pair->ring);
		sched_yield();
	}
	return unused;
}

static void check_size(u32 size)
{
	static void *(*const run[])(void *) = { producer, program, reaper };
	pthread_t thread[ARRAY_SIZE(run)];
	u32 i;

	pair = pair_new(size);
	wrong = 0;
	answered = 0;
	reaped = 0;
	for (i = 0; i < ARRAY_SIZE(run); i++)
		CHECK(!pthread_create(&thread[i], NULL, run[i], NULL));
	for (i = 0; i < ARRAY_SIZE(run); i++)
		pthread_join(thread[i], NULL);
	CHECK_EQ(wrong, 0);
	CHECK_EQ(answered, NR_ENTRIES);
	CHECK_EQ(reaped, NR_ENTRIES);
}

TEST("entries and answers cross whole while a small ring is full")
{
	check_size(1024);
}

TEST("entries and answers cross whole in a ring with room")
{
	check_size(65536);
}
