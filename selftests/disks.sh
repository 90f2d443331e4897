# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the groups that use $disk as a disk is used. Sourced.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# verify BLOCKS [OPTION...]: write all over the disk and read it back
verify() {
	local bs=$1

	shift
	fio --name=verify --filename="$disk" --rw=randwrite --bs="$bs" \
		--size="${SIZE:-8M}" --direct=1 --ioengine=libaio --iodepth=16 \
		--verify=crc32c --verify_fatal=1 --do_verify=1 \
		--output-format=terse "$@" >"$run/fio.log" 2>&1 ||
		fail "fio: $(tail -n 5 "$run/fio.log")"
}

commands() {
	echo $(($(<"$dev/statistics/scsi_lu/num_cmds")))
}

commands_served() {
	[ "$(commands)" -gt "$1" ]
}

# served_on NUMBER [SECONDS]: so many more are served than there were, within 60
served_on() {
	wait_for "${2:-60}" commands_served "$(($(commands) + $1))"
}

# verify_in_background BLOCKS: fio goes on meanwhile, $RATE a second; $fio is its
# process
verify_in_background() {
	(SIZE=${SIZE:-16M} verify "$1" --rate_iops="${RATE:-120}") &
	fio=$!
	# it has to be in the middle of it
	wait_for 30 commands_served 100 || fail "fio does not get going"
}

# for more_purge
fio_ends() {
	[ -z "${fio:-}" ] || wait "$fio" 2>/dev/null || true
}

# files_survive: what is copied to a file system on the disk is there after it was
# mounted again, which it is in the end
files_survive() {
	mkfs.ext4 -q "$disk"
	mkdir -p /mnt/tcmu
	mount "$disk" /mnt/tcmu
	head -c 8M /dev/urandom >"$run/bytes"
	cp "$run/bytes" /mnt/tcmu/
	umount /mnt/tcmu
	e2fsck -fn "$disk" >"$run/fsck.log" 2>&1 || fail "$(<"$run/fsck.log")"
	mount "$disk" /mnt/tcmu
	cmp "$run/bytes" /mnt/tcmu/bytes
}
