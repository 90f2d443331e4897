#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The module: that it is ours, that it comes and goes, its parameters.
# timeout: 180

. "$(dirname "$0")/lib.sh"

has_version() {
	module_load
	ours || fail "the loaded module has no version: it is another one"
	matches "$(cat /sys/module/target_core_user/version)" '^[0-9]+\.[0-9]+'
}

preferred_by_modprobe() {
	requires modinfo
	modinfo -n target_core_user >/dev/null 2>&1 ||
		skip "no modules are installed for this kernel"
	matches "$(modinfo -n target_core_user)" '/updates/target_core_user.ko$'
	is "$(modinfo -F version target_core_user)" \
		"$(modinfo -F version "$ko")" "version"
}

loaded_for_a_backend() {
	[ -e "/lib/modules/$(uname -r)/modules.dep" ] ||
		skip "no modules are installed for this kernel"
	module_unload
	# the core asks for backends once per boot only
	rmdir /sys/kernel/config/target/{loopback,iscsi,core/*} 2>/dev/null || true
	modprobe -r tcm_loop iscsi_target_mod target_core_file \
		target_core_iblock target_core_pscsi target_core_mod 2>/dev/null ||
		skip "the target core is in use"
	modprobe target_core_mod
	mkdir "$CORE/$hba"
	has_version
}

gone_from_sysfs() {
	module_load
	module_unload
	[ ! -e /sys/module/target_core_user ] || fail "still loaded"
	[ ! -e /sys/devices/tcm_user ] || fail "/sys/devices/tcm_user is left"
}

fifty_times() {
	local i

	for i in {1..50}; do
		module_load
		module_unload
	done
}

fifty_times_with_devices() {
	local i

	for i in {1..50}; do
		module_load
		lun_new "dev_config=raw//$i,dev_size=1048576,max_data_area_mb=1"
		[ $((i % 2)) -eq 0 ] || lun_enable
		rmdir "$dev" "$CORE/$hba"
		module_unload
	done
}

loads_with() {
	module_unload
	module_load_with "$1"
	is "$(<"$PARAM/${1%%=*}")" "$2" "${1%%=*}"
	module_unload
}

does_not_load_with() {
	module_unload
	if module_load_with "$1" 2>/dev/null; then
		fail "it loads with $1"
	fi
}

busy_with_hba() {
	module_load
	mkdir "$CORE/$hba"
	if rmmod target_core_user 2>/dev/null; then
		fail "it can be unloaded while $hba exists"
	fi
	rmdir "$CORE/$hba"
	rmmod target_core_user
}

busy_with_open_uio() {
	local uio

	lun_new
	lun_enable
	uio=$(lun_uio)
	exec 7<>"/dev/$uio"
	rmdir "$dev" "$CORE/$hba"
	if rmmod target_core_user 2>/dev/null; then
		fail "it can be unloaded while a program has $uio open"
	fi
	exec 7>&-
	rmmod target_core_user
}

hba_named() {
	module_load
	mkdir "$CORE/$1/"
	matches "$(<"$CORE/$1/hba_info")" \
		'^HBA Index: [0-9]+ plugin: user version: '
	mkdir "$CORE/$1/disk"
	dev=$CORE/$1/disk
	put "$dev/enable" 1
	is "$(cat "/sys/class/uio/$(uio_named "tcm-user/$2/disk")/name")" \
		"tcm-user/$2/disk" "uio name"
}

# ---- parameters -----------------------------------------------------------------

is_list() {
	module_load
	is "$(cd "$PARAM" && echo ./*)" \
		"./block_netlink ./global_max_data_area_mb ./netlink_timeout ./reset_netlink"
}

mode() {
	module_load
	is "$(stat -c %a "$PARAM/$1")" "$2" "mode"
}

reads() {
	module_load
	is "$(<"$PARAM/$1")" "$2" "$1"
}

takes() {
	local old

	module_load
	old=$(<"$PARAM/$1")
	put "$PARAM/$1" "$2"
	is "$(<"$PARAM/$1")" "$3" "$1"
	case $old in
	blocked) old=1 ;;
	unblocked) old=0 ;;
	esac
	put "$PARAM/$1" "$old"
}

refuses() {
	local old=''

	module_load
	[ ! -r "$PARAM/$1" ] || old=$(cat "$PARAM/$1" 2>/dev/null) || true
	refused "$3" "$PARAM/$1" "$2"
	[ -z "$old" ] || is "$(<"$PARAM/$1")" "$old" "$1 afterwards"
}

reset_takes() {
	module_load
	put "$PARAM/reset_netlink" "$1"
}

claim "the loaded module is ours" has_version
claim "modprobe prefers ours to the distribution's" preferred_by_modprobe
claim "the core loads it when a backend is asked for" loaded_for_a_backend
claim "nothing is left in sysfs after unloading" gone_from_sysfs
claim "it loads and unloads 50 times" fifty_times
claim "it loads and unloads 50 times with devices between" \
	fifty_times_with_devices
claim "it cannot be unloaded while an HBA directory exists" busy_with_hba
claim "it cannot be unloaded while a program has a removed device open" \
	busy_with_open_uio
claim "an HBA has the number of its name" hba_named user_17 17
claim "the number of an HBA may be octal" hba_named user_010 8

claim "parameter global_max_data_area_mb is for root to write" \
	mode global_max_data_area_mb 644
claim "parameter block_netlink is for root to write" mode block_netlink 644
claim "parameter reset_netlink can only be written" mode reset_netlink 200
claim "global_max_data_area_mb is 2048 by default" \
	reads global_max_data_area_mb 2048
claim "block_netlink is 'unblocked' by default" reads block_netlink unblocked
claim "global_max_data_area_mb takes a number" \
	takes global_max_data_area_mb '4096\n' 4096
claim "global_max_data_area_mb takes 1" takes global_max_data_area_mb 1 1
for bad in 0 -1 junk 12M '' 2147483647 4294967296; do
	claim "global_max_data_area_mb=$bad is -EINVAL" \
		refuses global_max_data_area_mb "$bad\n" EINVAL
done
claim "block_netlink takes 1" takes block_netlink 1 blocked
claim "block_netlink takes 0" takes block_netlink '0\n' unblocked
claim "block_netlink takes 0x1" takes block_netlink 0x1 blocked
claim "block_netlink=2 is -EINVAL" refuses block_netlink 2 EINVAL
claim "block_netlink=256 is -ERANGE" refuses block_netlink 256 ERANGE
claim "block_netlink=yes is -EINVAL" refuses block_netlink yes EINVAL
claim "reset_netlink=1 succeeds with nothing outstanding" reset_takes '1\n'
claim "reset_netlink=0 is -EINVAL" refuses reset_netlink 0 EINVAL
claim "reset_netlink=2 is -EINVAL" refuses reset_netlink 2 EINVAL
claim "reset_netlink=x is -EINVAL" refuses reset_netlink x EINVAL

# Ours alone
claim "parameter netlink_timeout is for root to write" mode netlink_timeout 644
claim "netlink_timeout is 60 seconds by default" reads netlink_timeout 60
claim "netlink_timeout takes 0" takes netlink_timeout 0 0
claim "netlink_timeout=-1 is refused" refuses netlink_timeout -1 EINVAL
claim "netlink_timeout=junk is -EINVAL" refuses netlink_timeout junk EINVAL
claim "these are all of the parameters" is_list

claim "it loads with global_max_data_area_mb=64" \
	loads_with global_max_data_area_mb=64 64
claim "it loads with block_netlink=1" loads_with block_netlink=1 blocked
claim "it loads with netlink_timeout=5" loads_with netlink_timeout=5 5
claim "it does not load with global_max_data_area_mb=0" \
	does_not_load_with global_max_data_area_mb=0
claim "it does not load with block_netlink=3" does_not_load_with block_netlink=3

run_claims "$@"
