#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tcmuctl's other commands than create.
. "$(dirname "$0")/lib.sh"

# ---- list, show ------------------------------------------------------------------

lists() {
	make_dev --loop
	ctl create qcow /x/y --name other --size 1536M 2>/dev/null
	ctl list >"$tmp/out"
	cat "$tmp/out"
	grep -q '^DEVICE *HANDLER *CONFIG *SIZE *STATE *UIO *SERVED BY *LUNS$' \
		"$tmp/out"
	grep -q '^0/disk *ram *- *64M *ok */dev/uio0 *fake/77 */dev/sda$' \
		"$tmp/out"
	grep -q '^1/other *qcow */x/y *1.5G *ok */dev/uio1 *nobody *-$' \
		"$tmp/out"
	is "$(wc -l <"$tmp/out")" 3
}

lists_json() {
	make_dev --loop
	is "$(ctl --json list | jq -r '.[0].device')" 0/disk
	is "$(ctl list --json | jq -r '.[0].luns[0].disk')" /dev/sda
	is "$(ctl list -j | jq -r '.[0].config')" null
}

lists_none() {
	is "$(ctl list)" ""
	is "$(ctl list --json | jq length)" 0
	rm -r "$tmp/sys/module/target_core_user"
	is "$(ctl list 2>/dev/null)" ""
}

states() {
	make_dev
	ctl block disk
	is "$(ctl list --json | jq -r '.[0].state')" blocked
	echo broken >"$core/user_0/disk/attrib/ring_state"
	is "$(ctl list --json | jq -r '.[0].state')" broken
	echo 0 >"$core/user_0/disk/enable"
	is "$(ctl list --json | jq -r '.[0].state')" new
}

other_fabrics() {
	local lun=$tmp/sys/kernel/config/target/iscsi/iqn.a:b/tpgt_1/lun/lun_3

	make_dev
	mkdir -p "$lun"
	ln -s "$core/user_0/disk" "$lun/abc"
	is "$(ctl list --json | jq -r '.[0].luns[0].lun')" \
		iscsi/iqn.a:b/tpgt_1/lun_3
	ctl list | grep -q 'iscsi/iqn.a:b/tpgt_1/lun_3$'
	refused 1 "exported by iscsi/iqn.a:b/tpgt_1/lun_3" delete disk
	ctl delete --force disk
	[ ! -e "$lun" ]
}

# What others wrote must not reach the terminal as it is
safe() {
	make_dev
	printf 'ram/\033[31m\xff"' >"$core/user_0/disk/attrib/dev_config"
	ctl list | grep -q 'ram *?\[31m?"'
	ctl list --json | jq -r '.[0].config' >"$tmp/out"
	is "$(cat "$tmp/out")" $'\033[31m?"'
}

stats() {
	local attrib=$core/user_0/disk/attrib

	printf 'queue reads writes others\nall 100 2 0\n0 100 2 0\n' \
		>"$attrib/stat_commands"
	printf 'queue reads writes others\nall 409600 8192 0\n' \
		>"$attrib/stat_bytes"
	printf 'queue full timeouts late broken\nall 4 3 2 1\n' \
		>"$attrib/stat_events"
	printf 'queue 1024 2048 4096 more\nall 0 99 1 0\n' \
		>"$attrib/stat_latency_reads"
	printf 'queue 1024 2048 4096 more\nall 0 0 2 0\n' \
		>"$attrib/stat_latency_writes"
	printf 'queue 1024 2048 4096 more\nall 0 0 0 0\n' \
		>"$attrib/stat_latency_others"
}

shows() {
	make_dev --loop
	stats
	ctl show disk >"$tmp/out"
	cat "$tmp/out"
	grep -q '^size *64M (67108864 bytes)$' "$tmp/out"
	grep -q '^queue 0 */dev/uio0, served by fake (77)$' "$tmp/out"
	grep -q '^lun *loopback/naa.*/tpgt_1/lun_0 is /dev/sda$' "$tmp/out"
	grep -q '^  cmd_time_out *30$' "$tmp/out"
	grep -q '^  reads *100, 400K$' "$tmp/out"
	grep -q '^  timed out *3, 2 answered after all$' "$tmp/out"
	grep -q '^latency of reads, about: mean 1.6us, p50 1.5us, ' "$tmp/out"
	grep -q '^ *4.1us *1  #$' "$tmp/out"
	grep -q '^  under way *3$' "$tmp/out"
	! grep -q 'stat_\|latency of others' "$tmp/out"
}

