#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# LUNs by iSCSI on 127.0.0.1: the initiator is open-iscsi.
# timeout: 400

. "$(dirname "$0")/lib.sh"

TIMEOUT=120

# Less than what the kernel takes for a hang; rawd is quicker
cmd_time_out=15

exportable() {
	lun_new "dev_config=raw//iscsi,dev_size=16777216"
	echo $cmd_time_out >"$dev/attrib/cmd_time_out"
	lun_enable
}

# up [OPTION of rawd...]: $disk by iSCSI, $sg its node
up() {
	exportable
	daemon "$here/rawd" --tmr "$@" "$(lun_uio | tr -dc 0-9)" 16
	iscsi_export "$dev"
	iscsi_login
	disk=$(disk_by iscsi)
	wait_for 20 disk_ready || fail "$disk has no size"
	sg=$(sg_of "$disk")
}

notified() {
	echo 1 >"$dev/attrib/tmr_notification"
}

said() {
	grep -qE "$1" "$run/rawd.log"
}

reads_what_was_written() {
	up
	head -c 16M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=1M oflag=direct status=none
	dd if="$disk" of="$run/read" bs=64k iflag=direct status=none
	cmp "$run/bytes" "$run/read"
}

verified() {
	up "$@"
	fio --name=verify --filename="$disk" --rw=randwrite --bsrange=512-256k \
		--size=12M --direct=1 --ioengine=libaio --iodepth=32 \
		--verify=crc32c --verify_fatal=1 --do_verify=1 \
		--output-format=terse >"$run/fio.log" 2>&1 ||
		fail "fio: $(tail -n 5 "$run/fio.log")"
}

# A read that rawd hangs on
hanging_read() {
	kill -USR1 "$pid"
	# a command may still be in hand
	nap 0.3
	told=$(<"/sys/class/uio/$(lun_uio)/event")
	sg_raw -r 512 -t "${1:-60}" "$sg" 28 00 00 00 00 00 00 00 01 00 \
		>"$run/sg.log" 2>&1 9>&- &
	reader=$!
	wait_for 10 in_flight || fail "the read does not arrive"
}

# The daemon was told of something
in_flight() {
	[ "$(<"/sys/class/uio/$(lun_uio)/event")" -gt "$told" ]
}

# The initiator looks whether the target is still there before it aborts
abort_sent() {
	iscsiadm -m session -s | grep -q 'eh_abort_cnt: [1-9]'
}

aborted() {
	up
	notified
	hanging_read 2
	wait_for 28 abort_sent || fail "no abort: $(iscsiadm -m session -s)"
	nap 0.5
	kill -USR2 "$pid"
	# ABORT TASK is function 1
	wait_for 30 said 'tmr type 1, 1 commands' ||
		fail "no ABORT TASK was announced: $(cat "$run/rawd.log")"
	wait "$reader" && fail "the read has succeeded"
	still_works
}

aborted_silently() {
	up
	hanging_read 2
	wait_for 28 abort_sent || fail "no abort: $(iscsiadm -m session -s)"
	nap 0.5
	kill -USR2 "$pid"
	wait_for 30 gone "$reader" || fail "the read does not end"
	said tmr && fail "an announcement nobody has asked for"
	still_works
}

still_works() {
	dd if="$disk" of=/dev/null bs=64k count=16 iflag=direct status=none
}

reset_idle() {
	up
	notified
	sg_reset -N -d "$sg"
	wait_for 10 said 'tmr type 5, 0 commands' ||
		fail "no LUN RESET was announced: $(cat "$run/rawd.log")"
	still_works
}

# Without an answer a reset ends when the commands do: by cmd_time_out
reset_in_flight() {
	up
	[ "$1" = silent ] || notified
	hanging_read
	sg_reset -N -d "$sg" 9>&- &
	nap 1
	kill -USR2 "$pid"
	wait_for 40 gone $! || fail "sg_reset does not end"
	if [ "$1" = silent ]; then
		said tmr && fail "an announcement nobody has asked for"
	else
		said 'tmr type 5, 1 commands: [0-9]+' ||
			fail "no LUN RESET was announced: $(cat "$run/rawd.log")"
	fi
	wait_for 70 gone "$reader" || fail "the read does not end"
	still_works
}

logged_out_in_flight() {
	up
	hanging_read
	iscsi_logout 9>&- &
	nap 2
	kill -USR2 "$pid"
	wait_for 60 gone $! || fail "the logout does not end"
	wait_for 60 gone "$reader" || fail "the read does not end"
}

