# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# One of two gateways to an image of the cluster: a backstore with its port groups of
# ALUA, and an iSCSI target. Sourced, in the guest that is the gateway.

. "$(dirname "${BASH_SOURCE[0]}")/rbd.sh"

gateway_serial=c3f0c3f0-0000-4000-8000-000000000001
gateway_dev=$CORE/user_7/disk

gateway_iqn() {
	echo "iqn.2026-11.org.example:gateway$1"
}

# Both gateways know both groups, and that the first one's is the better path
gateway_alua() {
	local nr group

	for nr in 1 2; do
		group=$gateway_dev/alua/gateway$nr
		mkdir "$group"
		echo $nr >"$group/tg_pt_gp_id"
		echo 1 >"$group/alua_access_type"
		echo $((nr - 1)) >"$group/alua_access_state"
	done
}

# gateway_backstore CONFIG BYTES SECONDS [CONTROL]: a command may take so long. On
# the gateway that takes over it waits until the other one's lock is broken.
gateway_backstore() {
	module_load
	mkdir -p "$gateway_dev"
	put "$gateway_dev/control" "dev_config=$1,dev_size=$2${4:+,$4}"
	echo "$3" >"$gateway_dev/attrib/cmd_time_out"
	echo $gateway_serial >"$gateway_dev/wwn/vpd_unit_serial"
	put "$gateway_dev/enable" 1
	gateway_alua
}

# gateway_target NR: of the group with this number
gateway_target() {
	local tpg

	tpg=$ISCSI/$(gateway_iqn "$1")/tpgt_1
	iscsi_target "$tpg" "$gateway_dev" 0.0.0.0:3260
	echo "gateway$1" >"$tpg/lun/lun_0/alua_tg_pt_gp"
	echo 1 >"$tpg/enable"
}

# gateway_standby: the first group, which both gateways have to know
gateway_standby() {
	echo 2 >"$gateway_dev/alua/gateway1/alua_access_state"
}

# gateway_tcmud: one that serves this gateway; $tcmud
gateway_tcmud() {
	cluster_reached
	tcmud_up --log-level=info
}

gateway_runner() {
	cluster_reached
	module_load
	runner_start "$run/tcmu-runner.log"
	echo "$runner_pid" >>"$run/pids"
}

# gateway_signal SIGNAL NAME: to the daemon
gateway_signal() {
	local pid

	pid=$(pidof "$2")
	kill "-$1" "$pid"
	[ "$1" != KILL ] || wait_for 20 gone "$pid"
}

gateway_log() {
	tail -n 30 "$log"
}

# Like a loss of power
gateway_dies() {
	echo b >/proc/sysrq-trigger
}

# gateway_purge: and what its kernel would not say if all was well
gateway_purge() {
	local text

	purge
	rm -f "$run/pids"
	text=$(dmesg --color=never --read-clear | awk -f "$here/kernel-log.awk")
	[ -z "$text" ] || fail "in the kernel log of the other guest:" "$text"
}

gateway_remove() {
	local tpg

	for tpg in "$ISCSI"/*:gateway?/tpgt_1; do
		[ -d "$tpg" ] || continue
		rm -f "$tpg/lun/lun_0/disk"
		rmdir "$tpg/lun/lun_0" "$tpg/np/0.0.0.0:3260" "$tpg" "${tpg%/*}"
	done
	[ ! -d "$gateway_dev" ] || rmdir "$gateway_dev"/alua/gateway[12]
}

more_purge() {
	gateway_remove
}
