#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tcmud: which configs it takes, on its command line and as a device's, and how they
# change.
# timeout: 900

. "$(dirname "$0")/tcmud.sh"

TIMEOUT=150

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
	local uio

	lun_new "dev_config=foreign/disk,dev_size=1048576"
	lun_enable
	uio=$(lun_uio)
	tcmud_up
	! fuser "/dev/$uio" 2>/dev/null || fail "somebody has it open"
	dev=$CORE/$hba/second
	disk_on "ram/"
	read_one
}

refused_when_nobody_has_it() {
	tcmud_up --refuse
	lun_new "dev_config=foreign/disk,dev_size=1048576"
	! put "$dev/enable" 1 2>"$run/enable" || fail "enable succeeds"
	matches "$(<"$run/enable")" "No such file"
	has_said "no handler for the config 'foreign/disk'" || fail "$(<"$log")"
}

only_that_handler() {
	local uio

	truncate -s 1M "$file"
	lun_new "dev_config=file/$file,dev_size=1048576"
	lun_enable
	uio=$(lun_uio)
	tcmud_up --handler=ram
	! fuser "/dev/$uio" 2>/dev/null || fail "somebody has it open"
	dev=$CORE/$hba/second
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
	verify_in_background 16k
	put "$dev/attrib/dev_config" "file/$file?create=1&engine=threads"
	put "$dev/attrib/dev_config" "file/$file?create=1"
	if put "$dev/attrib/dev_config" "file//no/such/file" 2>"$run/refused"; then
		fail "a file that does not exist is taken"
	fi
	matches "$(<"$run/refused")" "No such file"
	wait "$fio" || fail "fio has not got through"
}

# ---- the command line -----------------------------------------------------------------------

has_defaults() {
	echo "file.create = 1" >"$run/tcmud.conf"
	tcmud_up --config="$run/tcmud.conf"
	disk_on "file/$file"
	read_one
	is "$(stat -c %s "$file")" $((MIB << 20)) "size of the file"
}

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
claim "a device of nobody's is refused with --refuse" refused_when_nobody_has_it
claim "a file grows with its disk" grows
claim "a disk does not shrink unless it may" shrinks_not
claim "another config is taken in the middle of I/O, or refused" changes_config
claim "tcmud.conf has defaults for options" has_defaults
claim "a tcmud of one handler leaves the others' devices alone" only_that_handler
claim "--handlers lists all, and the manual page has them and their options" \
	lists_handlers
claim "--check tells whether a config is one" checks
claim "a tcmud that cannot start says why" refuses_to_start

run_claims "$@"
