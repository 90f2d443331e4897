#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# initrd.sh KERNEL_DIR: busybox, the modules that the guest needs, and its PID 1
# for a kernel of kernel.sh; in the cache, keyed by what it is made from. Prints
# its path.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

kernel=$1
release=$(cat "$kernel/release")
here=$(dirname "$0")

# Those of the first line make the root file system
modules=(
	virtio_pci virtio_blk squashfs overlay
	target_core_user target_core_mod target_core_file target_core_iblock
	target_core_pscsi tcm_loop iscsi_target_mod iscsi_tcp uio
	sd_mod sg sr_mod configfs loop ext4 xfs dm_mod nbd virtio_rng virtio_net
	crc32c_generic crc32c_intel libcrc32c nls_ascii dm_multipath
	brd null_blk ublk_drv
	dm_service_time scsi_dh_alua
)

paths() {
	local module

	for module in "${modules[@]}"; do
		modprobe -d "$1" -S "$release" --show-depends "$module" \
			2>/dev/null || [ -e "$kernel/arch" ] ||
			say "kernel $release has no $module"
	done | awk '$1 == "insmod" { print $2 }' | sort -u
}

fill() {
	local root=$1 deps=$2 path

	mkdir -p "$root"/{bin,dev,proc,sys,run,mnt,"lib/modules/$release"}
	cp "$(command -v busybox)" "$root/bin/busybox"
	install -m 755 "$here/init" "$root/init"
	paths "$deps" | while read -r path; do
		mkdir -p "$root$(dirname "${path#"$deps"}")"
		cp "$path" "$root${path#"$deps"}"
	done
	cp "$kernel/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} \
		"$root/lib/modules/$release/"
	depmod -b "$root" "$release"
}

make_initrd() {
	local tmp=$1

	# depmod writes where the modules are; leave the kernel as it came
	mkdir -p "$tmp/deps/lib/modules" "$tmp/root"
	cp -a "$kernel/lib/modules/$release" "$tmp/deps/lib/modules/"
	depmod -b "$tmp/deps" "$release"
	fill "$tmp/root" "$tmp/deps"
	(cd "$tmp/root" && find . | cpio -o -H newc | lz4 -l -c) >"$tmp/initrd"
}

key=$(cat "$0" "$here/init" "$kernel/release" | sha256sum | cut -c 1-16)
initrd=$cache/initrd/$(basename "$kernel")-$key
lock initrd
if [ ! -e "$initrd" ]; then
	say "building the guest's initrd for $release"
	mkdir -p "$cache/initrd"
	rm -rf "$cache"/initrd/tmp
	mkdir "$cache/initrd/tmp"
	quietly "$build/guest/initrd.log" make_initrd "$cache/initrd/tmp"
	mv "$cache/initrd/tmp/initrd" "$initrd"
	rm -rf "$cache/initrd/tmp"
fi
echo "$initrd"
