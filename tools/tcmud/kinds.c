// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kinds of layers that this program has.
 */
#include "layer.h"

#include <string.h>

const struct layer_ops *const layer_kinds[] = {
	&file_layer,
	&nbd_layer,
	&null_layer,
	&ram_layer,
#if HAVE_RBD
	&rbd_layer,
#endif
	&delay_layer,
	&error_layer,
	&log_layer,
	&readonly_layer,
	NULL
};

const struct layer_ops *layer_kind(const char *name, size_t len)
{
	const struct layer_ops *const *kind;

	for (kind = layer_kinds; *kind; kind++) {
		if (strlen((*kind)->name) == len &&
		    !memcmp((*kind)->name, name, len))
			return *kind;
	}
	return NULL;
}
