/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A queue of a device: its ring, the commands of it that are being worked on, and
 * the thread that fetches them.
 *
 * The thread is the only one that fetches. Whoever ends a command puts its answer
 * into the ring. The kernel takes answers when it is told so by a write(2), which
 * one thread at a time does: what others have to say meanwhile, it says, too.
 */
#ifndef TCMUSER_QUEUE_H
#define TCMUSER_QUEUE_H

#include "internal.h"

#include "pace.h"
#include "ring_user.h"

struct workers;

/**
 * struct queue_rec - an entry that was fetched, and not yet given back
 * @len: bytes; what the ring says is not asked again
 * @cmd: NULL if it wants no answer; not to be touched unless the answers have to
 *	keep the order of the ring
 */
struct queue_rec {
	uint32_t len;
	struct tcmuser_cmd *cmd;
};

/* An entry that is about to be fetched */
struct queue_entry {
	struct tcmu_cmd_entry *at;
	uint32_t head;			/* what the mailbox said */
	uint32_t pos;
	uint32_t len;
	enum tcmu_opcode op;
	uint16_t id;
};

#define QUEUE_CHUNK 16

/* Commands are allocated by the chunk, and freed with the queue */
struct queue_chunk {
	struct queue_chunk *next;
	struct tcmuser_cmd cmds[QUEUE_CHUNK];
};

struct tcmuser_queue {
	/* constant while the threads run */
	struct tcmuser_dev *dev;
	unsigned int index;
	unsigned int uio;		/* N of /dev/uioN */
	int fd;
	int wake_fd;			/* gets its thread out of its sleep */
	void *map;
	size_t map_size;
	uint16_t caps;			/* TCMU_MAILBOX_FLAG_CAP_* */
	bool fills;			/* the kernel was told so; set while none runs */
	struct workers *workers;	/* NULL: the thread calls back itself */

	/* its thread's own; ring.next, too */
	pthread_t thread;
	bool running;
	pthread_t self;
	bool in_pass;
	unsigned int deferred;		/* answers that were not told */
	uint64_t deferred_since;	/* by sleep_now(); 0: no command has begun yet */
	bool naps;			/* before it sleeps, where that is of use */
	uint32_t nap;			/* how long; nanoseconds */
	struct tcmu_pace pace;
	struct tcmuser_cmd **tmr;
	size_t tmr_max;

	bool stop;			/* atomic */
	unsigned int visitors;		/* atomic; see queue_enter() */

	pthread_mutex_t lock;
	/* below: lock */
	pthread_cond_t idle;
	struct tcmu_ring_user ring;	/* tail runs before what the kernel knows */
	uint32_t told;			/* the tail that it knows */
	bool kicking;			/* somebody is telling it */
	uint32_t generation;		/* of the ring: counts its resets */
	unsigned int live;		/* commands that are not ended */
	struct queue_rec *recs;		/* a circle, of a power of two */
	uint32_t recs_max;
	uint32_t rec_head;		/* both run freely */
	uint32_t rec_tail;
	struct tcmuser_cmd **ids;	/* live commands, by id */
	uint32_t ids_max;
	struct tcmuser_cmd *free;
	struct queue_chunk *chunks;
	bool want_submit;		/* others have called callbacks */
	struct tcmuser_cmd *resumed;	/* to go on in its thread */
};

/* ---- queue.c: life ------------------------------------------------------------- */

/*
 * Open /dev/uio@uio: the queue is ours. *@queue is to be freed. -EBUSY: another
 * program serves it.
 */
int queue_open(struct tcmuser_dev *dev, unsigned int index, unsigned int uio,
	       struct tcmuser_queue **queue);
/* Map it, look whether we understand its ring, begin where the last one ended */
int queue_map(struct tcmuser_queue *q);
int queue_start(struct tcmuser_queue *q);
/* Fetch no more */
void queue_stop(struct tcmuser_queue *q);
/* Until its commands are ended and answered; what is not fetched stays in the ring */
void queue_join(struct tcmuser_queue *q);
void queue_free(struct tcmuser_queue *q);

/* ---- sleep.c: until there is news ------------------------------------------------- */

void sleep_begin(struct tcmuser_queue *q);
/* @nr entries were found. 0, or -ENODEV when the device has gone */
int sleep_after(struct tcmuser_queue *q, unsigned int nr);
void sleep_end(struct tcmuser_queue *q);
/* Nanoseconds of a clock that is never set */
uint64_t sleep_now(void);

/* ---- fetch.c: what stands in the ring --------------------------------------------- */

/*
 * Each returns -EPROTO if it makes no sense, and says why in *@why.
 */

/* The next entry, if there is one: 1 or 0 */
int fetch_peek(struct tcmuser_queue *q, struct queue_entry *entry,
	       const char **why);
/* The copy of a command: 0 or -ENOMEM */
int fetch_cmd(struct tcmuser_queue *q, const struct queue_entry *entry,
	      struct tcmuser_cmd *cmd, const char **why);
/* How many commands a task management function names */
int fetch_tmr(const struct queue_entry *entry, const char **why);

/* Is this its own thread, which is going to tell the kernel and to submit anyway? */
static inline bool queue_is_own_pass(const struct tcmuser_queue *q)
{
	return pthread_equal(q->self, pthread_self()) && q->in_pass;
}

/* ---- pool.c: commands that are used again ----------------------------------------- */

/* A command that is free, or NULL */
struct tcmuser_cmd *pool_get(struct tcmuser_queue *q);
void pool_put(struct tcmuser_queue *q, struct tcmuser_cmd *cmd);
/* The same with lock held */
void pool_recycle(struct tcmuser_queue *q, struct tcmuser_cmd *cmd);
void pool_free(struct tcmuser_queue *q);

/* ---- visit.c: what other threads leave to the queue's ------------------------------- */

/* Does its handler want to be told when all is gathered? */
bool visit_submits(const struct tcmuser_queue *q);
/* The commands that go on in its thread, and whether it is to submit */
struct tcmuser_cmd *visit_take(struct tcmuser_queue *q, bool *submit);

/* ---- account.c: what was fetched, and what was answered ------------------------------ */

/*
 * An entry was fetched; @cmd is NULL if it wants no answer. 1; -ENOMEM; -ESTALE if
 * the ring was reset: then it was no entry of this ring. -EPROTO: a live command
 * has its id.
 */
int account_fetch(struct tcmuser_queue *q, const struct queue_entry *entry,
		  struct tcmuser_cmd *cmd);
/* The same for a task management function: its live commands are held in q->tmr */
int account_fetch_tmr(struct tcmuser_queue *q, const struct queue_entry *entry,
		      int cnt, size_t *held);
void account_let_go(struct tcmuser_queue *q, size_t held);
bool account_is_stale(struct tcmuser_queue *q, uint32_t head);
/* After a reset: the commands that are worked on are nobody's any more */
int account_restart(struct tcmuser_queue *q);
/* Entries that want no answer are given back, and the kernel is told of all */
void account_flush(struct tcmuser_queue *q);
/*
 * Until there is no live command, and nobody who tells the kernel; true if there
 * is something to be done before that.
 */
bool account_wait_idle(struct tcmuser_queue *q);
void account_free(struct tcmuser_queue *q);

#endif /* TCMUSER_QUEUE_H */
