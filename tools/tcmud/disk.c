// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk: see disk.h.
 *
 * While the layers are replaced the gate is closed, and requests are held until it
 * opens. Nobody waits in a callback: a queue's thread that slept here could not start
 * what it has gathered, and without that the gate would never be empty.
 */
#include "disk.h"

#include "gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <tcmuser.h>

struct held {
	struct held *next;
	struct disk_ask ask;
};

struct disk {
	const struct disk_host *host;
	void *owner;
	struct stack stack;
	bool broken;			/* it could not be opened again */
	char *config;
	struct gate gate;
	bool *gathered;			/* by queue; its thread's alone */
	pthread_mutex_t lock;		/* of what follows */
	bool holds;
	struct held *first;
	struct held **last;
};

/* This thread is ending a request: nobody will call disk_submit() after it */
static __thread unsigned int ending;

const struct layer *disk_top(const struct disk *disk)
{
	return disk->stack.top;
}

/* ---- what the stack calls ----------------------------------------------- */

static void stack_done(struct io *io)
{
	struct disk *disk = io->stack->priv;
	const struct disk_host *host = disk->host;
	unsigned int queue = io->queue;
	uint32_t sense = io->sense;
	int result = io->result;
	void *priv = io->priv;

	free(io);
	gate_leave(&disk->gate, queue);
	ending++;
	host->ended(priv, result, sense);
	ending--;
}

static void stack_log(void *priv, int level, const char *message)
{
	struct disk *disk = priv;

	disk->host->log(disk->owner, level, message);
}

static void stack_resized(void *priv, uint64_t bytes)
{
	struct disk *disk = priv;

	disk->host->resized(disk->owner, bytes);
}

static const struct stack_host stack_host = {
	.done = stack_done,
	.log = stack_log,
	.resized = stack_resized,
};

/* ---- requests ----------------------------------------------------------- */

/* It is within the gate */
static int start(struct disk *disk, const struct disk_ask *ask)
{
	struct io *io = disk->broken ? NULL : stack_new_io(&disk->stack);

	if (!io) {
		gate_leave(&disk->gate, ask->queue);
		return disk->broken ? -ENODEV : -ENOMEM;
	}
	io->op = ask->op;
	io->fua = ask->fua;
	io->queue = ask->queue;
	io->cnt = ask->cnt;
	io->iov = ask->iov;
	io->off = ask->off;
	io->len = ask->len;
	io->priv = ask->priv;
	layer_io(disk->stack.top, io);
	return 0;
}

/* False: the gate has opened meanwhile */
static bool hold(struct disk *disk, struct held *held)
{
	bool holds;

	pthread_mutex_lock(&disk->lock);
	holds = disk->holds;
	if (holds) {
		*disk->last = held;
		disk->last = &held->next;
	}
	pthread_mutex_unlock(&disk->lock);
	return holds;
}

static int hold_or_start(struct disk *disk, const struct disk_ask *ask)
{
	struct held *held = calloc(1, sizeof(*held));

	if (!held)
		return -ENOMEM;
	held->ask = *ask;
	if (hold(disk, held))
		return 0;
	free(held);
	return disk_start(disk, ask);
}

/*
 * Whoever will submit stays within the gate until then, for the layers must not go
 * before that; the request itself may have ended long since.
 */
int disk_start(struct disk *disk, const struct disk_ask *ask)
{
	unsigned int queue = ask->queue;
	bool first = ending || !disk->gathered[queue];
	int ret;

	if (!gate_enter(&disk->gate, queue, first ? 2 : 1))
		return hold_or_start(disk, ask);
	if (!ending)
		disk->gathered[queue] = true;
	ret = start(disk, ask);
	if (ending) {
		layer_submit(disk->stack.top, queue);
		gate_leave(&disk->gate, queue);
	}
	return ret;
}

void disk_submit(struct disk *disk, unsigned int queue)
{
	if (!disk->gathered[queue])
		return;
	layer_submit(disk->stack.top, queue);
	disk->gathered[queue] = false;
	gate_leave(&disk->gate, queue);
}

/* ---- other layers ------------------------------------------------------- */

static void close_gate(struct disk *disk)
{
	pthread_mutex_lock(&disk->lock);
	disk->holds = true;
	pthread_mutex_unlock(&disk->lock);
	gate_close(&disk->gate);
}

