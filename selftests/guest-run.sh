#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-run.sh GROUP...: runs in the guest. Each group's TAP stands between a
# line '#BEGIN group' and a line '#END group STATUS SECONDS'.
set -u

limit_of() {
	local limit

	limit=$(sed -n '1,10s/.*timeout: \([0-9]*\).*/\1/p' "$1" 2>/dev/null)
	echo "${limit:-300}"
}

run_group() {
	local program=/t/test_$1 limit=300 start=$SECONDS status

	[ -e "$program" ] || program=$program.sh
	case $program in
	*.sh) limit=$(limit_of "$program") ;;
	*) [ ! -e "/t/$1.limit" ] || limit=$(cat "/t/$1.limit") ;;
	esac
	echo "#BEGIN $1"
	timeout -k 5 "$limit" "$program" </dev/null 2>&1
	status=$?
	[ $status -ne 124 ] || echo "# the group ran longer than $limit s"
	if [ $status -ne 0 ]; then
		dmesg | tail -n 40 | sed 's/^/# kmsg: /'
	fi
	echo "#END $1 $status $((SECONDS - start))"
}

for group; do
	run_group "$group"
done
