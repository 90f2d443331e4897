#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tcmuctl create: what it writes where, and that all of it is taken back.
. "$(dirname "$0")/lib.sh"

creates() {
	is "$(make_dev)" 0/disk
	is "$(dev_file attrib/dev_config)" ram/
	is "$(dev_file attrib/dev_size)" 67108864
	is "$(dev_file enable)" 1
	is "$(dev_file wwn/vpd_unit_serial)" \
		"T10 VPD Unit Serial Number: 6dd52171-83e2-43a1-9f82-ae8b1a3a7e8b"
}

prints_node() {
	local out

	out=$(make_dev --loop 2>"$tmp/err")
	is "$out" /dev/sda
	is "$(cat "$tmp/err")" ""
	is "$(readlink "$loop"/naa.5001405?????????/tpgt_1/lun/lun_0/tcmuctl)" \
		"$core/user_0/disk"
	grep -q '^naa\.5001405' "$loop"/naa.*/tpgt_1/nexus
}

loop_by_name() {
	make_dev --loop=naa.5001405000000001
	is "$(make_dev --name other --loop=naa.5001405000000001)" /dev/sdb
	is "$(ls "$loop")" naa.5001405000000001
	[ -L "$loop/naa.5001405000000001/tpgt_1/lun/lun_1/tcmuctl" ]
}

json() {
	make_dev --loop --json >"$tmp/out"
	is "$(jq -r .device "$tmp/out")" 0/disk
	is "$(jq -r '.luns[0].disk' "$tmp/out")" /dev/sda
	is "$(jq -r .served_by.pid "$tmp/out")" 77
	is "$(jq -r .size "$tmp/out")" 67108864
}

settings() {
	make_dev --block-size 4K --max-data-area 64 --ring-size 2M \
		--set cmd_time_out=5 --set emulate_write_cache=1
	is "$(dev_file attrib/hw_block_size)" 4096
	is "$(dev_file attrib/max_data_area_mb)" 64
	is "$(dev_file attrib/cmd_ring_size_mb)" 2
	is "$(dev_file attrib/cmd_time_out)" 5
	is "$(dev_file attrib/emulate_write_cache)" 1
}

mode_io() {
	make_dev --mode io
	is "$(dev_file attrib/mode)" io
}

no_mode_in_dist() {
	FAKE_DIST=1 refused 1 "no I/O mode" create ram --size 1M --mode io
	nothing_left
}

few_queues() {
	FAKE_SERVER=77 refused 1 "made 1 of 4 queues" create ram --size 1M \
		--queues 4
	nothing_left
}

hosts() {
	mkdir -p "$core/fileio_0" "$core/iblock_1"
	make_dev
	[ -d "$core/user_2/disk" ]
	is "$(make_dev --name b --host 2)" 2/b
	is "$(make_dev --name c --host 7)" 7/c
	refused 1 "there is a device 7/c already" create ram --size 1M \
		--name c --host 7
	[ -d "$core/user_7/c" ]
}

# ---- files ---------------------------------------------------------------------

new_file() {
	FAKE_SERVER=77 ctl create file /var/tmp/disk.img --size 1G >"$tmp/out" \
		2>"$tmp/err"
	is "$(cat "$tmp/out")" 0/disk.img
	grep -q "/var/tmp/disk.img is a new file of 1G, sparse" "$tmp/err"
	is "$(stat -c '%s %b %a' "$tmp/var/tmp/disk.img")" "1073741824 0 600"
	is "$(dev_file attrib/dev_config disk.img)" file//var/tmp/disk.img
}

old_file() {
	truncate -s 1000000 "$tmp/var/tmp/x"
	ctl create file '/var/tmp/x?direct=1'
	is "$(dev_file attrib/dev_size x)" 999936
	is "$(dev_file attrib/dev_config x)" 'file//var/tmp/x?direct=1'
	is "$(stat -c %s "$tmp/var/tmp/x")" 1000000
}

small_file() {
	truncate -s 1M "$tmp/var/tmp/x"
	refused 1 "less than --size" create file /var/tmp/x --size 2M
	refused 1 "neither a file nor" create file /var/tmp --size 2M
	nothing_left
	is "$(stat -c %s "$tmp/var/tmp/x")" 1048576
}

