#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make check-ceph: images of a Ceph cluster, by tcmud's handler rbd and by that of
# tcmu-runner. The group ceph_gateways has one image by two of them.
# timeout: 1800
# root: ceph
# network: ipv6=off
# on demand

. "$(dirname "$0")/rbd.sh"

TIMEOUT=240
opts=id=tcmu

# rbd_disk NAME [MIB]: a new image, and $disk on it
rbd_disk() {
	image_new "$1" "${2:-$MIB}"
	tcmud_up --log-level=info
	disk_on "rbd/rbd/$1?$opts" "${2:-$MIB}" "${3:-}"
}

# ---- data -----------------------------------------------------------------------

verified() {
	rbd_disk "$1" $MIB "$2"
	verify 4k --bsrange=4k-256k
	image_is_disk "$1" "$disk"
}

verified_in_namespace() {
	cluster_reached
	rbd namespace create rbd/space
	opts+='&namespace=space'
	image_new space/inside
	tcmud_up --log-level=info
	disk_on "rbd/rbd/inside?$opts"
	verify 16k
	image_is_disk space/inside "$disk"
}

# What others have put there is what is read
imported() {
	cluster_reached
	head -c ${MIB}M /dev/urandom >"$run/bytes"
	rbd import --no-progress "$run/bytes" rbd/imported
	tcmud_up --log-level=info
	disk_on "rbd/rbd/imported?$opts"
	dd if="$disk" bs=1M iflag=direct status=none | cmp - "$run/bytes"
	image_is_disk imported "$disk"
}

file_system() {
	rbd_disk files
	files_survive
	umount /mnt/tcmu
	image_is_disk files "$disk"
}

# KiB that the cluster keeps of an image
used_kib() {
	rbd du --format json "rbd/$1" 2>/dev/null | jq '.images[0].used_size / 1024'
}

discarded() {
	rbd_disk discarded
	head -c 16M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=1M oflag=direct conv=fsync status=none
	is "$(used_kib discarded)" 16384 "KiB in the cluster"
	blkdiscard -o 4M -l 8M "$disk"
	is "$(used_kib discarded)" 8192 "KiB in the cluster, after the discard"
	head -c 8M /dev/zero |
		dd of="$run/bytes" bs=1M seek=4 conv=notrunc status=none
	dd if="$disk" bs=1M count=16 iflag=direct status=none | cmp - "$run/bytes"
	blkdiscard "$disk"
	is "$(used_kib discarded)" 0 "KiB in the cluster, after all is discarded"
	image_is_disk discarded "$disk"
}

zeroed() {
	rbd_disk zeroed
	head -c 1M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=1M oflag=direct status=none
	blkdiscard -z -o 65536 -l 131072 "$disk"
	dd if=/dev/zero of="$run/bytes" bs=64k seek=1 count=2 conv=notrunc status=none
	dd if="$disk" bs=1M count=1 iflag=direct status=none | cmp - "$run/bytes"
	image_is_disk zeroed "$disk"
}

# ---- sizes ------------------------------------------------------------------------

disk_has() {
	echo 1 >"/sys/block/${disk#/dev/}/device/rescan"
	[ "$(blockdev --getsize64 "$disk")" = "$1" ]
}

image_grows() {
	local size=$((2 * MIB << 20))

	rbd_disk grows
	verify 16k
	rbd resize --no-progress rbd/grows --size $((2 * MIB))M
	wait_for 30 disk_has $size || fail "the disk has not grown: $(<"$log")"
	is "$(<"$dev/attrib/dev_size")" $size "dev_size"
	head -c 1M /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=1M seek=$((2 * MIB - 1)) oflag=direct \
		status=none
	image_is_disk grows "$disk"
}

image_shrinks() {
	rbd_disk shrinks
	rbd resize --no-progress --allow-shrink rbd/shrinks --size $((MIB / 2))M
	wait_for 30 disk_has $((MIB << 19)) || fail "it has its old size: $(<"$log")"
	verify 16k
	image_is_disk shrinks "$disk"
}

image_bytes() {
	rbd info --format json "rbd/$1" | jq .size
}

disk_grows() {
	local size=$((2 * MIB << 20))

	opts+='&resize=1'
	rbd_disk grown
	put "$dev/attrib/dev_size" $size
	is "$(image_bytes grown)" $size "the image's size"
	disk_has $size
	image_is_disk grown "$disk"
}

# Without that option, the image is not touched
disk_does_not_grow() {
	rbd_disk kept
	refused EINVAL "$dev/attrib/dev_size" $((2 * MIB << 20))
	has_said 'kept has 33554432 bytes: change it there, or say resize=1' ||
		fail "$(<"$log")"
	is "$(image_bytes kept)" $((MIB << 20)) "the image's size"
}

# ---- what cannot be served ----------------------------------------------------------

# not_served ERRNO CONFIG TEXT: who makes it gets this errno, and the log has the text
not_served() {
	[ -n "$tcmud" ] || tcmud_up --log-level=info
	lun_new "dev_config=$2,dev_size=$((MIB << 20))"
	refused "$1" "$dev/enable" 1
	has_said "$3" || fail "it said: $(<"$log")"
	rmdir "$dev"
}

refusals() {
	image_new there
	not_served ENOENT "rbd/nopool/there?$opts" 'pool nopool: No such file'
	not_served ENOENT "rbd/rbd/noimage?$opts" 'image noimage: No such file'
	not_served ENOENT "rbd/rbd/there?$opts&snap=nosnap" \
		'image there, snapshot nosnap: No such file'
	not_served EACCES "rbd/rbd/there?id=nobody" \
		'connecting to the cluster as nobody: '
	not_served EINVAL "rbd/rbd?$opts" 'say rbd/POOL/IMAGE'
	not_served ENOENT "rbd/rbd/there?conf=/etc/ceph/none.conf" \
		'/etc/ceph/none.conf: No such file'
	not_served EINVAL "rbd/rbd/there?colour=red" colour
}

