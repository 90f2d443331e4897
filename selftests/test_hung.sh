#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Nothing waits without an end for a daemon that has said that it answers events
# and is stopped, for one that is dead, or for one that never was.
# timeout: 300

. "$(dirname "$0")/lib.sh"

# What a daemon is waited for, in seconds
LIMIT=2

# daemon_becomes FATE
daemon_becomes() {
	case $1 in
	stopped) kill -STOP "$pid" ;;
	dead)
		kill -KILL "$pid"
		wait_for 10 gone "$pid" || fail "the daemon is still there"
		;;
	esac
}

# up FATE OPERATION: a device, enabled unless that is what is to be done
up() {
	module_load
	echo $LIMIT >"$PARAM/netlink_timeout"
	if [ "$1" != absent ]; then
		daemon "$here/nlctl" answer 0
		wait_for 20 grep -q listening "$run/nlctl.log" ||
			fail "nobody listens"
	fi
	lun_new ''
	[ "$2" = enable ] || lun_enable
	daemon_becomes "$1"
}

# What is to end, in a process that can be killed as such
operate() {
	case $1 in
	enable) put "$dev/enable" 1 ;;
	rmdir) exec rmdir "$dev" ;;
	dev_config) put "$dev/attrib/dev_config" raw//other ;;
	dev_size) put "$dev/attrib/dev_size" 4096 ;;
	emulate_write_cache) put "$dev/attrib/emulate_write_cache" 1 ;;
	esac
}

# kernel_said TEXT: of this device, since this claim began
kernel_said() {
	dmesg | sed -n "/$mark/,\$p" |
		grep -qE "target_core_user: $hba/${dev##*/}: $1" ||
		fail "the kernel's log has no line with the device and '$1'"
}

# ends FATE OPERATION ERRNO SECONDS LOG: within that time, with ERRNO or with 0,
# and a line in the log that matches LOG, if that is not empty
ends() {
	local start took errno_text status=0

	up "$1" "$2"
	mark=claim-$RANDOM
	log_mark "$mark"
	start=${EPOCHREALTIME/./}
	(operate "$2") 2>"$run/refused" || status=$?
	took=$(((${EPOCHREALTIME/./} - start) / 1000))
	note "$took ms, status $status $(<"$run/refused")"
	[ "$took" -le $(($4 * 1000)) ] || fail "it took $took ms"
	if [ "$3" = 0 ]; then
		is $status 0 status
	else
		errno_text "$3"
		matches "$(<"$run/refused")" ": $errno_text\$"
	fi
	[ -z "$5" ] || kernel_said "$5"
}

# The process that waits goes away at once, the device stays in order
killed() {
	local writer

	up stopped "$1"
	echo 0 >"$PARAM/netlink_timeout"
	operate "$1" &
	writer=$!
	nap 1
	! gone $writer || fail "it did not wait"
	kill -KILL $writer
	wait_for 2 gone $writer || fail "it is still there"
	kill -CONT "$pid"
	if [ "$1" = rmdir ]; then
		[ ! -d "$dev" ] || fail "the device is still there"
		return
	fi
	echo 20 >"$PARAM/netlink_timeout"
	(operate "$1") || fail "it does not work afterwards"
}

# A daemon that dies while it is waited for
dies_meanwhile() {
	local writer

	up stopped "$1"
	operate "$1" 2>"$run/refused" &
	writer=$!
	nap 0.5
	kill -KILL "$pid"
	wait_for $((LIMIT + 1)) gone $writer || fail "it is still waiting"
	[ "$1" = rmdir ] ||
		matches "$(<"$run/refused")" ": Connection timed out\$"
}

# It goes on, and finds that it is too late; the next event it answers
goes_on() {
	up stopped dev_size
	refused ETIMEDOUT "$dev/attrib/dev_size" 4096
	is "$(<"$dev/attrib/dev_size")" 16777216 dev_size
	kill -CONT "$pid"
	nap 0.5
	put "$dev/attrib/dev_size" 8192
	is "$(<"$dev/attrib/dev_size")" 8192 dev_size
}

# Commands in hand end by cmd_time_out, and so does what waits for them. Without a
# daemon from the start that is for the group iscsi: tcm_loop would lose its
# session when a LUN goes that no disk was found on.
lun_goes() {
	local start reader

	module_load
	lun_new ''
	echo 3 >"$dev/attrib/cmd_time_out"
	lun_enable
	daemon "$here/rawd" --tmr "$(lun_uio | tr -dc 0-9)" 16
	lun_export
	daemon_becomes "$1"
	dd if="$disk" of=/dev/null bs=4k count=1 iflag=direct status=none \
		2>/dev/null &
	reader=$!
	nap 0.5
	start=$SECONDS
	loop_remove
	rmdir "$dev"
	note "$((SECONDS - start)) s"
	[ $((SECONDS - start)) -le 15 ] || fail "it took too long"
	wait_for 10 gone "$reader" || fail "the read does not end"
}

more_purge() {
	daemons_go_on
	echo 60 >"$PARAM/netlink_timeout"
}

changes="dev_config dev_size emulate_write_cache"
asks="no daemon answered .*netlink_timeout"

claim "enable with a stopped daemon is ETIMEDOUT" \
	ends stopped enable ETIMEDOUT $((LIMIT + 1)) "$asks"
for change in $changes; do
	claim "a new $change with a stopped daemon is ETIMEDOUT" \
		ends stopped "$change" ETIMEDOUT $((LIMIT + 1)) "$asks"
done
claim "rmdir with a stopped daemon ends in time" \
	ends stopped rmdir 0 $((LIMIT + 2)) "$asks"
for fate in dead absent; do
	claim "enable with a daemon that is $fate succeeds at once" \
		ends $fate enable 0 1 ""
	for change in $changes; do
		claim "a new $change with a daemon that is $fate is ESRCH at once" \
			ends $fate "$change" ESRCH 1 \
			"change was not made, no daemon has received .*is it running"
	done
	claim "rmdir with a daemon that is $fate succeeds at once" \
		ends $fate rmdir 0 2 ""
done
for operation in enable dev_size rmdir; do
	claim "who waits in $operation for a stopped daemon can be killed" \
		killed $operation
	claim "$operation ends in time if the daemon dies meanwhile" \
		dies_meanwhile $operation
done
claim "a daemon that goes on is too late, and answers the next event" goes_on
for fate in stopped dead; do
	claim "a LUN with commands for a daemon that is $fate goes in time" \
		lun_goes $fate
done

run_claims "$@"
