# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the groups that run tcmud. Sourced.

. "$(dirname "${BASH_SOURCE[0]}")/disks.sh"

MIB=32
file=/var/tmp/tcmud.img
image=/var/tmp/tcmud.qcow2
socket=/run/tcmud-test.sock
log=$run/tcmud.log
# shellcheck disable=SC2034 # for those that source this
tcmud='' nbd='' fio=''

# What its messages end in, of one file or the other
has_said() {
	grep -q -- "$1" "$log" "$run/file.log" 2>/dev/null
}

ready_again() {
	[ "$(cat "$log" "$run/file.log" 2>/dev/null | grep -c ' is ready')" -gt "$1" ]
}

# tcmud_up [OPTION...]: $tcmud
# shellcheck disable=SC2120 # not each of those that source this has options
tcmud_up() {
	local before

	module_load
	[ -x /usr/sbin/tcmud ] || tools_install
	before=$(cat "$log" "$run/file.log" 2>/dev/null | grep -c ' is ready' || true)
	daemon tcmud "${bus:---no-dbus}" "$@"
	# shellcheck disable=SC2034
	tcmud=$pid
	wait_for 30 ready_again "$before" || fail "tcmud does not start: $(<"$log")"
}

# disk_on CONFIG [MIB] [CONTROL]: $disk
disk_on() {
	lun_new "dev_config=$1,dev_size=$((${2:-$MIB} << 20))${3:+,$3}"
	put "$dev/enable" 1 || fail "$(tail -n 5 "$log")"
	lun_export
}

# second_disk CONFIG: $second is a disk beneath the one that is tested
second_disk() {
	local first=$dev

	dev=$CORE/$hba/second
	lun_new "dev_config=$1,dev_size=$((MIB << 20))"
	lun_enable
	lun_link 1
	wait_for 20 loop_disk 1 >/dev/null || fail "no second disk appeared"
	second=$(loop_disk 1)
	disk=$second
	wait_for 20 test -b "$disk" || fail "$disk has no node"
	wait_for 20 disk_ready || fail "$disk has no size"
	dev=$first
}

# The disk goes before the one that it stands on
first_gone() {
	local lun=$LOOP/$wwn/tpgt_1/lun/lun_0

	if [ -d "$lun" ]; then
		rm "$lun/disk"
		rmdir "$lun"
	fi
	rmdir "$dev"
}

# nbd_serve: $nbd serves $image at $socket
nbd_serve() {
	rm -f "$socket"
	daemon qemu-nbd -t -f qcow2 -k "$socket" --shared=8 --discard=unmap "$image"
	# shellcheck disable=SC2034
	nbd=$pid
	wait_for 20 test -S "$socket" || fail "qemu-nbd: $(<"$run/qemu-nbd.log")"
}

nbd_up() {
	qemu-img create -q -f qcow2 "$image" ${MIB}M
	nbd_serve
}

# milliseconds COMMAND...: $took
milliseconds() {
	local begin=${EPOCHREALTIME/./}

	"$@"
	# shellcheck disable=SC2034
	took=$(((${EPOCHREALTIME/./} - begin) / 1000))
}

read_one() {
	dd if="$disk" of=/dev/null bs=4k count=1 skip=64 iflag=direct status=none
}

write_one() {
	dd if=/dev/zero of="$disk" bs=4k count=1 seek=64 oflag=direct status=none
}

more_purge() {
	fio_ends
	rm -f "$file" "$image" "$socket"
}