shows_json() {
	make_dev
	stats
	ctl show disk --json >"$tmp/out"
	is "$(jq -c .statistics.commands "$tmp/out")" \
		'{"reads":100,"writes":2,"others":0}'
	is "$(jq .statistics.broken "$tmp/out")" 1
	is "$(jq .latency.reads.histogram[1].count "$tmp/out")" 99
	is "$(jq .latency.reads.histogram[3].below_ns "$tmp/out")" null
	is "$(jq '.latency.reads.p50_ns | floor' "$tmp/out")" 1541
	is "$(jq -r .attributes.cmd_time_out "$tmp/out")" 30
	is "$(jq -r .serial "$tmp/out")" 6dd52171-83e2-43a1-9f82-ae8b1a3a7e8b
}

shows_dist() {
	FAKE_DIST=1 make_dev
	echo 42 >"$core/user_0/disk/statistics/scsi_lu/num_cmds"
	ctl show disk | grep -q '^  commands *42$'
	is "$(ctl show disk --json | jq .core_statistics.commands)" 42
	is "$(ctl show disk --json | jq .latency)" null
	is "$(ctl list --json | jq -r '.[0].state')" ok
}

names_of_a_device() {
	local name

	make_dev --loop
	for name in disk 0/disk user_0/disk /dev/uio0 /dev/sda; do
		is "$(ctl show "$name" --json | jq -r .device)" 0/disk
	done
	refused 1 "/dev/uio1 belongs to no device" show /dev/uio1
	refused 1 "/dev/sdb belongs to no device" show /dev/sdb
	refused 1 "no device 1/disk" show 1/disk
	ctl create ram --name disk --size 1M 2>/dev/null
	refused 1 "2 devices have the name disk" show disk
}

# ---- delete ------------------------------------------------------------------------

deletes() {
	make_dev --loop
	mkdir -p "$core/fileio_9"
	ctl delete disk
	is "$(ls "$core")" fileio_9
	is "$(ls "$loop")" ""
	is "$(ls "$tmp/sys/class/uio")" ""
}

deletes_many() {
	make_dev --loop
	make_dev --name b --loop=naa.5001405000000001 --host 0
	make_dev --name c --loop=naa.5001405000000001
	ctl delete 0/disk b
	is "$(ls "$core")" user_1
	is "$(ls "$loop/naa.5001405000000001/tpgt_1/lun")" lun_1
	ctl delete /dev/sdb
	is "$(ls "$core" "$loop")" "$(printf '%s:\n\n%s:' "$core" "$loop")"
}

keeps_loop() {
	make_dev --loop=naa.5001405000000001
	ctl delete disk --keep-loop
	is "$(ls "$core")" ""
	is "$(ls "$loop/naa.5001405000000001/tpgt_1/lun")" ""
}

keeps_host() {
	make_dev
	make_dev --name b --host 0
	ctl delete disk
	is "$(ls "$core/user_0")" b
}

# in_use TEXT: that is why it is not deleted; with --force it is
in_use() {
	refused 1 "0/disk is in use: $1" delete disk
	[ -d "$core/user_0/disk" ]
	[ -e "$tmp/dev/sda" ]
	ctl delete --force disk
	[ ! -e "$core/user_0" ]
}

partition() {
	mkdir -p "$tmp/sys/block/sda/sda1"
	echo 1 >"$tmp/sys/block/sda/sda1/partition"
	echo 8:1 >"$tmp/sys/block/sda/sda1/dev"
}

mounted() {
	make_dev --loop
	mkdir -p "$tmp/proc/self"
	echo "30 1 8:0 / /mnt/x rw shared:1 - ext4 /dev/sda rw" \
		>"$tmp/proc/self/mountinfo"
	in_use "/dev/sda is mounted on /mnt/x"
}

mounted_partition() {
	make_dev --loop
	partition
	mkdir -p "$tmp/proc/self"
	# btrfs has numbers of its own
	echo "30 1 0:44 / /mnt/x rw shared:1 - btrfs /dev/sda1 rw" \
		>"$tmp/proc/self/mountinfo"
	in_use "/dev/sda1 is mounted on /mnt/x"
}

