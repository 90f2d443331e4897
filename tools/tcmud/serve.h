/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between libtcmuser and the disks: each kind of layer is one of its handlers.
 */
#ifndef TCMUD_SERVE_H
#define TCMUD_SERVE_H

#include <stdbool.h>

struct layer_ops;
struct tcmuser;

/* Register the kinds of layers whose names are in @names, or all. 0 or -errno. */
int serve_register(struct tcmuser *ctx, char *const *names, int nr_names);

/* Whether serve_register() took it */
bool serve_has(const struct layer_ops *kind);

#endif /* TCMUD_SERVE_H */
