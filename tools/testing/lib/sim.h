/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's end, for tests of libtcmuser: rings, ids and data areas by the
 * module's own pure rooms, and what the library sees of a device in the file
 * system. One lock stands for all that the module does better.
 */
#ifndef SIM_H
#define SIM_H

/* before all that includes <linux/uio.h> */
#include "uapi.h"

#include "area.h"
#include "entry.h"
#include "ring.h"
#include "unit.h"

#include <pthread.h>

#define SIM_IDS		256
#define SIM_BLOCK	4096
#define SIM_RUNS	16

/**
 * struct sim_cmd - a command, by its id
 * @live: in the ring
 * @tag: the test's
 * @nr_answers: how often it was answered, by all who had the id
 * @answer: the last one
 * @sense: with CHECK CONDITION
 */
struct sim_cmd {
	bool live;
	u64 tag;
	u32 nr_answers;
	struct tcmu_answer answer;
	u8 sense[TCMU_SENSE_BUFFERSIZE];
	u8 cdb[260];
	struct tcmu_run runs[SIM_RUNS];
	u32 nr_runs;
	u32 data_len;
};

/* One queue of a device, which is one UIO device */
struct sim {
	struct sim *next;
	u32 uio;
	char *map;
	size_t map_size;
	u64 area_off;
	int event[2];		/* a pipe: the library polls, the kernel writes */
	bool taken;

	pthread_mutex_t lock;
	pthread_cond_t progress;
	struct tcmu_ring ring;
	struct tcmu_area blocks;
	struct tcmu_area ids;
	struct sim_cmd cmds[SIM_IDS];
	bool broken;
	bool deaf;		/* to mailbox.awake, as a driver that is older */
	u32 nr_sent;
	u32 nr_done;
	u32 nr_events;
	u32 nr_kicks;
	/* in the thread that kicks, with lock held */
	void (*on_done)(struct sim *sim, struct sim_cmd *cmd, u16 id);
	char *data;		/* where sim_do() wants it */
};

/* ---- the file system ---------------------------------------------------------- */

/* A new tree, which sysfs_root names; taken away by sim_end() */
void sim_begin(void);
void sim_end(void);
/* Write a file of it, its directories included */
void sim_file(const char *path, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Is this what a file of it has? */
bool sim_file_is(const char *path, const char *text);

/*
 * A UIO device: name, @ring_bytes with the mailbox, and @nr_blocks of data area.
 * The first one of a device also makes its directory in configfs: 1 MiB.
 */
struct sim *sim_new(u32 uio, const char *name, u32 ring_bytes, u32 nr_blocks);
/* Its driver unregisters it */
void sim_remove(struct sim *sim);

/* ---- commands -------------------------------------------------------------------- */

#define SIM_DISK "/sys/kernel/config/target/core/user_0/disk"

/*
 * Send a command, with @len bytes of buffer that hold @data, or zeroes. Its id; 0
 * if there is no room.
 */
u16 sim_send(struct sim *sim, const void *cdb, u32 cdb_len, const void *data,
	     u32 len);
/* Wait until that command is answered; false: it was not in ten seconds */
bool sim_wait(struct sim *sim, u16 id);
/* Until so many are answered, of all */
bool sim_wait_done(struct sim *sim, u32 nr);
u32 sim_nr_done(struct sim *sim);
bool sim_is_broken(struct sim *sim);
/* Send and wait; the status, or -1 */
int sim_do(struct sim *sim, const void *cdb, u32 cdb_len, void *data, u32 len,
	   bool read);
/* A task management function */
void sim_tmr(struct sim *sim, u8 type, const u16 *ids, u32 nr);
/* Any entry; @fill writes what is to be in it, but for len_op */
void sim_put(struct sim *sim, u32 len, u32 op,
	     void (*fill)(void *entry, void *arg), void *arg);
/* action/reset_ring */
void sim_reset(struct sim *sim);
/* Without an entry */
void sim_event(struct sim *sim);
/* What write(2) does */
void sim_take_answers(struct sim *sim);

/* Look until something is so, for ten seconds at most */
#define SIM_WAIT_FOR(cond)						\
	do {								\
		int sim_i;						\
									\
		for (sim_i = 0; sim_i < 10000 && !(cond); sim_i++)	\
			sim_nap();					\
		CHECK(cond);						\
	} while (0)
void sim_nap(void);

#endif /* SIM_H */
