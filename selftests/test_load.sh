#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# File systems on small daemons: the raw one of the tests, the one of the
# documentation, that one compiled with the distribution's header.
# timeout: 400

. "$(dirname "$0")/lib.sh"

TIMEOUT=150
mnt=/mnt/tcmu

# up MIB DAEMON...: $disk; {} stands for the N of its uioN, [] for HOST/NAME
up() {
	local mib=$1 uio args=() arg

	shift
	lun_new "dev_config=raw//load,dev_size=$((mib << 20))"
	lun_enable
	uio=$(lun_uio)
	for arg; do
		arg=${arg//\{\}/${uio#uio}}
		args+=("${arg//\[\]/${hba#user_}/${dev##*/}}")
	done
	daemon "${args[@]}"
	lun_export
}

make_fs() {
	case $1 in
	ext4) mkfs.ext4 -q -F "$disk" ;;
	xfs) mkfs.xfs -q -f "$disk" ;;
	esac
	mkdir -p $mnt
	mount -t "$1" "$disk" $mnt
}

check_fs() {
	case $1 in
	ext4) e2fsck -f -n "$disk" ;;
	xfs) xfs_repair -n "$disk" ;;
	esac >"$run/fsck.log" 2>&1 || fail "$(tail -n 5 "$run/fsck.log")"
}

write_files() {
	local i

	for i in {1..20}; do
		head -c $((i * 37777)) /dev/urandom >"$mnt/file$i"
	done
	cp -r /etc $mnt/etc
	(cd $mnt && find . -type f -print0 | xargs -0 sha256sum) >"$run/sums"
}

check_files() {
	(cd $mnt && sha256sum --quiet -c "$run/sums")
}

# keeps FS MIB DAEMON...
keeps() {
	local fs=$1

	shift
	[ "$fs" = ext4 ] || needs "$fs"
	up "$@"
	make_fs "$fs"
	write_files
	umount $mnt
	check_fs "$fs"
	mount -t "$fs" "$disk" $mnt
	check_files
	rm -rf "${mnt:?}/etc"
	umount $mnt
	check_fs "$fs"
}

# The daemon dies with a command in hand; the next one has the same file
survives() {
	local uio

	up 48 "$here/rawd" --file "$run.disk" --die 60 "{}" 48
	uio=$(lun_uio)
	(
		wait_for 60 gone "$pid"
		nap 1
		exec "$here/rawd" --file "$run.disk" "${uio#uio}" 48
	) >"$run/next.log" 2>&1 9>&- &
	echo $! >>"$run/pids"
	make_fs ext4
	write_files
	umount $mnt
	gone "$pid" || fail "the first daemon is still alive"
	mount "$disk" $mnt
	check_files
	umount $mnt
	check_fs ext4
}

# A lie ends the ring; a reset and another daemon bring it back
lied_to() {
	up 16 "$here/rawd" --file "$run.disk" --lie 20 "{}" 16
	dd if=/dev/zero of="$disk" bs=64k count=64 oflag=direct status=none \
		2>"$run/dd.log" 9>&- &
	writer=$!
	wait_for 20 broken || fail "nothing has become of the lie"
	stop_daemon "$pid"
	echo 1 >"$dev/action/reset_ring"
	daemon "$here/rawd" --file "$run.disk" "$(lun_uio | tr -dc 0-9)" 16
	wait "$writer" || true
	is "$(<"$dev/attrib/ring_state")" ok "ring_state"
	dd if="$disk" of=/dev/null bs=64k count=64 iflag=direct status=none
}

broken() {
	[ "$(<"$dev/attrib/ring_state")" = broken ]
}

# Commands that get no answer end in errors, and the others are not held up
loses_some() {
	module_load
	mkdir -p "$dev"
	echo 2 >"$dev/attrib/cmd_time_out"
	up 16 "$here/rawd" --drop 40 "{}" 16
	dd if="$disk" of=/dev/null bs=64k count=16 iflag=direct status=none ||
		true
	fio --name=load --filename="$disk" --rw=randread --bs=4k --size=4M \
		--direct=1 --ioengine=libaio --iodepth=8 --continue_on_error=io \
		--output-format=terse >"$run/fio.log" 2>&1 ||
		note "$(tail -n 3 "$run/fio.log")"
	dd if="$disk" of=/dev/null bs=4k count=4 iflag=direct status=none
}

more_purge() {
	rm -f "$run.disk"
}

# coreos/go-tcmu ends at an opcode other than PAD and CMD, and so does rawd: it
# may not see any, whatever goes on, unless the user has asked for it
sees_only_commands() {
	local i

	up 16 "$here/rawd" {} 16
	fio --name=load --filename="$disk" --rw=randrw --bs=64k --size=12M \
		--direct=1 --ioengine=libaio --iodepth=32 --time_based --runtime=5 \
		>"$run/fio.log" 2>&1 &
	for i in 1 2 3; do
		nap 1
		sg_reset -N -d "$(sg_of "$disk")"
	done
	wait $! || fail "fio: $(tail -n 5 "$run/fio.log")"
	! gone "$pid" || fail "rawd: $(cat "$run/rawd.log")"
}

ends_at_others() {
	local status=0

	up 16 "$here/rawd" {} 16
	echo 1 >"$dev/attrib/tmr_notification"
	sg_reset -N -d "$(sg_of "$disk")"
	wait "$pid" || status=$?
	is $status 3 "rawd's exit status"
	# the disk goes with a daemon that takes its last commands
	daemon "$here/rawd" --tmr "$(lun_uio | tr -dc 0-9)" 16
}

claim "ext4 on rawd keeps its files" keeps ext4 48 "$here/rawd" {} 48
claim "xfs on rawd keeps its files" keeps xfs 320 "$here/rawd" {} 320
claim "a daemon that knows PAD and CMD alone sees nothing else under resets" \
	sees_only_commands
claim "it ends at a notification that the user has asked for" ends_at_others
claim "ext4 on a daemon that answers out of order keeps its files" \
	keeps ext4 48 "$here/rawd" --reorder {} 48
claim "ext4 on a slow daemon keeps its files" \
	keeps ext4 48 "$here/rawd" --delay 2 {} 48
claim "ext4 survives a daemon that dies in flight" survives
claim "a daemon that lies is stopped, and a reset lets the next one go on" \
	lied_to
claim "commands that are dropped end, and the others go on" loses_some
claim "ext4 on the documentation's daemon keeps its files" \
	keeps ext4 48 "$here/tcmu-ram" []
claim "a daemon compiled with the distribution's header keeps its files" \
	keeps ext4 48 "$here/tcmu-ram-dist" []

run_claims "$@"
