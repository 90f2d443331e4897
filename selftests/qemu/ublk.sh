#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# ublk.sh KERNEL_DIR: a server of ublk disks, kublk of the kernel's own selftests,
# for a kernel of kernel.sh. Built from Debian's source of that series, with its
# suite's liburing, which is younger than the machine's; in the cache, keyed by their
# versions. Prints its path, or nothing for a kernel that is older than kublk. Ends
# with status 77 when there is no way to get it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/newer.sh"

kernel=$1
series=$(cut -d. -f1,2 "$kernel/release")
suite=$(<"$kernel/suite")
source=linux-source-$series
key=$(sha256sum "$0" | cut -c 1-8)
logs=$build/guest

# Linux 6.15 is the first that has it
case $series in
6.? | 6.1[0-4]) exit 0 ;;
esac

find_packages() {
	[ "$suite" = - ] || newer_lists "$suite" || return
	source_version=$(candidate "$source")
	uring_version=$(candidate liburing-dev)
	[ -n "$source_version" ] && [ -n "$uring_version" ]
}

# Without set -e, for who asks whether it has succeeded
download() {
	local deb

	fetch "$1" "$source" liburing-dev linux-libc-dev || return
	for deb in liburing-dev linux-libc-dev; do
		dpkg-deb -x "$1/$deb"_*.deb "$1" || return
	done
	dpkg-deb --fsys-tarfile "$1/$source"_*.deb |
		tar -xO "./usr/src/$source.tar.xz" |
		tar -xJ -C "$1" --strip-components=1 \
			"$source/tools/testing/selftests/ublk"
}

# Static and at a fixed address, as our own daemon is
compile() {
	local dir=$1 sources

	mapfile -t sources < <(
		find "$dir/tools/testing/selftests/ublk" -name '*.c' \
			! -name metadata_size.c)
	gcc -O3 -D_GNU_SOURCE= -static -no-pie -isystem "$dir/usr/include" \
		-isystem "$dir/usr/include/x86_64-linux-gnu" \
		-o "$dir/kublk" "${sources[@]}" \
		"$dir/usr/lib/x86_64-linux-gnu/liburing.a" -pthread
}

# What the cache has will do when nothing can be had from outside
no_server() {
	server=$(find "$cache/ublk" -name "kublk-$series.*-$key" |
		sort -V | tail -n 1)
	if [ -z "$server" ]; then
		say "cannot get a server of ublk disks: $1"
		exit 77
	fi
	say "$1; taking what the cache has"
	echo "$server"
	exit
}

mkdir -p "$logs" "$cache/ublk"
find_packages >"$logs/apt.log" 2>&1 ||
	no_server "no Debian source here has its packages"
server=$cache/ublk/kublk-${source_version//:/-}-$uring_version-$key
lock ublk
if [ ! -e "$server" ]; then
	say "building a server of ublk disks of $source ($source_version)"
	tmp=$cache/ublk/tmp
	rm -rf "$tmp"
	mkdir -p "$tmp"
	(download "$tmp") >"$logs/ublk.log" 2>&1 ||
		no_server "the download failed, see $logs/ublk.log"
	quietly "$logs/ublk-build.log" compile "$tmp"
	mv "$tmp/kublk" "$server"
	rm -rf "$tmp"
fi
echo "$server"
