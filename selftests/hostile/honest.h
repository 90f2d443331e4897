/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device after all that: it has lost nothing, and is a disk.
 */
#ifndef TCMU_HONEST_H
#define TCMU_HONEST_H

#include "hostile.h"

/* Its ring is whole, and every id and block is free: fails the test if not */
void honest_check_free(struct hostile *h);
/* What is written to it is read from it, and its counters count that */
void honest_check_disk(struct hostile *h);

#endif /* TCMU_HONEST_H */
