#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What tcmuctl asks a daemon by D-Bus, on a bus of its own.
. "$(dirname "$0")/lib.sh"

bus=$(mktemp -d)
pids=()

end() {
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
	rm -rf "$bus" "$tmp"
}
trap end EXIT

if ! command -v dbus-daemon >/dev/null; then
	echo "ok 1 - a daemon on D-Bus is asked # SKIP no dbus-daemon"
	echo "1..1"
	exit 0
fi

cat >"$bus/conf" <<END
<busconfig>
  <listen>unix:path=$bus/socket</listen>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
END
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$bus/socket

until_there() {
	local end=$((SECONDS + 20))

	until [ -s "$1" ] || [ -S "$1" ]; do
		[ "$SECONDS" -lt "$end" ] || fail "no $1"
		sleep 0.05
	done
}

handlers() {
	ctl handlers >"$tmp/out"
	cat "$tmp/out"
	is "$(sed 's/ *$//' "$tmp/out")" "$(printf '%-14s %s\n%14s  %s\n%-14s %s' \
		file "a file" "" "and its path" ram memory)"
	is "$(ctl handlers --json | jq -r 'map(.handler) | join(" ")')" \
		"file ram"
	is "$(ctl handlers --json | jq -r '.[1].description')" memory
}

says_why() {
	FAKE_FAIL=enable=2 refused 1 "handler 'file': it looks bad" \
		create file /var/tmp/bad --size 1M
	nothing_left
}

says_errno() {
	FAKE_FAIL=enable=28 refused 1 "No space left on device" \
		create file /var/tmp/good --size 1M
	FAKE_FAIL=enable=2 refused 1 "no daemon serves handler 'qcow'" \
		create qcow /bad --size 1M
	nothing_left
}

dbus-daemon --config-file="$bus/conf" --nofork --nopidfile 2>"$bus/log" &
pids+=($!)
until_there "$bus/socket"
claim "without a daemon, handlers fails" refused 1 "no daemon on D-Bus" handlers
"${TCMUCTL%/*}/fakebus" >"$bus/ready" &
pids+=($!)
until_there "$bus/ready"
claim "handlers tells names and descriptions" handlers
claim "create tells why the daemon does not like a config" says_why
claim "create tells the errno when the daemon would like the config" says_errno
done_testing
