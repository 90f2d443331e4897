#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A program on libtcmuser serves disks: under load, torn away and started again, and
# beside devices that are not its own.
# timeout: 900

. "$(dirname "$0")/disks.sh"

TIMEOUT=120
MIB=32
kind=sync

log=$run/libdisk.log
image=/var/tmp/libdisk.img

has_said() {
	grep -q -- "$1" "$log"
}

# libdisk_up [OPTION]: $pid
libdisk_up() {
	rm -f "$log"
	daemon "$here/libdisk" "$@"
	wait_for 20 has_said ready || fail "libdisk does not start: $(cat "$log")"
}

# Nobody has ever said that events are answered: the distribution's module does not
# forget it when he is gone
module_fresh() {
	module_unload
	module_load
}

config() {
	echo "dev_config=$kind/$image,dev_size=$((MIB << 20))"
}

# up [KIND]: $disk
up() {
	kind=${1:-sync}
	module_load
	libdisk_up
	lun_new "$(config)"
	lun_enable
	lun_export
}

verified() {
	up "$1"
	verify 4k --bsrange=4k-256k
}

file_system() {
	up "$1"
	files_survive
}

discarded() {
	up "$1"
	head -c 4M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=1M oflag=direct status=none
	cmp -n 4194304 "$run/bytes" "$disk"
	blkdiscard -o 1048576 -l 1048576 "$disk"
	blkdiscard -z -o 2097152 -l 4096 "$disk"
	blockdev --flushbufs "$disk"
	dd if=/dev/zero of="$run/bytes" bs=1M seek=1 count=1 conv=notrunc status=none
	dd if=/dev/zero of="$run/bytes" bs=4k seek=512 count=1 conv=notrunc \
		status=none
	cmp -n 4194304 "$run/bytes" "$disk"
}

# ---- torn away -----------------------------------------------------------------

more_purge() {
	fio_ends
}

# restarted SIGNAL KIND
restarted() {
	local i

	up "$2"
	RATE=100 verify_in_background 32k
	for i in 1 2 3; do
		kill "-$1" "$pid"
		wait_for 20 gone "$pid" || fail "libdisk does not end"
		libdisk_up
		served_on 20 30 || fail "nothing is served by the new libdisk"
	done
	wait "$fio" || fail "fio has not got through"
	is "$(<"$dev/action/block_dev")" unblocked "block_dev"
	is "$(<"$PARAM/block_netlink")" unblocked "block_netlink"
}

reset_under_load() {
	local i

	up "$1"
	RATE=100 verify_in_background 32k
	for i in 1 2 3 4 5; do
		nap 0.3
		echo 1 >"$dev/action/reset_ring"
	done
	wait "$fio" || fail "fio has not got through"
	has_said 'the ring has been reset' || fail "it has not seen a reset"
	verify 4k
}

# ---- coming and going -------------------------------------------------------------

found_at_start() {
	module_fresh
	lun_new "$(config)"
	lun_enable
	libdisk_up
	lun_export
	verify 64k
}

made_before_anybody_answers() {
	local other

	module_fresh
	kind=nobody
	lun_new "$(config)"
	lun_enable
	other=$dev
	libdisk_up
	dev=$CORE/$hba/second
	kind=sync
	lun_new "$(config)"
	lun_enable
	lun_export
	verify 64k
	dev=$other
	! fuser -s "/dev/$(lun_uio)" || fail "it has taken somebody else's device"
}

why_open_fails() {
	module_load
	libdisk_up
	image=/no/such/directory/image
	lun_new "$(config)"
	if put "$dev/enable" 1 2>"$run/refused"; then
		fail "enable succeeds"
	fi
	matches "$(<"$run/refused")" "No such file or directory"
	has_said "9/disk: /no/such/directory/image: No such file" ||
		fail "it does not say why"
	is "$(lun_uio)" "" "UIO device afterwards"
}

refused_as_unknown() {
	module_load
	libdisk_up -r
	kind=nobody
	lun_new "$(config)"
	if put "$dev/enable" 1 2>"$run/refused"; then
		fail "enable succeeds"
	fi
	matches "$(<"$run/refused")" "No such file or directory"
	has_said "9/disk: no handler for the config 'nobody/" ||
		fail "it does not say why"
}

resized() {
	up
	echo $((16 << 20)) >"$dev/attrib/dev_size"
	echo 1 >"/sys/block/${disk#/dev/}/device/rescan"
	is "$(blockdev --getsize64 "$disk")" $((16 << 20)) "size of $disk"
	if echo $((1 << 30)) >"$dev/attrib/dev_size" 2>/dev/null; then
		fail "the handler's refusal is not heard"
	fi
	is "$(<"$dev/attrib/dev_size")" $((16 << 20)) "dev_size"
}

