#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A disk in I/O mode: its daemon ends at a command other than READ(16), WRITE(16),
# SYNCHRONIZE CACHE(16) and WRITE SAME(16), and the clients are sg3-utils, the
# kernel's file systems, open-iscsi and rtslib.
# timeout: 400

. "$(dirname "$0")/lib.sh"

TIMEOUT=100
MIB=64
mnt=/mnt/tcmu

# io_new: $dev in I/O mode with its daemon, discards and a write cache
io_new() {
	lun_new "dev_config=raw//io,dev_size=$((MIB << 20)),mode=io"
	put "$dev/attrib/emulate_write_cache" 1
	lun_enable
	put "$dev/attrib/emulate_tpu" 1
	put "$dev/attrib/emulate_tpws" 1
	echo io-disk >"$dev/wwn/vpd_unit_serial"
	daemon "$here/rawd" --io "$(lun_uio | tr -dc 0-9)" $((MIB * 2))
}

# $disk and $sg by loopback
up() {
	io_new
	lun_export
	sg=$(sg_of "$disk")
}

by_iscsi() {
	needs iscsi_target_mod
	io_new
	iscsi_export "$dev"
	iscsi_login
	disk=$(disk_by iscsi)
	wait_for 20 disk_ready || fail "$disk has no size"
	sg=$(sg_of "$disk")
}

# Did the daemon get a CDB that matches?
got() {
	grep -qE "^$1" "$run/rawd.log"
}

# as many MIB of noise as $1, on the disk and in $run/bytes
fill() {
	head -c "${1}M" /dev/urandom >"$run/bytes"
	dd if="$run/bytes" of="$disk" bs=256k oflag=direct status=none
}

# zero SKIP COUNT: in blocks
zero() {
	cmp -n $(($2 * 512)) -i $(($1 * 512)):0 "$disk" /dev/zero
}

inquired() {
	up
	matches "$(sg_inq "$disk")" 'PDT=0 .*SPC-4.*LIO-ORG .*USER'
	matches "$(sg_readcap --long "$disk")" 'lbpme=1.*Number of logical blocks=131072'
	# the pages a disk has to have
	matches "$(sg_vpd -p sv "$sg")" 'Block limits.*Logical block provisioning'
}

reads_what_was_written() {
	up
	fill 16
	dd if="$disk" of="$run/read" bs=100k iflag=direct status=none
	cmp -n $((16 << 20)) "$run/read" "$run/bytes"
}

verified() {
	up
	fio --name=verify --filename="$disk" --rw=randwrite --bsrange=512-1m \
		--size=24M --direct=1 --ioengine=libaio --iodepth=32 \
		--verify=crc32c --verify_fatal=1 --do_verify=1 \
		--output-format=terse >"$run/fio.log" 2>&1 ||
		fail "fio: $(tail -n 5 "$run/fio.log")"
}

compared_and_written() {
	up
	fill 1
	dd if="$disk" of="$run/now" bs=512 count=1 skip=9 iflag=direct status=none
	head -c 512 /dev/urandom >"$run/new"
	cat "$run/now" "$run/new" >"$run/both"
	sg_compare_and_write --in="$run/both" --lba=9 --num=1 --xferlen=1024 "$sg"
	cmp -n 512 -i $((9 * 512)):0 "$disk" "$run/new"
	# it is not the old one any more: MISCOMPARE is exit status 14
	local status=0
	sg_compare_and_write --in="$run/both" --lba=9 --num=1 --xferlen=1024 \
		"$sg" || status=$?
	is $status 14 "exit status of the second one"
}

written_same() {
	up
	fill 1
	head -c 512 /dev/urandom >"$run/block"
	sg_write_same --10 --lba=8 --num=16 --in="$run/block" --xferlen=512 "$sg"
	for _ in {1..16}; do
		cat "$run/block"
	done >"$run/blocks"
	cmp -n 8192 -i 4096:0 "$disk" "$run/blocks"
	got '93 00 00 00 00 00 00 00 00 08 00 00 00 10 '
	sg_write_same --16 --unmap --lba=32 --num=8 "$sg"
	got '93 09 00 00 00 00 00 00 00 20 00 00 00 08 '
	zero 32 8
}

discarded() {
	up
	fill 4
	blkdiscard -o 65536 -l 131072 "$disk"
	zero 128 256
	got '93 09 '
	cmp -n 65536 "$disk" "$run/bytes"
	sg_unmap --force --lba=8 --num=8 "$sg"
	zero 8 8
}

