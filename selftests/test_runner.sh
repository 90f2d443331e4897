#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Debian's tcmu-runner and its handlers qcow and fbo, under load and torn away.
# timeout: 600

. "$(dirname "$0")/disks.sh"

TIMEOUT=200
MIB=64
SIZE=16M
image=/var/tmp/disk.qcow2

runner_up() {
	runner_start "$run/runner.log"
	echo "$runner_pid" >>"$run/pids"
}

# The handler fills a qcow2 image, and does not make one grow: writes fail by the
# distribution's module just as well
image_type=(-f qcow2 -o preallocation=metadata)

# An image, and $disk on it
up() {
	module_load
	qemu-img create -q "${image_type[@]}" "$image" ${MIB}M
	runner_up
	lun_new "dev_config=qcow/$image,dev_size=$((MIB << 20))"
	lun_enable
	lun_export
}

verified() {
	up
	verify "$1"
}

verified_mixed() {
	up
	SIZE=32M verify 4k --bsrange=4k-1m
}

verified_growing() {
	image_type=(-f qcow)
	up
	SIZE=4M verify 4k
}

image_is_sound() {
	up
	verify 64k
	purge
	trap - EXIT
	qemu-img check -q "$image" || fail "qemu-img finds the image damaged"
}

# The pages that were written are in the file: another reader finds them
image_has_the_bytes() {
	up
	head -c 4M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=1M oflag=direct status=none
	dd if=/dev/zero of="$disk" bs=1M seek=4 count=1 oflag=direct status=none
	purge
	trap - EXIT
	qemu-img convert -f qcow2 -O raw "$image" "$run/raw"
	cmp -n 4194304 "$run/bytes" "$run/raw"
}

restarted() {
	up
	SIZE=32M RATE=100 verify_in_background 64k
	kill "-$1" "$runner_pid"
	wait_for 20 gone "$runner_pid" || fail "tcmu-runner does not end"
	nap "$2"
	runner_up
	served_on 50 || fail "nothing is served by the new tcmu-runner"
	wait "$fio" || fail "fio has not got through"
}

restarted_thrice() {
	local i

	up
	SIZE=32M RATE=100 verify_in_background 64k
	for i in 1 2 3; do
		kill -KILL "$runner_pid"
		wait_for 20 gone "$runner_pid"
		runner_up
		nap 0.5
	done
	wait "$fio" || fail "fio has not got through"
}

# libtcmu writes to block_dev and reset_ring itself
unblocked_afterwards() {
	up
	kill -KILL "$runner_pid"
	wait_for 20 gone "$runner_pid"
	runner_up
	is "$(<"$dev/action/block_dev")" unblocked "block_dev"
	is "$(<"$PARAM/block_netlink")" unblocked "block_netlink"
	verify 64k
}

comes_after_the_runner_is_gone() {
	module_load
	mkdir -p "$dev"
	# the disk that goes with it asks for its cache to be written, thrice
	echo 2 >"$dev/attrib/cmd_time_out"
	up
	kill -KILL "$runner_pid"
	wait_for 20 gone "$runner_pid"
	# it is not waited for any more
	dev=$CORE/$hba/second
	lun_new "dev_config=qcow/$image,dev_size=$((MIB << 20))"
	lun_enable
	rmdir "$dev"
}

# The handler cannot do it, and its answer reaches the user
resize_refused() {
	up
	if echo 1048576 >"$dev/attrib/dev_size"; then
		fail "the qcow handler has taken a new size"
	fi
	is "$(<"$dev/attrib/dev_size")" "$((MIB << 20))" "dev_size"
}

no_such_image() {
	module_load
	runner_up
	lun_new "dev_config=qcow//no/such/image,dev_size=1048576"
	if put "$dev/enable" 1; then
		fail "enable succeeds without an image"
	fi
	is "$(lun_uio)" "" "UIO device afterwards"
}

# An optical disk, $disk; its handler's blocks are of 2 KiB
optical_up() {
	image=/var/tmp/disk.iso
	module_load
	modprobe -q sr_mod || true
	head -c 16M /dev/urandom >"$image"
	runner_up
	lun_new "dev_config=fbo/$image,dev_size=16777216,hw_block_size=2048"
	lun_enable
	lun_export
}

optical_read() {
	optical_up
	dd if="$disk" of="$run/read" bs=64k iflag=direct status=none
	cmp "$run/read" "$image"
}

optical_written() {
	optical_up
	head -c 4M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=64k seek=16 oflag=direct status=none
	purge
	trap - EXIT
	cmp "$run/bytes" "$image" 0 1M -n 4194304
}

more_purge() {
	[ -z "${fio:-}" ] || wait "$fio" 2>/dev/null || true
}

for bs in 4k 16k 64k 256k 1m; do
	claim "fio verifies a qcow2 image in blocks of $bs" verified $bs
done
claim "fio verifies a qcow2 image in blocks of 4k to 1m" verified_mixed
claim "fio verifies a qcow image that grows" verified_growing
claim "the image is sound afterwards" image_is_sound
claim "the bytes are in the image" image_has_the_bytes
claim "an optical disk of the handler fbo is read" optical_read
claim "an optical disk of the handler fbo is written" optical_written
claim "I/O goes on over a tcmu-runner that is killed and started again" \
	restarted KILL 0
claim "I/O waits for a tcmu-runner that comes 5 seconds later" restarted KILL 5
claim "I/O goes on over a tcmu-runner that ends and is started again" \
	restarted TERM 1
claim "I/O goes on over a tcmu-runner that is killed three times" \
	restarted_thrice
claim "a tcmu-runner that was started again leaves nothing blocked" \
	unblocked_afterwards
claim "without the tcmu-runner that was there devices still come and go" \
	comes_after_the_runner_is_gone
claim "a new size that the handler refuses is not taken" resize_refused
claim "an image that the handler refuses is no device" no_such_image

run_claims "$@"
