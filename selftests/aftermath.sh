# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What a kernel that finds fault is asked when a group has ended. Sourced, in the
# guest. What it finds goes to the kernel's log, where kernel-log.awk sees it.

KMEMLEAK=/sys/kernel/debug/kmemleak
KCSAN=/sys/kernel/debug/kcsan
KCSAN_SKIP=/sys/module/kcsan/parameters/skip_watch

finds_fault() {
	[ -e $KMEMLEAK ] || [ -e $KCSAN ]
}

trouble() {
	# or it is only one of a few in a time
	echo on >/proc/sys/kernel/printk_devkmsg
	echo "<3>BUG: $*" >/dev/kmsg
}

# Those that need a word to begin
aftermath_begin() {
	[ ! -e $KCSAN_SKIP ] || echo 200 >$KCSAN_SKIP
	[ ! -e $KCSAN ] || echo on >$KCSAN
	# scans when it is told to
	[ ! -e $KMEMLEAK ] || echo scan=off >$KMEMLEAK
	! lockdep_is_off || trouble "lockdep is off from the start"
}

# As it is after any report: the first one has to be mended first
lockdep_is_off() {
	grep -qs '^ debug_locks: *0' /proc/lockdep_stats
}

# goes MODULE: nothing is left that holds it, but for a process that is about to end
goes() {
	local end=$((SECONDS + 10))

	[ -d "/sys/module/$1" ] || return 0
	rmdir /sys/kernel/config/target/core/user_*/ 2>/dev/null
	until rmmod "$1" 2>/dev/null; do
		if [ $SECONDS -ge $end ]; then
			trouble "$1 cannot be unloaded"
			return
		fi
		sleep 0.2
	done
}

# It is silent about what is younger than five seconds, and about what has changed
# since the last time it looked
leaks() {
	[ -e $KMEMLEAK ] || return 0
	sleep 6
	echo scan >$KMEMLEAK
	echo scan >$KMEMLEAK
	sed 's/^/# /' $KMEMLEAK
	echo clear >$KMEMLEAK
}

# What a group that has failed would still have made fail: it is the next one's
end_faults() {
	local file

	for file in /proc/[0-9]*/fail-nth; do
		echo 0 2>/dev/null >"$file" || true
	done
}

# How much it has looked
watched() {
	[ ! -e $KCSAN ] || sed -n 's/^setup_watchpoints/# &/p' $KCSAN
}

aftermath() {
	finds_fault || return 0
	end_faults
	watched
	goes target_core_user
	leaks
	! lockdep_is_off || echo "# lockdep is off, by a report here or before"
}
