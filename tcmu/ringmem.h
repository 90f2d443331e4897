/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_RINGMEM_H
#define TCMU_RINGMEM_H

#include <linux/types.h>

struct page;
struct tcmu_queue;
struct tcmu_ring_slot;

int tcmu_ringmem_init(struct tcmu_queue *q);
void tcmu_ringmem_exit(struct tcmu_queue *q);
int tcmu_ringmem_cover(struct tcmu_queue *q, const struct tcmu_ring_slot *slot);
int tcmu_ringmem_cover_all(struct tcmu_queue *q);
struct page *tcmu_ringmem_find(struct tcmu_queue *q, unsigned long idx);
struct page *tcmu_ringmem_get(struct tcmu_queue *q, unsigned long idx);

#endif /* TCMU_RINGMEM_H */
