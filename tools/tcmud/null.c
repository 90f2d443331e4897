// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store null: reads zeroes, forgets what is written, and does so at once.
 */
#include "layer.h"

#include <string.h>
#include <tcmuser.h>

struct null {
	bool zero;
};

static const struct config_option options[] = {
	{ "zero", OPTION_BOOL, offsetof(struct null, zero),
	  "0: leave the buffers of reads as they are, to measure the rest; 1" },
	{}
};

static void null_defaults(void *priv)
{
	struct null *null = priv;

	null->zero = true;
}

static int null_open(struct layer *layer)
{
	layer->features = TCMUSER_CAN_DISCARD | TCMUSER_CAN_ZERO |
		TCMUSER_CAN_FUA | TCMUSER_DISCARD_ZEROES | TCMUSER_NAPS;
	return 0;
}

static void null_io(struct layer *layer, struct io *io)
{
	const struct null *null = layer->priv;
	int i;

	if (io->op == IO_READ && null->zero) {
		for (i = 0; i < io->cnt; i++)
			memset(io->iov[i].iov_base, 0, io->iov[i].iov_len);
	}
	io_done(layer, io, 0);
}

const struct layer_ops null_layer = {
	.name = "null",
	.desc = "reads zeroes, forgets what is written",
	.usage = "null/",
	.options = options,
	.priv_size = sizeof(struct null),
	.defaults = null_defaults,
	.open = null_open,
	.io = null_io,
};
