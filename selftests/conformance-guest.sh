#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: iscsi-test-cu, with all its families, on a disk of tcmu-runner's
# qcow handler by iSCSI. What it says is for conformance.sh to read.
set -uo pipefail

. "$(dirname "$0")/clients.sh"

core=/sys/kernel/config/target/core
image=/var/tmp/disk.img
said=/var/log/runner.out
# how often a test is run again whose verdict is a matter of chance
AGAIN=10

export_disk() {
	modprobe -a target_core_user iscsi_target_mod || return
	runner_start "$said" || return
	truncate -s 100M "$image"
	mkdir -p "$core/user_0/disk" || return
	echo "dev_config=qcow/$image,dev_size=104857600" \
		>"$core/user_0/disk/control" || return
	echo 1 >"$core/user_0/disk/enable" || return
	# a serial number and more than one session, as a target has them
	echo conformance >"$core/user_0/disk/wwn/vpd_unit_serial"
	iscsi_export "$core/user_0/disk"
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
		verdicts "SCSI.$test"
	done
done <"$(dirname "$0")/unstable"
echo "#END"
