# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Shared by the groups that plant a bug and want it to fail a run. Sourced. They do
# not use lib.sh for themselves, or they would fail, too; each claim is a group of
# lib.sh that has to.

. "$(dirname "$0")/aftermath.sh"
at=$(cd "$(dirname "$0")" && pwd)
run=${TMPDIR:-/tmp}/tcmu-planted
nr=0 failed=0

# planted BUG: $said is what a claim says in whose time the bug does its work. Its
# name is its own, or it would find another one's marks in the log.
planted() {
	mkdir -p "$run"
	cat >"$run/test_$1.sh" <<-END
	. "$at/lib.sh"
	here=$at
	outer() { insmod "$at/planted.ko" bug=$1; }
	claim "it is so" outer
	run_claims
	END
	said=$(TMPDIR=$run bash "$run/test_$1.sh" 2>&1)
}

# result CLAIM: of the command before
result() {
	local ok=$?

	nr=$((nr + 1))
	if [ $ok -eq 0 ]; then
		echo "ok $nr - $1"
	else
		printf '%s\n' "$said" | sed 's/^/# /'
		echo "not ok $nr - $1"
		failed=1
	fi
}

# fails_claim BUG PATTERN: the claim fails, for that reason
fails_claim() {
	planted "$1"
	rmmod planted
	grep -qx 'not ok 1 - it is so' <<<"$said" && grep -qE "$2" <<<"$said"
	result "$1 fails the claim it happens in"
	dmesg --clear
}

# fails_group COMMAND PATTERN: what the command finds fails a group
fails_group() {
	"$1" "${@:3}" >/dev/null 2>&1
	said=$(dmesg | awk -f "$at/kernel-log.awk")
	grep -qE "$2" <<<"$said"
}

end_planted() {
	dmesg --clear
	exit $failed
}
