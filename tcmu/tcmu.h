/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The private types of target_core_user. What they are for, how long they live
 * and in which order their locks nest is told once, in the overview comment of
 * target_core_user.c.
 */
#ifndef TCMU_H
#define TCMU_H

#include "area.h"
#include "entry.h"
#include "pace.h"
#include "request.h"
#include "ring.h"
#include "stats.h"

#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/uio_driver.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <target/target_core_base.h>

/* The core names our HBAs' directories so, by the name of the backend 'user' */
#define TCMU_HBA_PREFIX		"user_"
#define TCMU_CONFIG_LEN		256
#define TCMU_MAX_RING_MB	8
#define TCMU_DEF_AREA_MB	1024
#define TCMU_DEF_TIMEOUT	30	/* seconds */
#define TCMU_DEF_SIGNAL_DELAY	100	/* microseconds */
#define TCMU_INLINE_RUNS	4

struct inode;
struct page;
struct pid;
struct sk_buff;

/* Expiry and retries; they make progress without memory */
extern struct workqueue_struct *tcmu_wq;

/**
 * enum tcmu_cmd_state - who owns a command's slot
 * @TCMU_CMD_FREE: nobody
 * @TCMU_CMD_BUILDING: the submitter
 * @TCMU_CMD_RING: the ring; whoever moves it on under done_lock owns it next. One
 *	that is replayed moves to a fresh ring and stays in this state.
 * @TCMU_CMD_DONE: whoever ends it
 * @TCMU_CMD_EXPIRED: the initiator has its answer; the program still has the
 *	buffers, until it answers or the ring is reset
 * @TCMU_CMD_KEPT: answered with TCMU_UFLAG_KEEP_BUF; the program still has the
 *	buffers, until free_kept_buf, reset_ring or the release of the UIO file
 */
enum tcmu_cmd_state {
	TCMU_CMD_FREE,
	TCMU_CMD_BUILDING,
	TCMU_CMD_RING,
	TCMU_CMD_DONE,
	TCMU_CMD_EXPIRED,
	TCMU_CMD_KEPT,
};

/**
 * struct tcmu_cmd - the slot of a command; found by its id
 * @id: 1 to TCMU_MAX_CMD_ID, constant
 * @cdb_len: bytes in the CDB of @req
 * @state: enum tcmu_cmd_state
 * @req: what is asked; its se_cmd is NULL when the initiator has its answer
 * @deadline: jiffies, when @timed
 * @timed: it may expire
 * @as_it_was: its Data-In is not zeroed; under ring_lock until it is in the ring,
 *	then done_lock
 * @seq: changes with each command that has the slot
 * @order: of entering the ring, in state RING
 * @node: on the list of those that are being ended without an answer
 * @answer: what it ends with, in state DONE
 * @bidi_len: bytes in a BIDI command's Data-In
 * @page: in states RING and DONE, the only page of its only buffer where that is
 *	known; NULL otherwise, and when it has expired
 * @nr_data: runs of blocks of the data buffer
 * @nr_bidi: runs of blocks behind those, of the BIDI Data-In
 * @max_runs: capacity of @runs
 * @runs: the blocks; either @inline_runs or allocated and kept with the slot
 * @inline_runs: enough for most
 */
struct tcmu_cmd {
	u16 id;
	u16 cdb_len;
	bool timed;
	bool as_it_was;
	enum tcmu_cmd_state state;
	u32 seq;
	u32 order;
	struct tcmu_req req;
	unsigned long deadline;
	struct list_head node;
	struct tcmu_answer answer;
	u32 bidi_len;
	struct page *page;
	u32 nr_data;
	u32 nr_bidi;
	u32 max_runs;
	struct tcmu_run *runs;
	struct tcmu_run inline_runs[TCMU_INLINE_RUNS];
} ____cacheline_aligned_in_smp;

/**
 * struct tcmu_geometry - the shape of a queue's shared memory
 * @ring_bytes: mailbox and ring; the data area begins behind
 * @map_bytes: all of it
 * @nr_blocks: blocks in the data area
 * @pages_per_blk: pages in a block
 */
struct tcmu_geometry {
	u32 ring_bytes;
	u64 map_bytes;
	u32 nr_blocks;
	u32 pages_per_blk;
};

/**
 * enum tcmu_shut - why a queue takes no command
 * @TCMU_SHUT_BLOCKED: action/block_dev
 * @TCMU_SHUT_BROKEN: the program has spoilt the ring
 * @TCMU_SHUT_ABANDONED: recovery=fail: nobody will come
 */
