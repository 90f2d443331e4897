// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filter readonly: what is within is not written to, and the disk says that it
 * is write protected. A store opens its file for reading only then.
 */
#include "layer.h"

#include <errno.h>
#include <tcmuser.h>

static int readonly_open(struct layer *layer)
{
	layer->features |= TCMUSER_READ_ONLY;
	layer->features &= ~(TCMUSER_CAN_DISCARD | TCMUSER_CAN_ZERO);
	return 0;
}

static void readonly_io(struct layer *layer, struct io *io)
{
	if (IO_CHANGES & IO_BIT(io->op))
		io_done(layer, io, -EROFS);
	else
		layer_io(layer->inner, io);
}

const struct layer_ops readonly_layer = {
	.name = "readonly",
	.desc = "filter: write protected",
	.usage = "readonly//HANDLER/...",
	.filter = true,
	.read_only = true,
	.open = readonly_open,
	.io = readonly_io,
};
