/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of options, as people write them. Each returns whether it is one.
 */
#ifndef TCMUD_VALUE_H
#define TCMUD_VALUE_H

#include <stdbool.h>
#include <stdint.h>

bool value_bool(const char *text, bool *value);
bool value_number(const char *text, uint64_t *value);
/* Bytes; k, M, G and T are powers of 1024 */
bool value_size(const char *text, uint64_t *value);
/* Nanoseconds; needs a unit, unless it is 0: ns, us, ms, s */
bool value_time(const char *text, uint64_t *value);
bool value_ratio(const char *text, double *value);
/* A name or a number; positive */
bool value_errno(const char *text, int *value);
/* Names of io_op_name() with '+' between, or "all" */
bool value_ops(const char *text, unsigned int *value);
/* KEY.ASC.ASCQ, in hexadecimal */
bool value_sense(const char *text, uint32_t *value);

#endif /* TCMUD_VALUE_H */