swap() {
	make_dev --loop
	partition
	printf 'Filename Type Size Used Priority\n/dev/sda1 partition 1 0 -2\n' \
		>"$tmp/proc/swaps"
	in_use "/dev/sda1 is swap"
}

holder() {
	make_dev --loop
	mkdir -p "$tmp/sys/block/sda/holders/dm-0"
	in_use "/dev/sda is a part of /dev/dm-0"
}

daemon_keeps_it() {
	make_dev
	FAKE_FAIL=rm:disk=16 refused 1 "user_0/disk: Device or resource busy" \
		delete disk
}

# ---- resize ----------------------------------------------------------------------------

resizes() {
	make_dev --loop
	is "$(ctl resize disk 128M)" "0/disk: 128M (134217728 bytes)"
	is "$(cat "$tmp/sys/block/sda/size")" 262144
	is "$(ctl resize disk +1G --json | jq .size)" 1207959552
	is "$(ctl resize /dev/sda 1M)" "0/disk: 1M (1048576 bytes)"
}

resize_refused() {
	make_dev --loop
	refused 2 "'1X' is no size" resize disk 1X
	refused 2 "1000 is no multiple of the block size, 512" resize disk 1000
	refused 2 "0 is no multiple" resize disk 0
	refused 2 "is too large" resize disk +18446744073709551615
	FAKE_FAIL=dev_size=95 refused 1 "Operation not supported" \
		resize disk 1G
	is "$(dev_file attrib/dev_size)" 67108864
}

resize_in_use() {
	make_dev --loop
	mkdir -p "$tmp/sys/block/sda/holders/dm-0"
	refused 1 "would lose data, and is in use" resize disk 1M
	ctl resize disk 1G
	ctl resize disk 1M --force
}

resize_unheard() {
	make_dev
	FAKE_FAIL=dev_size=3 refused 1 "no daemon hears of the new size" \
		resize disk 1G
	FAKE_FAIL=dev_size=3 ctl resize disk 1G --force
	is "$(dev_file attrib/dev_size)" 1073741824
}

resize_unseen() {
	make_dev --loop
	FAKE_FAIL=rescan=5 ctl resize disk 1G 2>"$tmp/err" >"$tmp/out" &&
		fail "it should fail"
	grep -q "/dev/sda does not see it: Input/output error" "$tmp/err"
	is "$(cat "$tmp/out")" "0/disk: 1G (1073741824 bytes)"
}

# ---- block, reset ------------------------------------------------------------------------

blocks() {
	make_dev
	make_dev --name b
	ctl block disk b
	is "$(dev_file action/block_dev)$(cat "$core/user_1/b/action/block_dev")" \
		blockedblocked
	ctl unblock disk
	is "$(dev_file action/block_dev)" unblocked
	ctl block --off b
	is "$(cat "$core/user_1/b/action/block_dev")" unblocked
}

resets() {
	make_dev
	ctl reset disk
	is "$(dev_file action/reset_ring)" 1
	ctl reset disk --hard
	is "$(dev_file action/reset_ring)" 2
}

needs_enabled() {
	make_dev
	echo 0 >"$core/user_0/disk/enable"
	refused 1 "0/disk is not enabled yet" block disk
	refused 1 "0/disk is not enabled yet" reset disk
}

# ---- watch ---------------------------------------------------------------------------------

watches() {
	make_dev
	stats
	ctl watch --interval 0.1 --count 2 >"$tmp/out"
	cat "$tmp/out"
	is "$(wc -l <"$tmp/out")" 3
	grep -q '^TIME *DEVICE *STATE *IOPS *READ/S *WRITE/S *LATENCY *P99 ' \
		"$tmp/out"
	grep -q '^..:..:.. *0/disk *ok *0 *0 *0 *- *- *0 *0 *0$' "$tmp/out"
}