enum tcmu_shut {
	TCMU_SHUT_BLOCKED = BIT(0),
	TCMU_SHUT_BROKEN = BIT(1),
	TCMU_SHUT_ABANDONED = BIT(2),
};

/**
 * struct tcmu_lateness - until when a command has time that enters the ring
 * @jiffy: when it does
 * @deadline: jiffies, when @timed
 * @timed: it may be late
 */
struct tcmu_lateness {
	unsigned long jiffy;
	unsigned long deadline;
	bool timed;
};

/* Queues of a device; a bitmap of them is one word */
#define TCMU_MAX_QUEUES		64

/* How many command slots are allocated at a time */
#define TCMU_CMDS_PER_CHUNK	32
#define TCMU_NR_CHUNKS		((TCMU_MAX_CMD_ID + 1) / TCMU_CMDS_PER_CHUNK)

/*
 * struct tcmu_queue - a ring, its data area, and the program behind it
 *
 * Everything that the ABI has 'per device' is here; a device has one or more.
 */
struct tcmu_queue {
	/* constant while the queue lives */
	struct tcmu_dev *dev;
	u32 idx;			/* of the device's queues */
	u64 bit;			/* of a bitmap of them */
	struct tcmu_geometry geo;
	struct page **ring_pages;	/* each set once, by cmpxchg */
	struct tcmu_mailbox *mbox;	/* by an address that does not move */
	void *area_mem;
	void *id_mem;
	struct tcmu_cmd **chunks;	/* each set once, by cmpxchg */

	struct kref kref;		/* device, mappings */
	int __percpu *submitters;	/* who is on the way in, or out */
	struct list_head node;		/* tcmu_queues, under its mutex */

	spinlock_t alloc_lock;		/* takers; givers need no lock */
	struct tcmu_area ids;
	struct tcmu_area blocks;

	spinlock_t ring_lock;		/* producers */
	/* below: written under ring_lock; the last one also under done_lock */
	u8 shut;			/* enum tcmu_shut; broken: done_lock, too */
	bool awaited;			/* recovery=replay: somebody will come */
	struct tcmu_lateness late;	/* of those of this jiffy */
	unsigned long await_until;	/* jiffies, when awaited */
	u32 order;			/* of the next command; read without, too */
	struct tcmu_ring ring;		/* see ring.h for the reaper's part */

	struct mutex grow_lock;		/* who makes ring_mem larger */
	/* below: grow_lock; written under done_lock and ring_lock, too */
	void *ring_mem;			/* a first part of the pages, mapped */

	struct mutex done_lock;		/* the reaper; arrows from CMD_RING */
	/* below: done_lock; the counter is read without as a hint */
	unsigned int nr_resets;
	struct tcmu_stats stats;	/* its 'full': wait_lock */
	struct list_head tmrs;
	u32 nr_tmrs;

	spinlock_t wait_lock;		/* the list of those without room */
	/* below: wait_lock; the counter is read without as a hint */
	struct list_head waiters;
	u32 nr_waiting;
	struct tcmu_waiter *placing;	/* one that the work has in hand */
	wait_queue_head_t placed;

	struct work_struct wait_work;
	struct timer_list wait_timer;
	struct work_struct expire_work;
	struct timer_list expire_timer;

	spinlock_t signal_lock;		/* an event that is held back */
	/* below: signal_lock */
	bool signal_held;		/* signal_timer will send it */
	u32 signalled;			/* the order up to which it was sent */
	u32 delay_us;			/* the max_signal_delay that pace knows of */
	struct tcmu_pace pace;
	struct hrtimer signal_timer;

	/* the data area's pages: slots are owned by who owns the block */
	struct page ***leaves;		/* each set once, by cmpxchg */
	atomic_long_t nr_pages;

	/* mapping of a page against taking it away */
	struct rw_semaphore map_sem;
	/* below: map_sem */
	struct inode *inode;		/* of the open UIO file */
	struct pid *owner;		/* the process that has opened it */
	u32 shrink_from;		/* below this word of the blocks, or the top */

	struct uio_info uio;
	bool uio_live;
	unsigned long uio_open;		/* bit 0: the file is open */
};

/**
 * enum tcmu_dev_state - the life of a device
 * @TCMU_DEV_NEW: it has a configuration, and nothing else
 * @TCMU_DEV_CONFIGURED: queues and UIO devices exist; programs are being told
 * @TCMU_DEV_LIVE: commands flow
 * @TCMU_DEV_BLOCKED: commands are answered BUSY
 * @TCMU_DEV_DYING: nothing new enters; then it is new again
 */
