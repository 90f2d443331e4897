/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the library's rooms share.
 *
 * Locks: dev->lock, a queue's lock, neither within the other. No callback of a
 * handler is called under any of them.
 */
#ifndef TCMUSER_INTERNAL_H
#define TCMUSER_INTERNAL_H

#include "tcmuser.h"

#include "uapi.h"

#include <pthread.h>

/* What goes on when a step of a command has its result: see cmd.h */
typedef int (*cmd_then)(struct tcmuser_cmd *cmd, int result);

#define CDB_MAX 260

struct tcmuser_cmd {
	struct tcmuser_queue *q;
	struct tcmuser_cmd *next;	/* free, or waiting for a worker */
	uint16_t id;
	uint32_t generation;		/* the queue's: of before a reset or not */
	uint8_t status;			/* of the answer */
	uint8_t sense_len;
	bool held;			/* a TMR callback looks at it */
	bool ended;			/* by the program */
	bool written;			/* ... and the answer is in the ring */
	bool has_read_len;
	bool used;			/* somebody has read from its buffer or filled it */
	unsigned int flags;		/* TCMUSER_FUA */
	int iov_cnt;
	int iov_max;
	size_t cdb_len;
	size_t data_len;		/* sum of the pieces of iov */
	size_t read_len;
	struct iovec *iov;		/* addresses, within the mapping */
	void *priv;			/* the program's */
	cmd_then then;
	uint32_t turn;			/* atomic; cmd.c: who goes on */
	int result;			/* ... and with what */
	/* for the room that carries the command out; zero in a new command */
	struct {
		uint64_t off;		/* the range, in bytes */
		uint64_t len;
		uint64_t done;		/* of it */
		uint64_t base;		/* where its data begins in the buffer */
		uint32_t index;
		bool locked;		/* holds the disk's compare lock */
		bool wrote;		/* the last callback was not read */
		cmd_then after;		/* what follows when all is compared */
		struct tcmuser_cmd *next;	/* waits for the compare lock */
		void *buf;		/* freed with the command */
		struct iovec *iov;	/* freed with the command */
		int iov_cnt;
	} step;
	uint8_t sense[TCMU_SENSE_BUFFERSIZE];
	uint8_t cdb[CDB_MAX];
};

/* What SCSI shows of a device; set up by disk_init(), changed by disk_resize() */
struct disk {
	uint64_t size;			/* bytes; atomic: tcmuser_dev_size() */
	uint32_t block_size;
	uint32_t max_transfer;		/* bytes */
	uint32_t features;		/* TCMUSER_CAN_* ... */
	uint32_t physical_block;
	uint32_t io_opt;
	uint32_t discard_granularity;
	bool io_mode;			/* the kernel is the disk: it checks, we obey */
	uint32_t write_cache;		/* atomic; the WCE bit: disk_set_write_cache() */
	uint32_t attention;		/* atomic; ASC/ASCQ to be reported once */
	struct compare_lock *compare;	/* COMPARE AND WRITE goes one at a time */
};

struct tcmuser_dev {
	struct tcmuser *ctx;
	const struct tcmuser_handler *handler;
	void *priv;			/* the program's */
	char *name;			/* HOST/NAME */
	char *config;			/* what follows the handler's name */
	char *dir;			/* in configfs */
	int tmr_fd;			/* tmr_notification, which we have set; or -1 */
	bool dead;			/* atomic; a queue's thread has given up */
	struct disk disk;
	unsigned int nr_queues;
	struct tcmuser_queue **queues;
	pthread_mutex_t lock;		/* resizing */
	bool opened;			/* the handler's open has succeeded */
	struct tcmuser_dev *next;	/* of the context */
};

/*
 * account.c: the command has its status, sense and read_len: put the answer into the
 * ring, and tell the kernel, in a while and for many answers at once if another
 * thread is about to do it. The command is gone, step.buf and step.iov with it.
 * Any thread, no lock held.
 */
void queue_answer(struct tcmuser_cmd *cmd);

/*
 * visit.c, for handlers that gather and submit. A thread is about to go on with a
 * command that was completed; when it has, and has called callbacks, the queue's
 * own thread submits. If this says true, queue_leave() has to follow, and the queue
 * stays until then, though the command may not.
 */
bool queue_enter(struct tcmuser_queue *q);
void queue_leave(struct tcmuser_queue *q, bool called);
/*
 * A command of another queue goes on, with result 0: true if its own thread will
 * do that, so that it submits; false if the caller is to do it.
 */
bool queue_resume(struct tcmuser_cmd *cmd);

#endif /* TCMUSER_INTERNAL_H */
