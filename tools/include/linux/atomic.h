/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TOOLS_LINUX_ATOMIC_H
#define TOOLS_LINUX_ATOMIC_H

#include <asm/barrier.h>
#include <linux/types.h>

/*
 * What changes a value is sequentially consistent here, whether the kernel's
 * operation of that name is or not. The kernel's code therefore has its
 * smp_mb__before_atomic() and smp_mb__after_atomic() where it needs one, and
 * here that costs nothing.
 */

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

static inline int atomic_read(const atomic_t *v)
{
	return READ_ONCE(v->counter);
}

static inline void atomic_set(atomic_t *v, int val)
{
	WRITE_ONCE(v->counter, val);
}

static inline void atomic_add(int val, atomic_t *v)
{
	__atomic_fetch_add(&v->counter, val, __ATOMIC_SEQ_CST);
}

static inline void atomic_sub(int val, atomic_t *v)
{
	__atomic_fetch_sub(&v->counter, val, __ATOMIC_SEQ_CST);
}

static inline long atomic_long_read(const atomic_long_t *v)
{
	return READ_ONCE(v->counter);
}

static inline void atomic_long_set(atomic_long_t *v, long val)
{
	WRITE_ONCE(v->counter, val);
}

static inline void atomic_long_or(long val, atomic_long_t *v)
{
	__atomic_fetch_or(&v->counter, val, __ATOMIC_SEQ_CST);
}

static inline void atomic_long_sub(long val, atomic_long_t *v)
{
	__atomic_fetch_sub(&v->counter, val, __ATOMIC_SEQ_CST);
}

static inline long atomic_long_fetch_andnot(long val, atomic_long_t *v)
{
	return __atomic_fetch_and(&v->counter, ~val, __ATOMIC_SEQ_CST);
}

static inline long atomic_long_xchg(atomic_long_t *v, long val)
{
	return __atomic_exchange_n(&v->counter, val, __ATOMIC_SEQ_CST);
}

#endif /* TOOLS_LINUX_ATOMIC_H */
