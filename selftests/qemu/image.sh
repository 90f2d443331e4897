#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# image.sh: the guest's root file system, a squashfs in the cache, keyed by what
# it is made of. Prints its path. The guest runs no systemd: PID 1 is ours.
#
# image.sh deb | ceph: the same with more in it, for tests that boot one of their
# own: what DKMS needs for the kernel of KERNEL_DIR=; Ceph's tools, and multipath.
#
# image.sh newest: the clients of Debian's next release, for a chroot of the guest;
# keyed by their version, too. Ends with status 77 when it cannot be had.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/newer.sh"

which=${1:-root}
newest_suite=forky
newest_packages=(targetcli-fb tcmu-runner dbus python3 kmod)
packages=(
	# the clients that the tests run
	targetcli-fb tcmu-runner qemu-utils open-iscsi libiscsi-bin sg3-utils fio
	stress-ng
	# file systems and disks
	e2fsprogs xfsprogs lvm2 fdisk
	# what our own tools are linked with
	libjson-c5 libnbd0 librbd1 libsystemd0 liburing2
	# what a guest without systemd needs, and what tests use
	dbus iproute2 kmod procps psmisc strace jq bc python3 libnl-genl-3-200
	less
)

more_deb=(dkms gcc make libc6-dev pkg-config libnl-genl-3-dev)
# what provides python3-cffi-backend-api-* debootstrap does not find
more_ceph=(ceph-common python3-cffi-backend multipath-tools udev)

make_root() {
	local root=$1 list

	list=$(IFS=,; echo "${packages[*]}")
	debootstrap --variant=minbase --include="$list" bookworm "$root" \
		"$(mirror)"
	mkdir -p "$root"/t "$root"/mnt "$root"/etc/target
	echo tcmu >"$root/etc/hostname"
	echo "127.0.0.1 localhost tcmu" >"$root/etc/hosts"
}

# The headers as their packages would have put them
make_deb() {
	local root=$1 kdir=${KERNEL_DIR:?} release headers

	make_root "$root"
	release=$(cat "$kdir/release")
	headers=$(basename "$(readlink "$kdir/kdir")")
	mkdir -p "$root/lib/modules/$release"
	ln -s "/usr/src/$headers" "$root/lib/modules/$release/build"
	cp -a "$kdir/usr/src" "$kdir"/usr/lib/linux-kbuild-* "$root/usr/"
	mv "$root"/usr/linux-kbuild-* "$root/usr/lib/"
	sed -i "s|$kdir/usr/src|/usr/src|" "$root/usr/src/$headers/Makefile"
}

make_newest() {
	local list

	list=$(IFS=,; echo "${newest_packages[*]}")
	# by the rules for sid, since this debootstrap is older than the suite
	debootstrap --variant=minbase --include="$list" $newest_suite "$1" \
		"$(mirror)" /usr/share/debootstrap/scripts/sid
}

# pack MAKER: its directory becomes $image
pack() {
	local tmp=$cache/image/$which.tmp

	rm -rf "$tmp" "$image.tmp"
	mkdir -p "$tmp"
	quietly "$build/guest/debootstrap-$which.log" "$1" "$tmp"
	rm -rf "$tmp"/var/cache/apt/archives/*.deb "$tmp"/var/lib/apt/lists/* \
		"$tmp"/usr/share/{doc,man,locale,info}
	quietly "$build/guest/squashfs.log" mksquashfs "$tmp" "$image.tmp" \
		-comp lz4 -noappend -no-progress
	rm -rf "$tmp"
	mv "$image.tmp" "$image"
}

# root_image MAKER
root_image() {
	image=$cache/image/$which-$(key "$1").squashfs
	[ ! -e "$image" ] || return 0
	say "building a root file system for the guest, $which (about two minutes)"
	[ -n "$(mirror)" ] || quietly "$build/guest/apt.log" apt_update
	[ -n "$(mirror)" ] || die "this machine's apt has no Debian 12 source"
	pack "$1"
}

# key MAKER: of what an image is made of, and how
key() {
	{
		declare -f pack make_root "$1"
		case $1 in
		make_newest) declare -p newest_packages ;;
		*) declare -p packages ;;
		esac
		[ "$1" != make_deb ] || basename "${KERNEL_DIR:?}"
	} | sha256sum | cut -c 1-16
}

# What the cache has will do when nothing can be had from outside
newest_image() {
	local version='' key

	key=$(key make_newest)
	mkdir -p "$build/guest"
	if newer_lists $newest_suite >"$build/guest/apt.log" 2>&1; then
		version=$(newer $newest_suite apt-cache policy targetcli-fb |
			awk '/Candidate:/ { print $2 }')
	fi
	image=$cache/image/newest-${version//:/-}-$key.squashfs
	if [ -z "$version" ]; then
		image=$(find "$cache/image" -name "newest-*-$key.squashfs" |
			sort -V | tail -n 1)
		[ -n "$image" ] || { say "no Debian $newest_suite to be had"; exit 77; }
	fi
	[ ! -e "$image" ] || return 0
	say "building a root file system with targetcli $version (two minutes)"
	(pack make_newest) || exit 77
}

lock "image-$which"
case $which in
root) root_image make_root ;;
deb)
	packages+=("${more_deb[@]}")
	root_image make_deb ;;
ceph)
	packages+=("${more_ceph[@]}")
	root_image make_root ;;
newest) newest_image ;;
*) die "no image $which" ;;
esac
echo "$image"