watches_json() {
	make_dev --loop
	stats
	ctl watch --interval 0.5 --count 1 --json >"$tmp/out" &
	sleep 0.2
	printf 'queue 1024 2048 4096 more\nall 0 199 1 0\n' \
		>"$core/user_0/disk/attrib/stat_latency_reads"
	printf 'queue full timeouts late broken\nall 9 3 2 1\n' \
		>"$core/user_0/disk/attrib/stat_events"
	wait $!
	is "$(wc -l <"$tmp/out")" 1
	cat "$tmp/out"
	jq -e '.devices[0] | .iops > 50 and .iops < 250' "$tmp/out"
	is "$(jq '.devices[0].full' "$tmp/out")" 5
	is "$(jq '.devices[0].timeouts' "$tmp/out")" 0
	is "$(jq '.devices[0].inflight' "$tmp/out")" 3
	jq -e '.devices[0] | .p99_ns > 1024 and .p99_ns <= 2048' "$tmp/out"
}

watches_dist() {
	FAKE_DIST=1 make_dev
	ctl watch disk --interval 0.1 --count 1 | grep -q '0/disk *ok *0 .* -$'
	is "$(ctl watch --interval 0.1 --count 1 --json |
		jq '.devices[0].p99_ns')" null
}

watches_those() {
	make_dev
	make_dev --name b
	is "$(ctl watch 1/b --interval 0.1 --count 1 --json |
		jq -r '.devices[].device')" 1/b
	refused 1 "no device c" watch c
}

watch_ends() {
	make_dev
	"$TCMUCTL" --root "$tmp" watch --interval 3600 >"$tmp/out" &
	sleep 0.5
	kill -INT $!
	wait $!
}

# ---- usage -----------------------------------------------------------------------------------

bad_usage() {
	refused 2 "a command is missing"
	refused 2 "no command 'nonsense'" nonsense
	refused 2 "no option --nonsense" list --nonsense
	refused 2 "no option -x" -x
	refused 2 "usage: tcmuctl show DEV" show
	refused 2 "usage: tcmuctl show DEV" show a b
	refused 2 "usage: tcmuctl list" list a
	refused 2 "--interval needs an argument" watch --interval
	refused 2 "'x' is no number of seconds" watch --interval x
	refused 2 "'nan' is no number of seconds" watch --interval nan
	refused 2 "no number from 1" watch --count 0
	refused 2 "no option --off=1" block --off=1 x
}

full_disk() {
	local status=0

	make_dev
	ctl list >/dev/full 2>"$tmp/err" || status=$?
	is "$status" 1
	grep -q "stdout: cannot be written" "$tmp/err"
}

version() {
	[[ $(ctl --version) =~ ^tcmuctl\ [0-9]+\. ]]
	is "$(ctl list --version)" "$(ctl --version)"
}

claim "list has a line for each device" lists
claim "list --json has all of it, wherever --json stands" lists_json
claim "list without devices or module is empty" lists_none
claim "list tells states" states
claim "LUNs of other fabrics are listed, and hinder delete" other_fabrics
claim "what others wrote does not command the terminal, nor break JSON" safe
claim "show tells attributes, counters and latencies" shows
claim "show --json does, too" shows_json
claim "show tells what the target core counts for the distribution's driver" \
	shows_dist
claim "a device has many names" names_of_a_device
claim "delete removes disk, target, device and host" deletes
claim "delete leaves targets and hosts that are not empty" deletes_many
claim "delete --keep-loop leaves an empty target" keeps_loop
claim "delete leaves a host that has another device" keeps_host
claim "delete leaves a disk that is mounted" mounted
claim "delete leaves a disk with a mounted partition" mounted_partition
claim "delete leaves a disk that is swap" swap
claim "delete leaves a disk that is a part of another" holder
claim "delete tells why a device stays" daemon_keeps_it
claim "resize changes the device and its disk" resizes
claim "resize refuses nonsense, and tells what the daemon refuses" \
	resize_refused
claim "resize does not make smaller what is in use" resize_in_use
claim "resize without a listening daemon needs --force" resize_unheard
claim "resize tells when the disk does not see it" resize_unseen
claim "block and unblock, of many devices" blocks
claim "reset, soft and hard" resets
claim "block and reset need an enabled device" needs_enabled
claim "watch prints lines when it is no terminal" watches
claim "watch --json tells what has happened since" watches_json
claim "watch has less to tell of the distribution's driver" watches_dist
claim "watch shows those devices that are wanted" watches_those
claim "Ctrl-C ends watch, with success" watch_ends
claim "wrong usage has status 2 and a message" bad_usage
claim "output that cannot be written is a failure" full_disk
claim "--version" version
done_testing
