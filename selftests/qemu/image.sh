#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# image.sh: the guest's root file system, a squashfs in the cache, keyed by this
# script. Prints its path. The guest runs no systemd: PID 1 is ours.
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

make_root() {
	local root=$1 list

	list=$(IFS=,; echo "${packages[*]}")
	debootstrap --variant=minbase --include="$list" bookworm "$root" \
		"$(mirror)"
	mkdir -p "$root"/t "$root"/mnt "$root"/etc/target
	echo tcmu >"$root/etc/hostname"
	echo "127.0.0.1 localhost tcmu" >"$root/etc/hosts"
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

root_image() {
	image=$cache/image/root-$key.squashfs
	[ ! -e "$image" ] || return 0
	say "building the guest's root file system (about two minutes)"
	[ -n "$(mirror)" ] || quietly "$build/guest/apt.log" apt_update
	[ -n "$(mirror)" ] || die "this machine's apt has no Debian 12 source"
	pack make_root
}

# What the cache has will do when nothing can be had from outside
newest_image() {
	local version=''

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

key=$(sha256sum "$0" | cut -c 1-16)
lock "image-$which"
case $which in
root) root_image ;;
newest) newest_image ;;
*) die "no image $which" ;;
esac
echo "$image"