relative_file() {
	# the root stands before it, as before all paths
	mkdir -p "$tmp$tmp/a?b"
	mkdir -p "$tmp/a?b"
	cd "$tmp/a?b"
	ctl create file 'x y' --size 1M
	is "$(dev_file attrib/dev_config x_y)" "file/$tmp/a%3Fb/x%20y"
	[ -e "$tmp$tmp/a?b/x y" ]
}

escaped_file() {
	ctl create file '/var/tmp/a%3ab' --size 1M
	[ -e "$tmp/var/tmp/a:b" ]
	refused 2 "'%zz' is no escape" create file /var/tmp/%zz --size 1M
	refused 2 "is no escape" create file /var/tmp/%00 --size 1M
	refused 2 "is no escape" create file /var/tmp/% --size 1M
}

file_in_use() {
	ctl create file /var/tmp/x --size 1M
	ln -s x "$tmp/var/tmp/y"
	refused 1 "/var/tmp/x is what 0/x is stored in" create file /var/tmp/x
	refused 1 "/var/tmp/y is what 0/x is stored in" create file \
		'/var/tmp/y?direct=1'
	is "$(ls "$core")" user_0
	is "$(ctl create file '/var/tmp/x?shared=1')" 1/x-2
}

file_taken_back() {
	FAKE_FAIL=enable=2 refused 1 "no daemon serves handler 'file'" \
		create file /var/tmp/x --size 1M
	[ ! -e "$tmp/var/tmp/x" ]
	nothing_left
}

file_needs() {
	refused 2 "needs the path" create file --size 1M
	refused 2 "there is no --size" create file /var/tmp/x
	[ ! -e "$tmp/var/tmp/x" ]
}

# ---- going wrong -----------------------------------------------------------------

# errno NUMBER TEXT: of enable
errno() {
	FAKE_FAIL=enable=$1 refused 1 "$2" create qcow /x --size 1M
	nothing_left
}

# step NAME: each step's failure takes back those before it
step() {
	FAKE_SERVER=77 FAKE_FAIL=$1=5 refused 1 "Input/output error" create ram \
		--size 1M --name disk --loop=naa.5001405000000001 \
		--set cmd_time_out=4
	nothing_left
}

no_disk() {
	FAKE_SERVER=77 FAKE_NO_DISK=1 refused 1 "no disk appeared at 2:0:1:0" \
		create ram --size 1M --loop --wait 0.2
	nothing_left
}

no_server() {
	refused 1 "was not opened within 0.2 s. Is tcmud running?" create ram \
		--size 1M --loop --wait 0.2
	refused 1 "Is the program that does running?" create qcow /x \
		--size 1M --loop --wait 0.2
	nothing_left
}

nobody_serves() {
	is "$(ctl create ram --size 1M 2>"$tmp/err")" 0/ram
	grep -q "nobody serves 0/ram yet" "$tmp/err"
}

not_removed() {
	FAKE_FAIL="enable=2 rm:disk=16" refused 1 "user_0/disk stays: Device or" \
		create ram --size 1M --name disk
}

# Wait for FILE, then send SIGNAL to PID
signal_when() {
	local end=$((SECONDS + 20))

	until [ -e "$1" ]; do
		[ "$SECONDS" -lt "$end" ] || return
		sleep 0.05
	done
	kill "-$2" "$3"
}

interrupted() {
	local status=0 pid

	FAKE_SLOW=60 "$TCMUCTL" --root "$tmp" create ram --size 1M --name disk \
		2>"$tmp/err" &
	pid=$!
	signal_when "$tmp/sys/class/uio/uio0/name" "$1" "$pid"
	wait "$pid" || status=$?
	cat "$tmp/err"
	is "$status" 1
	grep -q interrupted "$tmp/err"
	nothing_left
}

