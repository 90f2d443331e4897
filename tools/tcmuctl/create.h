/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steps by which a device comes up.
 */
#ifndef CREATE_H
#define CREATE_H

#include "config.h"
#include "opt.h"

/* What the user wants; 0, NULL and empty: the default */
struct request {
	const char *handler;
	char dev_config[CONFIG_SIZE];
	char name[NAME_SIZE];
	uint64_t size;
	uint64_t host;		/* UINT64_MAX: a new one */
	uint64_t block_size;
	uint64_t area_mib;
	uint64_t ring_mib;
	uint64_t queues;
	const char *mode;
	const struct opt_list *set;
};

/*
 * Make it and enable it; *dev is filled in. What is done is left to undo_all() in any
 * case. Returns 0, or an exit status after an error message.
 */
int create_device(const struct request *request, struct dev *dev);

#endif /* CREATE_H */