zeroed_out() {
	up
	fill 4
	blkdiscard --zeroout -o 0 -l 1048576 "$disk"
	zero 0 2048
}

flushed() {
	up
	fill 1
	sg_sync "$sg"
	got '91 00 '
	sg_verify --lba=0 --count=64 "$sg"
}

# trimmed MKFS FSCK
trimmed() {
	[[ $1 != mkfs.xfs* ]] || needs xfs
	# the least that xfs takes
	MIB=300
	up
	$1 "$disk" >"$run/mkfs.log" 2>&1 || fail "$(tail "$run/mkfs.log")"
	mkdir -p $mnt
	mount "$disk" $mnt
	head -c 8M /dev/urandom >$mnt/file
	cp -r /etc $mnt/etc
	sync
	rm $mnt/file
	: >"$run/rawd.log"
	matches "$(fstrim -v $mnt)" 'bytes\) trimmed|[1-9].* trimmed'
	got '93 09 ' || fail "no discard"
	diff -r --no-dereference /etc $mnt/etc
	umount $mnt
	$2 "$disk" >"$run/fsck.log" 2>&1 || fail "$(tail "$run/fsck.log")"
}

# The initiator hears of it by itself, with its next command
grown() {
	up
	mkfs.ext4 -q -F "$disk"
	mkdir -p $mnt
	mount "$disk" $mnt
	nl_listen
	put "$dev/attrib/dev_size" $((2 * MIB << 20))
	sg_turs "$sg" || true
	echo 1 >"/sys/block/${disk##*/}/device/rescan"
	is "$(blockdev --getsize64 "$disk")" $((2 * MIB << 20)) "the disk's size"
	resize2fs "$disk" 2>"$run/resize.log" || fail "$(cat "$run/resize.log")"
	head -c 80M /dev/zero >$mnt/file
	umount $mnt
	e2fsck -f -n "$disk" >"$run/fsck.log" 2>&1 || fail "$(cat "$run/fsck.log")"
}

# Two initiators: the loopback's and iSCSI's
reserved() {
	local other

	by_iscsi
	disk_by_iscsi=$sg
	lun_export
	other=$(sg_of "$disk")
	mkdir -p /etc/target/pr
	sg_persist -n --out --register --param-sark=aa "$disk_by_iscsi"
	sg_persist -n --out --reserve --param-rk=aa --prout-type=3 \
		"$disk_by_iscsi"
	matches "$(sg_persist -n -r "$other")" 'Key=0xaa.*Exclusive Access'
	! sg_dd if="$other" of=/dev/null bs=512 count=1 2>/dev/null ||
		fail "the other initiator reads all the same"
	sg_dd if="$disk_by_iscsi" of=/dev/null bs=512 count=1 2>/dev/null
	sg_persist -n --out --release --param-rk=aa --prout-type=3 \
		"$disk_by_iscsi"
	sg_dd if="$other" of=/dev/null bs=512 count=1 2>/dev/null
}

# Persistent through a power loss: the core keeps it in a file, and whoever makes the
# device again gives it back
reserved_across_power_loss() {
	local root metadata

	up
	root=$(</sys/kernel/config/target/dbroot)
	mkdir -p "$root/pr"
	sg_persist -n --out --register --param-sark=aa --param-aptpl "$sg"
	sg_persist -n --out --reserve --param-rk=aa --prout-type=3 "$sg"
	matches "$(<"$dev/pr/res_aptpl_active")" Activated
	metadata=$(tr -d '\0' <"$root/pr/aptpl_io-disk" | grep -v '^PR_REG' |
		paste -sd,)
	matches "$metadata" 'sa_res_key=170,res_holder=1'
	loop_remove
	luns_remove
	daemons_stop
	io_new
	put "$dev/pr/res_aptpl_metadata" "$metadata"
	lun_export
	sg=$(sg_of "$disk")
	matches "$(sg_persist -n -k "$sg")" 0xaa
	matches "$(sg_persist -n -r "$sg")" 'Key=0xaa.*Exclusive Access'
}

