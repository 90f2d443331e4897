/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TOOLS_LINUX_MINMAX_H
#define TOOLS_LINUX_MINMAX_H

/* Both of one type: the comparison of pointers is what complains otherwise */
#define min(x, y) ({						\
	__typeof__(x) __min_x = (x);				\
	__typeof__(y) __min_y = (y);				\
								\
	(void)(&__min_x == &__min_y);				\
	__min_x < __min_y ? __min_x : __min_y;			\
})

#define min_t(type, x, y) ({					\
	type __min_x = (x);					\
	type __min_y = (y);					\
								\
	__min_x < __min_y ? __min_x : __min_y;			\
})

#define max_t(type, x, y) ({					\
	type __max_x = (x);					\
	type __max_y = (y);					\
								\
	__max_x > __max_y ? __max_x : __max_y;			\
})

#endif /* TOOLS_LINUX_MINMAX_H */
