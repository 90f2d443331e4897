// SPDX-License-Identifier: GPL-2.0-only
/*
 * The word by which a program says that it is awake; the barriers I and J of ring.h
 * without ThreadSanitizer, whose own operations would do instead of them.
 */
#include "pair.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define NR_ROUNDS	200000U
#define LEN		128
#define MOST_LATE	100

static struct pair *pair;
static bool said_awake;

/* Where both ends wait for each other, so that they step off together */
static u32 kernel_at, program_at;

static void meet(u32 *mine, u32 *other)
{
	u32 at = *mine + 1;
	u32 spins = 0;

	__atomic_store_n(mine, at, __ATOMIC_SEQ_CST);
	while ((s32)(__atomic_load_n(other, __ATOMIC_SEQ_CST) - at) < 0)
		if (++spins % 1024 == 0)
			sched_yield();
}

/*
 * Which end steps off late, and how much: the program, or the kernel if it is
 * negative. Such that the program just sees the entry, or does not.
 */
static s32 late;

static void be_late(s32 nr)
{
	volatile s32 i;

	for (i = 0; i < nr; i++)
		;
}

static void *kernel_end(void *unused)
{
	struct tcmu_ring_slot slot = { .op = TCMU_OP_CMD };
	u32 nr;

	for (nr = 0; nr < NR_ROUNDS; nr++) {
		if (tcmu_ring_reserve(&pair->ring, LEN, &slot))
			abort();
		meet(&kernel_at, &program_at);
		be_late(-late);
		tcmu_ring_submit(&pair->ring, &slot);
		said_awake = tcmu_ring_is_awake(pair->ring.mbox);
		meet(&kernel_at, &program_at);
	}
	return unused;
}

/* Fetched and answered: the next round finds the ring empty */
static void answer_all(void)
{
	struct tcmu_ring_slot slot;
	u32 tail = pair->ring.head;

	pair->user.next = tail;
	pair->user.tail = tail;
	while (tcmu_ring_next(&pair->ring, tail, &slot) == 1)
		;
	tcmu_ring_clean(&pair->ring);
}

TEST("no program is taken for awake that has gone to sleep")
{
	u32 nr, slept = 0, lost = 0;
	pthread_t thread;
	bool sleeps;

	pair = pair_new(65536);
	CHECK(!pthread_create(&thread, NULL, kernel_end, NULL));
	for (nr = 0; nr < NR_ROUNDS; nr++) {
		tcmu_ring_user_wake(&pair->user);
		meet(&program_at, &kernel_at);
		be_late(late);
		sleeps = tcmu_ring_user_may_sleep(&pair->user);
		/* the kernel's next reservation comes after the second meeting */
		meet(&program_at, &kernel_at);
		slept += sleeps;
		late += sleeps ? 1 : -1;
		if (late > MOST_LATE || late < -MOST_LATE)
			late = 0;
		lost += sleeps && said_awake;
		answer_all();
	}
	pthread_join(thread, NULL);
	unit_note("%u rounds, %u asleep", NR_ROUNDS, slept);
	CHECK_EQ(lost, 0);
}

TEST("while the program is awake it gets no event")
{
	pair = pair_new(1024);
	CHECK(!tcmu_ring_is_awake(pair->ring.mbox));
	tcmu_ring_user_wake(&pair->user);
	CHECK(tcmu_ring_is_awake(pair->ring.mbox));
	CHECK(tcmu_ring_user_may_sleep(&pair->user));
	CHECK(!tcmu_ring_is_awake(pair->ring.mbox));
}

TEST("a program with an entry to fetch may not sleep, and is awake")
{
	pair = pair_new(1024);
	CHECK_EQ(pair_put(pair, LEN, 1), 0);
	CHECK(!tcmu_ring_user_may_sleep(&pair->user));
	CHECK(tcmu_ring_is_awake(pair->ring.mbox));
}

TEST("any other value than 1 wants events")
{
	pair = pair_new(1024);
	pair->ring.mbox->awake = 2;
	CHECK(!tcmu_ring_is_awake(pair->ring.mbox));
	pair->ring.mbox->awake = ~0U;
	CHECK(!tcmu_ring_is_awake(pair->ring.mbox));
}

TEST("a reset forgets that the program was awake")
{
	pair = pair_new(1024);
	tcmu_ring_user_wake(&pair->user);
	tcmu_ring_reset(&pair->ring);
	CHECK(!tcmu_ring_is_awake(pair->ring.mbox));
}
