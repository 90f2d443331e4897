// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filter log: says of requests how long they took and how they ended, and what
 * they were in all when the disk is closed.
 */
#include "layer.h"

#include "clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

struct log_count {
	uint64_t nr;		/* all of them atomic */
	uint64_t bytes;
	uint64_t errors;
	uint64_t ns;
	uint64_t max;
};

struct logger {
	unsigned int ops;
	uint64_t slow;
	uint64_t every;
	uint64_t limit;
	bool errors;
	uint64_t seen;		/* atomic, as the next three */
	uint64_t second;	/* which one ... */
	uint64_t said;		/* ... and lines in it */
	uint64_t unsaid;
	struct log_count counts[IO_OPS];
};

struct log_frame {
	uint64_t begin;
};

static const struct config_option options[] = {
	{ "op", OPTION_OPS, offsetof(struct logger, ops),
	  "which requests; all" },
	{ "slow", OPTION_TIME, offsetof(struct logger, slow),
	  "only those that take at least so long" },
	{ "every", OPTION_NUMBER, offsetof(struct logger, every),
	  "only one of so many; 1" },
	{ "errors", OPTION_BOOL, offsetof(struct logger, errors),
	  "1: only those that fail" },
	{ "limit", OPTION_NUMBER, offsetof(struct logger, limit),
	  "so many lines a second; 10" },
	{}
};

static void log_defaults(void *priv)
{
	struct logger *logger = priv;

	logger->ops = IO_ALL;
	logger->every = 1;
	logger->limit = 10;
}

static uint64_t add(uint64_t *to, uint64_t n)
{
	return __atomic_add_fetch(to, n, __ATOMIC_RELAXED);
}

static void count(struct log_count *to, const struct io *io, uint64_t ns)
{
	uint64_t max = __atomic_load_n(&to->max, __ATOMIC_RELAXED);

	add(&to->nr, 1);
	add(&to->bytes, io->len);
	add(&to->ns, ns);
	if (io->result)
		add(&to->errors, 1);
	while (ns > max &&
	       !__atomic_compare_exchange_n(&to->max, &max, ns, true,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* Whether there may be one more line in this second */
static bool allowed(struct logger *logger)
{
	uint64_t now = clock_now() / NS_PER_S;

	if (__atomic_exchange_n(&logger->second, now, __ATOMIC_RELAXED) != now)
		__atomic_store_n(&logger->said, 0, __ATOMIC_RELAXED);
	if (add(&logger->said, 1) <= logger->limit)
		return true;
	add(&logger->unsaid, 1);
	return false;
}

static bool is_meant(struct logger *logger, const struct io *io, uint64_t ns)
{
	if (!(logger->ops & IO_BIT(io->op)) || ns < logger->slow ||
	    (logger->errors && !io->result))
		return false;
	if (logger->every > 1 && add(&logger->seen, 1) % logger->every != 1)
		return false;
	return allowed(logger);
}

static void say(struct layer *layer, const struct io *io, uint64_t ns)
{
	char sense[32] = "";

	if (io->sense)
		snprintf(sense, sizeof(sense), " sense %x.%02x.%02x",
			 io->sense >> 16, io->sense >> 8 & 0xff,
			 io->sense & 0xff);
	layer_log(layer, LOG_NOTICE,
		  "%s%s off=%" PRIu64 " len=%" PRIu64 " queue=%u %" PRIu64
		  ".%03u ms: %s%s", io_op_name(io->op), io->fua ? " fua" : "",
		  io->off, io->len, io->queue, ns / NS_PER_MS,
		  (unsigned int)(ns / NS_PER_US % 1000),
		  io->result ? strerrorname_np(-io->result) ? : "error" : "ok",
		  sense);
}

static void log_io(struct layer *layer, struct io *io)
{
	struct log_frame *frame = io_frame(layer, io);

	frame->begin = clock_now();
	layer_io(layer->inner, io);
}

static void log_done(struct layer *layer, struct io *io)
{
	struct logger *logger = layer->priv;
	struct log_frame *frame = io_frame(layer, io);
	uint64_t ns = clock_now() - frame->begin;

	count(&logger->counts[io->op], io, ns);
	if (is_meant(logger, io, ns))
		say(layer, io, ns);
}

/* The sum of it */
static void log_close(struct layer *layer)
{
	struct logger *logger = layer->priv;
	const struct log_count *of;
	int op;

	for (op = 0; op < IO_OPS; op++) {
		of = &logger->counts[op];
		if (!of->nr)
			continue;
		layer_log(layer, LOG_NOTICE,
			  "%s: %" PRIu64 " requests, %" PRIu64 " bytes, %" PRIu64
			  " errors, %" PRIu64 " us on average, %" PRIu64
			  " us at most", io_op_name(op), of->nr, of->bytes,
			  of->errors, of->ns / of->nr / NS_PER_US,
			  of->max / NS_PER_US);
	}
	if (logger->unsaid)
		layer_log(layer, LOG_NOTICE, "%" PRIu64
			  " lines were too many and left out", logger->unsaid);
}

const struct layer_ops log_layer = {
	.name = "log",
	.desc = "filter: logs requests, their latency and result",
	.usage = "log/slow=10ms/HANDLER/...",
	.filter = true,
	.options = options,
	.priv_size = sizeof(struct logger),
	.frame_size = sizeof(struct log_frame),
	.defaults = log_defaults,
	.close = log_close,
	.io = log_io,
	.done = log_done,
};
