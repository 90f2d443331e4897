#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's part of make bench: carries out /t/plan, a line at a time, and writes
# what it has measured to the last disk. A line is one of
#
#	module NAME		unload target_core_user, load /t/NAME.ko
#	target NAME LUNS KIND [ARG...]	disks of this kind, after those before are away
#	run NAME SKIP MS FIO-ARG...	fio on them, looked at for MS milliseconds after
#				the first SKIP commands
#	growth			what devices of this module cost when they do nothing
#
# In 'records' there is a line for each run; 'kallsyms.N' has the addresses that the
# plugin's windows from there on are to be read with.
set -Eeuo pipefail
export LC_ALL=C
. "$(dirname "$0")/clients.sh"
. "$(dirname "$0")/bench-growth.sh"

core=/sys/kernel/config/target/core
tpg=/sys/kernel/config/target/loopback/naa.6001405000000010/tpgt_1
out=/run/bench
mib=64 windows=0 symbols=0
module=none whose=none target='' disks=()

trap 'echo "bench-guest: line $LINENO failed: $BASH_COMMAND"; dmesg | tail -n 20' ERR

# ---- modules ------------------------------------------------------------------

save_symbols() {
	symbols=$((symbols + 1))
	cat /proc/kallsyms >$out/kallsyms.$symbols
}

# The core asks for target_core_user by itself, once in its life
prepare() {
	mkdir -p $out
	modprobe -a target_core_mod tcm_loop uio
	# the symbols have to have it
	[ ! -e /t/kublk ] || modprobe ublk_drv
	mkdir -p $core/rd_mcp_0
	rmmod target_core_user
	mkdir -p "$tpg"
	echo naa.6001405000000011 >"$tpg/nexus"
	# what fio and its libraries are made of comes from a disk, once
	fio --name=warm --ioengine=null --size=1m >/dev/null
	save_symbols
}

do_module() {
	take_away
	! grep -q '^target_core_user ' /proc/modules || rmmod target_core_user
	module=$1
	[ "$1" = none ] || insmod "/t/$1.ko"
	save_symbols
}

# ---- disks --------------------------------------------------------------------

# loop_export DIR LUN
loop_export() {
	mkdir "$tpg/lun/lun_$2"
	ln -s "$1" "$tpg/lun/lun_$2/disk"
}

loop_disks() {
	local dev size

	disks=()
	for dev in /sys/block/sd*; do
		[ -e "$dev/size" ] || continue
		read -r size <"$dev/size"
		[ "$size" -eq 0 ] || disks+=("${dev##*/}")
	done
	[ ${#disks[@]} -eq "$1" ]
}

# backstore HBA NAME CONTROL: makes the device, and enables it
backstore() {
	mkdir -p "$core/$1/$2"
	echo "$3" >"$core/$1/$2/control"
	echo 1 >"$core/$1/$2/enable"
}

make_ramdisk() {
	backstore rd_mcp_0 "d$1" "rd_pages=$((mib * 256))${2:+,rd_nullio=1}"
	loop_export $core/rd_mcp_0/"d$1" "$1"
}

make_fileio() {
	truncate -s ${mib}M "/dev/shm/d$1"
	backstore fileio_0 "d$1" \
		"fd_dev_name=/dev/shm/d$1,fd_dev_size=$((mib << 20)),fd_buffered_io=1"
	loop_export $core/fileio_0/"d$1" "$1"
}

make_user() {
	backstore user_0 "d$1" "dev_config=${2:-bench},dev_size=$((mib << 20))${3:+,$3}"
}

# user LUNS [CONTROL] [ATTRIBUTE:VALUE] -- DAEMON...: devices, a daemon that serves
# them, their disks
user() {
	local luns=$1 control='' attribute='' i names=()

	shift
	while [ "$1" != -- ]; do
		case $1 in
		*:*) attribute=$1 ;;
		*) control=$1 ;;
		esac
		shift
	done
	shift
	for ((i = 0; i < luns; i++)); do
		make_user "$i" bench "$control"
		[ -z "$attribute" ] ||
			echo "${attribute#*:}" \
				>"$core/user_0/d$i/attrib/${attribute%%:*}"
		names+=("0/d$i")
	done
	"$@" "${names[@]}" >/run/daemon.log 2>&1 9>&- &
	wait_for 60 grep -q ready /run/daemon.log || { cat /run/daemon.log; return 1; }
	for ((i = 0; i < luns; i++)); do
		loop_export $core/user_0/"d$i" "$i"
	done
}

# nbd LUNS null|ram: the kernel's nbd, by qemu-nbd
nbd() {
	local i args

	modprobe nbd nbds_max=64
	disks=()
	for ((i = 0; i < $1; i++)); do
		args=(--image-opts "driver=null-co,size=${mib}M,read-zeroes=off")
		if [ "$2" = ram ]; then
			truncate -s ${mib}M "/dev/shm/d$i"
			args=(--format=raw --cache=writeback "/dev/shm/d$i")
		fi
		qemu-nbd --connect="/dev/nbd$i" "${args[@]}" \
			>/run/nbd.log 2>&1 9>&-
		disks+=("nbd$i")
	done
}

