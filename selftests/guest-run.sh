#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-run.sh GROUP...: runs in the guest. Each group's TAP stands between a
# line '#BEGIN group' and a line '#END group STATUS SECONDS'; between '#KMSG'
# and '#END' is what the kernel said meanwhile.
set -u

limit_of() {
	awk -v group="$1" '$1 == group { print $2 }' /t/limits
}

# Where the kernel looks for memory that nobody knows of, it says how much there is
# in its log; it is silent about what is younger than five seconds
leaks() {
	local report=/sys/kernel/debug/kmemleak

	[ -e $report ] || return 0
	rmmod target_core_user 2>/dev/null
	sleep 6
	echo scan >$report
	sed 's/^/# /' $report
	echo clear >$report
}

run_group() {
	local program=/t/test_$1 limit start=$SECONDS status

	[ -e "$program" ] || program=$program.sh
	limit=$(limit_of "$1")
	echo "#BEGIN $1"
	dmesg --clear
	timeout -k 5 "$limit" "$program" </dev/null 2>&1
	status=$?
	leaks
	[ $status -ne 124 ] || echo "# the group ran longer than $limit s"
	echo "#KMSG $1"
	dmesg --color=never
	echo "#END $1 $status $((SECONDS - start))"
}

cd /t || exit
for group; do
	run_group "$group"
done
