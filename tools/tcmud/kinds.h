/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kinds of layers, told to people.
 */
#ifndef TCMUD_KINDS_H
#define TCMUD_KINDS_H

#include "layer.h"

#include <stdio.h>

/* Some lines: what it is, what its config looks like, its options */
void kind_describe(const struct layer_ops *kind, FILE *file);
/* The same as a text, to be freed; NULL: no memory */
char *kind_text(const struct layer_ops *kind);

/* All of them, for --handlers; 0 or -errno */
int kinds_print(FILE *file);
int kinds_print_json(FILE *file);

#endif /* TCMUD_KINDS_H */
