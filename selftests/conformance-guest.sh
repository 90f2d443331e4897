#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# conformance-guest.sh LEG: in the guest, iscsi-test-cu with all its families, on a
# disk by iSCSI. What it says is for conformance.sh to read. A leg is
#
#	passthrough	tcmu-runner's qcow handler on the module that is there
#	io		rawd on our module in I/O mode
#	fileio		the target core's own backend, with the same attributes
set -uo pipefail

. "$(dirname "$0")/clients.sh"

leg=$1
core=/sys/kernel/config/target/core
image=/var/tmp/disk.img
said=/var/log/daemon.out
SIZE=104857600
# how often a test is run again, until it passes, whose verdict is a matter of
# chance
AGAIN=40

# new_disk HOST CONTROL
new_disk() {
	disk=$core/$1/disk
	mkdir -p "$disk" && echo "$2" >"$disk/control"
}

passthrough_disk() {
	modprobe target_core_user || return
	runner_start "$said" || return
	new_disk user_0 "dev_config=qcow/$image,dev_size=$SIZE" || return
	echo 1 >"$disk/enable"
}

discards() {
	echo 1 >"$disk/attrib/emulate_tpu" && echo 1 >"$disk/attrib/emulate_tpws"
}

io_disk() {
	modprobe target_core_user || return
	new_disk user_0 "dev_config=raw//io,dev_size=$SIZE,mode=io" || return
	# once it is enabled, somebody has to listen to that
	echo 1 >"$disk/attrib/emulate_write_cache" || return
	echo 1 >"$disk/enable" || return
	# nobody else's UIO device is here
	/t/rawd --io 0 $((SIZE >> 20)) >/dev/null 2>"$said" </dev/null &
	discards
}

fileio_disk() {
	modprobe target_core_file || return
	new_disk fileio_0 "fd_dev_name=$image,fd_dev_size=$SIZE" || return
	echo 1 >"$disk/enable" || return
	echo 1 >"$disk/attrib/emulate_write_cache" && discards
}

export_disk() {
	# before the core looks for it; where reservations outlive a loss of power
	[ "$leg" = passthrough ] || mkdir -p /etc/target/pr || return
	modprobe iscsi_target_mod || return
	truncate -s $SIZE "$image"
	"${leg}_disk" || return
	# a serial number and more than one session, as a target has them
	echo conformance >"$disk/wwn/vpd_unit_serial"
	iscsi_export "$disk"
}

# verdicts TEST
verdicts() {
	iscsi-test-cu --dataloss --test="$1" "iscsi://127.0.0.1:3260/$IQN/0" \
		2>&1 </dev/null
}

export_disk || { tail -n 20 "$said"; exit 1; }
echo "#MODULE $(cat /sys/module/target_core_user/version 2>/dev/null ||
	echo distribution)"
echo "#TOOL $(dpkg-query -W -f '${Version}' libiscsi-bin)"
echo "#RUNNER $(dpkg-query -W -f '${Version}' tcmu-runner)"
verdicts ALL
while read -r test _; do
	[[ -n $test && $test != "#"* ]] || continue
	for ((i = 0; i < AGAIN; i++)); do
		run=$(verdicts "SCSI.$test")
		printf '%s\n' "$run"
		[[ $run == *FAILED* ]] || break
	done
done <"$(dirname "$0")/unstable"
echo "#END"
