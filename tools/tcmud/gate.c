// SPDX-License-Identifier: GPL-2.0-only
/*
 * A gate that requests pass: see gate.h.
 */
#include "gate.h"

#include <errno.h>
#include <stdlib.h>

#define CLOSED (UINT64_C(1) << 63)

int gate_init(struct gate *gate, unsigned int nr_lanes)
{
	size_t size = sizeof(gate->lanes[0]);

	gate->lanes = aligned_alloc(size, nr_lanes * size);
	if (!gate->lanes)
		return -ENOMEM;
	gate->nr = nr_lanes;
	while (nr_lanes)
		gate->lanes[--nr_lanes].users = 0;
	pthread_mutex_init(&gate->lock, NULL);
	pthread_cond_init(&gate->cond, NULL);
	return 0;
}

void gate_destroy(struct gate *gate)
{
	pthread_cond_destroy(&gate->cond);
	pthread_mutex_destroy(&gate->lock);
	free(gate->lanes);
}

/*
 * The last one out of a closed gate lets somebody go on who may take the gate away.
 * So it goes under the lock, which that somebody needs as well.
 */
static void leave_closed(struct gate *gate, uint64_t *users, unsigned int nr)
{
	pthread_mutex_lock(&gate->lock);
	__atomic_sub_fetch(users, nr, __ATOMIC_ACQ_REL);
	pthread_cond_signal(&gate->cond);
	pthread_mutex_unlock(&gate->lock);
}

static void leave(struct gate *gate, unsigned int lane, unsigned int nr)
{
	uint64_t *users = &gate->lanes[lane].users;
	uint64_t old = __atomic_load_n(users, __ATOMIC_RELAXED);

	while (!(old & CLOSED)) {
		if (__atomic_compare_exchange_n(users, &old, old - nr, true,
						__ATOMIC_RELEASE,
						__ATOMIC_RELAXED))
			return;
	}
	leave_closed(gate, users, nr);
}

bool gate_enter(struct gate *gate, unsigned int lane, unsigned int nr)
{
	uint64_t *users = &gate->lanes[lane].users;

	if (!(__atomic_fetch_add(users, nr, __ATOMIC_ACQUIRE) & CLOSED))
		return true;
	leave(gate, lane, nr);
	return false;
}

void gate_leave(struct gate *gate, unsigned int lane)
{
	leave(gate, lane, 1);
}

static bool is_empty(struct gate *gate)
{
	unsigned int i;

	for (i = 0; i < gate->nr; i++) {
		if (__atomic_load_n(&gate->lanes[i].users, __ATOMIC_ACQUIRE) &
		    ~CLOSED)
			return false;
	}
	return true;
}

void gate_close(struct gate *gate)
{
	unsigned int i;

	pthread_mutex_lock(&gate->lock);
	for (i = 0; i < gate->nr; i++)
		__atomic_or_fetch(&gate->lanes[i].users, CLOSED,
				  __ATOMIC_ACQ_REL);
	while (!is_empty(gate))
		pthread_cond_wait(&gate->cond, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

void gate_open(struct gate *gate)
{
	unsigned int i;

	for (i = 0; i < gate->nr; i++)
		__atomic_and_fetch(&gate->lanes[i].users, ~CLOSED,
				   __ATOMIC_RELEASE);
}
