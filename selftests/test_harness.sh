#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The harness itself: what makes a claim fail.
# shellcheck disable=SC2016 # the claims expand it

. "$(dirname "$0")/lib.sh"

# judged CODE: sets $said to what a group with this one claim says
judged() {
	mkdir -p "$run/inner"
	cat >"$run/inner/test_inner.sh" <<-END
	. "$here/lib.sh"
	here=$here
	TIMEOUT=5
	inner() { $1; }
	outer() { inner; true; }
	claim "it is so" outer
	run_claims
	END
	said=$(TMPDIR=$run/inner bash "$run/inner/test_inner.sh" 9>&- || true)
}

holds() {
	judged "$1"
	grep -qx 'ok 1 - it is so' <<<"$said" || fail "it failed: $said"
}

# fails CODE WHY: with a remark that has WHY in it
fails() {
	judged "$1"
	grep -qx 'not ok 1 - it is so' <<<"$said" || fail "it held: $said"
	grep -q "^# .*$2" <<<"$said" || fail "it does not say '$2': $said"
}

claim "a claim whose commands succeed holds" holds true
claim "a command that fails in the middle fails the claim" \
	fails "false; true" "false"
claim "a command that fails at the end of a pipe's start fails the claim" \
	fails "false | cat; true" "exit status 1"
claim "a file that cannot be read fails the claim" \
	fails 'local x; x=$(<"/nonexistent"); true' "nonexistent"
claim "fail fails the claim, with its reason" \
	fails 'fail "the reason"' "the reason"
claim "is fails the claim" fails 'is 1 2 number' "number is '1'"
claim "what does not end in time fails the claim" \
	fails 'sleep 60' 'time limit'
claim "a process that is left behind fails the claim" \
	fails 'sleep 60 & echo $! >>"$run/pids"; daemons_stop() { true; }' \
	'left behind'

run_claims "$@"
