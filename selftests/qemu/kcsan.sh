#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kcsan.sh: a kernel that looks for data races, by kcsan.config, from Debian's
# linux-source; in the cache, keyed by these two. Prints the directory, which holds
# what one of kernel.sh does, and
#
#	arch		what ARCH= of the module's Makefile wants
#	machine		the options for QEMU that it needs
#
# The first time takes minutes of all processors, and 1 GB of the cache.
# -n says which options have no effect, and that is all.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$top/selftests/qemu/newer.sh"
. "$top/selftests/qemu/source.sh"
. "$top/selftests/qemu/own.sh"

series=6.1 arch=x86_64 gcc=12
options=("$top"/selftests/qemu/{tested,kcsan}.config)

source_get $series
[ "${1:-}" != -n ] || { own_check; exit; }
dir=$cache/kcsan/$series-$(own_key)
lock kcsan
if [ ! -e "$dir/suite" ]; then
	own_kernel kcsan bzImage modules
	ln -f "$dir/kdir/arch/x86/boot/bzImage" "$dir/vmlinuz"
	quietly "$build/guest/kcsan-install.log" \
		own_make -s INSTALL_MOD_PATH="$dir" modules_install
	# where there is no ACPI each socket is a processor
	echo "-smp 2,sockets=2,cores=1" >"$dir/machine"
	echo - >"$dir/suite"
fi
echo "$dir"
