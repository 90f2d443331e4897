# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Harness of the shell tests. Sourced by a group, which defines functions, then
# lists its claims, then runs them:
#
#	claim "dev_size refuses junk" refuses control dev_size=junk EINVAL
#	run_claims "$@"
#
# Each claim runs as a process of its own, with a time limit, and is a line of
# TAP. It fails when a command in it fails, when the kernel logs a warning, and
# when it leaves something behind. Options of a group: -l lists the claims,
# -t REGEX runs those that match.

set -Eeuo pipefail
export LC_ALL=C

CORE=/sys/kernel/config/target/core
LOOP=/sys/kernel/config/target/loopback
PARAM=/sys/module/target_core_user/parameters
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/clients.sh"
group=$(basename "$0" .sh)
run=${TMPDIR:-/tmp}/tcmu-$group
ko=${TCMU_KO:-$here/target_core_user.ko}
[ -e "$ko" ] || ko=$(modinfo -n target_core_user)
hba=user_9
dev=$CORE/$hba/disk
# A kernel that finds fault takes its time
slow=1
[ ! -e /sys/kernel/debug/kmemleak ] || slow=2
[ ! -e /sys/kernel/debug/kcsan ] || slow=4
wwn=naa.6001405000000009

# ---- claims -----------------------------------------------------------------

claim_names=()
claim_calls=()

# claim NAME FUNCTION [ARG...]
claim() {
	claim_names+=("$1")
	shift
	claim_calls+=("$(printf '%q ' "$@")")
}

note() {
	printf '%s\n' "$@"
}

fail() {
	note "$@"
	exit 1
}

# A tool that is missing in our own guest is a mistake of the guest
requires() {
	local tool

	for tool; do
		command -v "$tool" >/dev/null || fail "$tool is not installed"
	done
}

skip() {
	echo "$*" >"$run/skip"
	exit 0
}

# needs MODULE: a kernel of our own configuration may have no such thing
needs() {
	modprobe -q "$1" || skip "this kernel has no $1"
}

is() {
	[ "$1" = "$2" ] || fail "${3:-value} is '$1', should be '$2'"
}

matches() {
	[[ $1 =~ $2 ]] || fail "'$1' does not match '$2'"
}

# ---- the kernel log -----------------------------------------------------------

# From here on the log also goes to a file that is open as 8
log_follow() {
	# or marks get lost
	echo on >/proc/sys/kernel/printk_devkmsg
	: >"$run.kmsg"
	cat /dev/kmsg >"$run.kmsg" &
	log_reader=$!
	exec 8<"$run.kmsg"
}

log_mark() {
	echo "tcmu-test: $*" >/dev/kmsg
}

