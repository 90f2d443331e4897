#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tcmud: its comings and goings under load, and those of its servers.
# timeout: 900

. "$(dirname "$0")/tcmud.sh"

TIMEOUT=150

# ---- comings and goings -------------------------------------------------------------------

# restarted CONFIG SIGNAL...: each time it is killed by a signal, and started again.
# $control is for the device's control file, $recovery for attrib/recovery.
restarted() {
	local signal

	[[ $1 != nbd/* ]] || nbd_up
	tcmud_up
	disk_on "$1" "$MIB" "${control:-}"
	[ -z "${recovery:-}" ] || echo "$recovery" >"$dev/attrib/recovery"
	shift
	verify_in_background 16k
	for signal; do
		kill "-$signal" "$tcmud"
		wait_for 30 gone "$tcmud" || fail "tcmud does not end"
		tcmud_up
		served_on 20 || fail "nothing is served by the new tcmud"
	done
	wait "$fio" || fail "fio has not got through"
}

# restarted_ours 'NAME=VALUE...' CONFIG SIGNAL...: with what our module alone has
restarted_ours() {
	module_load
	ours || skip "the distribution's module has no $1"
	eval "local $1"
	shift
	restarted "$@"
}

restarted_later() {
	tcmud_up
	disk_on "file/$file?create=1"
	verify_in_background 16k
	kill -KILL "$tcmud"
	nap 5
	tcmud_up
	wait "$fio" || fail "fio has not got through"
	is "$(<"$dev/action/block_dev")" unblocked "block_dev"
}

# The disk has a command that is not answered
in_flight() {
	local reads writes

	read -r reads writes <"/sys/block/${disk#/dev/}/inflight"
	[ $((reads + writes)) -gt 0 ]
}

# being_written SECONDS: $writer writes a block, which takes so long
being_written() {
	disk_on "delay/write=${1}s/ram/"
	write_one &
	writer=$!
	wait_for 10 in_flight || fail "no write is under way"
}

# What it was working on is answered before it ends
drains() {
	tcmud_up
	being_written 4
	milliseconds stop_daemon "$tcmud"
	[ "$took" -ge 1000 ] || fail "tcmud ends within $took ms"
	wait "$writer" || fail "the write has failed"
}

# The next one finds the write in the ring
ends_at_once_when_told_twice() {
	tcmud_up
	being_written 10
	kill -TERM "$tcmud"
	wait_for 5 has_said "handing the devices over" || fail "it does not hear"
	kill -TERM "$tcmud"
	milliseconds wait_for 20 gone "$tcmud"
	[ "$took" -lt 5000 ] || fail "it waits for the command, $took ms"
	has_said "not waiting for commands" || fail "$(<"$log")"
	tcmud_up
	wait "$writer" || fail "the write has failed"
}

second_served() {
	mkdir "$CORE/$hba/second"
	put "$CORE/$hba/second/control" "dev_config=ram/,dev_size=1048576"
	put "$CORE/$hba/second/enable" 1
}

reloads() {
	local conf=$run/tcmud.conf

	echo "log-level = notice" >"$conf"
	tcmud_up --config="$conf" --log-file="$run/file.log"
	disk_on "file/$file?create=1"
	verify_in_background 16k
	mv "$run/file.log" "$run/file.log.1"
	echo "log-level = info" >"$conf"
	kill -HUP "$tcmud"
	wait_for 5 grep -q "settings read again" "$run/file.log" ||
		fail "it has not read its settings"
	# which is too much for a notice
	second_served
	grep -q "second: served by 'ram'" "$run/file.log" ||
		fail "the level has no effect: $(<"$run/file.log")"
	echo "log-levle = debug" >"$conf"
	kill -HUP "$tcmud"
	wait_for 5 grep -q "tcmud.conf:1: there is no setting" "$run/file.log" ||
		fail "it does not tell of a mistake"
	wait "$fio" || fail "fio has not got through"
}

# The server goes for a while, and its disk waits
nbd_restarted() {
	nbd_up
	tcmud_up
	disk_on "nbd/$socket"
	verify_in_background 16k
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

claim "I/O goes on over a tcmud that is killed three times" \
	restarted "file/$file?create=1" KILL KILL KILL
claim "I/O goes on over a tcmud that is ended and started again" \
	restarted "file/$file?create=1" TERM INT
claim "so it does on an NBD server's disk" restarted "nbd/$socket" KILL TERM
claim "so it does behind filters" \
	restarted "delay/all=2ms/file/$file?create=1" KILL TERM
claim "so it does on two queues" restarted_ours control=nr_queues=2 \
	"file/$file?create=1" KILL TERM
claim "so it does in I/O mode" restarted_ours control=mode=io \
	"file/$file?create=1" KILL TERM
claim "so it does where the kernel keeps what was not answered" \
	restarted_ours recovery=replay "file/$file?create=1" KILL TERM
claim "I/O waits for a tcmud that comes 5 seconds later" restarted_later
claim "a tcmud that is told to end answers what it is working on" drains
claim "... and ends at once when it is told twice" ends_at_once_when_told_twice
claim "SIGHUP reads settings and opens the log anew, in the middle of I/O" reloads
claim "I/O waits for an NBD server that is started again" nbd_restarted
claim "without its NBD server a disk is not ready, and is again with it" nbd_gone

run_claims "$@"
