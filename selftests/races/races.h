/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Things that are done to a device at the same time, each by threads of its own,
 * while processes write, read and know every byte.
 */
#ifndef TCMU_RACES_H
#define TCMU_RACES_H

#include "lun.h"
#include "nl.h"
#include "store.h"
#include "verify.h"

#define RACES_HBA	CORE "/user_8"
#define RACES_MODULE	"target_core_user"
/* That commands are late takes so long at least, ms */
#define RACES_LATE_MS	2500

/* The device, and the daemon in the test's process that serves it */
struct races {
	struct lun *lun;
	struct store store;
	struct verify *v;
	struct nl nl;
	size_t map_len;		/* of the device's shared memory */
	pthread_mutex_t ring;	/* who is the daemon just now */
	/* below: ring */
	bool attached;
	long looked;		/* when all was answered that was there, ms */
	volatile long deaf_until;	/* ms */
	volatile bool over;
	pthread_t daemon, talker;
};

struct racer;

/**
 * struct race - something that is done again and again
 * @name: what
 * @round: does it once, or some times; short
 * @tears: commands may end without being done
 * @late: they may be too late, on a device with a limit of a second
 */
struct race {
	const char *name;
	void (*round)(struct racer *racer);
	bool tears;
	bool late;
};

#define RACE(fn, ...)	{ .name = #fn, .round = fn, ##__VA_ARGS__ }

/* One that does it */
struct racer {
	struct races *races;
	const struct race *race;
	volatile bool *stop;
	uint32_t random;
	unsigned long rounds;
	pthread_t thread;
};

/* The list, and one that is done without a device: the module comes and goes */
extern const struct race races_all[];
extern const int races_nr;
extern const struct race races_module[];
extern const int races_module_nr;

/* A number below @below, by the racer's seed */
uint32_t races_any(struct racer *racer, uint32_t below);

/* Threads for each of these, for so long; all have ended when it returns */
void races_run(struct racer *racers, int nr, int ms);

/* ---- the daemon ---- */
void races_daemon_start(struct races *r);
void races_daemon_end(struct races *r);
/* A file of its own on the device, or -1 while there is no daemon */
int races_file(struct races *r);
/* It closes its file, and opens it again */
void races_reopen(struct races *r, const char *recovery, int ms);
void races_reset(struct races *r, const char *kind);
/* It answers nothing for so long */
void races_deafen(struct races *r, int ms);

#endif /* TCMU_RACES_H */
