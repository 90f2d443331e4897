#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The UIO device as sysfs shows it.

. "$(dirname "$0")/lib.sh"

uio_new() {
	lun_new "$@"
	lun_enable
	uio=/sys/class/uio/$(lun_uio)
	[ -e "$uio/name" ] || fail "no UIO device has the name of the LUN"
}

# shows FILE TEXT [CONTROL]
shows() {
	uio_new "${3:-dev_config=raw//disk}"
	is "$(<"$uio/$1")" "$2" "$1"
}

named() {
	module_load
	hba=$1 dev=$CORE/$1/$2
	lun_new "$3"
	lun_enable
	is "$(cat "$(dirname "$(grep -lx "$4" /sys/class/uio/uio*/name)")/name")" \
		"$4" "name"
}

named_without_config() {
	module_load
	mkdir -p "$dev"
	lun_enable
	[ -n "$(uio_named tcm-user/9/disk)" ] || fail "not tcm-user/9/disk"
}

named_long() {
	local config

	config=$(printf 'x%.0s' {1..255})
	uio_new "dev_config=$config"
	is "$(<"$uio/name")" "tcm-user/9/disk/$config" "name"
}

# renamed FILE FORMAT NAME
renamed() {
	local before

	uio_new "dev_config=raw//old"
	before=$uio
	nl_listen
	put "$dev/$1" "$2"
	is "$(<"$before/name")" "tcm-user/9/disk/$3" "name"
}

# heard NUMBER: the listener has seen as many events
heard() {
	[ "$(grep -c ^event "$run/nlctl.log")" -ge "$1" ]
}

# Readers never see half a name, or one that has been freed
renamed_under_readers() {
	local i name reader

	uio_new "dev_config=raw//0"
	nl_listen
	(
		while name=$(cat "$uio/name" 2>/dev/null); do
			[[ $name =~ ^tcm-user/9/disk/raw//[0-9]+$ ]] ||
				{ echo "$name" >"$run/odd"; exit; }
		done
	) &
	reader=$!
	for i in {1..100}; do
		echo "raw//$i" >"$dev/attrib/dev_config"
		# who has no room for an event is as good as nobody, and it is refused
		((i % 20)) || wait_for 20 heard "$i"
	done
	rmdir "$dev"
	wait "$reader"
	[ ! -e "$run/odd" ] || fail "a reader saw '$(<"$run/odd")'"
}

one_map() {
	uio_new
	is "$(cd "$uio/maps" && echo ./*)" ./map0 "maps"
}

parent_is() {
	uio_new
	is "$(readlink -f "$uio")" "/sys/devices/tcm_user/uio/${uio##*/}" "path"
}

counts() {
	uio_new
	is "$(<"$uio/event")" 0 "event"
}

node_mode() {
	uio_new
	wait_for 5 test -c "/dev/${uio##*/}" || fail "no /dev/${uio##*/}"
	is "$(stat -c '%a %u' "/dev/${uio##*/}")" "600 0" "mode and owner"
}

goes_with_lun() {
	uio_new
	rmdir "$dev"
	[ ! -e "$uio" ] || fail "${uio##*/} is there after rmdir"
}

comes_with_enable() {
	lun_new
	is "$(lun_uio)" "" "UIO device before enable"
	lun_enable
	matches "$(lun_uio)" '^uio[0-9]+$'
}

each_its_own() {
	local i

	for i in 1 2 3; do
		dev=$CORE/$hba/disk$i
		lun_new "dev_config=raw//$i"
		lun_enable
		matches "$(lun_uio)" '^uio[0-9]+$'
	done
	is "$(cat /sys/class/uio/uio*/name | sort -u | grep -c '^tcm-user/9/')" 3
}

size='dev_config=raw//disk,max_data_area_mb'
claim "name is tcm-user/HOST/NAME/CONFIG" \
	named user_12 vol 'dev_config=qcow//a/b' tcm-user/12/vol/qcow//a/b
claim "name has no slash at its end without dev_config" named_without_config
claim "name holds a dev_config of 255 bytes" named_long
claim "version is 2" shows version 2
claim "maps/map0/name is the known one" \
	shows maps/map0/name "tcm-user command & data buffer"
claim "maps/map0/size is ring and data area by default" \
	shows maps/map0/size 0x0000000040800000
claim "maps/map0/size follows max_data_area_mb" \
	shows maps/map0/size 0x0000000000900000 "$size=1"
claim "maps/map0/size follows cmd_ring_size_mb" \
	shows maps/map0/size 0x0000000000200000 "$size=1,cmd_ring_size_mb=1"
claim "maps/map0/offset is 0" shows maps/map0/offset 0x0
claim "there is one map" one_map
claim "the device is below /sys/devices/tcm_user" parent_is
claim "the event counter starts at 0" counts
claim "the node is root's alone" node_mode
claim "the device comes with enable" comes_with_enable
claim "the device goes with the LUN" goes_with_lun
claim "each LUN has a device of its own" each_its_own
claim "attrib/dev_config renames the device" \
	renamed attrib/dev_config 'raw//new\n' raw//new
# Intended differences from the driver that distributions ship
claim "maps/map0/addr shows no kernel address" \
	shows maps/map0/addr 0x0000000000000000
claim "control's dev_config renames the device too" \
	renamed control 'dev_config=raw//new' raw//new
claim "renaming is safe for those who read the name" renamed_under_readers

run_claims "$@"
