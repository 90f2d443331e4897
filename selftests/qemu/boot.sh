#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# boot.sh [-n NAME] [-t SECONDS] [-r ROOT] [-m MIB] [-x IMAGE] [-i] [-w] [-c PLUGIN]
# [-o FILE] [-N OPTIONS] JOB_DIR: boot the guest with JOB_DIR as its /t and run
# /t/job there. Its output comes on standard output; the kernel's goes to
# build/guest/NAME/console.log. With -i standard input goes to the job; ROOT is
# another of image.sh's, IMAGE is /dev/vdc. FILE is its last disk, to be written to.
# With -c the guest has one processor, whose time is the number of instructions that
# it has executed, a nanosecond each; PLUGIN is for QEMU's -plugin.
# With -w its processors copy and clear by words, since an emulated 'rep movsb' goes by
# bytes: what large pieces cost is told apart only so.
# With -N it has a network, QEMU's 'user', with these options.
# Ends with the job's exit status, 124 when the time limit ran out, 125 when the
# guest died.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/watch.sh"

name=guest limit=600 root=root memory=3072 interactive='' extra=''
plugin='' output='' network='' model=max
while getopts n:t:r:m:x:iwc:o:N: opt; do
	case $opt in
	n) name=$OPTARG ;;
	t) limit=$OPTARG ;;
	r) root=$OPTARG ;;
	m) memory=$OPTARG ;;
	x) extra=$OPTARG ;;
	i) interactive=1 ;;
	w) model=max,-erms,-fsrm ;;
	c) plugin=$OPTARG ;;
	o) output=$OPTARG ;;
	N) network=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
job=$1
here=$(dirname "$0")
kernel=${KERNEL_DIR:-$("$here/kernel.sh")}
initrd=$("$here/initrd.sh" "$kernel")
image=$(KERNEL_DIR=$kernel "$here/image.sh" "$root")
dir=$build/guest/$name
mkdir -p "$dir"

[ -z "$interactive" ] || touch "$job/interactive"
tar -C "$job" -cf "$dir/job.tar" .

# init makes it quiet before the job
append="console=ttyS0 panic=-1 oops=panic mitigations=off nowatchdog"
# a test's whole share of the kernel's log has to fit
append+=" log_buf_len=8M"
# less than cmd_time_out's default: no wait of the driver may look like a hang
append+=" sysctl.kernel.hung_task_timeout_secs=20"
append+=" sysctl.kernel.hung_task_warnings=-1"
# for watch.sh; init has the other processors come
append+=" unknown_nmi_panic maxcpus=1"
# QEMU passes the machine's TSC on, if that is one to be trusted. The guest would take
# the HPET, and looks at the clock are then a third of what it does under load.
trusted=/sys/devices/system/clocksource/clocksource0/available_clocksource
if [ -n "$plugin" ] || grep -qsw tsc "$trusted"; then
	append+=" tsc=reliable"
fi
machine=(-smp 2)
[ ! -e "$kernel/machine" ] || read -ra machine <"$kernel/machine"
cpu=(-accel "tcg,thread=multi" "${machine[@]}")
if [ -n "$plugin" ]; then
	cpu=(-accel "tcg,thread=single" -icount "shift=0,sleep=off" -smp 1
		-plugin "$plugin")
	append+=" nokaslr"
fi
qemu=(
	qemu-system-x86_64 "${cpu[@]}" -cpu "$model" -m "$memory"
	-nodefaults -no-user-config -no-reboot -display none
	-kernel "$kernel/vmlinuz" -initrd "$initrd"
	-drive "file=$image,if=virtio,format=raw,readonly=on"
	-drive "file=$dir/job.tar,if=virtio,format=raw,readonly=on"
	-device virtio-rng-pci
	-serial "file:$dir/console.log" -pidfile "$dir/pid"
	-append "$append"
)
[ -z "$extra" ] ||
	qemu+=(-drive "file=$extra,if=virtio,format=raw,readonly=on")
[ -z "$network" ] ||
	qemu+=(-netdev "user,id=net,$network" -device "virtio-net-pci,netdev=net")
[ -z "$output" ] || qemu+=(-drive "file=$output,if=virtio,format=raw")

if [ -n "$interactive" ]; then
	exec "${qemu[@]}" -chardev stdio,id=tty,signal=off -serial chardev:tty
fi

# The guest's lines about the job are not for people
pass_on() {
	local line

	while IFS= read -r line; do
		line=${line%$'\r'}
		printf '%s\n' "$line" >>"$dir/output.log"
		[[ $line =~ ^'job '(begins|'ended: ') ]] || printf '%s\n' "$line"
	done
}

# One boot of it
run() {
	local status=0 watcher

	# a pid that a QEMU has left behind may be anybody's by now
	rm -f "$dir"/{console.log,pid,hung,monitor*}
	: >"$dir/output.log"
	mkfifo "$dir"/monitor.{in,out}
	watch "$dir" &
	watcher=$!
	{ timeout --foreground "$limit" "${qemu[@]}" -serial stdio \
		-chardev "pipe,id=monitor,path=$dir/monitor" -mon monitor \
		</dev/null || echo "qemu ended: $?"; } | pass_on || status=$?
	[ -e "$dir/hung" ] || kill $watcher 2>/dev/null || true
	wait $watcher || true
	[ "$status" -eq 0 ] || die "cannot write to $dir"
}

for _ in 1 2; do
	run
	! began "$dir" || break
	say_lost "$dir"
done
! grep -q '^qemu ended: 124' "$dir/output.log" || exit 124
ended=$(sed -n 's/^job ended: //p' "$dir/output.log")
exit "${ended:-125}"
