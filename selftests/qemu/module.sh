#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# module.sh KERNEL_DIR: build the module for a kernel of kernel.sh, beside the
# tree and not in it. A warning is an error. Prints the module's path.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

kernel=$1
release=$(cat "$kernel/release")
dir=$build/module-$release

lock_build module
mkdir -p "$dir"
rsync -a --delete --exclude '*.o' --exclude '.*' --exclude '*.ko' \
	--exclude '*.mod*' --exclude modules.order --exclude Module.symvers \
	"$top"/{Makefile,Kconfig,target_core_user.c,tcmu,include} "$dir/"
quietly "$dir.log" make -C "$dir" -j"$(nproc)" KDIR="$kernel/kdir" W=1 modules
if grep -q 'warning:' "$dir.log"; then
	cat "$dir.log" >&2
	die "the module builds with warnings"
fi
strip --strip-debug -o "$dir/stripped.tmp" "$dir/target_core_user.ko"
mv "$dir/stripped.tmp" "$dir/stripped.ko"
echo "$dir/stripped.ko"
