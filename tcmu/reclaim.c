// SPDX-License-Identifier: GPL-2.0-only
/*
 * The global limit of data pages, and taking pages back from free blocks.
 *
 * The limit is soft: it refuses nothing, it sets the work going. When the kernel
 * is short of memory, it asks by itself. To take the pages of a block, whoever does
 * it first takes the block, just as a command would; so nobody else can be using
 * them, and one busy block pins only itself.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "reclaim.h"

#include "compat.h"
#include "drain.h"
#include "pages.h"
#include "tcmu.h"
#include "wait.h"

#include <linux/bitops.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>

/* Page counts are ints in places; nobody has that much memory to lend */
#define MAX_LIMIT_MB		(INT_MAX >> (20 - PAGE_SHIFT))
#define DEF_LIMIT_MB		2048
#define RETRY_DELAY		(5 * HZ)

static void tcmu_reclaim_workfn(struct work_struct *work);

static DEFINE_MUTEX(queues_lock);
static LIST_HEAD(queues);	/* under queues_lock */
static DECLARE_DELAYED_WORK(reclaim_work, tcmu_reclaim_workfn);
static atomic_long_t nr_pages = ATOMIC_LONG_INIT(0);
static unsigned int limit_mb = DEF_LIMIT_MB;
static struct shrinker *shrinker;
/* No work is started any more; it is not before the first queue either */
static bool stopped = true;

static long pages_over(void)
{
	long limit = (long)READ_ONCE(limit_mb) << (20 - PAGE_SHIFT);

	return atomic_long_read(&nr_pages) - limit;
}

/* Is there more in use than the limit allows? */
bool tcmu_reclaim_wanted(void)
{
	return pages_over() > 0;
}

/* What a device may ask for at the most */
u32 tcmu_reclaim_limit_mb(void)
{
	return READ_ONCE(limit_mb);
}

void tcmu_reclaim_kick(void)
{
	if (!READ_ONCE(stopped))
		schedule_delayed_work(&reclaim_work, 0);
}

void tcmu_reclaim_add_page(void)
{
	atomic_long_inc(&nr_pages);
	if (tcmu_reclaim_wanted())
		tcmu_reclaim_kick();
}

void tcmu_reclaim_sub_pages(long nr)
{
	atomic_long_sub(nr, &nr_pages);
}

void tcmu_reclaim_add_queue(struct tcmu_queue *q)
{
	mutex_lock(&queues_lock);
	list_add_tail(&q->node, &queues);
	WRITE_ONCE(stopped, false);
	mutex_unlock(&queues_lock);
}

void tcmu_reclaim_del_queue(struct tcmu_queue *q)
{
	mutex_lock(&queues_lock);
	list_del(&q->node);
	mutex_unlock(&queues_lock);
}

static void zap(struct tcmu_queue *q, u32 first, u32 nr)
{
	u64 blk_size = tcmu_blk_size(&q->geo);

	if (q->inode)
		unmap_mapping_range(q->inode->i_mapping,
				    q->geo.ring_bytes + first * blk_size,
				    nr * blk_size, 1);
}

/*
 * Free the pages of claimed blocks. A fault that found one of them has put it
 * into the page table before map_sem is had here, and is undone; a later one
 * does not find it.
 */
static long free_blocks_locked(struct tcmu_queue *q, u32 first, u32 nr)
{
	LIST_HEAD(victims);
	long count;

	lockdep_assert_held_write(&q->map_sem);
	count = tcmu_pages_take(q, (u64)first * q->geo.pages_per_blk,
				(u64)nr * q->geo.pages_per_blk, &victims);
	if (count)
		zap(q, first, nr);
	tcmu_pages_free(&victims, count);
	return count;
}

/* The free blocks among the neighbours that one word of the bitmap stands for */
static long reclaim_word_locked(struct tcmu_queue *q, u32 word)
{
	unsigned long mask, rest;
	long count = 0;
	u32 start, nr;

	spin_lock(&q->alloc_lock);
	mask = tcmu_area_claim_word(&q->blocks, word);
	spin_unlock(&q->alloc_lock);

	for (rest = mask; rest; rest &= ~(GENMASK(nr - 1, 0) << start)) {
		start = __ffs(rest);
		nr = ~(rest >> start) ? __ffs(~(rest >> start)) : BITS_PER_LONG;
		count += free_blocks_locked(q, word * BITS_PER_LONG + start,
					    nr);
	}
	tcmu_area_unclaim_word(&q->blocks, word, mask);
	return count;
}

static bool word_has_pages(struct tcmu_queue *q, u32 word)
{
	u64 per_word = (u64)BITS_PER_LONG * q->geo.pages_per_blk;

	return tcmu_pages_any(q, word * per_word, per_word);
}

