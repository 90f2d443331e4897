#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tcmud: its handlers and filters under load, its errors, and its comings and goings.
# The group tcmud_bus has D-Bus and targetcli.
# timeout: 1800

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
	purge
	trap - EXIT
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
	ours || skip "the distribution's module has one queue"
	tcmud_up
	disk_on "$1" $MIB nr_queues=2
	[ -n "$(uio_named "tcmu-queue/${hba#user_}/${dev##*/}/1")" ] ||
		skip "this module has one queue"
	verify 4k --bsrange=4k-256k --numjobs=2 --size=8M --offset_increment=8M
}

verified_io_mode() {
	ours || skip "the distribution's module has no I/O mode"
	tcmud_up
	disk_on "$1" $MIB mode=io
	verify 4k --bsrange=4k-256k
}

# file_system CONFIG: what was copied there is there after it was mounted again
file_system() {
	[[ $1 != nbd/* ]] || nbd_up
	tcmud_up
	disk_on "$1"
	mkfs.ext4 -q "$disk"
	mkdir -p /mnt/tcmu
	mount "$disk" /mnt/tcmu
	head -c 4M /dev/urandom >"$run/bytes"
	cp "$run/bytes" /mnt/tcmu/
	umount /mnt/tcmu
	e2fsck -fn "$disk" >"$run/fsck.log" 2>&1 || fail "$(<"$run/fsck.log")"
	mount "$disk" /mnt/tcmu
	cmp "$run/bytes" /mnt/tcmu/bytes
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

discarded() {
	tcmud_up
	disk_on "file/$file?create=1"
	head -c 4M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=1M oflag=direct conv=fsync status=none
	[ "$(blocks "$file")" -ge 8192 ] || fail "the file has no blocks"
	blkdiscard "$disk"
	[ "$(blocks "$file")" -lt 1024 ] ||
		fail "the file still has $(blocks "$file") blocks"
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
	head -c 4M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=1M oflag=direct conv=fsync status=none
	[ "$(blocks "$file")" -ge 8192 ] || fail "the file has no blocks"
	blkdiscard "$disk"
	[ "$(blocks "$file")" -lt 1024 ] ||
		fail "the file still has $(blocks "$file") blocks"
	first_gone
}

# ---- filters -----------------------------------------------------------------------

milliseconds() {
	local begin=${EPOCHREALTIME/./}

	"$@"
	took=$(((${EPOCHREALTIME/./} - begin) / 1000))
}

read_one() {
	dd if="$disk" of=/dev/null bs=4k count=1 skip=64 iflag=direct status=none
}

write_one() {
	dd if=/dev/zero of="$disk" bs=4k count=1 seek=64 oflag=direct status=none
}

delayed() {
	tcmud_up
	disk_on "delay/write=700ms/ram/"
	milliseconds write_one
	[ "$took" -ge 700 ] || fail "a write takes $took ms"
	milliseconds read_one
	[ "$took" -lt 700 ] || fail "a read takes $took ms"
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

# ---- errors --------------------------------------------------------------------------

# refused_config CONFIG ERROR WHY: enable fails, and the log says it
refused_config() {
	tcmud_up
	lun_new "dev_config=$1,dev_size=$((MIB << 20))"
	if put "$dev/enable" 1 2>"$run/enable"; then
		fail "enable succeeds"
	fi
	matches "$(<"$run/enable")" "$2"
	has_said "$3" || fail "the log says: $(<"$log")"
	is "$(lun_uio)" "" "UIO device afterwards"
	# and the daemon is still there
	rmdir "$dev"
	disk_on "ram/"
	read_one
}

refused_small() {
	truncate -s 4096 "$file"
	refused_config "file/$file" "Invalid argument" \
		"has 4096 bytes, the device $((MIB << 20))"
}

refused_mounted() {
	tcmud_up
	second_disk "ram/"
	mkfs.ext4 -q "$second"
	mkdir -p /mnt/tcmu
	mount "$second" /mnt/tcmu
	lun_new "dev_config=file/$second,dev_size=$((MIB << 20))"
	! put "$dev/enable" 1 2>"$run/enable" || fail "enable succeeds"
	matches "$(<"$run/enable")" "Device or resource busy"
	has_said "is in use" || fail "the log says: $(<"$log")"
	umount /mnt/tcmu
	put "$dev/enable" 1
	first_gone
}

refused_size() {
	nbd_up
	tcmud_up
	lun_new "dev_config=nbd/$socket,dev_size=1048576"
	! put "$dev/enable" 1 2>/dev/null || fail "enable succeeds"
	has_said "make it with dev_size=$((MIB << 20))" || fail "$(<"$log")"
}

# Whose name no handler has
left_alone() {
	tcmud_up
	lun_new "dev_config=foreign/disk,dev_size=1048576"
	lun_enable
	disk_on "ram/"
	read_one
}

# ---- changes ---------------------------------------------------------------------------

disk_has() {
	echo 1 >"/sys/block/${disk#/dev/}/device/rescan"
	[ "$(blockdev --getsize64 "$disk")" = "$1" ]
}

grows() {
	tcmud_up
	disk_on "file/$file?create=1"
	echo $((MIB << 21)) >"$dev/attrib/dev_size"
	is "$(stat -c %s "$file")" $((MIB << 21)) "size of the file"
	wait_for 10 disk_has $((MIB << 21)) ||
		fail "the initiator sees $(blockdev --getsize64 "$disk")"
	dd if=/dev/zero of="$disk" bs=1M seek=$((2 * MIB - 1)) count=1 oflag=direct \
		status=none
}

shrinks_not() {
	tcmud_up
	disk_on "file/$file?create=1"
	! put "$dev/attrib/dev_size" $((MIB << 19)) 2>"$run/size" || fail "it shrinks"
	matches "$(<"$run/size")" "Invalid argument"
	has_said "say shrink=1" || fail "$(<"$log")"
}

changes_config() {
	tcmud_up
	disk_on "file/$file?create=1"
	verify_in_background
	put "$dev/attrib/dev_config" "file/$file?create=1&engine=threads"
	put "$dev/attrib/dev_config" "file/$file?create=1"
	if put "$dev/attrib/dev_config" "file//no/such/file" 2>"$run/refused"; then
		fail "a file that does not exist is taken"
	fi
	matches "$(<"$run/refused")" "No such file"
	wait "$fio" || fail "fio has not got through"
}

# ---- comings and goings -------------------------------------------------------------------

# restarted CONFIG SIGNAL...: each time it is killed by a signal, and started again
restarted() {
	local signal

	[[ $1 != nbd/* ]] || nbd_up
	tcmud_up
	disk_on "$1"
	shift
	verify_in_background
	for signal; do
		kill "-$signal" "$tcmud"
		wait_for 30 gone "$tcmud" || fail "tcmud does not end"
		tcmud_up
		served_on || fail "nothing is served by the new tcmud"
	done
	wait "$fio" || fail "fio has not got through"
}

restarted_later() {
	tcmud_up
	disk_on "file/$file?create=1"
	verify_in_background
	kill -KILL "$tcmud"
	nap 5
	tcmud_up
	wait "$fio" || fail "fio has not got through"
	is "$(<"$dev/action/block_dev")" unblocked "block_dev"
}

# What it was working on is answered before it ends
drains() {
	tcmud_up
	disk_on "delay/write=1500ms/file/$file?create=1"
	write_one &
	wait_for 10 in_flight || fail "no write is under way"
	milliseconds stop_daemon "$tcmud"
	[ "$took" -ge 500 ] || fail "tcmud ends within $took ms"
	wait $! || fail "the write has failed"
	tcmud_up
}

in_flight() {
	[ "$(awk '{ print $1 + $2 }' "/sys/block/${disk#/dev/}/inflight")" -gt 0 ]
}

ends_at_once_when_told_twice() {
	tcmud_up
	disk_on "delay/write=20s/ram/"
	write_one &
	wait_for 10 in_flight || fail "no write is under way"
	kill -TERM "$tcmud"
	nap 1
	kill -TERM "$tcmud"
	wait_for 3 gone "$tcmud" || fail "it waits for the command"
	tcmud_up
	wait $! || fail "the write has failed"
}

reloads() {
	local conf=$run/tcmud.conf

	echo "log-level = notice" >"$conf"
	tcmud_up --config="$conf" --log-file="$run/file.log"
	disk_on "file/$file?create=1"
	verify_in_background
	mv "$run/file.log" "$run/file.log.1"
	echo "log-level = debug" >"$conf"
	kill -HUP "$tcmud"
	wait_for 5 grep -q "settings read again" "$run/file.log" ||
		fail "it has not read its settings"
	echo "log-levle = debug" >"$conf"
	kill -HUP "$tcmud"
	wait_for 5 grep -q "tcmud.conf:1: there is no setting" "$run/file.log" ||
		fail "it does not tell of a mistake"
	wait "$fio" || fail "fio has not got through"
}

has_defaults() {
	echo "file.create = 1" >"$run/tcmud.conf"
	tcmud_up --config="$run/tcmud.conf"
	disk_on "file/$file"
	read_one
	is "$(stat -c %s "$file")" $((MIB << 20)) "size of the file"
}

# The server goes for a while, and its disk waits
nbd_restarted() {
	nbd_up
	tcmud_up
	disk_on "nbd/$socket"
	verify_in_background
	stop_daemon "$nbd"
	wait_for 10 has_said "is lost" || fail "nothing is noticed"
	nap 2
	nbd_serve
	wait "$fio" || fail "fio has not got through"
	has_said "is there again" || fail "$(<"$log")"
}

nbd_gone() {
	nbd_up
	tcmud_up
	disk_on "nbd/$socket?timeout=1s"
	stop_daemon "$nbd"
	sg_raw -r 512 "$(sg_of "$disk")" 28 00 00 00 02 00 00 00 01 00 \
		>"$run/sg_raw" 2>&1 || true
	matches "$(<"$run/sg_raw")" "Not Ready"
	nbd_serve
	wait_for 10 has_said "is there again" || fail "$(<"$log")"
	read_one
}

only_that_handler() {
	tcmud_up --handler=ram
	disk_on "ram/"
	read_one
	dev=$CORE/$hba/second
	lun_new "dev_config=file//no/such/file,dev_size=1048576"
	# it is nobody's, so that nobody refuses it
	lun_enable
}

# ---- the command line -----------------------------------------------------------------------

lists_handlers() {
	local text name

	tools_install
	text=$(tcmud --handlers)
	for name in file nbd null ram rbd delay error log readonly; do
		grep -q "^$name: " <<<"$text" || fail "no $name: $text"
		man_has "$name" || fail "$name is not in the manual page"
	done
	is "$(tcmud --handlers --json | jq -r '.[] | select(.kind == "filter") | .name' |
		xargs)" "delay error log readonly" "filters in JSON"
	for name in $(tcmud --handlers --json | jq -r '.[].options[].name'); do
		man_has "$name" || fail "option $name is not in the manual page"
	done
}

man_has() {
	grep -qwF -- "$1" /usr/share/man/man8/tcmud.8
}

checks() {
	tools_install
	truncate -s 1M "$file"
	tcmud --check "file/$file?direct=1"
	tcmud --check "delay/read=1ms/readonly//file/$file"
	! tcmud --check "file//no/such/file" 2>"$run/check" || fail "it is taken"
	matches "$(<"$run/check")" "No such file"
	! tcmud --check "file/$file?fast=1" 2>"$run/check" || fail "it is taken"
	matches "$(<"$run/check")" "file has no option 'fast'; there are: direct"
}

refuses_to_start() {
	module_load
	tools_install
	! tcmud --handler=nosuch 2>"$run/start" || fail "it starts"
	matches "$(<"$run/start")" "no handler 'nosuch'"
	! tcmud --config=/no/such/file 2>"$run/start" || fail "it starts"
	matches "$(<"$run/start")" "No such file"
	! tcmud --colour 2>/dev/null || fail "it takes any option"
	! tcmud daemon 2>/dev/null || fail "it takes any word"
	matches "$(tcmud --version)" '^tcmud [0-9]'
	matches "$(tcmud --help)" '--handlers'
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
claim "a file that is missing is refused" refused_config \
	"file//no/such/file" "No such file or directory" "/no/such/file: No such file"
claim "an option that there is not is refused" refused_config \
	"ram/?size=1" "Invalid argument" "ram has no option 'size'"
claim "a filter over nothing is refused" refused_config \
	"delay/read=1ms" "Invalid argument" "delay is a filter"
claim "an NBD server that is not there is refused" refused_config \
	"nbd//no/such/socket" "No such file or directory" "nbd: .*No such file"
claim "a file that is too small is refused" refused_small
claim "an NBD server's disk of another size is refused" refused_size
claim "a block device that is mounted is refused" refused_mounted
claim "a device of another daemon is left alone" left_alone
claim "a file grows with its disk" grows
claim "a disk does not shrink unless it may" shrinks_not
claim "another config is taken in the middle of I/O, or refused" changes_config
claim "I/O goes on over a tcmud that is killed three times" \
	restarted "file/$file?create=1" KILL KILL KILL
claim "I/O goes on over a tcmud that is ended and started again" \
	restarted "file/$file?create=1" TERM INT
claim "so it does on an NBD server's disk" restarted "nbd/$socket" KILL TERM
claim "so it does behind filters" \
	restarted "delay/all=2ms/file/$file?create=1" KILL TERM
claim "I/O waits for a tcmud that comes 5 seconds later" restarted_later
claim "a tcmud that is told to end answers what it is working on" drains
claim "... and ends at once when it is told twice" ends_at_once_when_told_twice
claim "SIGHUP reads settings and opens the log anew, in the middle of I/O" reloads
claim "tcmud.conf has defaults for options" has_defaults
claim "I/O waits for an NBD server that is started again" nbd_restarted
claim "without its NBD server a disk is not ready, and is again with it" nbd_gone
claim "a tcmud of one handler leaves the others' devices alone" only_that_handler
claim "--handlers lists all, and the manual page has them and their options" \
	lists_handlers
claim "--check tells whether a config is one" checks
claim "a tcmud that cannot start says why" refuses_to_start

run_claims "$@"
