/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small harness. A test is one claim, and is named for it; a program of tests
 * prints TAP.
 *
 *	TEST("a new ring is empty")
 *	{
 *		...
 *		CHECK_EQ(ring.head, 0);
 *	}
 *
 * The first CHECK that does not hold ends its test. CHECK is for the thread
 * that runs the test; what other threads find out, they hand to it.
 */
#ifndef UNIT_H
#define UNIT_H

#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/target_core_user.h>
#include <linux/types.h>

#ifndef TCMU_MAX_CMD_ID
#error "this is the distribution's linux/target_core_user.h: put -Iinclude/uapi first"
#endif
static_assert(TCMU_MAX_CMD_ID == 65535);

struct unit_test {
	const char *claim;
	void (*run)(void);
	struct unit_test *next;
};

void unit_register(struct unit_test *test);
void unit_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void unit_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));

/* Memory that is freed when the test is over, however it ends */
void *unit_alloc(size_t bytes);

/*
 * A program's own, if it has one: end what a test that has failed has left running,
 * before its memory goes and the next one begins.
 */
void unit_tidy(void);

/* Numbers that are the same in each run */
u32 unit_random(u64 *state);

#define UNIT_PASTE2(a, b)	a##b
#define UNIT_PASTE(a, b)	UNIT_PASTE2(a, b)

#define TEST(text)	UNIT_TEST(text, UNIT_PASTE(test_, __LINE__))
#define UNIT_TEST(text, fn)						\
	static void fn(void);						\
	static struct unit_test UNIT_PASTE(fn, _desc) = { text, fn, NULL }; \
	__attribute__((constructor)) static void UNIT_PASTE(fn, _add)(void) \
	{								\
		unit_register(&UNIT_PASTE(fn, _desc));			\
	}								\
	static void fn(void)

#define CHECK(cond)							\
	do {								\
		if (!(cond))						\
			unit_fail(__FILE__, __LINE__, "%s", #cond);	\
	} while (0)

/* As CHECK(), with numbers; they may be of any integer types */
#define CHECK_EQ(a, b)							\
	do {								\
		long long unit_a = (long long)(a);			\
		long long unit_b = (long long)(b);			\
									\
		if (unit_a != unit_b)					\
			unit_fail(__FILE__, __LINE__,			\
				  "%s is %lld, not %s (%lld)", #a,	\
				  unit_a, #b, unit_b);			\
	} while (0)

#endif /* UNIT_H */
