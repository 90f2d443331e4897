/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rooms of tcmu-bench-daemon share.
 */
#ifndef TCMU_BENCH_DAEMON_H
#define TCMU_BENCH_DAEMON_H

#include "uapi.h"

#include "pace.h"
#include "ring_user.h"

#include <stdbool.h>
#include <stdint.h>

#define MAX_QUEUES	512
#define NAME_SIZE	128

/* A disk; its queues have it in common */
struct disk {
	char name[NAME_SIZE];	/* HOST/NAME */
	char *mem;		/* NULL: answers at once */
	uint64_t nr_blocks;
	uint32_t block_size;
};

/* A UIO device, and the thread that serves it */
struct served {
	struct tcmu_ring_user ring;
	char *map;
	int fd;
	bool has_awake;		/* mailbox.awake is used */
	unsigned int looks;	/* how often to look again before it sleeps */
	uint32_t nap;		/* how long to nap before that, in nanoseconds */
	struct tcmu_pace pace;
	struct disk *disk;
	char uio[32];
};

/* devices.c */
int devices_find(struct served *served, char **names, int nr, bool with_queues,
		 bool with_memory);

/* commands.c */
void command_do(struct served *served, struct tcmu_cmd_entry *entry);

#endif /* TCMU_BENCH_DAEMON_H */
