/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes that write to a LUN, read what they have written, and know every byte
 * that has to be there.
 */
#ifndef TCMU_VERIFY_H
#define TCMU_VERIFY_H

#include "lun.h"

#include <sys/types.h>

#define VERIFY_WORKERS	12
#define VERIFY_BLOCK	512
/* Each worker's part of the disk, in blocks */
#define VERIFY_PART	1024
#define VERIFY_BLOCKS	(VERIFY_WORKERS * VERIFY_PART)

struct verify_worker {
	pid_t pid;
	volatile bool paused;
	volatile long started, ended;	/* commands */
	volatile long torn;		/* perhaps ended by task management */
	volatile bool failed;
	char why[240];
};

/* Shared with the workers */
struct verify {
	struct lun *lun;
	volatile bool pause, stop;
	/* what ends between the begin of one and its end may have been aborted */
	volatile int resets;
	volatile long reset_end;	/* ms */
	/* commands may be too late: then they end so, and were not done */
	volatile bool late;
	struct verify_worker workers[VERIFY_WORKERS];
	uint32_t version[VERIFY_BLOCKS];	/* of what a block holds */
};

struct verify *verify_start(struct lun *lun, uint32_t seed);
/* No command is on its way when this returns */
void verify_pause(struct verify *v);
void verify_go(struct verify *v);
/* Paused: reads all of it; false and a remark if a byte is wrong */
bool verify_all(struct verify *v);
/* Has a worker found something wrong? Says what */
bool verify_failed(struct verify *v);
long verify_commands(const struct verify *v);
long verify_torn(const struct verify *v);
void verify_end(struct verify *v);

/* What a block holds of a version; 0 is that of a disk that was never written */
void verify_fill(uint8_t *buf, uint32_t block, uint32_t version);
/*
 * Each byte of a block is of @version, or of one of the others from @first to @last:
 * a daemon is killed in the middle of a block, too, and of a word, since memcpy(3)
 * may go by bytes. The first word that is none of these, or -1.
 */
int verify_wrong_word(const uint8_t *buf, uint32_t block, uint32_t version,
		      uint32_t first, uint32_t last);

/* A generator of our own, so that a seed means the same everywhere */
uint32_t verify_random(uint32_t *state, uint32_t below);

#endif /* TCMU_VERIFY_H */
