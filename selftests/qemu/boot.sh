#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# boot.sh [-n NAME] [-t SECONDS] [-x IMAGE] [-i] JOB_DIR: boot the guest
# with JOB_DIR as its /t and run /t/job there. Its output comes on standard
# output; the kernel's goes to build/guest/NAME/console.log. With -i standard
# input goes to the job; IMAGE is its /dev/vdc. Ends with the job's exit status, 124 when the time
# limit ran out, 125 when the guest died.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

name=guest limit=600 interactive='' extra=''
while getopts n:t:x:i opt; do
	case $opt in
	n) name=$OPTARG ;;
	t) limit=$OPTARG ;;
	x) extra=$OPTARG ;;
	i) interactive=1 ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
job=$1
here=$(dirname "$0")
kernel=${KERNEL_DIR:-$("$here/kernel.sh")}
initrd=$("$here/initrd.sh" "$kernel")
image=$("$here/image.sh")
dir=$build/guest/$name
mkdir -p "$dir"
rm -f "$dir"/{console.log,job.tar,output.log}

[ -z "$interactive" ] || touch "$job/interactive"
tar -C "$job" -cf "$dir/job.tar" .

append="console=ttyS0 quiet panic=-1 oops=panic mitigations=off nowatchdog"
# a test's whole share of the kernel's log has to fit
append+=" log_buf_len=8M"
# less than cmd_time_out's default: no wait of the driver may look like a hang
append+=" sysctl.kernel.hung_task_timeout_secs=20"
append+=" sysctl.kernel.hung_task_warnings=-1"
qemu=(
	qemu-system-x86_64 -accel "tcg,thread=multi" -cpu max -smp 2 -m 3072
	-nodefaults -no-user-config -no-reboot -display none
	-kernel "$kernel/vmlinuz" -initrd "$initrd"
	-drive "file=$image,if=virtio,format=raw,readonly=on"
	-drive "file=$dir/job.tar,if=virtio,format=raw,readonly=on"
	-device virtio-rng-pci
	-serial "file:$dir/console.log"
	-append "$append"
)
[ -z "$extra" ] ||
	qemu+=(-drive "file=$extra,if=virtio,format=raw,readonly=on")

if [ -n "$interactive" ]; then
	exec "${qemu[@]}" -chardev stdio,id=tty,signal=off -serial chardev:tty
fi

# The guest's line with the job's status is not for people
pass_on() {
	local line

	while IFS= read -r line; do
		line=${line%$'\r'}
		printf '%s\n' "$line" >>"$dir/output.log"
		[[ $line == 'job ended: '* ]] || printf '%s\n' "$line"
	done
}

status=0
{ timeout --foreground "$limit" "${qemu[@]}" -serial stdio </dev/null ||
	echo "qemu ended: $?"; } | pass_on || status=$?
[ "$status" -eq 0 ] || die "cannot write to $dir"
! grep -q '^qemu ended: 124' "$dir/output.log" || exit 124
ended=$(sed -n 's/^job ended: //p' "$dir/output.log")
exit "${ended:-125}"
