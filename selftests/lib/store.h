/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of a disk, which outlive the daemon that serves them.
 */
#ifndef TCMU_STORE_H
#define TCMU_STORE_H

#include "raw.h"

struct store {
	uint8_t *bytes;		/* shared with children */
	uint64_t size;
	struct raw *raw;
	pthread_t server;
	volatile bool serving;
};

void store_make(struct store *store, uint64_t size);
void store_free(struct store *store);
/* Do what an entry asks for and put the answer into its slot; no write(2) */
void store_do(struct store *store, struct raw *raw,
	      const struct raw_entry *entry);

/* A thread that does so with all that comes */
void store_serve(struct store *store, struct raw *raw);
void store_serve_end(struct store *store);

#endif /* TCMU_STORE_H */
