#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Debian's targetcli and rtslib, with Debian's tcmu-runner behind them. The group
# targetcli_newest runs the same with those of Debian's next release.
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

# Sets $client, where it is not this release's
declare -F client_ready >/dev/null || client_ready() {
	true
}

ready() {
	module_load
	client_ready
}

up() {
	ready
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

# tcmu-runner serves blocks, the target core is the disk
create_in_io_mode() {
	local disk

	created control=mode=io
	is "$(<"$dev/attrib/mode")" io mode
	tcli "/loopback create $WWN" \
		"/loopback/$WWN/luns create /backstores/user:qcow/disk" \
		"saveconfig $saved"
	wait_for 20 disk_by loopback || fail "no disk appeared"
	disk=$(disk_by loopback)
	wait_for 20 disk_ready
	matches "$(sg_inq "$disk")" 'LIO-ORG .*USER'
	head -c 1M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=64k oflag=direct status=none
	cmp -n 1048576 "$disk" "$run/bytes"
	"${client[@]}" targetcli clearconfig confirm=True
	restored
	dev=$(disk_dir)
	is "$(<"$dev/attrib/mode")" io "mode when restored"
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

	out=$("${client[@]}" targetcli restoreconfig "$saved" || true)
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
	"${client[@]}" targetcli clearconfig confirm=True
	[ ! -d "$(disk_dir)" ] || fail "clearconfig leaves it"
	restored
	dev=$(disk_dir)
	after=$(state)
	is "$after" "$before" "what was restored"
	wait_for 15 disk_by loopback || fail "the LUN was not restored"
}

# All that is configured; what is counted starts anew. One process, for there
# are 1200 files.
state() {
	cat "$dev/info"
	(cd "$dev/attrib" &&
		grep -s --exclude=hw_queue_depth --exclude='stat_*' . ./*) || true
	cat "$dev/wwn/vpd_unit_serial"
}

# rtslib looks for its values in 'info'
rtslib_reads() {
	created hw_max_sectors=256
	is "$("${client[@]}" python3 -c '
from rtslib_fb import RTSRoot
for so in RTSRoot().storage_objects:
    print(so.plugin, so.name, so.size, so.config, so.hw_max_sectors, so.status)
')" "user disk 33554432 qcow/$image 256 deactivated" "what rtslib reads"
}

without_runner_rtslib() {
	ready
	"${client[@]}" python3 -c '
from rtslib_fb import UserBackedStorageObject
so = UserBackedStorageObject("disk", config="raw//x", size=1048576,
                             hw_max_sectors=128, control="max_data_area_mb=8")
assert so.size == 1048576 and so.config == "raw//x", so.config
assert so.get_attribute("max_data_area_mb") == "8"
so.delete()
'
	[ ! -d "$(disk_dir)" ] || fail "rtslib leaves it"
}

# rtslib_does: what comes on standard input, by rtslib alone: targetcli would have
# the bus start a tcmu-runner, which refuses other handlers' devices
rtslib_does() {
	"${client[@]}" python3 - "$IQN" "$saved"
}

# Alike in nothing that rtslib saves (cmd_ring_size_mb is not), each a LUN of one
# target
make_twenty() {
	rtslib_does <<-'END'
	import sys
	from rtslib_fb import (FabricModule, LUN, RTSRoot, Target, TPG,
	                       UserBackedStorageObject)

	tpg = TPG(Target(FabricModule("iscsi"), sys.argv[1]), 1)
	for i in range(20):
	    so = UserBackedStorageObject(
	        f"disk{i}", config=f"raw//disk{i}?cache={i}", size=(i + 1) << 20,
	        hw_max_sectors=128 * (i + 1),
	        control=f"max_data_area_mb={i + 1},data_pages_per_blk={1 + i % 3},"
	                f"hw_block_size={512 << i % 4}")
	    for name, value in (("cmd_time_out", 40 + i), ("qfull_time_out", i),
	                        ("emulate_write_cache", i % 2),
	                        ("tmr_notification", i % 2)):
	        so.set_attribute(name, str(value))
	    LUN(tpg, i, so)
	RTSRoot().save_to_file(sys.argv[2])
	END
}

# Prints what could not be restored
restore_twenty() {
	rtslib_does <<-'END'
	import sys
	from rtslib_fb import RTSRoot

	root = RTSRoot()
	for error in root.restore_from_file(sys.argv[2]):
	    print(error)
	root.save_to_file(sys.argv[2] + ".2")
	END
}

clear_all() {
	rtslib_does <<-'END'
	from rtslib_fb import RTSRoot

	RTSRoot().clear_existing(confirm=True)
	END
	[ -z "$(ls -d "$CORE"/user_*/disk* 2>/dev/null)" ] ||
		fail "clearing leaves some"
}

states() {
	local i

	for ((i = 0; i < 20; i++)); do
		dev=$(echo "$CORE"/user_*/"disk$i")
		state
		[ -e "$ISCSI/$IQN/tpgt_1/lun/lun_$i" ] || fail "no LUN $i"
	done
}

# The order is that of the directories
storage_objects() {
	jq -S '.storage_objects | sort_by(.name)' "$1"
}

twenty_saved_and_restored() {
	local before

	ready
	modprobe -q iscsi_target_mod || true
	nl_listen
	make_twenty
	before=$(states)
	clear_all
	is "$(restore_twenty)" "" "what could not be restored"
	is "$(states)" "$before" "what was restored"
	is "$(storage_objects "$saved.2")" "$(storage_objects "$saved")" \
		"what is saved then"
	clear_all
}

more_purge() {
	[ ! -d "$ISCSI/$IQN" ] || clear_all
	rm -f "$image" "$saved" "$saved.2"
}

claim "targetcli creates a backstore" create
claim "hw_max_sectors and control of 'create' arrive" create_by_control
claim "mode=io of 'create' makes a disk of the target core's" create_in_io_mode
claim "a file that the handler refuses makes no backstore" create_refused
claim "targetcli shows size and configuration" shown
claim "targetcli sets an attribute" sets_attribute
claim "targetcli lists every attribute" lists_attributes
claim "targetcli deletes a backstore" deletes
claim "targetcli deletes a backstore with a LUN" deletes_with_lun
claim "saveconfig and restoreconfig bring all of it back" saved_and_restored
claim "rtslib reads what it looks for in info" rtslib_reads
claim "rtslib creates and deletes without tcmu-runner" without_runner_rtslib
claim "twenty devices with attributes of their own are saved and restored" \
	twenty_saved_and_restored

run_claims "$@"