/* What was held is started by this thread, as if a request had ended */
static void open_gate(struct disk *disk)
{
	struct held *held, *next;
	int ret;

	gate_open(&disk->gate);
	pthread_mutex_lock(&disk->lock);
	disk->holds = false;
	held = disk->first;
	disk->first = NULL;
	disk->last = &disk->first;
	pthread_mutex_unlock(&disk->lock);
	ending++;
	for (; held; held = next) {
		next = held->next;
		ret = disk_start(disk, &held->ask);
		if (ret)
			disk->host->ended(held->ask.priv, ret, 0);
		free(held);
	}
	ending--;
}

/* What the initiator was promised has to hold for the new layers, too */
static int check_promises(struct disk *disk, uint32_t old)
{
	uint32_t new = disk->stack.top->features;

	if (!(new & ~old & TCMUSER_CAN_FLUSH) && !(old & ~new & TCMUSER_CAN_FUA))
		return 0;
	stack_log(disk, LOG_ERR,
		  "it has another kind of write cache: make the device anew");
	return -EINVAL;
}

static int open_stack(struct disk *disk, const char *config)
{
	int ret = stack_open(&disk->stack, config);

	disk->broken = ret;
	return ret;
}

/* The gate is closed, and the stack is open. So it is afterwards, if it can be. */
static int replace(struct disk *disk, const char *config)
{
	uint32_t features = disk->broken ? 0 : disk->stack.top->features;
	bool was_broken = disk->broken;
	int ret;

	if (!was_broken)
		stack_close(&disk->stack);
	ret = open_stack(disk, config);
	if (!ret && !was_broken) {
		ret = check_promises(disk, features);
		if (ret)
			stack_close(&disk->stack);
	}
	if (ret && open_stack(disk, disk->config))
		stack_log(disk, LOG_ERR,
			  "the old config cannot be opened again: the disk fails");
	return ret;
}

/* Closes first, since many a server or file is for one client only */
int disk_reconfig(struct disk *disk, const char *config)
{
	char *copy = strdup(config);
	int ret;

	if (!copy)
		return -ENOMEM;
	close_gate(disk);
	ret = replace(disk, copy);
	if (!ret) {
		free(disk->config);
		disk->config = copy;
	}
	open_gate(disk);
	if (ret)
		free(copy);
	return ret;
}

int disk_resize(struct disk *disk, uint64_t bytes)
{
	return disk->broken ? -ENODEV : stack_resize(&disk->stack, bytes);
}

/* ---- life --------------------------------------------------------------- */

static void destroy(struct disk *disk)
{
	gate_destroy(&disk->gate);
	pthread_mutex_destroy(&disk->lock);
	free(disk->gathered);
	free(disk->config);
	free(disk);
}

static struct disk *make(const struct disk_host *host, void *owner,
			 const struct disk_shape *shape, const char *config)
{
	struct disk *disk = calloc(1, sizeof(*disk));

	if (!disk)
		return NULL;
	disk->host = host;
	disk->owner = owner;
	disk->stack.host = &stack_host;
	disk->stack.priv = disk;
	disk->stack.size = shape->size;
	disk->stack.block_size = shape->block_size;
	disk->stack.max_transfer = shape->max_transfer;
	disk->stack.nr_queues = shape->nr_queues;
	disk->last = &disk->first;
	pthread_mutex_init(&disk->lock, NULL);
	disk->config = strdup(config);
	disk->gathered = calloc(shape->nr_queues, sizeof(*disk->gathered));
	if (disk->config && disk->gathered &&
	    !gate_init(&disk->gate, shape->nr_queues))
		return disk;
	free(disk->config);
	free(disk->gathered);
	free(disk);
	return NULL;
}

int disk_open(struct disk **new, const struct disk_host *host, void *owner,
	      const struct disk_shape *shape, const char *config)
{
	struct disk *disk = make(host, owner, shape, config);
	int ret;

	if (!disk)
		return -ENOMEM;
	ret = open_stack(disk, config);
	if (ret)
		destroy(disk);
	else
		*new = disk;
	return ret;
}

void disk_close(struct disk *disk)
{
	/* a thread that has submitted what has ended by now is about to leave */
	gate_close(&disk->gate);
	if (!disk->broken)
		stack_close(&disk->stack);
	destroy(disk);
}
