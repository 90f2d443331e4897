/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between the kernels that this module is built for. Nothing else
 * asks for a version or a feature. probes.h is what probe.sh has found.
 */
#ifndef TCMU_COMPAT_H
#define TCMU_COMPAT_H

#include "probes.h"

#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <target/target_core_backend.h>

#ifdef TCMU_HAVE_LINUX_UNALIGNED
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* What a backend does for the core's SBC emulation */
#ifndef TCMU_HAVE_EXEC_CMD_OPS
#define exec_cmd_ops		sbc_ops
#endif

#ifndef TCMU_HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*fn)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
}
#endif

#ifndef TCMU_HAVE_ACCOUNT_RECLAIMED
static inline void mm_account_reclaimed_pages(unsigned long pages)
{
	if (current->reclaim_state)
		current->reclaim_state->reclaimed_slab += pages;
}
#endif

/* To have an object again costs an allocation, and no I/O */
#define TCMU_SHRINKER_SEEKS	1
/*
 * Light pressure asks for a 4096th part at a time. With the default, 128, it would
 * get nothing at all from who has less than half a gigabyte.
 */
#define TCMU_SHRINKER_BATCH	1

typedef unsigned long (*tcmu_shrinker_fn)(struct shrinker *shrink,
					  struct shrink_control *sc);

#ifdef TCMU_HAVE_SHRINKER_ALLOC

static inline struct shrinker *tcmu_shrinker_new(const char *name,
						 tcmu_shrinker_fn count,
						 tcmu_shrinker_fn scan)
{
	struct shrinker *shrink = shrinker_alloc(0, "%s", name);

	if (!shrink)
		return NULL;
	shrink->seeks = TCMU_SHRINKER_SEEKS;
	shrink->batch = TCMU_SHRINKER_BATCH;
	shrink->count_objects = count;
	shrink->scan_objects = scan;
	shrinker_register(shrink);
	return shrink;
}

static inline void tcmu_shrinker_free(struct shrinker *shrink)
{
	shrinker_free(shrink);
}

#else /* !TCMU_HAVE_SHRINKER_ALLOC */

static inline struct shrinker *tcmu_shrinker_new(const char *name,
						 tcmu_shrinker_fn count,
						 tcmu_shrinker_fn scan)
{
	struct shrinker *shrink = kzalloc(sizeof(*shrink), GFP_KERNEL);

	if (!shrink)
		return NULL;
	shrink->seeks = TCMU_SHRINKER_SEEKS;
	shrink->batch = TCMU_SHRINKER_BATCH;
	shrink->count_objects = count;
	shrink->scan_objects = scan;
	if (register_shrinker(shrink, "%s", name)) {
		kfree(shrink);
		return NULL;
	}
	return shrink;
}

static inline void tcmu_shrinker_free(struct shrinker *shrink)
{
	unregister_shrinker(shrink);
	kfree(shrink);
}

#endif /* !TCMU_HAVE_SHRINKER_ALLOC */

/*
 * struct tcmu_mapping is what a UIO device's mmap hook is given: a mapping that
 * exists, or where the hook comes first, the plan of one. Both ways the mapping
 * has pages of its own behind it (MIXEDMAP: a fault may put several into the page
 * table), does not grow, and is not for core dumps.
 *
 * A reference for the mapping is taken by the open hook of its operations where
 * it exists, and where it does not by the mapped hook, which TCMU_VM_MAPPED puts
 * among them.
 */
#ifdef TCMU_HAVE_MMAP_PREPARE

#define tcmu_mapping		vm_area_desc
#define TCMU_UIO_MMAP		mmap_prepare
#define TCMU_VM_MAPPED(hook)	.mapped = (hook),

static inline unsigned long tcmu_mapping_pages(const struct tcmu_mapping *map)
{
	return vma_desc_pages(map);
}

static inline void tcmu_mapping_set(struct tcmu_mapping *map,
				    const struct vm_operations_struct *ops,
				    void *private)
{
	vma_desc_set_flags(map, VMA_MIXEDMAP_BIT, VMA_DONTEXPAND_BIT,
			   VMA_DONTDUMP_BIT);
	map->vm_ops = ops;
	map->private_data = private;
}

#else /* !TCMU_HAVE_MMAP_PREPARE */

#define tcmu_mapping		vm_area_struct
#define TCMU_UIO_MMAP		mmap
#define TCMU_VM_MAPPED(hook)

static inline unsigned long tcmu_mapping_pages(struct tcmu_mapping *map)
{
	return vma_pages(map);
}

static inline void tcmu_mapping_set(struct tcmu_mapping *map,
				    const struct vm_operations_struct *ops,
				    void *private)
{
	const vm_flags_t flags = VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTDUMP;

#ifdef TCMU_HAVE_VM_FLAGS_SET
	vm_flags_set(map, flags);
#else
	map->vm_flags |= flags;
#endif
	map->vm_ops = ops;
	map->vm_private_data = private;
	ops->open(map);
}

#endif /* !TCMU_HAVE_MMAP_PREPARE */

#endif /* TCMU_COMPAT_H */
