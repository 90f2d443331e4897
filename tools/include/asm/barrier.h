/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TOOLS_ASM_BARRIER_H
#define TOOLS_ASM_BARRIER_H

#include <linux/compiler.h>

/* For the void pointers see READ_ONCE() */
#define smp_load_acquire(p) ({					\
	const void *__acquire = (p);				\
								\
	__atomic_load_n((__typeof__(p))__acquire,		\
			__ATOMIC_ACQUIRE);			\
})

#define smp_store_release(p, val) ({				\
	void *__release = (p);					\
								\
	__atomic_store_n((__typeof__(p))__release, (val),	\
			 __ATOMIC_RELEASE);			\
})

#ifdef __SANITIZE_THREAD__
/*
 * ThreadSanitizer knows no fences (gcc says -Wtsan). This orders just as well on
 * x86, and on a word of the thread's own it tells the sanitizer nothing that
 * might hide a race.
 */
static inline void smp_mb(void)
{
	static __thread int word;

	__atomic_fetch_add(&word, 1, __ATOMIC_SEQ_CST);
}
#else
#define smp_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif

/* The operations of linux/atomic.h are ordered by themselves */
#define smp_mb__before_atomic()	barrier()
#define smp_mb__after_atomic()	barrier()

#endif /* TOOLS_ASM_BARRIER_H */