# The core's states of a group of target ports: 0 active, 2 standby
alua() {
	local state=$dev/alua/default_tg_pt_gp/alua_access_state

	up
	matches "$(sg_rtpg --decode "$sg")" 'active/optimized'
	echo 2 >"$state"
	# the first command is told of the change
	sg_turs "$sg" 2>/dev/null || true
	matches "$(sg_rtpg --decode "$sg")" standby
	! sg_dd if="$sg" of=/dev/null bs=512 count=1 2>/dev/null ||
		fail "a port in standby reads"
	echo 0 >"$state"
	sg_turs "$sg" 2>/dev/null || true
	sg_dd if="$sg" of=/dev/null bs=512 count=1 2>/dev/null
}

# The core reads and writes by itself
copied_by_the_target() {
	up
	fill 1
	sg_xcopy if="$sg" of="$sg" bs=512 count=64 skip=0 seek=4096 \
		>"$run/sg.log" 2>&1 || fail "$(cat "$run/sg.log")"
	cmp -n 32768 -i $((4096 * 512)):0 "$disk" "$run/bytes"
}

# READ(10) of two blocks by an initiator that wants 600 bytes of them
part_of_a_block() {
	by_iscsi
	fill 1
	sg_raw -b -r 600 "$sg" 28 00 00 00 00 00 00 00 02 00 >"$run/read" \
		2>"$run/sg.log" || true
	got '88 00 00 00 00 00 00 00 00 00 00 00 00 02 ' ||
		fail "the daemon was not asked for 2 blocks"
	# sg takes the 424 bytes that it did not want for some that are missing
	cmp -n $((600 - 424)) "$run/read" "$run/bytes"
}

# Passthrough and I/O mode side by side
both_modes() {
	local io=$dev io_disk

	up
	io_disk=$disk
	dev=$CORE/$hba/other
	lun_new "dev_config=raw//other,dev_size=16777216"
	lun_enable
	daemon "$here/rawd" "$(lun_uio | tr -dc 0-9)" 16
	lun_link 1
	wait_for 20 loop_disk 1 >/dev/null || fail "no second disk"
	disk=$(loop_disk 1)
	wait_for 20 disk_ready
	fill 8
	cmp -n $((8 << 20)) "$disk" "$run/bytes"
	disk=$io_disk
	fill 8
	cmp -n $((8 << 20)) "$disk" "$run/bytes"
	is "$(<"$io/attrib/mode")" io "mode of the first"
	is "$(<"$dev/attrib/mode")" passthrough "mode of the second"
}

# What rtslib saves of a device it restores, the mode too
saved_and_restored() {
	local before

	# it asks each fabric that it knows
	needs iscsi_target_mod
	lun_new "dev_config=raw//io,dev_size=$((MIB << 20)),mode=io"
	lun_enable
	put "$dev/attrib/emulate_tpu" 1
	put "$dev/attrib/max_write_same_len" 128
	nl_listen
	before=$(cd "$dev/attrib" && grep -H . ./* 2>/dev/null)
	python3 - "$run/saved" <<-'END'
	import sys
	from rtslib_fb import RTSRoot

	root = RTSRoot()
	root.save_to_file(sys.argv[1])
	root.clear_existing(confirm=True)
	for error in root.restore_from_file(sys.argv[1]):
	    print(error)
	END
	dev=$(echo "$CORE"/user_*/disk)
	is "$(cd "$dev/attrib" && grep -H . ./* 2>/dev/null)" "$before" \
		"what was restored"
	is "$(<"$dev/attrib/mode")" io mode
}

more_purge() {
	[ ! -d /sys/class/iscsi_session ] ||
		[ -z "$(ls /sys/class/iscsi_session)" ] || iscsi_logout
	iscsi_unexport
}

claim "it says what a disk says" inquired
claim "it keeps what is written" reads_what_was_written
claim "fio verifies it" verified
claim "COMPARE AND WRITE" compared_and_written
claim "WRITE SAME, also with UNMAP" written_same
claim "blkdiscard and UNMAP" discarded
claim "blkdiscard --zeroout" zeroed_out
claim "SYNCHRONIZE CACHE and VERIFY" flushed
claim "fstrim on ext4" trimmed "mkfs.ext4 -q -F" "e2fsck -f -n"
claim "fstrim on xfs" trimmed "mkfs.xfs -q -f" "xfs_repair -n"
claim "it grows while it is mounted" grown
claim "reservations of two initiators" reserved
claim "reservations persist through power loss" reserved_across_power_loss
claim "ALUA" alua
claim "EXTENDED COPY" copied_by_the_target
claim "a part of a block, by iSCSI" part_of_a_block
claim "both modes at once" both_modes
claim "rtslib saves and restores the mode" saved_and_restored

run_claims "$@"
