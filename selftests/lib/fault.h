/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is refused: a piece of work is done again and again, and each time
 * the next allocation in it fails (or the next copy from or to the caller, where
 * the kernel can make that fail). Needs a kernel with fault injection.
 */
#ifndef TCMU_FAULT_H
#define TCMU_FAULT_H

#include <stdbool.h>

/* Whose allocations fail */
enum {
	FAULT_HERE = 1,		/* the calling thread's */
	FAULT_WORKERS = 2,	/* those of the kernel's work queues */
};

struct fault_path {
	const char *name;
	int where;		/* FAULT_*, or both */
	int passes;		/* for objects, behind one for pages; 0: one */
	int step;		/* only each so-manieth fault; 0: all */
	void (*before)(void);	/* nothing fails in it; may be NULL */
	int (*work)(void);	/* returns 0 or -errno */
	void (*after)(int ret);	/* as before, with what work() has returned */
};

/* Skips the test where the kernel cannot do it */
void fault_setup(void);
/*
 * Until nothing is left that could fail; prints how often the work ended with
 * which errno, and returns how many faults there were.
 */
int fault_each(const struct fault_path *path);

#endif /* TCMU_FAULT_H */
