#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# image.sh: the guest's root file system, a squashfs in the cache, keyed by this
# script. Prints its path. The guest runs no systemd: PID 1 is ours.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

packages=(
	# the clients that the tests run
	targetcli-fb tcmu-runner qemu-utils open-iscsi libiscsi-bin sg3-utils fio
	# file systems and disks
	e2fsprogs xfsprogs lvm2 fdisk
	# what a guest without systemd needs, and what tests use
	dbus iproute2 kmod procps psmisc strace jq bc python3 libnl-genl-3-200
	less
)

make_root() {
	local root=$1 list

	list=$(IFS=,; echo "${packages[*]}")
	debootstrap --variant=minbase --include="$list" bookworm "$root" \
		"$(mirror)"
	rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* \
		"$root"/usr/share/doc "$root"/usr/share/man \
		"$root"/usr/share/locale "$root"/usr/share/info
	mkdir -p "$root"/t "$root"/mnt "$root"/etc/target
	echo tcmu >"$root/etc/hostname"
	echo "127.0.0.1 localhost tcmu" >"$root/etc/hosts"
}

key=$(sha256sum "$0" | cut -c 1-16)
image=$cache/image/root-$key.squashfs
lock image
if [ ! -e "$image" ]; then
	say "building the guest's root file system (about two minutes)"
	[ -n "$(mirror)" ] || quietly "$build/guest/apt.log" apt_update
	[ -n "$(mirror)" ] || die "this machine's apt has no Debian 12 source"
	rm -rf "$cache"/image/*.tmp
	mkdir -p "$cache/image/root.tmp"
	quietly "$build/guest/debootstrap.log" make_root "$cache/image/root.tmp"
	quietly "$build/guest/squashfs.log" mksquashfs "$cache/image/root.tmp" \
		"$image.tmp" -comp lz4 -noappend -no-progress
	rm -rf "$cache/image/root.tmp"
	mv "$image.tmp" "$image"
fi
echo "$image"
