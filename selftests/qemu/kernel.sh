#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel.sh [SERIES]: a Debian kernel, its modules and its headers, unpacked in
# the cache and not installed. Prints the directory, which holds
#
#	release		what uname -r says there
#	vmlinuz		the image
#	lib/modules	the modules
#	kdir		what KDIR= of the module's Makefile wants
#
# The other scripts take one that is named by KERNEL= instead.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

series=${1:-6.1}

# The packages that the meta-package of a series stands for now
resolve() {
	case $series in
	6.1) image=linux-image-amd64 headers=linux-headers-amd64 ;;
	*) die "no kernel $series; known: 6.1" ;;
	esac
	image=$(depends "$image")
	headers=$(depends "$headers")
	if [ -z "$image" ] || [ -z "$headers" ]; then
		die "apt knows no kernel; run 'apt-get update'"
	fi
	version=$(apt-cache policy "$image" | awk '/Candidate:/ { print $2 }')
	release=${image#linux-image-}
}

depends() {
	apt-cache depends --no-recommends --no-suggests "$1" |
		awk '/Depends: linux-(image|headers)-[0-9]/ { print $2; exit }'
}

fetch() {
	apt-get download "$image" "$headers" "${headers%-amd64}-common" \
		"linux-kbuild-$series"
}

download() {
	cd "$1"
	# lists that are not of today may name what the mirror no longer has
	fetch || { apt_update && fetch; }
	for deb in *.deb; do
		dpkg-deb -x "$deb" .
	done
	rm -f ./*.deb
}

unpack() {
	local tmp=$1

	quietly "$build/guest/kernel.log" download "$tmp"
	# an absolute path, as if it were installed
	sed -i "s|/usr/src|$dir/usr/src|" "$tmp/usr/src/$headers/Makefile"
	[ -d "$tmp/lib/modules" ] || ln -s usr/lib "$tmp/lib"
	cp "$tmp/boot/vmlinuz-$release" "$tmp/vmlinuz"
	ln -s "usr/src/$headers" "$tmp/kdir"
	echo "$release" >"$tmp/release"
}

# apt-get download wants lists; a fresh machine may have none
apt-cache policy linux-image-amd64 2>/dev/null | grep -q 'Candidate: [0-9]' ||
	quietly "$build/guest/apt.log" apt_update
resolve
dir=$cache/kernel/$release-$version
lock kernel
if [ ! -e "$dir/release" ]; then
	say "downloading kernel $release ($version)"
	rm -rf "$dir" "$dir.tmp"
	mkdir -p "$dir.tmp"
	unpack "$dir.tmp"
	mv "$dir.tmp" "$dir"
fi
echo "$dir"
