// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filter error: some requests fail, without reaching what is within.
 */
#include "layer.h"

#include "random.h"

#include <errno.h>

struct error {
	unsigned int ops;
	double rate;
	int error;
	uint32_t sense;
	uint64_t after;
	uint64_t count;
	uint64_t from;
	uint64_t to;
	uint64_t seen;		/* atomic, as the next one */
	uint64_t failed;
};

static const struct config_option options[] = {
	{ "op", OPTION_OPS, offsetof(struct error, ops),
	  "which requests fail; all" },
	{ "rate", OPTION_RATIO, offsetof(struct error, rate),
	  "how many of them, from 0 to 1; 1" },
	{ "errno", OPTION_ERRNO, offsetof(struct error, error),
	  "by which error; EIO" },
	{ "sense", OPTION_SENSE, offsetof(struct error, sense),
	  "by this sense, KEY.ASC.ASCQ, and not by an error" },
	{ "after", OPTION_NUMBER, offsetof(struct error, after),
	  "so many of them are spared first" },
	{ "count", OPTION_NUMBER, offsetof(struct error, count),
	  "so many fail at most" },
	{ "from", OPTION_SIZE, offsetof(struct error, from),
	  "only those that touch bytes from here on" },
	{ "to", OPTION_SIZE, offsetof(struct error, to),
	  "... and before here" },
	{}
};

static void error_defaults(void *priv)
{
	struct error *error = priv;

	error->ops = IO_ALL;
	error->rate = 1;
	error->error = EIO;
	error->count = UINT64_MAX;
	error->to = UINT64_MAX;
}

static int error_check(const void *priv, const char *path, char *why, size_t size)
{
	const struct error *error = priv;

	if (error->from >= error->to)
		return check_fail(why, size, EINVAL,
				  "'to' has to be more than 'from'");
	return 0;
}

/* A flush touches nothing, or everything */
static bool is_meant(const struct error *error, const struct io *io)
{
	if (!(error->ops & IO_BIT(io->op)))
		return false;
	if (io->op == IO_FLUSH)
		return true;
	return io->off < error->to && io->off + io->len > error->from;
}

static bool fails(struct error *error, const struct io *io)
{
	if (!is_meant(error, io))
		return false;
	if (__atomic_fetch_add(&error->seen, 1, __ATOMIC_RELAXED) < error->after)
		return false;
	if (error->rate < 1 && !random_chance(error->rate))
		return false;
	return __atomic_fetch_add(&error->failed, 1, __ATOMIC_RELAXED) <
		error->count;
}

static void error_io(struct layer *layer, struct io *io)
{
	struct error *error = layer->priv;

	if (!fails(error, io)) {
		layer_io(layer->inner, io);
		return;
	}
	io->sense = error->sense;
	io_done(layer, io, -error->error);
}

const struct layer_ops error_layer = {
	.name = "error",
	.desc = "filter: some requests fail",
	.usage = "error/op=write&rate=0.01&errno=EIO/HANDLER/...",
	.filter = true,
	.options = options,
	.priv_size = sizeof(struct error),
	.defaults = error_defaults,
	.check = error_check,
	.io = error_io,
};
