#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel.sh: a user mode Linux with sanitizers, by debug.config and debug-SERIES.config,
# from Debian's linux-source of the series: 6.1, or that of KERNEL=debug-SERIES; in the
# cache, keyed by these. Prints the directory, which holds
#
#	linux		the kernel, a program
#	release		what uname -r says there
#	kdir		what KDIR= of the module's Makefile wants, with ARCH=
#	arch		that ARCH
#	gcc, suite	as of ../qemu/kernel.sh
#
# The first time takes minutes of all processors, and 1 GB of the cache.
# -n says which options have no effect, and that is all.
set -euo pipefail
. "$(dirname "$0")/../qemu/lib.sh"
. "$top/selftests/qemu/newer.sh"
. "$top/selftests/qemu/source.sh"
. "$top/selftests/qemu/own.sh"

series=${KERNEL:-debug}
[ "$series" != debug ] || series=debug-6.1
series=${series#debug-} arch=um gcc=12
options=("$top"/selftests/{qemu/tested,uml/debug}.config)
extra=$top/selftests/uml/debug-$series.config
[ ! -e "$extra" ] || options+=("$extra")

source_get "$series"
[ "${1:-}" != -n ] || { own_check; exit; }
dir=$cache/uml/$series-$(own_key)
lock uml
if [ ! -e "$dir/suite" ]; then
	own_kernel debug linux modules
	ln -f "$dir/kdir/linux" "$dir/linux"
	# the machine's own compiler
	echo - >"$dir/suite"
fi
echo "$dir"
