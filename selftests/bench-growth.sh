# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# What devices cost that do nothing: memory, and the time to make one and to remove
# it when there are many. Sourced by bench-guest.sh.

# KiB of memory in use now, without what can be read again
used_now() {
	local word value used=0

	sync
	echo 3 >/proc/sys/vm/drop_caches
	while read -r word value _; do
		case $word in
		MemTotal:) used=$((used + value)) ;;
		MemFree:) used=$((used - value)) ;;
		esac
	done </proc/meminfo
	# free, too, some 30 MiB: what each processor has at hand
	while read -r word value _; do
		[ "$word" != count: ] || used=$((used - value * 4))
	done </proc/zoneinfo
	echo $used
}

# The same when what was freed is so: much of it is a while later
used_kib() {
	local last now i

	now=$(used_now)
	for ((i = 0; i < 30; i++)); do
		last=$now
		nap 2
		now=$(used_now)
		[ $((now > last ? now - last : last - now)) -gt 64 ] || break
	done
	echo "$now"
}

# found WHAT VALUE
found() {
	echo "growth module=$module what=$1 value=$2" | tee -a "$out/records"
}

# make_users FROM TO, and remove_users: the last one is TO - 1
make_users() {
	local i

	for ((i = $1; i < $2; i++)); do
		make_user "$i"
	done
}

remove_users() {
	local i

	for ((i = $1; i < $2; i++)); do
		rmdir "$core/user_0/d$i"
	done
}

# microseconds COMMAND...
microseconds() {
	local begin=${EPOCHREALTIME/./}

	"$@"
	echo $((${EPOCHREALTIME/./} - begin))
}

idle_daemon() {
	local i names=()

	for ((i = 0; i < $1; i++)); do
		names+=("0/d$i")
	done
	/t/tcmu-bench-daemon --null "${names[@]}" >/run/daemon.log 2>&1 9>&- &
	wait_for 60 grep -q ready /run/daemon.log
}

# A device alone, and one that a daemon has mapped
idle_memory() {
	local nr=100 before made served

	before=$(used_kib)
	make_users 0 $nr
	made=$(used_kib)
	idle_daemon $nr
	served=$(used_kib)
	found idle-kib $(((made - before) / nr))
	found idle-served-kib $(((served - before) / nr))
	remove_users 0 $nr
	wait
}

# burst DEPTH: 64 MiB are written, DEPTH commands of 128 KiB at a time
burst() {
	fio --name=burst --filename="/dev/${disks[0]}" --rw=write --bs=128k \
		--iodepth="$1" --ioengine=libaio --direct=1 --size=64m \
		>/run/fio.log 2>&1 9>&-
}

# What it keeps of a burst, to what it has of one command at a time
burst_memory() {
	local before

	target=growth mib=64
	user 1 -- /t/tcmu-bench-daemon --null
	wait_for 60 loop_disks 1
	burst 1
	before=$(used_kib)
	burst 32
	nap 10
	found after-burst-kib $(($(used_kib) - before))
	take_away
}

# With the processes that do it, mkdir and rmdir
times() {
	local nr before=0

	# a guest that waits for its disk has a clock that jumps
	make_users 0 1
	remove_users 0 1
	for nr in 1 100 500; do
		make_users $before $((nr - 1))
		found "create-us-$nr" "$(microseconds make_users $((nr - 1)) $nr)"
		found "remove-us-$nr" "$(microseconds remove_users $((nr - 1)) $nr)"
		before=$((nr - 1))
	done
	remove_users 0 $before
}

do_growth() {
	take_away
	idle_memory
	burst_memory
	times
	rmdir "$core/user_0"
}
