#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel.sh [SERIES]: a Debian kernel, its modules and its headers, unpacked in
# the cache and not installed. Without an argument that of KERNEL=, or 6.1.
# Prints the directory, which holds
#
#	release		what uname -r says there
#	vmlinuz		the image
#	lib/modules	the modules
#	kdir		what KDIR= of the module's Makefile wants
#	gcc		the major version of the compiler
#	suite		where that compiler is
#
# The other scripts take one that is named by KERNEL_DIR= instead. Ends with
# status 77 when there is no way to get this kernel.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/newer.sh"

series=${1:-${KERNEL:-6.1}}
known="6.1 6.12 7.2"

# Where to ask for each, one after the other; '-' is the machine's own apt
case $series in
6.1) suites=(-) meta=amd64 ;;
6.12) suites=(- trixie) meta=6.12-amd64 ;;
7.2) suites=(forky sid) meta=amd64 ;;
*) die "no kernel $series; there are: $known" ;;
esac

lists() {
	if [ "$suite" != - ]; then
		newer_lists "$suite"
	else
		# a fresh machine may have none
		apt-cache policy "linux-image-$meta" 2>/dev/null |
			grep -q 'Candidate: [0-9]' || apt_update
	fi
}

depends() {
	in_suite apt-cache depends --important "$1" |
		awk -v want="$2" '$1 ~ /Depends:$/ && $2 ~ want { print $2 }'
}

# The packages that the meta-packages of a series stand for now
resolve() {
	image=$(depends "linux-image-$meta" "^linux-image-${series}[.+-]")
	headers=$(depends "linux-headers-$meta" "^linux-headers-${series}[.+-]")
	[ -n "$image" ] && [ -n "$headers" ] || return 1
	release=${image#linux-image-}
	version=$(candidate "$image")
	mapfile -t packages < <(
		echo "$image"
		# of late the image is split
		depends "$image" "^linux-(base|binary|modules)-$series"
		echo "$headers"
		depends "$headers" '^linux-(headers-.*-common|kbuild-.*)$'
	)
}

find_kernel() {
	mkdir -p "$build/guest"
	for suite in "${suites[@]}"; do
		lists >"$build/guest/apt.log" 2>&1 || continue
		! resolve || return 0
	done
	return 1
}

# Without set -e, for who asks whether it has succeeded
download() {
	local deb

	fetch "$1" "${packages[@]}" || return
	cd "$1" || return
	for deb in *.deb; do
		dpkg-deb -x "$deb" . || return
	done
	rm -f ./*.deb
}

unpack() {
	local tmp=$1

	[ -d "$tmp/lib/modules" ] || ln -s usr/lib "$tmp/lib"
	ln "$tmp/boot/vmlinuz-$release" "$tmp/vmlinuz" 2>/dev/null ||
		ln "$tmp/lib/modules/$release/vmlinuz" "$tmp/vmlinuz"
	# an absolute path, as if it were installed
	sed -i "s|/usr/src|$dir/usr/src|" "$tmp/usr/src/$headers/Makefile"
	ln -s "usr/src/$headers" "$tmp/kdir"
	sed -n 's/^CONFIG_GCC_VERSION=\([0-9]*\)0[0-9]0[0-9]$/\1/p' \
		"$tmp/kdir/.config" >"$tmp/gcc"
	echo "$suite" >"$tmp/suite"
	echo "$release" >"$tmp/release"
}

# newest: the one that the cache has, when nothing can be had from outside
newest() {
	local file

	for file in "$cache/kernel/$series".*/suite; do
		[ ! -e "$file" ] || echo "${file%/suite}"
	done | sort -V | tail -n 1
}

no_kernel() {
	dir=$(newest)
	if [ -z "$dir" ]; then
		say "cannot get kernel $series: $1"
		exit 77
	fi
	say "$1; taking what the cache has"
	echo "$dir"
	exit
}

find_kernel || no_kernel "no Debian source here has it"
dir=$cache/kernel/$release-$version
lock kernel
if [ ! -e "$dir/suite" ]; then
	say "downloading kernel $release ($version)"
	rm -rf "$dir" "$dir.tmp"
	mkdir -p "$dir.tmp"
	(download "$dir.tmp") >"$build/guest/kernel.log" 2>&1 ||
		no_kernel "the download failed, see $build/guest/kernel.log"
	unpack "$dir.tmp"
	mv "$dir.tmp" "$dir"
fi
echo "$dir"