# by the number of all of them: the last one has its size
nbd_has() {
	[ "$(<"/sys/block/nbd$(($1 - 1))/size")" -gt 0 ]
}

nbd_remove() {
	local dev

	for dev in /sys/block/nbd*; do
		[ ! -e "$dev/pid" ] || qemu-nbd --disconnect "/dev/${dev##*/}"
	done
}

# ublk LUNS null|loop: the kernel's ublk, by kublk, with a queue and a thread each, as
# the daemon of 'user' has. Its null answers at once, its loop serves a file.
ublk() {
	local i file=()

	disks=()
	for ((i = 0; i < $1; i++)); do
		if [ "$2" = loop ]; then
			file=("/dev/shm/d$i")
			truncate -s ${mib}M "${file[0]}"
		fi
		/t/kublk add -t "$2" -n "$i" -q 1 "${file[@]}" \
			>/run/ublk.log 2>&1 9>&- || { cat /run/ublk.log; return 1; }
		disks+=("ublkb$i")
	done
}

ublk_has() {
	[ "$(<"/sys/block/ublkb$(($1 - 1))/size")" -gt 0 ]
}

# One by one: 'all' asks for each of 255
ublk_remove() {
	local dev

	for dev in /dev/ublkc*; do
		[ ! -e "$dev" ] || /t/kublk del -n "${dev#/dev/ublkc}"
	done
}

runner() {
	local i

	[ -n "$runner_pid" ] || runner_start /run/runner.log
	for ((i = 0; i < $1; i++)); do
		truncate -s ${mib}M "/dev/shm/d$i"
		make_user "$i" "qcow//dev/shm/d$i"
		loop_export $core/user_0/"d$i" "$i"
	done
}

each() {
	local i luns=$1 make=$2

	shift 2
	for ((i = 0; i < luns; i++)); do
		"$make" "$i" "$@"
	done
}

# A newer kernel shows a disk's files before it can be told
no_scheduler() {
	echo none >"/sys/block/$1/queue/scheduler"
}

# do_target NAME LUNS KIND [ARG...]
do_target() {
	local luns=$2 has

	take_away
	# the core's own disks are nobody's module
	whose=none
	[[ $3 != user && $3 != runner ]] || whose=$module
	target=$1 mib=$((luns > 16 ? 8 : 64))
	case $3 in
	ramdisk) each "$luns" make_ramdisk "${@:4}" ;;
	fileio) each "$luns" make_fileio ;;
	user) user "$luns" "${@:4}" ;;
	runner) runner "$luns" ;;
	nbd | ublk) "$3" "$luns" "$4" ;;
	*) echo "bench-guest: no kind $3"; return 1 ;;
	esac
	has=loop_disks
	[[ $3 != nbd && $3 != ublk ]] || has=$3_has
	wait_for 60 "$has" "$luns" || { echo "no disks: $target"; return 1; }
	for disk in "${disks[@]}"; do
		wait_for 10 no_scheduler "$disk" || { echo "no $disk"; return 1; }
	done
}

take_away() {
	local dir

	[ -n "$target" ] || return 0
	target=''
	nbd_remove
	ublk_remove
	for dir in "$tpg"/lun/lun_*/; do
		[ -d "$dir" ] || continue
		rm "$dir"disk
		rmdir "$dir"
	done
	for dir in "$core"/*/d*/; do
		[ ! -d "$dir" ] || rmdir "$dir"
	done
	# it holds the module
	[ ! -d $core/user_0 ] || rmdir $core/user_0
	if [ -n "$runner_pid" ]; then
		runner_stop
		runner_pid=''
	fi
	wait
	rm -f /dev/shm/d*
}

# ---- a measurement --------------------------------------------------------------

# do_run NAME SKIP MS FIO-ARG...
do_run() {
	local name=$1 skip=$2 ms=$3 fio files=() said

	shift 3
	for disk in "${disks[@]}"; do
		files+=(--name="$disk" --filename="/dev/$disk")
	done
	fio --thread --ioengine=libaio --direct=1 --time_based --runtime=1000 \
		--norandommap --randrepeat=1 --gtod_reduce=1 "$@" "${files[@]}" \
		>/run/fio.log 2>&1 9>&- &
	fio=$!
	said=$(/t/tcmu-bench-mark "$skip" "$ms" "${disks[@]}") ||
		{ cat /run/fio.log; return 1; }
	kill -KILL $fio
	wait $fio 2>/dev/null || true
	echo "module=$whose target=$target luns=${#disks[@]} run=$name" \
		"window=$windows symbols=$symbols $said" | tee -a $out/records
	windows=$((windows + 1))
}

prepare
while read -r what args; do
	[ -n "$what" ] || continue
	# shellcheck disable=SC2086 # words
	"do_$what" $args
done </t/plan
take_away
tar -C $out -cf "$(printf '%s\n' /dev/vd? | tail -n 1)" .
