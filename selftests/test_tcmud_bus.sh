#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tcmud on D-Bus: targetcli finds its handlers, as it does tcmu-runner's.
# timeout: 600

. "$(dirname "$0")/tcmud.sh"

TIMEOUT=120
bus=--dbus
WWN=naa.5001405000000001
NAME=org.kernel.TCMUService1
ROOT=/org/kernel/TCMUService1

# ask_bus METHOD [ARG...]: of the bus itself
ask_bus() {
	dbus-send --system --print-reply --dest=org.freedesktop.DBus \
		/org/freedesktop/DBus "org.freedesktop.DBus.$1" "${@:2}"
}

# The bus starts a daemon for whoever asks for the name, such as targetcli
nobody_has_the_name() {
	local out

	out=$(ask_bus GetConnectionUnixProcessID string:$NAME 2>/dev/null) ||
		return 0
	stop_daemon "${out##* }"
}

# The bus, our tools, and nobody who has the name
bus_up() {
	module_load
	bus_start
	tools_install
	# it reads policies that have come since
	ask_bus ReloadConfig >/dev/null
	nobody_has_the_name
}

up() {
	bus_up
	tcmud_up "$@"
}

# call OBJECT METHOD [ARG...]
call() {
	dbus-send --system --print-reply --dest=$NAME \
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

# interface_of OBJECT: what it says of itself, but for what differs without meaning:
# order, names of arguments, annotations
interface_of() {
	dbus-send --system --print-reply=literal --dest=$NAME "$ROOT/$1" \
		org.freedesktop.DBus.Introspectable.Introspect | python3 -c '
import sys
from xml.etree import ElementTree

node = ElementTree.fromstring(sys.stdin.read().strip())
for part in node.find("interface[@name=\"org.kernel.TCMUService1\"]"):
    if part.tag != "annotation":
        print(part.tag, part.get("name"), part.get("type"), part.get("access"),
              [(arg.get("direction", "in"), arg.get("type"))
               for arg in part.findall("arg")])
' | sort
}

like_the_runners() {
	local interface

	up
	interface=$(interface_of file)
	matches "$interface" "method CheckConfig"
	stop_daemon "$tcmud"
	runner_up
	is "$interface" "$(interface_of qcow)" "the interface"
}

# ---- targetcli ------------------------------------------------------------------

shown() {
	local out

	up
	out=$(targetcli "/backstores ls")
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

# rtslib does not ask the bus, and reads what it wants to know in 'info'
made_by_rtslib() {
	up
	truncate -s 32M "$file"
	is "$(python3 -c '
import sys
from rtslib_fb import RTSRoot, UserBackedStorageObject

UserBackedStorageObject("disk", config="file/" + sys.argv[1], size=32 << 20)
for so in RTSRoot().storage_objects:
    print(so.plugin, so.name, so.size, so.config, so.status)
' "$file")" "user disk 33554432 file/$file deactivated" "what rtslib reads"
	dev=$(disk_dir)
	lun_export
	read_one
}

# ---- who has the name ---------------------------------------------------------------

# runner_up: tcmu-runner, until the end of the test
runner_up() {
	runner_start "$run/runner.log"
	echo "$runner_pid" >>"$run/pids"
}

# tcmu-runner refuses what it does not know, and may be the first to answer
beside_the_runner() {
	bus_up
	runner_up
	bus=--log-level=notice tcmud_up
	has_said "another daemon has the name" || fail "$(<"$log")"
	disk_on "ram/" $MIB nl_reply_supported=-1
	read_one
}

ends_without_the_name() {
	bus_up
	runner_up
	! tcmud --dbus 2>"$run/start" || fail "it goes on"
	matches "$(<"$run/start")" "another daemon has the name"
}

gives_the_name_back() {
	up
	runner_is_up || fail "nobody has the name"
	stop_daemon "$tcmud"
	! runner_is_up || fail "somebody has the name"
	tcmud_up
	kill -KILL "$tcmud"
	wait_for 10 gone "$tcmud"
	tcmud_up
}

# One that is nobody's child; until the end of the test
started() {
	local pid

	pid=$(pidof tcmud) || fail "no tcmud is there"
	echo "$pid" >>"$run/pids"
	is "$(readlink "/proc/$pid/exe")" /usr/sbin/tcmud "what is started"
	wait_for 20 runner_is_up || fail "it has not got the name"
}

started_by_the_bus() {
	bus_up
	call file org.freedesktop.DBus.Peer.Ping >/dev/null ||
		fail "nobody is started"
	started
	disk_on "ram/"
	read_one
}

started_for_targetcli() {
	local out

	bus_up
	out=$(targetcli "/backstores ls")
	started
	matches "$out" "user:file "
}

more_purge() {
	[ ! -d "$LOOP/$WWN" ] || tcli "/loopback delete $WWN" >/dev/null || true
	rm -f "$file"
}

claim "each handler is an object on the bus" has_objects
claim "so are only those that --handler names" has_only_that_handler
claim "an object describes its handler's configs" describes
claim "an object checks a config, and says what is wrong" checks
claim "the interface is that of tcmu-runner's objects" like_the_runners
claim "targetcli lists the handlers" shown
claim "targetcli tells what a config looks like" helps
claim "targetcli makes a backstore and a LUN of it" created
claim "targetcli refuses a config that the handler refuses, and says why" refused
claim "saveconfig and restoreconfig bring a backstore back" restored
claim "rtslib makes a backstore, which is served, and reads what it is" \
	made_by_rtslib
claim "a tcmud beside tcmu-runner goes on without the bus" beside_the_runner
claim "... but with --dbus" ends_without_the_name
claim "the name is given back, also by a tcmud that is killed" gives_the_name_back
claim "the bus starts tcmud for whoever asks for the name, and it serves" \
	started_by_the_bus
claim "so it does for targetcli, which lists its handlers then" \
	started_for_targetcli

run_claims "$@"
