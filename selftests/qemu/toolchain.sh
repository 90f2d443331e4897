#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# toolchain.sh KERNEL_DIR: a root file system with the compiler that a kernel of
# kernel.sh was built by, where this machine has none; in the cache. Prints its
# path, or nothing if the machine's own compiler will do. Ends with status 77 when
# there is no way to get it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

kernel=$1
gcc=gcc-$(cat "$kernel/gcc")
suite=$(cat "$kernel/suite")

[ "$suite" != - ] || exit 0

make_toolchain() {
	# by the rules for sid, since this debootstrap is older than the suite
	debootstrap --variant=minbase \
		--include="$gcc,make,libelf1t64,pahole" "$suite" "$1" \
		"$(mirror)" /usr/share/debootstrap/scripts/sid || return
	rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/* \
		"$1"/usr/share/doc "$1"/usr/share/man "$1"/usr/share/locale
}

key=$(sha256sum "$0" | cut -c 1-8)
dir=$cache/toolchain/$gcc-$suite-$key
lock toolchain
if [ ! -e "$dir" ]; then
	say "installing $gcc of $suite (about a minute)"
	mkdir -p "$cache/toolchain"
	rm -rf "$cache"/toolchain/*.tmp
	mkdir -p "$build/guest"
	if ! make_toolchain "$dir.tmp" >"$build/guest/toolchain.log" 2>&1; then
		say "cannot get $gcc, see $build/guest/toolchain.log"
		exit 77
	fi
	mv "$dir.tmp" "$dir"
fi
echo "$dir"
