/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A daemon that is out for trouble, and who helps it: threads of one process that
 * own a device's mapping while commands come.
 *
 * Who answers goes through the ring as a daemon does, so that the kernel looks at
 * what it writes, and lies in each answer. Who scribbles writes at the same time,
 * anywhere. The others call what can be called. A supervisor resets a ring that is
 * broken: the kernel takes no notice of one.
 */
#ifndef TCMU_HOSTILE_H
#define TCMU_HOSTILE_H

#include "dice.h"
#include "lun.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Each has its own sequence of numbers */
enum hostile_thread {
	BY_ANSWERS, BY_BATCHES, BY_SCRIBBLES, BY_MAPPING, BY_CONFIG, BY_NETLINK,
	BY_SUPERVISOR, BY_DEVICES, BY_CALLS, BY_LOAD = BY_CALLS + 8, BY_ALL = BY_LOAD + 16,
};

#define MAX_BATCH	256

/* An entry of the ring that is not answered yet */
struct slot {
	uint32_t pos, len;
	int op;
	uint16_t id;
};

struct hostile {
	struct lun *lun;
	const char *name;		/* of the leg, for those who watch */
	uint64_t seed;
	bool io_mode;
	char disk[32];			/* its name in /sys/block */
	uint64_t nr_answers, nr_batches, nr_scribbles;

	pthread_rwlock_t attached;	/* for writing: map and fd change */
	pthread_mutex_t ring;		/* the place in it: raw.tail; resets */
	volatile bool stop;		/* lies end */
	volatile bool quiet;		/* so do new commands */

	/* under 'ring', but who scribbles reads them without */
	struct slot slots[MAX_BATCH];
	volatile int nr_slots;
	uint16_t dead[MAX_BATCH];	/* answered last */
	uint16_t kept[MAX_BATCH];
	unsigned int nr_dead, nr_kept;

	/* what has been done, for those who watch; atomic */
	unsigned long resets, reopened, calls, mappings, configs, messages;
	unsigned long commands, errors;
};

static inline void hostile_count(unsigned long *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* The threads; each ends when told to by 'stop', or 'quiet' and all is answered */
void *hostile_answer(void *hostile);
void *hostile_scribble(void *hostile);
void *hostile_map(void *hostile);
void *hostile_config(void *hostile);
void *hostile_netlink(void *hostile);
/* Some of these: each knows which one it is */
struct hostile_one {
	struct hostile *hostile;
	int nr;
	pthread_t thread;
};

void *hostile_call(void *one);
void *hostile_sg(void *one);
void *hostile_block(void *one);

/* The life of a device whose configuration is the n-th of the seed's */
void hostile_device(struct lun *lun, uint64_t seed, uint64_t n);

/* The ring is empty and whole; the daemon is at its begin */
void hostile_reset(struct hostile *h, const char *how);
bool hostile_heal(struct hostile *h);
/* Attributes that make all commands fail are as they were at first */
void hostile_config_sane(struct hostile *h);
/* A number out of a table below attrib/stat_*; @col from 1 */
long long hostile_stat(struct hostile *h, const char *file, int col);
/* Commands that the kernel has ended by what the daemon wrote */
long long hostile_taken(struct hostile *h);

#endif /* TCMU_HOSTILE_H */
