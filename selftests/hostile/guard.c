// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to memory that may not be there: see guard.h.
 */
#include "guard.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>

static __thread sigjmp_buf back;
static __thread volatile bool inside;

static void on_fault(int sig)
{
	if (inside)
		siglongjmp(back, 1);
	/* a mistake of ours: die of it */
	signal(sig, SIG_DFL);
}

void guard_start(void)
{
	struct sigaction action = { .sa_handler = on_fault,
				    .sa_flags = SA_NODEFER };

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

/* Not inlined: what it changes, siglongjmp() would not bring back */
static __attribute__((noinline)) void copy_bytes(volatile char *to,
						 const volatile char *from,
						 size_t len)
{
	while (len--)
		*to++ = *from++;
}

static bool copy(volatile void *to, const volatile void *from, size_t len)
{
	bool fault;

	inside = true;
	fault = sigsetjmp(back, 0);
	if (!fault)
		copy_bytes(to, from, len);
	inside = false;
	return !fault;
}

bool guard_store(volatile void *to, const void *from, size_t len)
{
	return copy(to, from, len);
}

bool guard_load(void *to, const volatile void *from, size_t len)
{
	return copy(to, from, len);
}
