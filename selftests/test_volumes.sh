#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# File systems on a volume that is striped over several disks of ours, each with
# a daemon of its own. SOAK is how many seconds stress-ng has in all.
# timeout: 420

. "$(dirname "$0")/lib.sh"

SOAK=${SOAK:-86}
TIMEOUT=$((140 + SOAK))
DISKS=4
MIB=80
vg=tcmu

# There is no udev that would make nodes and answer LVM
lvm_config='activation { udev_sync=0 udev_rules=0 }
devices { obtain_device_list_from_udev=0 scan="/dev" global_filter=["a|/dev/sd.*|","r|.*|"] }
backup { backup=0 archive=0 }'

lv() {
	local tool=$1

	shift
	"$tool" --config "$lvm_config" "$@" 2>"$run/$tool.log" ||
		fail "$tool: $(cat "$run/$tool.log")"
}

# Sets $disks
disks_up() {
	local i disk

	module_load
	modprobe -q dm_mod || true
	disks=()
	for ((i = 0; i < DISKS; i++)); do
		dev=$CORE/$hba/disk$i
		lun_new "dev_config=raw//disk$i,dev_size=$((MIB << 20))"
		lun_enable
		daemon "$here/rawd" "$(lun_uio | tr -dc 0-9)" $MIB
		lun_link "$i"
		wait_for 20 loop_disk "$i" >/dev/null || fail "no disk $i"
		disk=$(loop_disk "$i")
		wait_for 20 disk_ready || fail "$disk has no size"
		disks+=("$disk")
	done
}

volume_up() {
	disks_up
	lv pvcreate -q "${disks[@]}"
	lv vgcreate -q $vg "${disks[@]}"
	lv lvcreate -q -W n -i $DISKS -I 64k -l 100%FREE -n stripe $vg
	lv vgmknodes
	volume=/dev/mapper/$vg-stripe
	[ -b "$volume" ] || fail "no $volume"
}

more_purge() {
	[ ! -e /dev/mapper/$vg-stripe ] || lv vgchange -q -an $vg
}

fill() {
	local i

	for i in $(seq 24); do
		head -c $((i * 70000)) /dev/urandom >"$1/file$i"
	done
	cp -r /etc "$1/etc"
	(cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum) \
		>"$run/sums"
}

# mounted MKFS: the volume, on $dir
mounted() {
	volume_up
	dir=/mnt/tcmu-volume
	mkdir -p $dir
	$1 "$volume" >"$run/mkfs.log" 2>&1 || fail "$(tail "$run/mkfs.log")"
	mount "$volume" $dir
}

checked() {
	umount "$dir"
	$1 "$volume" >"$run/fsck.log" 2>&1 || fail "$(tail "$run/fsck.log")"
}

# keeps_files MKFS FSCK: made, filled, unmounted, checked, and read again
keeps_files() {
	mounted "$1"
	fill $dir
	checked "$2"
	mount "$volume" $dir
	(cd $dir && sha256sum --quiet -c "$run/sums")
	umount "$dir"
}

# Those of its class that use the directory, one after the other, twice 43
stressed() {
	local seconds=$((SOAK / 86))

	mounted "$1"
	stress-ng --class filesystem --sequential 1 --verify \
		--exclude binderfs,bind-mount,procfs,eventfd,dup \
		--timeout $((seconds > 0 ? seconds : 1))s --temp-path $dir \
		--hdd-bytes 32M --iomix-bytes 16M >"$run/stress.log" 2>&1 ||
		fail "$(grep -v 'info: ' "$run/stress.log" | tail -n 30)"
	note "$(tail -n 1 "$run/stress.log")"
	checked "$2"
}

served_all() {
	local i

	volume_up
	dd if=/dev/zero of="$volume" bs=1M count=16 oflag=direct status=none
	for ((i = 0; i < DISKS; i++)); do
		is "$(<"$CORE/$hba/disk$i/statistics/scsi_lu/write_mbytes")" 4 \
			"MiB written to disk $i"
	done
}

claim "a stripe spreads its writes evenly over its disks" served_all
claim "ext4 on a stripe over four disks keeps its files" \
	keeps_files "mkfs.ext4 -q -F" "e2fsck -f -n"
claim "xfs on a stripe over four disks keeps its files" \
	keeps_files "mkfs.xfs -q -f" "xfs_repair -n"
claim "ext4 on it stands stress-ng's stressors of files" \
	stressed "mkfs.ext4 -q -F" "e2fsck -f -n"
claim "xfs on it stands stress-ng's stressors of files" \
	stressed "mkfs.xfs -q -f" "xfs_repair -n"

run_claims "$@"
