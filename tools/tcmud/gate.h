/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A gate that requests pass, so that somebody can wait until none is within. There
 * is a lane for each queue, since a counter that all share would be slow.
 */
#ifndef TCMUD_GATE_H
#define TCMUD_GATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct gate_lane {
	uint64_t users;			/* atomic; with a bit that says closed */
} __attribute__((aligned(64)));

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t cond;		/* somebody has left a closed gate */
	unsigned int nr;
	struct gate_lane *lanes;
};

/* 0 or -ENOMEM */
int gate_init(struct gate *gate, unsigned int nr_lanes);
void gate_destroy(struct gate *gate);

/* @nr users at once. False, and none is within, if the gate is closed. */
bool gate_enter(struct gate *gate, unsigned int lane, unsigned int nr);
/* One goes. The gate is not touched afterwards. */
void gate_leave(struct gate *gate, unsigned int lane);

/* Nobody enters any more; and wait until nobody is within. One closer at a time. */
void gate_close(struct gate *gate);
void gate_open(struct gate *gate);

#endif /* TCMUD_GATE_H */
