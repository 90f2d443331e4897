# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Tests of the program as a whole, below a root of its own with a kernel of plain files
# (fake.c). Sourced by a test, which defines functions and calls
#
#	claim "an unknown command is refused" refused 2 nonsense
#
# for each of them, and 'done_testing' at its end.
set -euo pipefail
export LC_ALL=C

# TCMUCTL is set by the Makefile
: "${TCMUCTL:?}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
nr=0
failed=0

# A machine with the module, and no device
new_root() {
	rm -rf "$tmp"
	mkdir -p "$tmp/sys/kernel/config/target/core" "$tmp/proc/sys/kernel/random" \
		"$tmp/sys/module/target_core_user/parameters" "$tmp/var/tmp"
	echo 1.0 >"$tmp/sys/module/target_core_user/version"
	echo 60 >"$tmp/sys/module/target_core_user/parameters/netlink_timeout"
	echo 6dd52171-83e2-43a1-9f82-ae8b1a3a7e8b \
		>"$tmp/proc/sys/kernel/random/uuid"
	core=$tmp/sys/kernel/config/target/core
	loop=$tmp/sys/kernel/config/target/loopback
}

# claim NAME COMMAND...: in a process of its own, with a new root
claim() {
	local name=$1 status=0

	shift
	new_root
	nr=$((nr + 1))
	# not as a condition: that would take set -e from what it calls
	set +e
	(
		set -e
		"$@"
	) >"$tmp/said" 2>&1
	status=$?
	set -e
	if [ $status -eq 0 ]; then
		echo "ok $nr - $name"
	else
		sed 's/^/# /' "$tmp/said"
		echo "not ok $nr - $name"
		failed=1
	fi
}

done_testing() {
	echo "1..$nr"
	[ "$failed" -eq 0 ]
}

fail() {
	echo "$*"
	exit 1
}

ctl() {
	"$TCMUCTL" --root "$tmp" "$@"
}

is() {
	[ "$1" = "$2" ] || fail "is '$1', should be '$2'"
}

# refused STATUS TEXT ARGUMENT...: it ends so, and says so on stderr alone
refused() {
	local status=0 wanted=$1 text=$2

	shift 2
	ctl "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	cat "$tmp/err"
	is "$status" "$wanted"
	is "$(cat "$tmp/out")" ""
	grep -qF -- "$text" "$tmp/err" || fail "it does not say '$text'"
}

# A file of a device, 0/disk if nothing is said
dev_file() {
	cat "$core/user_0/${2:-disk}/$1"
}

# make [OPTION...]: 0/disk, served by process 77
make_dev() {
	FAKE_SERVER=77 ctl create ram --name disk --size 64M "$@"
}

# Nothing that was made is there any more
nothing_left() {
	is "$(ls "$core")" ""
	is "$(ls "$loop" 2>/dev/null)" ""
	is "$(ls "$tmp/sys/class/uio" 2>/dev/null)" ""
}