/* From the top, since blocks are handed out from the bottom */
static void reclaim_queue(struct tcmu_queue *q)
{
	u32 word = tcmu_area_words(&q->blocks);

	tcmu_queue_drain(q);
	while (word-- && tcmu_reclaim_wanted()) {
		if (word_has_pages(q, word)) {
			down_write(&q->map_sem);
			reclaim_word_locked(q, word);
			up_write(&q->map_sem);
		}
		cond_resched();
	}
	/* somebody may have found too few blocks while they were claimed */
	tcmu_wait_kick(q);
}

static void tcmu_reclaim_workfn(struct work_struct *work)
{
	struct tcmu_queue *q;

	mutex_lock(&queues_lock);
	list_for_each_entry(q, &queues, node) {
		if (!tcmu_reclaim_wanted())
			break;
		reclaim_queue(q);
	}
	mutex_unlock(&queues_lock);

	if (tcmu_reclaim_wanted() && !READ_ONCE(stopped))
		schedule_delayed_work(&reclaim_work, RETRY_DELAY);
}

/* ---- the kernel is short of memory ------------------------------------------- */

/*
 * Whoever allocates memory may be sent here, with any lock held under which that is
 * done: all of ours are only tried. It goes on where the last one has stopped, since
 * it is called for a few pages at a time.
 */
static unsigned long shrink_queue(struct tcmu_queue *q, unsigned long want)
{
	u32 nr_words = tcmu_area_words(&q->blocks);
	unsigned long count = 0;
	u32 i, word;

	if (!atomic_long_read(&q->nr_pages) ||
	    !down_write_trylock(&q->map_sem))
		return 0;
	for (i = 0; i < nr_words && count < want; i++) {
		word = (q->shrink_from ?: nr_words) - 1;
		if (word_has_pages(q, word))
			count += reclaim_word_locked(q, word);
		q->shrink_from = word;
	}
	up_write(&q->map_sem);
	if (count)
		tcmu_wait_kick(q);
	return count;
}

/* Busy ones are counted, too: who of them is, is not worth finding out */
static unsigned long tcmu_shrinker_count(struct shrinker *shrink,
					 struct shrink_control *sc)
{
	return atomic_long_read(&nr_pages) ?: SHRINK_EMPTY;
}

/* Each queue at the most once, and another one first the next time */
static unsigned long tcmu_shrinker_scan(struct shrinker *shrink,
					struct shrink_control *sc)
{
	struct tcmu_queue *q, *first = NULL;
	unsigned long count = 0;

	if (!mutex_trylock(&queues_lock))
		return SHRINK_STOP;
	while (count < sc->nr_to_scan) {
		q = list_first_entry_or_null(&queues, struct tcmu_queue, node);
		if (!q || q == first)
			break;
		first = first ?: q;
		count += shrink_queue(q, sc->nr_to_scan - count);
		list_rotate_left(&queues);
	}
	mutex_unlock(&queues_lock);
	if (!count)
		return SHRINK_STOP;
	/* a word's blocks go together, and that may be more than was asked for */
	sc->nr_scanned = max(count, sc->nr_to_scan);
	/* or reclaim would not see it, and look for more in other places */
	mm_account_reclaimed_pages(count);
	return count;
}

int tcmu_reclaim_setup(void)
{
	shrinker = tcmu_shrinker_new("tcmu", tcmu_shrinker_count,
				     tcmu_shrinker_scan);
	return shrinker ? 0 : -ENOMEM;
}

/* No queue is left, and none can come */
void tcmu_reclaim_exit(void)
{
	/* whoever is writing the parameter comes first */
	kernel_param_lock(THIS_MODULE);
	WRITE_ONCE(stopped, true);
	kernel_param_unlock(THIS_MODULE);
	cancel_delayed_work_sync(&reclaim_work);
	tcmu_shrinker_free(shrinker);
	/* each queue has given back what it had: ours, if not */
	WARN_ON_ONCE(atomic_long_read(&nr_pages));
}

static int limit_set(const char *str, const struct kernel_param *kp)
{
	int mb;

	if (kstrtoint(str, 10, &mb) || mb <= 0 || mb > MAX_LIMIT_MB) {
		pr_err("global_max_data_area_mb: write 1 to %d (MiB)\n",
		       MAX_LIMIT_MB);
		return -EINVAL;
	}
	WRITE_ONCE(limit_mb, mb);
	if (tcmu_reclaim_wanted())
		tcmu_reclaim_kick();
	return 0;
}

static int limit_get(char *buf, const struct kernel_param *kp)
{
	return sprintf(buf, "%u\n", limit_mb);
}

static const struct kernel_param_ops limit_ops = {
	.set = limit_set,
	.get = limit_get,
};

module_param_cb(global_max_data_area_mb, &limit_ops, NULL, 0644);
MODULE_PARM_DESC(global_max_data_area_mb,
		 "Data pages of all devices, in MiB, above which free ones are taken back");
