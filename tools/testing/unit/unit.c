// SPDX-License-Identifier: GPL-2.0-only
/*
 * The harness: runs the tests of one program, prints TAP.
 */
#include "unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct alloc {
	struct alloc *next;
	char mem[] __attribute__((aligned(64)));
};

static struct unit_test *first;
static struct unit_test **last = &first;
static struct alloc *allocs;
static jmp_buf failed;

void unit_register(struct unit_test *test)
{
	*last = test;
	last = &test->next;
}

void unit_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("# ");
	vprintf(fmt, args);
	printf("\n");
	va_end(args);
}

void unit_fail(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("# %s:%d: ", file, line);
	vprintf(fmt, args);
	printf("\n");
	va_end(args);
	longjmp(failed, 1);
}

void *unit_alloc(size_t bytes)
{
	size_t size = (sizeof(struct alloc) + bytes + 63) / 64 * 64;
	struct alloc *alloc = aligned_alloc(64, size);

	if (!alloc) {
		perror("unit_alloc");
		exit(2);
	}
	__builtin_memset(alloc, 0, size);
	alloc->next = allocs;
	allocs = alloc;
	return alloc->mem;
}

static void free_all(void)
{
	struct alloc *alloc;

	while ((alloc = allocs)) {
		allocs = alloc->next;
		free(alloc);
	}
}

/* xorshift64* */
u32 unit_random(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (*state * 0x2545f4914f6cdd1dULL) >> 32;
}

__attribute__((weak)) void unit_tidy(void)
{
}

static bool run(const struct unit_test *test)
{
	bool ok = !setjmp(failed);

	if (ok)
		test->run();
	else
		unit_tidy();
	free_all();
	return ok;
}

int main(void)
{
	const struct unit_test *test;
	int nr = 0, bad = 0;
	bool ok;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (test = first; test; test = test->next)
		nr++;
	printf("1..%d\n", nr);
	for (nr = 0, test = first; test; test = test->next) {
		ok = run(test);
		printf("%sok %d - %s\n", ok ? "" : "not ", ++nr, test->claim);
		bad += !ok;
	}
	return bad ? 1 : 0;
}
