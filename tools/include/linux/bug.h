/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TOOLS_LINUX_BUG_H
#define TOOLS_LINUX_BUG_H

#include <stdio.h>
#include <stdlib.h>

/* A broken invariant of our own: the end, so that no test can pass over it */
#define WARN_ON_ONCE(cond) ({						\
	if (cond) {							\
		fprintf(stderr, "%s:%d: WARN_ON_ONCE(%s)\n",		\
			__FILE__, __LINE__, #cond);			\
		abort();						\
	}								\
	false;								\
})

#endif /* TOOLS_LINUX_BUG_H */
