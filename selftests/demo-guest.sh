#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The steps of 'make run', in the guest. Each prints one line; one that fails
# says so, shows what it printed, and ends the run.
set -uo pipefail

. "$(dirname "$0")/clients.sh"
. "$(dirname "$0")/demo-tools.sh"

log=/tmp/step.log
disk=/var/tmp/disk.img

step() {
	local what=$1 start=$EPOCHREALTIME took

	shift
	if ! "$@" >"$log" 2>&1; then
		echo "FAILED  $what"
		tail -n 30 "$log" | sed 's/^/        | /'
		dmesg | tail -n 20 | sed 's/^/        kernel: /'
		exit 1
	fi
	took=$(bc <<<"$EPOCHREALTIME - $start")
	printf '%6.1f s  %s%s\n' "$took" "$what" \
		"$(sed -n 's/^say: /: /p' "$log")"
}

load() {
	modprobe target_core_user || return
	local path version

	path=$(modinfo -n target_core_user)
	version=$(cat /sys/module/target_core_user/version)
	case $path in
	*/updates/*) ;;
	*) echo "not ours: $path"; return 1 ;;
	esac
	echo "say: version $version from $path"
}

create() {
	truncate -s 128M $disk
	tcli "/backstores/user:qcow create name=disk size=128M cfgstring=$disk" \
		"/loopback create naa.5001405000000001" \
		"/loopback/naa.5001405000000001/luns create /backstores/user:qcow/disk" \
		"/iscsi create $IQN" \
		"/iscsi/$IQN/tpg1/portals delete 0.0.0.0 3260" \
		"/iscsi/$IQN/tpg1/portals create 127.0.0.1" \
		"/iscsi/$IQN/tpg1/luns create /backstores/user:qcow/disk" \
		"/iscsi/$IQN/tpg1 set attribute demo_mode_write_protect=0 generate_node_acls=1 cache_dynamic_acls=1" ||
		return
	grep -H . /sys/kernel/config/target/core/user_*/disk/info
	[ "$(cat /sys/kernel/config/target/core/user_*/disk/enable)" = 1 ]
	echo "say: $(cat /sys/class/uio/uio0/name) is /dev/uio0"
}

find_loopback() {
	wait_for 15 disk_by loopback || return
	echo "say: $(disk_by loopback)"
}

make_fs() {
	mkfs.ext4 -q -F "$(disk_by loopback)" &&
		mount "$(disk_by loopback)" /mnt
}

write_files() {
	local i

	for i in $(seq 40); do
		head -c $((i * 20000)) /dev/urandom >"/mnt/file$i" || return
	done
	cp -r /etc /mnt/etc || return
	(cd /mnt && find . -type f -print0 | sort -z | xargs -0 sha256sum) \
		>/tmp/sums || return
	umount /mnt || return
	echo "say: $(wc -l </tmp/sums) files"
}

login() {
	iscsi_login || return
	echo "say: $(disk_by iscsi)"
}

read_files() {
	mount -o ro "$(disk_by iscsi)" /mnt || return
	(cd /mnt && sha256sum --quiet -c /tmp/sums) || return
	umount /mnt || return
	echo "say: all checksums are equal"
}

check_fs() {
	e2fsck -f -n "$(disk_by iscsi)"
}

verify() {
	fio --name=verify --filename="$(disk_by loopback)" --rw=randwrite \
		--bsrange=4k-256k --size=64M --direct=1 --ioengine=libaio \
		--iodepth=16 --verify=crc32c --verify_fatal=1 \
		--do_verify=1 --output-format=terse >/tmp/fio.out 2>&1 ||
		{ cat /tmp/fio.out; return 1; }
}

served() {
	local lu

	lu=$(echo /sys/kernel/config/target/core/user_*/disk/statistics/scsi_lu)
	echo "say: $(cat "$lu/num_cmds") commands, $(cat "$lu/read_mbytes") MiB read, $(cat "$lu/write_mbytes") MiB written"
	[ "$(cat "$lu/num_cmds")" -gt 1000 ]
}

remove() {
	iscsi_logout || return
	targetcli clearconfig confirm=True || return
	[ -z "$(ls -d /sys/kernel/config/target/core/user_* 2>/dev/null)" ]
}

unload() {
	runner_stop || return
	rmdir /sys/kernel/config/target/{loopback,iscsi} || return
	modprobe -r tcm_loop iscsi_target_mod target_core_user || return
	[ ! -e /sys/module/target_core_user ]
}

quiet_log() {
	dmesg | awk -f /t/kernel-log.awk >/tmp/complaints
	[ ! -s /tmp/complaints ] || { cat /tmp/complaints; return 1; }
}

step "load the module" load
step "start Debian's tcmu-runner" runner_start /var/log/tcmu-runner.out
step "targetcli: a disk, for loopback and for iSCSI" create
step "the disk by loopback" find_loopback
step "make a file system on it" make_fs
step "write files and unmount" write_files
step "log in by iSCSI on 127.0.0.1" login
step "read the files by iSCSI" read_files
step "check the file system" check_fs
step "fio: write and verify 64 MiB in blocks of 4k to 256k" verify
step "served by the program" served
step "log out and remove everything" remove
step "start tcmud, our own daemon, beside it" daemon_start
step "tcmuctl: a disk on a plain file, in one command" create_file
step "qemu-nbd serves a qcow2 image" nbd_start
step "tcmuctl: a disk on it, by tcmud's handler nbd" create_nbd
step "tcmuctl list" list_disks
step "fio: write and verify both at once" verify_both
step "ext4 on the qcow2 disk, files, fstrim" use_nbd
step "tcmuctl resize: the file and its disk grow" grow_file
step "kill -9 tcmud under load, and start it again" survive
step "tcmuctl show: what was served" show_served
step "tcmuctl delete" delete_disks
step "stop tcmud and qemu-nbd" daemon_stop
step "stop tcmu-runner and unload the module" unload
step "no warning in the kernel's log" quiet_log
