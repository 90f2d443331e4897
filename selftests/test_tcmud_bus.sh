#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tcmud on D-Bus: targetcli finds its handlers, as it does tcmu-runner's.
# timeout: 600

. "$(dirname "$0")/tcmud.sh"

TIMEOUT=120
bus=--dbus
WWN=naa.5001405000000001
ROOT=/org/kernel/TCMUService1

up() {
	bus_start
	tools_install
	# it reads policies that have come since
	dbus-send --system --print-reply --dest=org.freedesktop.DBus \
		/org/freedesktop/DBus org.freedesktop.DBus.ReloadConfig >/dev/null
	tcmud_up "$@"
}

# call OBJECT METHOD [ARG...]
call() {
	dbus-send --system --print-reply --dest=org.kernel.TCMUService1 \
		"$ROOT${1:+/$1}" "$2" "${@:3}"
}

disk_dir() {
	echo "$CORE"/user_*/disk
}

has_objects() {
	local out name

	up
	out=$(call '' org.freedesktop.DBus.ObjectManager.GetManagedObjects)
	for name in $(tcmud --handlers --json | jq -r '.[].name'); do
		[[ $out == *"object path \"$ROOT/$name\""* ]] ||
			fail "no object for $name: $out"
	done
	is "$(grep -c "object path \"$ROOT/" <<<"$out")" \
		"$(tcmud --handlers --json | jq length)" "objects"
	matches "$out" 'string "ConfigDesc"'
	matches "$out" 'file//PATH'
}

has_only_that_handler() {
	local out

	up --handler=ram
	out=$(call '' org.freedesktop.DBus.ObjectManager.GetManagedObjects)
	is "$(grep "object path" <<<"$out" | xargs)" \
		"object path $ROOT/ram" "objects"
}

describes() {
	up
	matches "$(call file org.freedesktop.DBus.Properties.Get \
		string:org.kernel.TCMUService1 string:ConfigDesc)" \
		'file//PATH.*direct'
}

checks() {
	local out

	up
	truncate -s 1M "$file"
	out=$(call file org.kernel.TCMUService1.CheckConfig "string:file/$file")
	matches "$out" 'boolean true'
	out=$(call file org.kernel.TCMUService1.CheckConfig "string:file//no/such")
	matches "$out" 'boolean false'
	matches "$out" '/no/such: No such file'
	out=$(call file org.kernel.TCMUService1.CheckConfig "string:ram/")
	matches "$out" 'boolean false'
	matches "$out" "begins by 'file/'"
	out=$(call delay org.kernel.TCMUService1.CheckConfig \
		"string:delay/read=1ms/file/$file")
	matches "$out" 'boolean true'
}

# ---- targetcli ------------------------------------------------------------------

shown() {
	local out

	up
	out=$(tcli "/backstores ls")
	for name in file nbd null ram rbd delay error log readonly; do
		matches "$out" "user:$name "
	done
}

helps() {
	up
	matches "$(tcli "/backstores/user:file help create")" 'file//PATH.*direct'
}

created() {
	local disk

	up
	truncate -s 32M "$file"
	tcli "/backstores/user:file create name=disk size=32M cfgstring=$file" \
		"/loopback create $WWN" \
		"/loopback/$WWN/luns create /backstores/user:file/disk"
	dev=$(disk_dir)
	[ -d "$dev" ] || fail "targetcli made no backstore"
	matches "$(<"$dev/info")" "Config: file/$file Size: 33554432 "
	wait_for 20 disk_by loopback || fail "no disk appeared"
	disk=$(disk_by loopback)
	wait_for 20 disk_ready
	head -c 1M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=64k oflag=direct conv=fsync status=none
	cmp -n 1048576 "$file" "$run/bytes"
	matches "$(tcli "/backstores/user:file ls")" 'disk.*32.0MiB'
}

refused() {
	local out

	up
	if out=$(tcli "/backstores/user:file create name=disk size=32M cfgstring=/no/such"); then
		fail "targetcli takes a file that does not exist: $out"
	fi
	matches "$out" "cfgstring invalid: /no/such: No such file or directory"
	[ ! -d "$(disk_dir)" ] || fail "something is left of it: $out"
}

restored() {
	local out

	up
	truncate -s 32M "$file"
	tcli "/backstores/user:file create name=disk size=32M cfgstring=$file" \
		"saveconfig $run/saved.json"
	targetcli clearconfig confirm=True
	[ ! -d "$(disk_dir)" ] || fail "clearconfig leaves it"
	out=$(targetcli restoreconfig "$run/saved.json" || true)
	dev=$(disk_dir)
	[ -d "$dev" ] || fail "it was not restored: $out"
	matches "$(<"$dev/info")" "Config: file/$file Size: 33554432 "
	! has_said "cannot be served" || fail "$(<"$log")"
}

# ---- who has the name ---------------------------------------------------------------

# runner_up: tcmu-runner, until the end of the test
runner_up() {
	runner_start "$run/runner.log"
	echo "$runner_pid" >>"$run/pids"
}

beside_the_runner() {
	bus_start
	module_load
	runner_up
	bus=--log-level=notice tcmud_up
	has_said "another daemon has the name" || fail "$(<"$log")"
	disk_on "ram/"
	dd if="$disk" of=/dev/null bs=64k count=1 iflag=direct status=none
}

ends_without_the_name() {
	bus_start
	module_load
	tools_install
	runner_up
	! tcmud --dbus 2>"$run/start" || fail "it goes on"
	matches "$(<"$run/start")" "another daemon has the name"
}

gives_the_name_back() {
	up
	runner_is_up || fail "nobody has the name"
	stop_daemon "$tcmud"
	! runner_is_up || fail "somebody has the name"
	up
	kill -KILL "$tcmud"
	wait_for 10 gone "$tcmud"
	up
}

# As the bus does it when somebody asks for the name
started_by_the_bus() {
	local name=org.kernel.TCMUService1 pid

	bus_start
	tools_install
	module_load
	dbus-send --system --print-reply --dest=org.freedesktop.DBus \
		/org/freedesktop/DBus org.freedesktop.DBus.ReloadConfig >/dev/null
	call file org.freedesktop.DBus.Peer.Ping >/dev/null ||
		fail "nobody is started"
	pid=$(pidof tcmud) || fail "it is not tcmud"
	stop_daemon "$pid"
}

more_purge() {
	[ -z "$fio" ] || wait "$fio" 2>/dev/null || true
	[ ! -d "$LOOP/$WWN" ] || tcli "/loopback delete $WWN" >/dev/null || true
	rm -f "$file"
}

claim "each handler is an object on the bus" has_objects
claim "so are only those that --handler names" has_only_that_handler
claim "an object describes its handler's configs" describes
claim "an object checks a config, and says what is wrong" checks
claim "targetcli lists the handlers" shown
claim "targetcli tells what a config looks like" helps
claim "targetcli makes a backstore and a LUN of it" created
claim "targetcli refuses a config that the handler refuses, and says why" refused
claim "saveconfig and restoreconfig bring a backstore back" restored
claim "a tcmud beside tcmu-runner goes on without the bus" beside_the_runner
claim "... but with --dbus" ends_without_the_name
claim "the name is given back, also by a tcmud that is killed" gives_the_name_back
claim "the bus starts tcmud" started_by_the_bus

run_claims "$@"
