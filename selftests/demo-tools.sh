# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The part of 'make run' that our own tools play: tcmud beside tcmu-runner, a disk
# on a file, and one on a qcow2 image. Sourced by demo-guest.sh.

plain=/var/tmp/plain.img
qcow=/var/tmp/disk.qcow2
socket=/run/disk.sock
# tcmu-runner would refuse what it does not know: nobody is asked
own=(--set nl_reply_supported=-1 --loop)

is_served() {
	tcmuctl list --json | jq -e --arg dev "$1" \
		'.[] | select(.device | endswith("/" + $dev)) | .served_by.pid' \
		>/dev/null
}

tcmud_start() {
	tcmud --no-dbus >>/var/log/tcmud.out 2>&1 9>&- &
	tcmud_pid=$!
	wait_for 20 grep -q 'is ready' /var/log/tcmud.out
}

daemon_start() {
	tools_install
	tcmud_start || { cat /var/log/tcmud.out; return 1; }
	echo "say: $(tcmud --version), $(tcmud --handlers --json | jq length) handlers and filters"
}

create_file() {
	file_disk=$(tcmuctl create file $plain --name plain --size 128M "${own[@]}") || {
		cat /var/log/tcmud.out
		return 1
	}
	echo "say: $file_disk"
}

nbd_start() {
	qemu-img create -q -f qcow2 $qcow 128M || return
	qemu-nbd --persistent --format=qcow2 --discard=unmap --socket=$socket \
		$qcow 9>&- &
	nbd_pid=$!
	wait_for 20 test -S $socket
}

create_nbd() {
	nbd_disk=$(tcmuctl create nbd $socket --name qcow2 --size 128M "${own[@]}") || {
		cat /var/log/tcmud.out
		return 1
	}
	echo "say: $nbd_disk"
}

list_disks() {
	tcmuctl list >/tmp/list || return
	cat /tmp/list
	is_served plain && is_served qcow2
}

# fio_on DISK MIB [OPTION...]
fio_on() {
	local disk=$1 size=$2

	shift 2
	fio --name=verify --filename="$disk" --rw=randwrite --size="${size}M" \
		--direct=1 --ioengine=libaio --iodepth=16 --verify=crc32c \
		--verify_fatal=1 --do_verify=1 --output-format=terse "$@"
}

verify_both() {
	local other

	fio_on "$file_disk" 32 --bsrange=4k-256k &
	other=$!
	fio_on "$nbd_disk" 32 --bs=64k || return
	wait $other
}

use_nbd() {
	local before after

	mkfs.ext4 -q -F "$nbd_disk" && mount "$nbd_disk" /mnt || return
	cp -r /usr/share/mime /etc /mnt/ 2>/dev/null || cp -r /etc /mnt/ || return
	head -c 40M /dev/urandom >/mnt/bytes && sync || return
	before=$(stat -c %b $qcow)
	rm /mnt/bytes && sync && fstrim /mnt || return
	umount /mnt && e2fsck -fn "$nbd_disk" || return
	after=$(stat -c %b $qcow)
	echo "say: fstrim gave back $(((before - after) / 2048)) MiB of the image"
	[ "$after" -lt "$before" ]
}

grown() {
	[ "$(blockdev --getsize64 "$file_disk")" -eq $((256 << 20)) ]
}

grow_file() {
	tcmuctl resize plain 256M || return
	wait_for 10 grown || return
	echo "say: $(stat -c %s $plain) bytes"
}

# The initiator sees latency and no error
survive() {
	local load

	echo replay >/sys/kernel/config/target/core/user_*/plain/attrib/recovery
	fio_on "$file_disk" 32 --bs=16k --rate_iops=400 >/tmp/fio.out 2>&1 &
	load=$!
	nap 2
	kill -KILL "$tcmud_pid"
	wait_for 10 gone "$tcmud_pid" || return
	: >/var/log/tcmud.out
	tcmud_start || return
	wait $load || { cat /tmp/fio.out; return 1; }
	echo "say: fio has not noticed"
}

show_served() {
	tcmuctl show plain >/tmp/show || return
	cat /tmp/show
	echo "say: $(sed -nE 's/^  (reads|writes) +([0-9]+).*/\2 \1/p' /tmp/show | paste -sd,)"
}

delete_disks() {
	tcmuctl delete plain && tcmuctl delete qcow2 || return
	[ -z "$(tcmuctl list --json | jq -r '.[].device')" ]
}

daemon_stop() {
	kill -TERM "$tcmud_pid" "$nbd_pid" || return
	wait_for 20 gone "$tcmud_pid" && wait_for 20 gone "$nbd_pid"
}