# Prints what the log says up to a mark
log_read() {
	local mark=$1 line part=''

	while :; do
		if ! IFS= read -r line <&8; then
			part+=$line
			kill -0 "$log_reader" || { echo "BUG: log lost"; return; }
			nap 0.01
			continue
		fi
		line=$part$line
		part=''
		line=${line#*;}
		[[ $line != "tcmu-test: $mark" ]] || return 0
		printf '%s\n' "$line"
	done
}

# ---- running them -------------------------------------------------------------

left_behind() {
	local thing

	for thing in "$CORE"/user_*/*/ "$LOOP"/naa.*; do
		[ ! -e "$thing" ] || echo "$thing"
	done
	[[ ! $(</proc/mounts) =~ /mnt/tcmu[^\ ]* ]] || echo "${BASH_REMATCH[0]}"
	ps -o args= -C tcmud,tcmu-runner,rawd,nlctl,tcmu-ram || true
	[ -e "$run/pids" ] || return 0
	while read -r thing; do
		gone "$thing" || tr '\0' ' ' <"/proc/$thing/cmdline"
	done <"$run/pids"
}

ended() {
	trap - ERR
	[ "$1" -ne 0 ] || purge
}

guarded() {
	(
		set -e
		trap 'note "${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR
		trap 'ended $?' EXIT
		eval "$1"
	)
	printf '\001%d\n' $?
}

# limited SECONDS CODE: in a process group of its own; what it says becomes
# remarks. Sets $status, 124 if it took too long.
limited() {
	local end=$((SECONDS + $1)) line part='' child

	set -m
	set +e
	guarded "$2" >&7 2>&1 </dev/null &
	child=$!
	set -e
	set +m
	status=124
	while [ "$SECONDS" -le "$end" ]; do
		if ! IFS= read -r -t 1 line <&7; then
			# its time may be over in the middle of a line
			part+=$line
			continue
		fi
		line=$part$line
		part=''
		if [[ $line == $'\001'* ]]; then
			status=${line#?}
			return
		fi
		echo "# $line"
	done
	kill -TERM -- "-$child" 2>/dev/null || true
	nap 3
	kill -KILL -- "-$child" 2>/dev/null || true
	while IFS= read -r -t 0.1 line <&7; do
		echo "# ${line#$'\001'}"
	done
}

# Prints why a claim has failed
judge() {
	local text

	case $status in
	0) ;;
	124) echo "it did not end within its time limit" ;;
	*) echo "exit status $status" ;;
	esac
	log_mark "$1 ends"
	text=$(log_read "$1 ends" | awk -f "$here/kernel-log.awk")
	[ -z "$text" ] || printf 'in the kernel log:\n%s\n' "$text"
	text=$(left_behind)
	[ -z "$text" ] || printf 'left behind:\n%s\n' "$text"
}

# Sets $failed. Not to be called as a condition: that would take set -e from all
# that the claim calls.
run_claim() {
	local i=$1 nr=$2 name=${claim_names[$1]} status why start=$SECONDS

	rm -rf "$run"
	mkdir -p "$run"
	log_mark "$group $nr: $name"
	log_read "$group $nr: $name" >/dev/null
	limited $((${TIMEOUT:-60} * slow)) "${claim_calls[$i]}"
	why=$(judge "$group $nr")
	echo "# $((SECONDS - start)) s"
	if [ -n "$why" ]; then
		echo "# ${why//$'\n'/$'\n'# }"
		limited 60 hard_purge
		echo "not ok $nr - $name"
		failed=1
	elif [ -e "$run/skip" ]; then
		echo "ok $nr - $name # SKIP $(<"$run/skip")"
	else
		echo "ok $nr - $name"
	fi
}

run_matching() {
	local i chosen=() failed=0 nr=0

	for i in "${!claim_names[@]}"; do
		[[ ! ${claim_names[$i]} =~ $1 ]] || chosen+=("$i")
	done
	rm -f "$run.fifo"
	mkfifo "$run.fifo"
	exec 7<>"$run.fifo"
	log_follow
	echo "1..${#chosen[@]}"
	for i in "${chosen[@]}"; do
		nr=$((nr + 1))
		run_claim "$i" "$nr"
	done
	kill "$log_reader"
	return "$failed"
}

run_claims() {
	case ${1:-} in
	-l) printf '%s\n' "${claim_names[@]}" ;;
	-t) run_matching "$2" ;;
	*) run_matching '' ;;
	esac
}

# ---- the module, and files that answer with an errno -------------------------

# module_load_with [PARAMETER=VALUE]
module_load_with() {
	# built in where there is nothing to load
	modprobe -qa target_core_mod uio tcm_loop sd_mod sg || true
	insmod "$ko" ${1:+"$1"}
}

module_load() {
	[ -d /sys/module/target_core_user ] || module_load_with ''
}

module_unload() {
	[ ! -d /sys/module/target_core_user ] || rmmod target_core_user
}

# The distribution's module has no version
ours() {
	[ -e /sys/module/target_core_user/version ]
}

# put FILE FORMAT: write what printf makes of it. As one write(2), unless a
# newline stands in the middle.
put() {
	# The format is what the caller wants to have written
	# shellcheck disable=SC2059
	printf -- "$2" >"$1"
}

errno_text() {
	case $1 in
	EINVAL) errno_text="Invalid argument" ;;
	ERANGE) errno_text="Numerical result out of range" ;;
	ENOENT) errno_text="No such file or directory" ;;
	EACCES) errno_text="Permission denied" ;;
	EEXIST) errno_text="File exists" ;;
	EBUSY) errno_text="Device or resource busy" ;;
	ESRCH) errno_text="No such process" ;;
	ETIMEDOUT) errno_text="Connection timed out" ;;
	*) fail "errno_text does not know $1" ;;
	esac
}

# refused ERRNO FILE FORMAT: the write fails, with this errno
refused() {
	local errno_text

	errno_text "$1"
	if put "$2" "$3" 2>"$run/refused"; then
		fail "writing '$3' to ${2##*/} succeeded, should be -$1"
	fi
	[[ $(<"$run/refused") == *": $errno_text" ]] ||
		fail "writing '$3' to ${2##*/}: '$(<"$run/refused")'," \
			"should be -$1"
}

# ---- LUNs -------------------------------------------------------------------

# lun_new [CONTROL]: $dev, not enabled
lun_new() {
	module_load
	[ -d "$dev" ] || mkdir -p "$dev"
	put "$dev/control" "${1:-dev_config=raw//disk,dev_size=16777216}"
}

lun_enable() {
	put "$dev/enable" 1
}

