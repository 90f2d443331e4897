/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pool of threads for what blocks.
 */
#ifndef TCMUD_POOL_H
#define TCMUD_POOL_H

struct pool;

/* Part of whatever is to be done */
struct work {
	struct work *next;
	void (*fn)(struct work *work);
};

/* Of at most @max threads, which are made when there is work; NULL: no memory */
struct pool *pool_new(unsigned int max);

/* Have @work->fn called by some thread. In order, but side by side. */
void pool_add(struct pool *pool, struct work *work);

/* When all work is done. NULL is fine. */
void pool_free(struct pool *pool);

#endif /* TCMUD_POOL_H */