progress() {
	FAKE_SLOW=2.5 make_dev --progress 2>"$tmp/err"
	cat "$tmp/err"
	is "$(grep -c "no daemon with handler 'ram' has answered yet, [0-9]* s$" \
		"$tmp/err")" 2
	FAKE_SLOW=1.5 make_dev --name other 2>"$tmp/err"
	is "$(cat "$tmp/err")" ""
}

no_module() {
	rm -r "$tmp/sys/module/target_core_user"
	refused 1 "modprobe target_core_user" create ram --size 1M
	mkdir "$tmp/sys/module/target_core_user"
	rmdir "$core"
	refused 1 "is configfs mounted?" create ram --size 1M
}

# wrong TEXT ARGUMENT...: of create, before anything is done
wrong() {
	local text=$1

	shift
	refused 2 "$text" create "$@"
	nothing_left
}

claim "a device is made, set up and enabled" creates
claim "--loop prints the disk's node and nothing else" prints_node
claim "--loop=WWN adds a LUN to a target that exists" loop_by_name
claim "--json prints the whole device" json
claim "options go to control and attrib" settings
claim "--mode io is I/O mode" mode_io
claim "the distribution's driver has no I/O mode" no_mode_in_dist
claim "a driver that makes fewer queues is an error" few_queues
claim "a new host has a number that no backend has" hosts
claim "a file that does not exist is made, sparse, for root" new_file
claim "a file that exists gives its size" old_file
claim "a file that is too small, or no file, is refused" small_file
claim "a relative path becomes one from the root" relative_file
claim "escapes in a path are read" escaped_file
claim "a file that another device has is refused, but for shared=1" file_in_use
claim "a file that was made is removed when the device is refused" \
	file_taken_back
claim "handler file needs a path, and a size for a new file" file_needs
claim "ENOENT: nobody serves the handler" errno 2 \
	"no daemon serves handler 'qcow', or it refused: see its log"
claim "EAGAIN: events are blocked" errno 11 block_netlink
claim "ETIMEDOUT: the time limit is named" errno 110 \
	"within 60 s (netlink_timeout): does one that runs serve handler 'qcow'?"
claim "other errors are told by their names" errno 75 "Value too large"
for what in user_0 disk vpd_unit_serial control cmd_time_out enable \
	naa.5001405000000001 tpgt_1 nexus lun_0 tcmuctl; do
	claim "failing at $what takes all back" step $what
done
claim "a disk that does not appear takes all back" no_disk
claim "a daemon that does not come takes all back" no_server
claim "without --loop, a device that nobody serves is told" nobody_serves
claim "what cannot be taken back is told" not_removed
claim "Ctrl-C takes all back" interrupted INT
claim "SIGTERM takes all back" interrupted TERM
claim "--progress tells how long it takes, nothing else does" progress
claim "without the module, or configfs, that is told" no_module
claim "a size is needed" wrong "--size is missing" ram
claim "a size that is no size is refused" wrong "'1X' is no size" ram \
	--size 1X
claim "a size of half blocks is refused" wrong \
	"1000 is no multiple of the block size, 512" ram --size 1000
claim "a block size that is no power of two is refused" wrong \
	"a power of two from 512" ram --size 1M --block-size 1000
claim "half a MiB of data area is refused" wrong \
	"not a whole number of MiB" ram --size 1M --max-data-area 512K
claim "a mode that there is not is refused" wrong "neither io nor" ram \
	--size 1M --mode x
claim "a WWN that is none is refused" wrong "'x' is no WWN" ram --size 1M \
	--loop=x
claim "a name that is none is refused" wrong "--name: 'a/b'" ram --size 1M \
	--name a/b
claim "a host out of range is refused" wrong \
	"'65536' is no number from 0 to 65535" ram --size 1M --host 65536
claim "--set without a value is refused" wrong "should be ATTR=VALUE" ram \
	--size 1M --set x
claim "--set of another directory's file is refused" wrong \
	"should be ATTR=VALUE" ram --size 1M --set ../enable=1
claim "--set of what there is not is refused" \
	refused 1 "there is no attribute nonsense" create ram --size 1M \
	--set nonsense=1
claim "a comma is refused where handlers do not know escapes" wrong \
	"write it as %2C" qcow /a,b --size 1M
done_testing
