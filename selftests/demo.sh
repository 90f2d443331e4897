#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make run: boot the guest and let a program serve a SCSI disk there, from
# modprobe to rmmod. The steps are in demo-guest.sh.
set -euo pipefail
. "$(dirname "$0")/qemu/lib.sh"

here=$top/selftests
job=$build/job-run
lock_build run

step() {
	printf '%4d s  %s\n' $SECONDS "$*"
}

step "the kernel, its headers, the guest's file system, the module, the tools"
guest_parts
rm -rf "$job"
mkdir -p "$job"
if [ "${KO:-}" != dist ]; then
	ko=$("$here/qemu/module.sh" "$KERNEL_DIR")
	cp "$ko" "$job/target_core_user.ko"
fi
guest_tools "$job"
cp "$here/demo-guest.sh" "$job/job"
cp "$here"/{clients.sh,demo-tools.sh,kernel-log.awk} "$job/"

step "booting Debian's kernel $(cat "$KERNEL_DIR/release")"
status=0
"$here/qemu/boot.sh" -n run -t 400 "$job" || status=$?
case $status in
0) step "done; the kernel's log is in $build/guest/run/console.log" ;;
124) die "the guest took too long; see $build/guest/run/output.log" ;;
*) die "failed; the logs are in $build/guest/run/" ;;
esac
