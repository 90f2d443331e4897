#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# gateway-guest.sh: runs in the guest that is a gateway and nothing else: does what
# it is told at port 7000, until it dies. A connection is one line of shell, and gets
# what it has said, and a last line with its status.

. "$(dirname "$0")/gateway.sh"

answer() {
	local line status

	IFS= read -r line
	set +e
	(set -eE; eval "$line") 2>&1 </dev/null
	status=$?
	printf '\001%d\n' $status
}

if [ "${1:-}" = answer ]; then
	mkdir -p "$run"
	answer
else
	cluster_reached
	/bin/busybox nc -ll -p 7000 -e "$here/gateway-guest.sh" answer
fi
