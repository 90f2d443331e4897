#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tcmud: what its handlers and filters do with data. The groups tcmud_config,
# tcmud_life and tcmud_bus have the rest.
# timeout: 900

. "$(dirname "$0")/tcmud.sh"

TIMEOUT=150

# ---- data -----------------------------------------------------------------------

verified() {
	tcmud_up
	disk_on "$1"
	verify 4k --bsrange=4k-256k
}

verified_on_qcow2() {
	nbd_up
	tcmud_up
	disk_on "nbd/$socket?${1:-}"
	verify 4k --bsrange=4k-256k
	loop_remove
	luns_remove
	stop_daemon "$nbd"
	qemu-img check -q "$image" || fail "qemu-img finds the image damaged"
}

# A file system of our own, since the guest's root is in memory: no O_DIRECT there
verified_direct() {
	tcmud_up
	second_disk "ram/"
	mkfs.ext4 -q "$second"
	mkdir -p /mnt/tcmu
	mount "$second" /mnt/tcmu
	disk_on "file//mnt/tcmu/disk.img?create=1&direct=1" $((MIB / 2))
	verify 4k --bsrange=4k-256k
	first_gone
}

verified_block_device() {
	tcmud_up
	second_disk "ram/"
	disk_on "file/$second?direct=1"
	verify 4k --bsrange=4k-256k
	first_gone
}

