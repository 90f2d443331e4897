/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk without a device: what the library would ask of it, a test asks.
 */
#ifndef RIG_H
#define RIG_H

#include "disk.h"
#include "uapi.h"
#include "unit.h"

#include <pthread.h>

#define KIB 1024u
#define MIB (1024u * KIB)

/* A request, and whoever waits for it */
struct rig_call {
	struct disk_ask ask;
	struct iovec iov[4];
	bool ended;		/* under rig.lock, as what follows */
	int result;
	u32 sense;
	u64 ns;			/* how long it took */
	u64 begin;
};

struct rig {
	struct disk *disk;
	struct disk_shape shape;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	char said[8192];	/* what was logged, under the lock */
	void (*on_end)(struct rig_call *call);	/* from within ended() */
};

extern struct rig rig;

/* A disk of @size bytes in blocks of 512, with 2 queues. 0 or -errno. */
int rig_open(const char *config, u64 size);
void rig_close(void);

/* One request, to its end: its result */
int rig_do(enum io_op op, u64 off, u64 len, void *buf);
#define rig_read(off, len, buf)		rig_do(IO_READ, off, len, buf)
#define rig_write(off, len, buf)	rig_do(IO_WRITE, off, len, buf)

/* The same in steps: @call->ask is filled in but for priv */
void rig_start(struct rig_call *call);
void rig_wait(struct rig_call *call);
bool rig_ended(struct rig_call *call);

/* Whether @text is in what was logged since rig_open() */
bool rig_has_said(const char *text);

/* Bytes that differ from place to place, and with @seed */
void rig_fill(void *buf, u64 len, u32 seed);
bool rig_is_zero(const void *buf, u64 len);

/* A file that is not there yet; removed at the end */
const char *rig_path(const char *name);
/* A config, in a buffer that the next call overwrites */
const char *rig_config(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#define WAIT_FOR(cond)							\
	do {								\
		int rig_i;						\
									\
		for (rig_i = 0; rig_i < 1000 && !(cond); rig_i++)	\
			usleep(10000);					\
		CHECK(cond);						\
	} while (0)

#endif /* RIG_H */
