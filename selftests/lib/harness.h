/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small test harness. Each TEST runs in a process of its own, with a time
 * limit, and is a line of TAP. It fails when an expectation fails, when it dies
 * or takes too long, and when the kernel logs a warning meanwhile.
 */
#ifndef TCMU_HARNESS_H
#define TCMU_HARNESS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct test {
	const char *name;
	void (*run)(void);
	int limit;		/* seconds; more of them where a kernel finds fault */
	struct test *next;
};

void test_register(struct test *test);
void test_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void test_skip(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
void test_stop(void) __attribute__((noreturn));

/*
 * What the kernel has logged so far is no trouble: for long tests, since its log
 * holds so much and no more. It fails the test if not.
 */
bool test_log_is_quiet(void);

/* Called in the test's process when it ends, whatever the reason */
void test_at_end(void (*fn)(void));

/* In a child: the end of the test is none of its business, but it ends with it */
void test_forked(void);

#define TEST_LIMIT(fn, seconds)						\
	static void fn(void);						\
	static struct test test_##fn = { #fn, fn, seconds, NULL };	\
	__attribute__((constructor)) static void register_##fn(void)	\
	{								\
		test_register(&test_##fn);				\
	}								\
	static void fn(void)

#define TEST(fn) TEST_LIMIT(fn, 60)

/* Go on after a failed EXPECT, stop after a failed ASSERT */
#define EXPECT(cond)							\
	do {								\
		if (!(cond))						\
			test_fail(__FILE__, __LINE__, "not so: %s", #cond); \
	} while (0)

#define ASSERT(cond)							\
	do {								\
		if (!(cond)) {						\
			test_fail(__FILE__, __LINE__, "not so: %s", #cond); \
			test_stop();					\
		}							\
	} while (0)

#define CHECK_EQ(stop, a, b)						\
	do {								\
		long long a_ = (long long)(a), b_ = (long long)(b);	\
									\
		if (a_ != b_) {						\
			test_fail(__FILE__, __LINE__,			\
				  "%s is %lld (%#llx), should be %s = %lld (%#llx)", \
				  #a, a_, a_, #b, b_, b_);		\
			if (stop)					\
				test_stop();				\
		}							\
	} while (0)

#define EXPECT_EQ(a, b) CHECK_EQ(0, a, b)
#define ASSERT_EQ(a, b) CHECK_EQ(1, a, b)

#endif /* TCMU_HARNESS_H */
