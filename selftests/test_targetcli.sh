#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Debian's targetcli and rtslib, with Debian's tcmu-runner behind them.
# timeout: 400

. "$(dirname "$0")/lib.sh"

TIMEOUT=120
WWN=naa.5001405000000001
image=/var/tmp/tcli.img
saved=$run.json
# rtslib numbers the hosts itself
disk_dir() {
	echo "$CORE"/user_*/disk
}

up() {
	module_load
	runner_start "$run/runner.log"
	echo "$runner_pid" >>"$run/pids"
	truncate -s 32M "$image"
}

# created [OPTION...]
created() {
	up
	tcli "/backstores/user:qcow create name=disk size=32M cfgstring=$image $*"
	dev=$(disk_dir)
	[ -d "$dev" ] || fail "targetcli made no backstore"
}

create() {
	created
	is "$(<"$dev/enable")" 1 "enable"
	matches "$(<"$dev/info")" "Config: qcow/$image Size: 33554432 "
	matches "$(uio_named "tcm-user/${dev#*/user_}/qcow/$image")" '^uio'
}

create_by_control() {
	created hw_max_sectors=256 control=max_data_area_mb=64,cmd_ring_size_mb=2
	is "$(<"$dev/attrib/max_data_area_mb")" 64 max_data_area_mb
	is "$(<"$dev/attrib/cmd_ring_size_mb")" 2 cmd_ring_size_mb
	is "$(<"$dev/attrib/hw_max_sectors")" 256 hw_max_sectors
}

# The handler is asked, by way of D-Bus, and the daemon, by netlink
create_refused() {
	local out

	up
	out=$(tcli "/backstores/user:qcow create name=disk size=32M cfgstring=/no/such") &&
		fail "targetcli takes a file that does not exist: $out"
	[ ! -d "$(disk_dir)" ] || fail "something is left of it: $out"
}

shown() {
	local out

	created
	out=$(tcli "/backstores/user:qcow ls" "/backstores/user:qcow/disk info")
	matches "$out" 'disk.*32.0MiB'
	matches "$out" "$image"
}

sets_attribute() {
	created
	tcli "/backstores/user:qcow/disk set attribute cmd_time_out=77"
	is "$(<"$dev/attrib/cmd_time_out")" 77 cmd_time_out
	matches "$(tcli "/backstores/user:qcow/disk get attribute cmd_time_out")" \
		'cmd_time_out=77'
}

lists_attributes() {
	local out name

	created
	out=$(tcli "/backstores/user:qcow/disk get attribute")
	for name in "$dev"/attrib/*; do
		[[ $out == *${name##*/}=* ]] || fail "${name##*/} is not listed"
	done
}

deletes() {
	created
	tcli "/backstores/user:qcow delete disk"
	[ ! -d "$dev" ] || fail "it is still there"
}

deletes_with_lun() {
	created
	tcli "/loopback create $WWN" \
		"/loopback/$WWN/luns create /backstores/user:qcow/disk"
	wait_for 15 disk_by loopback || fail "no disk"
	tcli "/backstores/user:qcow delete disk" "/loopback delete $WWN"
	[ ! -d "$dev" ] || fail "it is still there"
}

# The qcow handler refuses each change of an enabled disk, also to what it is.
# rtslib tells, skips those, and ends with status 1.
restored() {
	local out

	out=$(targetcli restoreconfig "$saved" || true)
	note "$out"
	out=$(grep -vE "^(Configuration restored|.*(dev_config|dev_size|emulate_write_cache): \[Errno 95\])" \
		<<<"$out" || true)
	is "$out" "" "what else restoreconfig complains of"
}

# Everything that is saved comes back, defaults and what was changed
saved_and_restored() {
	local before after

	created hw_max_sectors=256 control=max_data_area_mb=64
	tcli "/backstores/user:qcow/disk set attribute cmd_time_out=77 qfull_time_out=5" \
		"/loopback create $WWN" \
		"/loopback/$WWN/luns create /backstores/user:qcow/disk" \
		"saveconfig $saved"
	before=$(state)
	targetcli clearconfig confirm=True
	[ ! -d "$(disk_dir)" ] || fail "clearconfig leaves it"
	restored
	dev=$(disk_dir)
	after=$(state)
	is "$after" "$before" "what was restored"
	wait_for 15 disk_by loopback || fail "the LUN was not restored"
}

state() {
	local file

	cat "$dev/info"
	for file in "$dev"/attrib/*; do
		[ "${file##*/}" = hw_queue_depth ] ||
			echo "${file##*/}=$(cat "$file" 2>/dev/null || true)"
	done
	cat "$dev/wwn/vpd_unit_serial"
}

# rtslib looks for its values in 'info'
rtslib_reads() {
	created hw_max_sectors=256
	is "$(python3 -c '
from rtslib_fb import RTSRoot
for so in RTSRoot().storage_objects:
    print(so.plugin, so.name, so.size, so.config, so.hw_max_sectors, so.status)
')" "user disk 33554432 qcow/$image 256 deactivated" "what rtslib reads"
}

without_runner_rtslib() {
	module_load
	python3 -c '
from rtslib_fb import UserBackedStorageObject
so = UserBackedStorageObject("disk", config="raw//x", size=1048576,
                             hw_max_sectors=128, control="max_data_area_mb=8")
assert so.size == 1048576 and so.config == "raw//x", so.config
assert so.get_attribute("max_data_area_mb") == "8"
so.delete()
'
	[ ! -d "$(disk_dir)" ] || fail "rtslib leaves it"
}

more_purge() {
	rm -f "$image" "$saved"
}

claim "targetcli creates a backstore" create
claim "hw_max_sectors and control of 'create' arrive" create_by_control
claim "a file that the handler refuses makes no backstore" create_refused
claim "targetcli shows size and configuration" shown
claim "targetcli sets an attribute" sets_attribute
claim "targetcli lists every attribute" lists_attributes
claim "targetcli deletes a backstore" deletes
claim "targetcli deletes a backstore with a LUN" deletes_with_lun
claim "saveconfig and restoreconfig bring all of it back" saved_and_restored
claim "rtslib reads what it looks for in info" rtslib_reads
claim "rtslib creates and deletes without tcmu-runner" without_runner_rtslib

run_claims "$@"
