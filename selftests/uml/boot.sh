#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# boot.sh [-n NAME] [-t SECONDS] [-m MIB] JOB_DIR: boot a user mode Linux with
# JOB_DIR as its /t and run /t/job there, as ../qemu/boot.sh does with a guest. Its
# root file system is that guest's, unpacked. What the kernel says when it dies is in
# the output, too; what it says of the host goes to build/guest/NAME/console.log.
# Ends with the job's exit status, 124 when the time limit ran out, 125 when the
# kernel died.
set -euo pipefail
. "$(dirname "$0")/../qemu/lib.sh"

name=uml limit=600 memory=1024
while getopts n:t:m: opt; do
	case $opt in
	n) name=$OPTARG ;;
	t) limit=$OPTARG ;;
	m) memory=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
job=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
kernel=${KERNEL_DIR:-$("$here/kernel.sh")}
dir=$build/guest/$name
mkdir -p "$dir"
rm -f "$dir"/{console.log,output.log}

# unpack_root IMAGE
# shellcheck disable=SC2317 # by way of quietly
unpack_root() {
	rm -rf "$root.tmp"
	mkdir -p "$cache/uml"
	unsquashfs -no-progress -d "$root.tmp" "$1"
	mkdir -p "$root.tmp/lib/modules"
	install -m 755 "$here/init" "$root.tmp/sbin/tcmu-init"
	cp "$(command -v busybox)" "$root.tmp/bin/busybox"
	mv "$root.tmp" "$root"
}

image=$("$here/../qemu/image.sh")
root=$cache/uml/$(basename "$image" .squashfs)-$(sha256sum <"$here/init" |
	cut -c 1-8)
if [ ! -d "$root" ]; then
	lock uml-root
	[ -d "$root" ] || quietly "$dir/root.log" unpack_root "$image"
	# others may have theirs while this one runs
	exec 9>&-
fi

uml=(
	"$kernel/linux" "mem=${memory}M" umid="tcmu-$name-$$" seccomp=on
	rootfstype=hostfs "rootflags=$root" ro con=null "con0=fd:0,fd:1"
	# lockdep makes it talkative
	console=ttyS0 ssl=null "ssl0=null,fd:2"
	# what it says is read by the job
	loglevel=1 panic=-1 kasan_multi_shot
	init=/sbin/tcmu-init "job=$job"
)

# The line with the job's status is not for people
pass_on() {
	local line

	while IFS= read -r line; do
		line=${line%$'\r'}
		printf '%s\n' "$line" >>"$dir/output.log"
		[[ $line == 'job ended: '* ]] || printf '%s\n' "$line"
	done
}

status=0
{ timeout --foreground -k 5 "$limit" "${uml[@]}" </dev/null \
	2>"$dir/console.log" || echo "kernel ended: $?"; } | pass_on || status=$?
[ "$status" -eq 0 ] || die "cannot write to $dir"
! grep -q '^kernel ended: 124' "$dir/output.log" || exit 124
ended=$(sed -n 's/^job ended: //p' "$dir/output.log")
exit "${ended:-125}"
