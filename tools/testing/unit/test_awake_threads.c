// SPDX-License-Identifier: GPL-2.0-only
/*
 * The word by which a program says that it is awake: no entry is slept through.
 */
#include "pair.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <time.h>

#define NR_ENTRIES	200000U
#define LEN		128

static struct pair *pair;
static sem_t events;
static u32 sent, slept, lost;

static void send_event(void)
{
	if (tcmu_ring_is_awake(pair->ring.mbox))
		return;
	sent++;
	sem_post(&events);
}

static void *producer(void *unused)
{
	struct tcmu_ring_slot slot;
	struct tcmu_cmd_entry *entry;
	u32 nr;

	for (nr = 0; nr < NR_ENTRIES; nr++) {
		while (tcmu_ring_reserve(&pair->ring, LEN, &slot))
			sched_yield();
		slot.op = TCMU_OP_CMD;
		entry = tcmu_ring_slot_ptr(&pair->ring, slot.pos);
		entry->hdr.len_op = LEN | TCMU_OP_CMD;
		tcmu_ring_submit(&pair->ring, &slot);
		send_event();
		/* now and then let the program fall asleep */
		if (nr % 64 == 0)
			sched_yield();
	}
	return unused;
}

static void reap(void)
{
	struct tcmu_ring_slot slot;
	u32 tail;

	CHECK_EQ(tcmu_ring_tail(&pair->ring, &tail), 0);
	while (tcmu_ring_next(&pair->ring, tail, &slot) == 1)
		;
	tcmu_ring_clean(&pair->ring);
}

/* An event that does not come within ten seconds never comes */
static void sleep_well(void)
{
	struct timespec end;

	slept++;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 10;
	while (sem_timedwait(&events, &end))
		if (errno != EINTR) {
			lost++;
			return;
		}
}

static u32 drain(void)
{
	struct tcmu_cmd_entry *entry;
	u32 len_op, nr = 0;

	while (tcmu_ring_user_peek(&pair->user, &entry) == 1) {
		len_op = entry->hdr.len_op;
		nr += tcmu_hdr_get_op(len_op) == TCMU_OP_CMD;
		tcmu_ring_user_release(&pair->user, tcmu_hdr_get_len(len_op));
	}
	reap();
	return nr;
}

static void serve(void)
{
	u32 nr = 0;

	while (!lost) {
		nr += drain();
		if (nr == NR_ENTRIES)
			return;
		if (!tcmu_ring_user_may_sleep(&pair->user))
			continue;
		sleep_well();
		tcmu_ring_user_wake(&pair->user);
	}
}

static void run(u32 size)
{
	pthread_t thread;

	pair = pair_new(size);
	sent = 0;
	slept = 0;
	lost = 0;
	CHECK(!sem_init(&events, 0, 0));
	CHECK(!pthread_create(&thread, NULL, producer, NULL));
	serve();
	if (lost)
		unit_fail(__FILE__, __LINE__, "an entry was slept through");
	pthread_join(thread, NULL);
	CHECK(slept > 0);
	/* each sleep wants one; those between the store and the look are extra */
	CHECK(sent <= NR_ENTRIES);
	unit_note("%u entries, %u events, %u times asleep", NR_ENTRIES, sent,
		  slept);
}

TEST("no entry is slept through in a small ring")
{
	run(1024);
}

TEST("no entry is slept through in a ring with room")
{
	run(65536);
}