# in_time SECONDS COMMAND...
in_time() {
	local start=$SECONDS limit=$1

	shift
	"$@"
	note "$1 took $((SECONDS - start)) s"
	[ $((SECONDS - start)) -le "$limit" ] || fail "$1 took too long"
}

# A command in the hands of a daemon that will do nothing
read_in_vain() {
	cmd_time_out=5
	up
	told=$(<"/sys/class/uio/$(lun_uio)/event")
	kill "-$1" "$pid"
	sg_raw -r 512 -t "$2" "$sg" 28 00 00 00 00 00 00 00 01 00 \
		>"$run/sg.log" 2>&1 9>&- &
	reader=$!
	wait_for 10 in_flight || fail "the read does not arrive"
}

# Both end when the command does: by cmd_time_out
reset_in_vain() {
	read_in_vain "$1" 60
	in_time 8 sg_reset -N -d "$sg"
	wait_for 8 gone "$reader" || fail "the read does not end"
}

aborted_in_vain() {
	read_in_vain "$1" 1
	wait_for 20 gone "$reader" || fail "the read does not end"
	iscsiadm -m session -s | grep eh_
}

# A session that ends with a command in flight, and a new one, while the daemon is
# stopped or dead: both in time; the disk is there as soon as the daemon is
relogged_in() {
	cmd_time_out=3
	up
	kill "-$1" "$pid"
	dd if="$disk" of=/dev/null bs=4k count=1 iflag=direct status=none \
		2>/dev/null 9>&- &
	nap 0.5
	in_time 20 iscsi_logout
	in_time 20 iscsi_connect
	nap 1
	if [ "$1" = STOP ]; then
		kill -CONT "$pid"
	else
		daemon "$here/rawd" --tmr "$(lun_uio | tr -dc 0-9)" 16
	fi
	disk_is_back
}

disk_is_back() {
	wait_for 60 rescanned || fail "no disk afterwards"
	disk=$(disk_by iscsi)
	wait_for 20 disk_ready || fail "$disk has no size"
	still_works
}

rescanned() {
	disk_by iscsi >/dev/null ||
		{ iscsiadm -m session --rescan >/dev/null; nap 1; disk_by iscsi; }
}

# A daemon that was never there
logged_in_without() {
	cmd_time_out=3
	exportable
	iscsi_export "$dev"
	in_time 20 iscsi_connect
	in_time 20 iscsi_logout
	in_time 20 iscsi_connect
	daemon "$here/rawd" --tmr "$(lun_uio | tr -dc 0-9)" 16
	disk_is_back
}

killed_in_flight() {
	exportable
	: >"$run/disk"
	daemon "$here/rawd" --tmr --file "$run/disk" --die 200 \
		"$(lun_uio | tr -dc 0-9)" 16
	iscsi_export "$dev"
	iscsi_login
	disk=$(disk_by iscsi)
	wait_for 20 disk_ready || fail "$disk has no size"
	head -c 16M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=16k oflag=direct status=none 9>&- &
	writer=$!
	wait_for 30 gone "$pid" || fail "rawd is still alive"
	nap 1
	daemon "$here/rawd" --tmr --file "$run/disk" \
		"$(lun_uio | tr -dc 0-9)" 16
	wait "$writer" || fail "dd has not got through"
	cmp "$run/bytes" "$run/disk"
}

more_purge() {
	daemons_go_on
	[ ! -d /sys/class/iscsi_session ] ||
		[ -z "$(ls /sys/class/iscsi_session)" ] || iscsi_logout
	iscsi_unexport
}

claim "a login finds the disk, which keeps what is written" \
	reads_what_was_written
claim "fio verifies a disk by iSCSI" verified
claim "fio verifies a disk whose daemon answers out of order" verified --reorder
claim "a reset of an idle LUN is announced" reset_idle
claim "a LUN reset with a command in flight is announced with its id" \
	reset_in_flight loud
claim "a LUN reset without notification ends, and announces nothing" \
	reset_in_flight silent
claim "an abort is announced with the command's id" aborted
claim "an abort without notification ends the command" aborted_silently
for fate in STOP KILL; do
	claim "a LUN reset ends within cmd_time_out of a daemon after SIG$fate" \
		reset_in_vain $fate
	claim "an abort ends within cmd_time_out of a daemon after SIG$fate" \
		aborted_in_vain $fate
done
claim "a logout with a command in flight ends" logged_out_in_flight
claim "a logout and a login end in time while the daemon is stopped" \
	relogged_in STOP
claim "a logout and a login end in time while the daemon is dead" \
	relogged_in KILL
claim "logins and a logout end in time when no daemon ever was there" \
	logged_in_without
claim "a daemon killed in flight is replaced, and no write is lost" \
	killed_in_flight

run_claims "$@"
