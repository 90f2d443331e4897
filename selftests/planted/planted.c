// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bugs, for a kernel that is to find them: insmod planted.ko bug=NAME. It shows that
 * a report fails a run, and is there for nothing else.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

static char *bug = "";
module_param(bug, charp, 0);

static DEFINE_MUTEX(a);
static DEFINE_MUTEX(b);
static DEFINE_SPINLOCK(spin);
/* Not a constant, or the compiler sees the bugs, and takes them away or complains */
static int size = 40;
static int counter;

static void out_of_bounds(void)
{
	int past = READ_ONCE(size);
	char *p = kzalloc(past, GFP_KERNEL);

	if (p)
		WRITE_ONCE(p[past], 1);
	kfree(p);
}

static void use_after_free(void)
{
	char *p = kzalloc(READ_ONCE(size), GFP_KERNEL);

	kfree(p);
	if (p)
		WRITE_ONCE(p[1], 1);
}

static void abba(void)
{
	mutex_lock(&a);
	mutex_lock(&b);
	mutex_unlock(&b);
	mutex_unlock(&a);
	mutex_lock(&b);
	mutex_lock(&a);
	mutex_unlock(&a);
	mutex_unlock(&b);
}

static void sleep_in_atomic(void)
{
	spin_lock(&spin);
	mutex_lock(&a);
	mutex_unlock(&a);
	spin_unlock(&spin);
}

static void shift(void)
{
	WRITE_ONCE(counter, 1 << READ_ONCE(size));
}

static void list_corruption(void)
{
	struct list_head one, two;
	LIST_HEAD(head);

	list_add(&one, &head);
	two = one;
	list_del(&two);
}

/*
 * Many, since a value on some stack may look like the address of one, and so may what
 * 7.2's allocator still has in a list of those it has given away. Unloading frees them,
 * or these would be found in somebody else's time.
 */
static unsigned long hidden[100];

static void leak(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hidden); i++)
		hidden[i] = ~(unsigned long)kzalloc(64, GFP_KERNEL);
}

static void unleak(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hidden); i++)
		if (hidden[i])
			kfree((void *)~hidden[i]);
}

static int racer(void *unused)
{
	while (!kthread_should_stop()) {
		counter++;
		cond_resched();
	}
	return 0;
}

static void race(void)
{
	struct task_struct *one, *two;

	one = kthread_run(racer, NULL, "planted-1");
	two = kthread_run(racer, NULL, "planted-2");
	msleep(5000);
	if (!IS_ERR(one))
		kthread_stop(one);
	if (!IS_ERR(two))
		kthread_stop(two);
}

/* What holds it is never given back */
static void stays(void)
{
	__module_get(THIS_MODULE);
}

static const struct {
	const char *name;
	void (*plant)(void);
} bugs[] = {
	{ "out_of_bounds", out_of_bounds },
	{ "use_after_free", use_after_free },
	{ "abba", abba },
	{ "sleep_in_atomic", sleep_in_atomic },
	{ "shift", shift },
	{ "list_corruption", list_corruption },
	{ "leak", leak },
	{ "race", race },
	{ "stays", stays },
};

static int __init planted_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (strcmp(bugs[i].name, bug))
			continue;
		bugs[i].plant();
		return 0;
	}
	return -EINVAL;
}

static void __exit planted_exit(void)
{
	unleak();
}

module_init(planted_init);
module_exit(planted_exit);
MODULE_DESCRIPTION("Bugs for sanitizers to find");
MODULE_LICENSE("GPL");
