/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between the kernels that this module is built for. Nothing else
 * asks for a version or a feature.
 */
#ifndef TCMU_COMPAT_H
#define TCMU_COMPAT_H

#include <linux/mm.h>

/*
 * The mapping has pages of its own behind it (MIXEDMAP: a fault may put several
 * into the page table), does not grow, and is not for core dumps.
 */
static inline void tcmu_vma_prepare(struct vm_area_struct *vma)
{
	vma->vm_flags |= VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTDUMP;
}

#endif /* TCMU_COMPAT_H */