reconfigured() {
	up
	# what restores a configuration writes this
	echo -n "$kind/$image" >"$dev/attrib/dev_config"
	if echo -n "$kind//other" >"$dev/attrib/dev_config" 2>"$run/refused"; then
		fail "a config that cannot be changed is changed"
	fi
	matches "$(<"$run/refused")" "not supported"
	echo 1 >"$dev/attrib/emulate_write_cache"
	echo 1 >"/sys/block/${disk#/dev/}/device/rescan"
	verify 64k
}

many() {
	local i first=$dev

	module_load
	libdisk_up
	for i in 1 2 3 4 5 6; do
		dev=$CORE/$hba/disk$i
		lun_new "$(config)"
		lun_enable
	done
	for i in 1 2 3 4 5 6; do
		rmdir "$CORE/$hba/disk$i"
	done
	has_said "event: removed tcm-user/9/disk6/" || fail "$(cat "$log")"
	dev=$first
	lun_new "$(config)"
	lun_enable
	lun_export
	verify 64k
}

# Nobody tells it by netlink that the device goes: that is off for this one
gone_without_a_word() {
	module_load
	libdisk_up
	lun_new "$(config)"
	echo -1 >"$dev/attrib/nl_reply_supported"
	lun_enable
	wait_for 20 has_said "served by 'sync'" || fail "it is not served: $(cat "$log")"
	rmdir "$dev"
	lun_new "$(config)"
	lun_enable
	lun_export
	verify 64k
}

in_state() {
	local stat

	stat=$(<"/proc/$pid/stat")
	[[ $stat =~ \)\ $1 ]]
}

# More events than its socket has room for, while it stands still
lose_events() {
	local i nr

	kill -STOP "$pid"
	wait_for 10 in_state T
	dev=$CORE/$hba/flood
	lun_new "dev_config=nobody/x,dev_size=1048576,max_data_area_mb=1,cmd_ring_size_mb=1"
	# only those who are told wait, and this one is never answered
	echo -1 >"$dev/attrib/nl_reply_supported"
	lun_enable
	nr=$(($(</proc/sys/net/core/rmem_max) * 2 / 500))
	for ((i = 0; i < nr; i++)); do
		echo $((i % 2)) >"$dev/attrib/emulate_write_cache" 2>/dev/null ||
			break
	done
}

lost_events() {
	local first=$dev creator

	module_load
	ours || skip "the distribution's module sends nothing twice"
	libdisk_up
	lose_events
	dev=$first
	lun_new "$(config)"
	lun_enable &
	creator=$!
	nap 1
	kill -CONT "$pid"
	wait "$creator" ||
		fail "the device is not served: $(grep -v 'reconfig.*flood' "$log")"
	has_said 'event: lost' || fail "no event was lost"
	lun_export
	verify 64k
}

# Its thread sleeps in poll(2), and wakes for each command
idle() {
	local i

	up
	for i in 1 2 3 4 5 6 7 8 9 10; do
		nap 0.2
		timeout 5 dd if="$disk" of=/dev/null bs=4k count=1 iflag=direct \
			status=none || fail "a command was slept through"
	done
}

told_of_aborts() {
	local sg

	up async
	is "$(<"$dev/attrib/tmr_notification")" 1 "tmr_notification"
	sg=$(sg_of "$disk")
	sg_reset -d "$sg"
	wait_for 10 has_said "task management function 5" ||
		fail "the callback is not called"
	# as long as there is somebody who flushes the disk's cache
	loop_remove
	stop_daemon "$pid"
	is "$(<"$dev/attrib/tmr_notification")" 0 "tmr_notification afterwards"
}

for k in sync workers async; do
	claim "fio verifies a disk ($k)" verified $k
	claim "a file system is whole ($k)" file_system $k
	claim "discarded blocks are zeroes, and so are zeroed ones ($k)" \
		discarded $k
done
claim "I/O goes on over a program that ends and is started again" \
	restarted TERM async
claim "I/O goes on over a program that is killed and started again" \
	restarted KILL async
claim "the same with workers" restarted KILL workers
claim "a ring that is reset under load is begun anew" reset_under_load sync
claim "the same with answers in any order" reset_under_load async
claim "a device that is there already is served" found_at_start
claim "a device of another handler is left alone" made_before_anybody_answers
claim "why open fails is what the creator is told" why_open_fails
claim "a handler that nobody knows is refused by who is asked to" \
	refused_as_unknown
claim "a new size is taken, or refused by the handler" resized
claim "a new config is refused, the old one taken" reconfigured
claim "devices come and go" many
claim "a device that goes without a word is closed" gone_without_a_word
claim "events that were lost are caught up with" lost_events
claim "a program that sleeps is woken" idle
claim "a handler is told of task management, and later ones are not" \
	told_of_aborts

run_claims "$@"
