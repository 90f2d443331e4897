#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# module.sh KERNEL_DIR [planted]: build the module for a kernel of kernel.sh, beside
# the tree and not in it, or ../planted. A warning is an error. Prints its path.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

kernel=$1
release=$(cat "$kernel/release")
dir=$build/module-$release name=target_core_user
from=("$top"/{Makefile,Kconfig,target_core_user.c,tcmu,include})
if [ "${2:-}" = planted ]; then
	dir=$build/planted-$release name=planted
	from=("$top"/selftests/planted/*)
fi
# BTF wants the kernel's image with its types
goal=(make -C "$dir" "-j$(nproc)" KDIR="$kernel/kdir" W=1
	CONFIG_DEBUG_INFO_BTF_MODULES= modules)

# where the whole kernel cannot have UBSAN, the module can
[ ! -e "$kernel/arch" ] || goal+=(ARCH="$(<"$kernel/arch")"
	CC="gcc-$(<"$kernel/gcc")" UBSAN_SANITIZE=y)

# in_toolchain ROOT COMMAND...: the kernel and the module are at the same places
# there. The mounts are seen by nobody else where that can be had, which is not so
# in a chroot, and are taken away in any case.
in_toolchain() {
	local root=$1

	shift
	mkdir -p "$root$kernel" "$root$dir"
	# shellcheck disable=SC2016 # for the inner shell to expand
	unshare --mount --propagation unchanged bash -euc '
		root=$1 kernel=$2 dir=$3
		shift 3
		mount --make-rprivate / 2>/dev/null || true
		trap "umount -q \"$root$kernel\" \"$root$dir\" \"$root/proc\"" EXIT
		mount --bind "$kernel" "$root$kernel"
		mount --bind "$dir" "$root$dir"
		mount -t proc proc "$root/proc"
		chroot "$root" "$@"' in_toolchain "$root" "$kernel" "$dir" "$@"
}

toolchain=$("$(dirname "$0")/toolchain.sh" "$kernel")
lock_build module
mkdir -p "$dir"
rsync -a --delete --exclude '*.o' --exclude '.*' --exclude '*.ko' \
	--exclude '*.mod*' --exclude modules.order --exclude Module.symvers \
	--exclude probes.h \
	"${from[@]}" "$dir/"
if [ -n "$toolchain" ]; then
	goal=(in_toolchain "$toolchain" "${goal[@]}")
fi
quietly "$dir.log" "${goal[@]}"
if grep -q 'warning:' "$dir.log"; then
	cat "$dir.log" >&2
	die "the module builds with warnings"
fi
strip --strip-debug -o "$dir/stripped.tmp" "$dir/$name.ko"
mv "$dir/stripped.tmp" "$dir/stripped.ko"
echo "$dir/stripped.ko"