# The N of the uioN that has a name; several would be several lines
uio_named() {
	local file

	for file in /sys/class/uio/uio*/name; do
		[ ! -e "$file" ] || [ "$(<"$file")" != "$1" ] || {
			file=${file%/name}
			echo "${file##*/}"
		}
	done
}

lun_uio() {
	local cfg

	cfg=$(<"$dev/attrib/dev_config")
	uio_named "tcm-user/${hba#user_}/${dev##*/}${cfg:+/$cfg}"
}

# loop_disk NR: prints the disk of a LUN of the loopback target
loop_disk() {
	local disk

	disk=$(echo "/sys/class/scsi_device/$(<"$LOOP/$wwn/tpgt_1/address"):$1/device/block/"s[dr]*)
	[ -d "$disk" ] && echo "/dev/${disk##*/}"
}

# lun_link NR: $dev is LUN NR of the loopback target
lun_link() {
	local tpg=$LOOP/$wwn/tpgt_1

	if [ ! -d "$tpg" ]; then
		mkdir -p "$tpg"
		echo naa.6001405000000010 >"$tpg/nexus"
	fi
	mkdir "$tpg/lun/lun_$1"
	ln -s "$dev" "$tpg/lun/lun_$1/disk"
}

# lun_export: by loopback; $disk is its block device
lun_export() {
	lun_link 0
	wait_for 20 loop_disk 0 >/dev/null || fail "no disk appeared"
	disk=$(loop_disk 0)
	wait_for 20 test -b "$disk" || fail "$disk has no node"
	# or the disk goes away under whoever looks at its partitions
	wait_for 20 disk_ready || fail "$disk has no size"
}

disk_ready() {
	[ "$(blockdev --getsize64 "$disk")" -gt 0 ]
}

# daemon COMMAND...: in the background until the end of the test; $pid
daemon() {
	"$@" >>"$run/${1##*/}.log" 2>&1 </dev/null &
	pid=$!
	echo "$pid" >>"$run/pids"
}

# Somebody who listens to events, since an enabled device refuses changes that
# nobody would hear of
nl_listen() {
	daemon "$here/nlctl" listen
	wait_for 20 grep -q listening "$run/nlctl.log" || fail "nobody listens"
}

stop_daemon() {
	kill -TERM "$1" 2>/dev/null || return 0
	wait_for 20 gone "$1" || fail "process $1 does not end"
}

# ---- taking away --------------------------------------------------------------

loop_remove() {
	local tpg

	for tpg in "$LOOP"/naa.*/tpgt_*; do
		[ -d "$tpg" ] || continue
		find "$tpg/lun" -type l -delete
		rmdir "$tpg"/lun/lun_* 2>/dev/null || true
		rmdir "$tpg" "${tpg%/*}"
	done
}

luns_remove() {
	local dirs=() dir

	for dir in "$CORE"/user_*/*/ "$CORE"/user_*/; do
		[ ! -d "$dir" ] || dirs+=("$dir")
	done
	[ ${#dirs[@]} -eq 0 ] || rmdir "${dirs[@]}"
}

mounts_remove() {
	while [[ $(</proc/mounts) =~ /mnt/tcmu[^\ ]* ]]; do
		umount "${BASH_REMATCH[0]}"
	done
}

# Those that a test has stopped, and those of rawd that hang
daemons_go_on() {
	local pid

	[ -e "$run/pids" ] || return 0
	while read -r pid; do
		kill -CONT "$pid" 2>/dev/null || true
		[ "$(ps -o comm= "$pid")" != rawd ] || kill -USR2 "$pid"
	done <"$run/pids"
}

daemons_stop() {
	local pid

	[ -e "$run/pids" ] || return 0
	daemons_go_on
	while read -r pid; do
		stop_daemon "$pid"
	done <"$run/pids"
}

# A group may add its own
more_purge() {
	true
}

purge() {
	mounts_remove
	more_purge
	loop_remove
	luns_remove
	daemons_stop
}

# For what a failed test has left: nobody may be there who answers commands
end_commands() {
	local file

	while :; do
		for file in "$CORE"/user_*/*/action/reset_ring; do
			[ ! -e "$file" ] || echo 2 >"$file"
		done
		nap 0.2
	done 2>/dev/null
}

hard_purge() {
	local ender pid

	set +e
	trap - ERR
	while read -r pid; do
		kill -KILL "$pid"
	done <"$run/pids"
	pkill -KILL -x 'tcmud|tcmu-runner|rawd|nlctl|tcmu-ram'
	echo 1 >"$PARAM/block_netlink"
	echo 1 >"$PARAM/reset_netlink"
	end_commands &
	ender=$!
	purge
	kill "$ender"
	echo 0 >"$PARAM/block_netlink"
} 2>/dev/null