enum tcmu_dev_state {
	TCMU_DEV_NEW,
	TCMU_DEV_CONFIGURED,
	TCMU_DEV_LIVE,
	TCMU_DEV_BLOCKED,
	TCMU_DEV_DYING,
};

/**
 * struct tcmu_nl_request - an event that a program has yet to answer
 * @node: on the list of those, while @cmd is not 0
 * @cmd: the event, or 0 for none
 * @status: what the waiter gets
 * @event: the message, for who asks for it again; while @cmd is not 0
 * @done: completed with @status
 *
 * All under the mutex of netlink.c.
 */
struct tcmu_nl_request {
	struct list_head node;
	u8 cmd;
	int status;
	struct sk_buff *event;
	struct completion done;
};

/**
 * struct tcmu_plug - a batch that is being submitted on one CPU
 * @se_plug: what the core knows of it
 * @dev: the device
 * @task: who submits; NULL when there is no batch
 * @pending: the queues that want their signal when the batch ends
 */
struct tcmu_plug {
	struct se_dev_plug se_plug;
	struct tcmu_dev *dev;
	struct task_struct *task;
	u64 pending;
};

/**
 * enum tcmu_mode - who answers the control commands of a device
 * @TCMU_MODE_PASSTHROUGH: the program: it gets every CDB as it is
 * @TCMU_MODE_IO: the target core; the program gets what iomode.c makes
 */
enum tcmu_mode {
	TCMU_MODE_PASSTHROUGH,
	TCMU_MODE_IO,
};

/**
 * enum tcmu_recovery - what becomes of the commands of a program that has gone
 * @TCMU_RECOVERY_HOLD: they stay in the ring until they are too late
 * @TCMU_RECOVERY_FAIL: BUSY, for new ones, too
 * @TCMU_RECOVERY_REPLAY: the next program finds them in a fresh ring
 */
enum tcmu_recovery {
	TCMU_RECOVERY_HOLD,
	TCMU_RECOVERY_FAIL,
	TCMU_RECOVERY_REPLAY,
};

/* A LUN */
struct tcmu_dev {
	struct se_device se_dev;
	struct kref kref;		/* core, queues */

	/* constant */
	char *name;			/* as in configfs: user_HOST/NAME */
	struct tcmu_plug __percpu *plugs;

	struct mutex cfg_lock;		/* configuration and state */
	/* below: cfg_lock; single words are also read without */
	enum tcmu_dev_state state;
	u32 index;			/* the core's; constant but while NEW */
	/* each set while CONFIGURED to DYING */
	struct tcmu_queue *queues[TCMU_MAX_QUEUES];
	u32 nr_queues;			/* constant but while NEW */
	enum tcmu_mode mode;		/* constant but while NEW */
	char config[TCMU_CONFIG_LEN];
	u64 size;			/* bytes */
	u32 area_mb;
	u32 ring_mb;
	u32 pages_per_blk;
	u32 cmd_time_out;		/* seconds, 0: never */
	s32 qfull_time_out;		/* seconds, -1: default, 0: never wait */
	bool tmr_notification;
	enum tcmu_recovery recovery;
	u32 recovery_time_out;		/* seconds */
	u32 max_signal_delay;		/* microseconds, 0: none */
	int nl_reply_supported;

	u32 nr_resizes;			/* in I/O mode */
	struct xarray told;		/* of them: by session; has its lock */

	struct tcmu_nl_request nl;	/* under the mutex of netlink.c */
};

static inline struct tcmu_dev *to_tcmu_dev(struct se_device *se_dev)
{
	return container_of(se_dev, struct tcmu_dev, se_dev);
}

static inline u64 tcmu_blk_size(const struct tcmu_geometry *geo)
{
	return (u64)geo->pages_per_blk << PAGE_SHIFT;
}

/* Have a queue take no command for one reason more, or for one less */
static inline void tcmu_queue_shut_locked(struct tcmu_queue *q,
					  enum tcmu_shut why, bool shut)
{
	lockdep_assert_held(&q->ring_lock);
	WRITE_ONCE(q->shut, shut ? q->shut | why : q->shut & ~why);
}

/* Is its ring broken? With done_lock, or it is a hint */
static inline bool tcmu_queue_is_broken(const struct tcmu_queue *q)
{
	return READ_ONCE(q->shut) & TCMU_SHUT_BROKEN;
}

/* Where a run's pages begin in the data area */
static inline u64 tcmu_run_page(const struct tcmu_geometry *geo,
				const struct tcmu_run *run)
{
	return (u64)run->first * geo->pages_per_blk;
}

#endif /* TCMU_H */
