#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-run.sh GROUP...: runs in the guest. Each group's TAP stands between a
# line '#BEGIN group' and a line '#END group STATUS SECONDS'; between '#KMSG'
# and '#END' is what the kernel said meanwhile.
set -u
. "$(dirname "$0")/aftermath.sh"

limit_of() {
	awk -v group="$1" '$1 == group { print $2 }' /t/limits
}

run_group() {
	local program=/t/test_$1 limit start=$SECONDS status

	[ -e "$program" ] || program=$program.sh
	limit=$(limit_of "$1")
	echo "#BEGIN $1"
	timeout -k 5 "$limit" "$program" </dev/null 2>&1
	status=$?
	aftermath
	[ $status -ne 124 ] || echo "# the group ran longer than $limit s"
	echo "#KMSG $1"
	dmesg --color=never --read-clear
	echo "#END $1 $status $((SECONDS - start))"
}

cd /t || exit
dmesg --clear
aftermath_begin
for group; do
	run_group "$group"
done
