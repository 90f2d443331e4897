#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# probe.sh COMPILER FLAG...: what compat.h has to know of the kernel's headers, as
# a header on standard output. Compiled and not derived from the version: stable
# trees and vendors backport.

compiles() {
	"$@" -Werror -fsyntax-only -x c - 2>/dev/null
}

# Or what a broken set of flags says would be taken for an old kernel
if ! echo '#include <linux/mm.h>' | compiles "$@"; then
	echo "probe.sh: the kernel's own headers do not compile with: $*" >&2
	exit 1
fi

if compiles "$@" <<-END
	#include <linux/mm.h>
	void probe(struct vm_area_struct *vma);
	void probe(struct vm_area_struct *vma) { vm_flags_set(vma, VM_IO); }
	END
then
	echo "#define TCMU_HAVE_VM_FLAGS_SET 1"
fi

if compiles "$@" <<-END
	#include <linux/uio_driver.h>
	int probe(struct uio_info *info, struct vm_area_desc *desc);
	int probe(struct uio_info *info, struct vm_area_desc *desc)
	{
		return info->mmap_prepare(info, desc);
	}
	END
then
	echo "#define TCMU_HAVE_MMAP_PREPARE 1"
fi

if compiles "$@" <<-END
	#include <target/target_core_base.h>
	#include <target/target_core_backend.h>
	sense_reason_t probe(struct se_cmd *cmd, struct exec_cmd_ops *ops);
	sense_reason_t probe(struct se_cmd *cmd, struct exec_cmd_ops *ops)
	{
		return sbc_parse_cdb(cmd, ops);
	}
	END
then
	echo "#define TCMU_HAVE_EXEC_CMD_OPS 1"
fi

if compiles "$@" <<-END
	#include <linux/unaligned.h>
	END
then
	echo "#define TCMU_HAVE_LINUX_UNALIGNED 1"
fi

if compiles "$@" <<-END
	#include <linux/hrtimer.h>
	enum hrtimer_restart probe(struct hrtimer *timer);
	enum hrtimer_restart probe(struct hrtimer *timer)
	{
		hrtimer_setup(timer, probe, 0, 0);
		return 0;
	}
	END
then
	echo "#define TCMU_HAVE_HRTIMER_SETUP 1"
fi

if compiles "$@" <<-END
	#include <linux/shrinker.h>
	struct shrinker *probe(void);
	struct shrinker *probe(void) { return shrinker_alloc(0, "probe"); }
	END
then
	echo "#define TCMU_HAVE_SHRINKER_ALLOC 1"
fi

if compiles "$@" <<-END
	#include <linux/swap.h>
	void probe(void);
	void probe(void) { mm_account_reclaimed_pages(1); }
	END
then
	echo "#define TCMU_HAVE_ACCOUNT_RECLAIMED 1"
fi
