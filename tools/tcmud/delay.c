// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filter delay: requests reach what is within so much later.
 */
#include "layer.h"

#include "clock.h"
#include "random.h"
#include "timer.h"

#include <errno.h>

struct delay {
	uint64_t ns[IO_OPS];
	uint64_t all;
	uint64_t jitter;
	struct timers *timers;
};

struct delay_frame {
	struct timer timer;
	struct layer *layer;
	struct io *io;
};

#define TIME(op, what)	{ #op, OPTION_TIME, offsetof(struct delay, what), \
			  "how long each " #op " waits" }

static const struct config_option options[] = {
	TIME(read, ns[IO_READ]),
	TIME(write, ns[IO_WRITE]),
	TIME(flush, ns[IO_FLUSH]),
	TIME(discard, ns[IO_DISCARD]),
	TIME(zero, ns[IO_ZERO]),
	{ "all", OPTION_TIME, offsetof(struct delay, all),
	  "how long all others wait" },
	{ "jitter", OPTION_TIME, offsetof(struct delay, jitter),
	  "up to so much longer, at random" },
	{}
};

static int delay_open(struct layer *layer)
{
	struct delay *delay = layer->priv;

	delay->timers = timers_new();
	return delay->timers ? 0 : layer_fail(layer, ENOMEM, "no memory");
}

static void delay_close(struct layer *layer)
{
	struct delay *delay = layer->priv;

	timers_free(delay->timers);
}

static void due(struct timer *timer)
{
	struct delay_frame *frame = (struct delay_frame *)timer;
	struct layer *inner = frame->layer->inner;
	struct io *io = frame->io;
	unsigned int queue = io->queue;

	layer_io(inner, io);
	/*
	 * The disk is not closed before this thread has ended: timers_free() waits
	 * for it, and only then what is within is closed.
	 */
	layer_submit(inner, queue);
}

static void delay_io(struct layer *layer, struct io *io)
{
	struct delay *delay = layer->priv;
	struct delay_frame *frame = io_frame(layer, io);
	uint64_t ns = delay->ns[io->op] ? delay->ns[io->op] : delay->all;

	if (delay->jitter)
		ns += random_below(delay->jitter);
	if (!ns) {
		layer_io(layer->inner, io);
		return;
	}
	frame->layer = layer;
	frame->io = io;
	frame->timer.fn = due;
	frame->timer.when = clock_now() + ns;
	if (timers_add(delay->timers, &frame->timer))
		io_done(layer, io, -ENOMEM);
}

const struct layer_ops delay_layer = {
	.name = "delay",
	.desc = "filter: requests take longer",
	.usage = "delay/read=5ms&write=1ms/HANDLER/...",
	.filter = true,
	.options = options,
	.priv_size = sizeof(struct delay),
	.frame_size = sizeof(struct delay_frame),
	.open = delay_open,
	.close = delay_close,
	.io = delay_io,
};