wrong_size() {
	image_new small $((MIB / 2))
	not_served EINVAL "rbd/rbd/small?$opts" 'make it with dev_size=16777216'
}

# Monitors that are not there: it does not wait for as long as Ceph would
no_monitors() {
	local start=$SECONDS

	cluster_reached
	sed 's/:3300/:3399/; s/:6789/:6799/' /etc/ceph/ceph.conf >"$run/away.conf"
	echo 60 >/sys/module/target_core_user/parameters/netlink_timeout
	not_served ETIMEDOUT "rbd/rbd/disk?conf=$run/away.conf&timeout=3s" \
		'connecting to the cluster as admin: '
	[ $((SECONDS - start)) -lt 50 ] || fail "it took $((SECONDS - start)) s"
}

# read_only CONFIG: writing fails, and what is read is the image's
read_only() {
	disk_on "$1"
	is "$(blockdev --getro "$disk")" 1 "the disk is read only"
	! dd if=/dev/zero of="$disk" bs=4k count=1 oflag=direct 2>"$run/dd.log" ||
		fail "it can be written to"
	bytes_of "$disk" >"$run/sum"
	loop_remove
	rmdir "$dev"
}

# The snapshot keeps what the image no longer has
snapshot() {
	rbd_disk origin
	verify 64k
	bytes_of "$disk" >"$run/before"
	rbd snap create --no-progress rbd/origin@snap
	loop_remove
	rmdir "$dev"
	rbd bench --io-type write --io-size 64K --io-total 1M rbd/origin >/dev/null
	read_only "rbd/rbd/origin?$opts&snap=snap"
	cmp "$run/sum" "$run/before"
	read_only "readonly//rbd/rbd/origin?$opts"
	! cmp -s "$run/sum" "$run/before" || fail "the image has not changed"
}

# ---- while it runs ------------------------------------------------------------------

# Another client writes meanwhile: the exclusive lock goes there and comes back
lock_shared() {
	rbd_disk shared
	(verify 16k --offset=16M --rate_iops=120) &
	fio=$!
	wait_for 30 commands_served 100 || fail "fio does not get going"
	rbd bench --io-type write --io-size 4K --io-threads 1 --io-total 256K \
		--io-pattern seq rbd/shared >"$run/bench.log" 2>&1 ||
		fail "$(<"$run/bench.log")"
	served_on 20 || fail "the disk is stuck: $(<"$log")"
	wait "$fio" || fail "fio: $(tail -n 5 "$run/fio.log")"
	image_is_disk shared "$disk"
}

# The cluster answers nothing for some seconds, which is less than cmd_time_out
paused() {
	local before

	rbd_disk paused
	RATE=50 verify_in_background 16k
	ceph osd pause
	nap 2
	before=$(commands)
	nap 6
	[ $(($(commands) - before)) -le 16 ] || fail "the cluster has not paused"
	! gone "$fio" || fail "it paused too late"
	ceph osd unpause
	wait "$fio" || fail "fio: $(tail -n 5 "$run/fio.log")"
	image_is_disk paused "$disk"
}

restarted() {
	rbd_disk again
	verify_in_background 16k
	kill -KILL "$tcmud"
	wait_for 20 gone "$tcmud"
	tcmud_up --log-level=info
	served_on 20 || fail "the disk is stuck: $(<"$log")"
	wait "$fio" || fail "fio: $(tail -n 5 "$run/fio.log")"
	image_is_disk again "$disk"
}

# ---- tcmu-runner --------------------------------------------------------------------

runner_verified() {
	image_new runner
	module_load
	runner_start "$run/runner.log"
	echo "$runner_pid" >>"$run/pids"
	lun_new "dev_config=rbd/rbd/runner;id=tcmu;osd_op_timeout=30,dev_size=$((MIB << 20))"
	put "$dev/enable" 1 || fail "$(tail -n 20 "$run/runner.log")"
	lun_export
	verify 4k --bsrange=4k-256k
	image_is_disk runner "$disk"
}

claim "an image keeps what fio writes" verified verified ''
claim "an image keeps what fio writes, in I/O mode" verified iomode mode=io
claim "an image keeps what fio writes, by two queues" verified queues nr_queues=2
claim "an image keeps what fio writes, in a namespace" verified_in_namespace
claim "what rbd has imported is what the disk has" imported
claim "a file system on an image is sound, and its files are there again" file_system
claim "discarding gives objects back to the cluster, and reads as zeroes" discarded
claim "zeroing a part of an image leaves its neighbours" zeroed
claim "when the image grows, so does the disk" image_grows
claim "when the image is made smaller, so is the disk" image_shrinks
claim "with resize=1, a new dev_size makes the image grow" disk_grows
claim "without it, a new dev_size is refused" disk_does_not_grow
claim "pool, image, snapshot, user, file: what is not there is named" refusals
claim "an image of another size is refused, with the size" wrong_size
claim "a cluster that does not answer is given up" no_monitors
claim "a snapshot, and an image behind readonly/, cannot be written to" snapshot
claim "another client of the image gets its lock, and it comes back" lock_shared
claim "the cluster pauses under fio, which then goes on" paused
claim "killed under fio, tcmud goes on when it is started again" restarted
claim "tcmu-runner: an image keeps what fio writes" runner_verified
run_claims "$@"