verified_many_queues() {
	module_load
	ours || skip "the distribution's module has one queue"
	tcmud_up
	disk_on "$1" $MIB nr_queues=2
	[ -n "$(uio_named "tcmu-queue/${hba#user_}/${dev##*/}/1")" ] ||
		fail "it has one queue"
	verify 4k --bsrange=4k-256k --numjobs=2 --size=8M --offset_increment=8M
}

verified_io_mode() {
	module_load
	ours || skip "the distribution's module has no I/O mode"
	tcmud_up
	disk_on "$1" $MIB mode=io
	verify 4k --bsrange=4k-256k
}

file_system() {
	[[ $1 != nbd/* ]] || nbd_up
	tcmud_up
	disk_on "$1"
	files_survive
}

null_reads_zeroes() {
	tcmud_up
	disk_on "null/"
	head -c 1M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=64k oflag=direct status=none
	head -c 1M /dev/zero >"$run/zeroes"
	dd if="$disk" of="$run/read" bs=64k count=16 iflag=direct status=none
	cmp "$run/read" "$run/zeroes"
}

# ---- discarding -------------------------------------------------------------------

blocks() {
	stat -c %b "$1"
}

# what was written has blocks in the file, until it is discarded
blocks_go() {
	head -c 4M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=1M oflag=direct conv=fsync status=none
	[ "$(blocks "$file")" -ge 8192 ] || fail "the file has no blocks"
	blkdiscard "$disk"
	[ "$(blocks "$file")" -lt 1024 ] ||
		fail "the file still has $(blocks "$file") blocks"
}

discarded() {
	tcmud_up
	disk_on "file/$file?create=1"
	blocks_go
	head -c 4M /dev/zero | cmp -n 4194304 - "$file"
}

discarded_in_part() {
	tcmud_up
	disk_on "$1"
	head -c 1M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=1M oflag=direct status=none
	blkdiscard -z -o 65536 -l 131072 "$disk"
	dd if=/dev/zero of="$run/bytes" bs=64k seek=1 count=2 conv=notrunc status=none
	dd if="$disk" of="$run/read" bs=1M count=1 iflag=direct status=none
	cmp "$run/read" "$run/bytes"
}

trimmed() {
	tcmud_up
	disk_on "file/$file?create=1"
	mkfs.ext4 -q "$disk"
	mkdir -p /mnt/tcmu
	mount "$disk" /mnt/tcmu
	head -c 8M /dev/urandom >/mnt/tcmu/bytes
	sync
	[ "$(blocks "$file")" -ge 16384 ] || fail "the file has no blocks"
	rm /mnt/tcmu/bytes
	sync
	fstrim /mnt/tcmu
	[ "$(blocks "$file")" -lt 16384 ] ||
		fail "the file still has $(blocks "$file") blocks"
}

discards_reach_the_block_device() {
	tcmud_up
	second_disk "file/$file?create=1"
	disk_on "file/$second"
	blocks_go
	first_gone
}

# ---- filters -----------------------------------------------------------------------

delayed() {
	tcmud_up
	disk_on "delay/write=3s/ram/"
	milliseconds write_one
	[ "$took" -ge 3000 ] || fail "a write takes $took ms"
	milliseconds read_one
	[ "$took" -lt 3000 ] || fail "a read takes $took ms"
}

failing() {
	tcmud_up
	disk_on "error/op=write&from=256k&to=260k/ram/"
	read_one
	! write_one 2>"$run/dd" || fail "it can be written to"
	grep -q "Input/output error" "$run/dd" || fail "$(<"$run/dd")"
}

# READ (10) of the block that fails
sense_is() {
	tcmud_up
	disk_on "error/op=read&from=256k&to=260k&$1/ram/"
	sg_raw -r 512 "$(sg_of "$disk")" 28 00 00 00 02 00 00 00 01 00 \
		>"$run/sg_raw" 2>&1 || true
	matches "$(<"$run/sg_raw")" "$2"
}

logged() {
	tcmud_up
	disk_on "log/op=write/ram/"
	write_one
	wait_for 5 has_said "log: write off=262144 len=4096" || fail "nothing is logged"
	! has_said "log: read off" || fail "reads are logged"
	purge
	trap - EXIT
	has_said "log: write: [0-9]* requests, " || fail "there is no sum"
}

write_protected() {
	truncate -s ${MIB}M "$file"
	chmod 400 "$file"
	tcmud_up
	disk_on "readonly//file/$file"
	is "$(blockdev --getro "$disk")" 1 "blockdev --getro"
	read_one
	! write_one 2>/dev/null || fail "it can be written to"
	matches "$(sg_raw "$(sg_of "$disk")" 35 00 00 00 00 00 00 00 00 00 2>&1)" Good
}

for options in '' '&sync=1' '&engine=threads' '&depth=1'; do
	claim "fio verifies a file${options:+ with $options}" \
		verified "file/$file?create=1$options"
done
claim "fio verifies a file by direct=1" verified_direct
claim "fio verifies a block device by direct=1" verified_block_device
claim "fio verifies memory" verified ram/
claim "fio verifies a qcow2 image of an NBD server" verified_on_qcow2
claim "fio verifies one over several connections" verified_on_qcow2 connections=4
claim "fio verifies a disk with filters" verified \
	"delay/read=1ms&jitter=1ms/log/limit=5/file/$file?create=1"
claim "fio verifies a file over two queues" verified_many_queues "file/$file?create=1"
claim "fio verifies memory over two queues" verified_many_queues ram/
claim "fio verifies a file in I/O mode" verified_io_mode "file/$file?create=1"
claim "null reads zeroes" null_reads_zeroes
claim "a file system on a file is sound" file_system "file/$file?create=1"
claim "a file system on an NBD server's disk is sound" file_system "nbd/$socket"
claim "a file system behind filters is sound" file_system "delay/all=1ms/log//ram/"
claim "discarding all of a disk gives its file's blocks back" discarded
for config in "file/$file?create=1" "file/$file?create=1&engine=threads" ram/; do
	claim "what is zeroed of ${config%%/*} is zero, and nothing else: $config" \
		discarded_in_part "$config"
done
claim "fstrim gives a file's blocks back" trimmed
claim "discards are passed on to a block device" discards_reach_the_block_device
claim "delay holds up what it is to" delayed
claim "error lets writes fail where it is to" failing
claim "an errno of the filter error is sense data" sense_is errno=EIO "Medium Error"
claim "an errno of a lost connection is NOT READY" sense_is errno=ENOTCONN "Not Ready"
claim "sense data of the filter error arrives" sense_is sense=4.3e.01 "Hardware Error"
claim "log tells of requests, and of their sum" logged
claim "readonly makes a disk that is write protected, of a file that is" \
	write_protected

run_claims "$@"
