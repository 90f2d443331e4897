/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TOOLS_LINUX_COMPILER_H
#define TOOLS_LINUX_COMPILER_H

#define __user
#ifndef __always_inline
#define __always_inline	inline __attribute__((__always_inline__))
#endif

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

#define barrier()	__asm__ __volatile__("" : : : "memory")

/*
 * Atomic, and not volatile as in the kernel, so that ThreadSanitizer takes them
 * for what they are. By way of a void pointer, since members of the packed
 * structures of the ABI are aligned although their type does not say so.
 */
#define READ_ONCE(x) ({						\
	const void *__once = &(x);				\
								\
	__atomic_load_n((const __typeof__(x) *)__once,		\
			__ATOMIC_RELAXED);			\
})

#define WRITE_ONCE(x, val) ({					\
	void *__once = &(x);					\
								\
	__atomic_store_n((__typeof__(x) *)__once, (val),	\
			 __ATOMIC_RELAXED);			\
})

#endif /* TOOLS_LINUX_COMPILER_H */
