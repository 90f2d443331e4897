#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make check-ceph: one image of a Ceph cluster by two gateways, each a guest with a
# daemon, an iSCSI target and a port group of ALUA. The initiator, with multipath, is
# the second one, which is this guest. While fio writes and verifies, the first one
# ends in one way or another; see gateway-guest.sh.
# timeout: 3600
# root: ceph
# network: ipv6=off
# on demand

. "$(dirname "$0")/gateway.sh"

TIMEOUT=500
wwid=36001405c3f0c3f000004000800000000
disk=/dev/mapper/$wwid
image_size=$((MIB << 20))
image=''
portal=('' 10.9.9.10:3260 127.0.0.1:3260)

# ---- the other guest -----------------------------------------------------------------

# far COMMAND...: there
far() {
	local text

	text=$(far_says "$(printf '%q ' "$@")" "${FAR_LIMIT:-120}") || return
	[ -z "${text%$'\001'*}" ] || note "${text%$'\001'*}"
	[ "${text##*$'\001'}" = 0 ]
}

far_says() {
	exec 5<>/dev/tcp/10.9.9.9/7000 || return
	echo "$1" >&5
	timeout "$2" cat <&5
}

far_is_up() {
	FAR_LIMIT=5 far true
}

far_boots() {
	wait_for 180 far_is_up || fail "the other guest does not answer"
}

# What stands for its network card is QEMU, which accepts connections as long as
# nobody in there listens, and closes them. iscsid 2.1.8 may try for ever after that
# (open-iscsi, issue 387). A machine that is off cannot be reached.
far_dies() {
	ip route add unreachable 10.9.9.10
	FAR_LIMIT=2 far gateway_dies || true
}

far_is_back() {
	ip route del unreachable 10.9.9.10
}

# ---- two gateways -----------------------------------------------------------------------

# first_gateway DAEMON OPTIONS CONTROL
first_gateway() {
	far_boots
	far "gateway_$1"
	far gateway_backstore "rbd/rbd/$image$2" $image_size 5 "$3"
	far gateway_target 1
}

first_tcmud() {
	first_gateway tcmud '?id=tcmu' mode=io
}

second_tcmud() {
	gateway_tcmud
	gateway_backstore "rbd/rbd/$image?id=tcmu" $image_size 60 mode=io
	gateway_target 2
}

# two_tcmuds NAME: by an image of its own
two_tcmuds() {
	image=gateways_$1
	image_new "$image"
	first_tcmud
	second_tcmud
}

# ---- the initiator -------------------------------------------------------------------

# The kernel answers TEST UNIT READY by itself in I/O mode, and TUR is what multipath
# takes for a path that knows ALUA unless it is told not to: a gateway without its
# daemon would be taken back again and again. Reading from it is a test of both.
multipath_conf() {
	cat <<-END
	defaults {
		user_friendly_names no
		find_multipaths no
		path_grouping_policy group_by_prio
		prio alua
		detect_checker no
		path_checker directio
		checker_timeout 8
		polling_interval 2
		max_polling_interval 4
		no_path_retry 120
		failback manual
		fast_io_fail_tmo 5
	}
	blacklist_exceptions {
		property "(SCSI_IDENT_|ID_WWN|ID_SERIAL)"
	}
	END
}

initiator_start() {
	modprobe -a iscsi_tcp dm_multipath dm_service_time scsi_dh_alua
	mkdir -p /run/lock/iscsi /run/udev /etc/iscsi
	echo "InitiatorName=iqn.2026-11.org.example:guest" \
		>/etc/iscsi/initiatorname.iscsi
	sed -i -E -e 's/^(node.session.timeo.replacement_timeout) =.*/\1 = 5/' \
		-e 's/^(node.conn.*noop_out_(interval|timeout)) =.*/\1 = 10/' \
		/etc/iscsi/iscsid.conf
	pidof systemd-udevd >/dev/null || /lib/systemd/systemd-udevd --daemon 9<&-
	pidof iscsid >/dev/null || iscsid 9<&-
	multipath_conf >/etc/multipath.conf
	pidof multipathd >/dev/null || multipathd 9<&-
	wait_for 30 multipathd show daemon >/dev/null
}

login() {
	local nr

	initiator_start
	for nr in 1 2; do
		iscsiadm -m node -o new -T "$(gateway_iqn $nr)" -p "${portal[nr]}"
		iscsiadm -m node -T "$(gateway_iqn $nr)" -p "${portal[nr]}" --login
	done
	wait_for 90 both_paths || fail "$(multipath -ll)" "$(multipathd show paths)"
}

# path_of NR: the disk of the session with a gateway
path_of() {
	local dir

	for dir in /sys/class/iscsi_session/session*; do
		[ -d "$dir" ] || continue
		[ "$(<"$dir/targetname")" = "$(gateway_iqn "$1")" ] || continue
		dir=$(echo "$dir"/device/target*/*:*/block/sd*)
		[ -d "$dir" ] && echo "${dir##*/}" && return
	done
	return 1
}

# path_is NR WORD: what multipathd thinks of it
path_is() {
	multipathd show paths raw format "%d %t %T" |
		grep -q "^$(path_of "$1") *$2"
}

both_paths() {
	path_is 1 "active *ready" && path_is 2 "active *ready" && [ -b "$disk" ]
}

logout() {
	local nr

	multipath -F >/dev/null 2>&1 || true
	for nr in 1 2; do
		iscsiadm -m node -T "$(gateway_iqn $nr)" --logout >/dev/null 2>&1 || true
	done
	wait_for 30 no_sessions
}

no_sessions() {
	[ -z "$(find /sys/class/iscsi_session -name 'session*' 2>/dev/null)" ]
}

no_multipathd() {
	! pidof multipathd >/dev/null
}

more_purge() {
	far_is_back 2>/dev/null || true
	logout
	multipathd shutdown >/dev/null 2>&1 || true
	wait_for 20 no_multipathd
	gateway_remove
	far_boots
	far gateway_purge
}

# ---- the load --------------------------------------------------------------------------

# MiB that were written to a disk
written() {
	local stat

	read -ra stat <"/sys/block/$1/stat"
	echo $((stat[6] / 2048))
}

# fio_start: every block of the image, in any order, and looks at each, twice
fio_start() {
	fio --name=verify --filename="$disk" --size=${MIB}M --bs=16k --rw=randwrite \
		--ioengine=libaio --iodepth=8 --direct=1 --loops=2 --verify=crc32c \
		--verify_fatal=1 --do_verify=1 --rate_iops=200 >"$run/fio.log" 2>&1 </dev/null 9<&- &
	fio=$!
	echo "$fio" >>"$run/pids"
	start=$(written "$(dm_node)")
	wait_for 120 has_written 6 || fail "$(<"$run/fio.log")"
}

dm_node() {
	basename "$(readlink -f "$disk")"
}

has_written() {
	[ $(($(written "$(dm_node)") - start)) -ge "$1" ]
}

fio_ends() {
	wait_for 300 gone "$fio" || fail "fio does not end: $(<"$run/fio.log")" \
		"$(multipath -ll)"
	wait "$fio" || fail "$(<"$run/fio.log")"
	fio=
	! grep -iE 'verify.*(failed|bad)|err= *[1-9]' "$run/fio.log"
}

# second_took_over BEFORE: most of what fio writes was written by the second gateway
second_took_over() {
	local now

	now=$(written "$(path_of 2)")
	note "by the second gateway: $((now - $1)) MiB"
	[ $((now - $1)) -ge $MIB ]
}

# ---- claims ----------------------------------------------------------------------------

# What the initiator is told of its paths, and that it goes by it
paths_differ() {
	two_tcmuds two_paths
	login
	is "$(sg_rtpg -d "/dev/$(path_of 1)" | grep -c 'active/optimized')" 1 \
		"optimized groups, the first gateway says"
	is "$(sg_rtpg -d "/dev/$(path_of 2)" | grep -c 'active/non optimized')" 1 \
		"not optimized groups, the second gateway says"
	fio_start
	fio_ends
	is "$(written "$(path_of 2)")" 0 "MiB written by the second path"
	image_is_disk "$image" "$disk"
}

# survives END: fio writes by the first gateway, which then ends by this command
survives() {
	local before

	login
	before=$(written "$(path_of 2)")
	fio_start
	[ "$(written "$(path_of 1)")" -ge 4 ] || fail "the first is not preferred"
	"$@"
	fio_ends
	second_took_over "$before"
	image_is_disk "$image" "$disk"
}

# The first gateway is taken back, and all goes by it again
back_to_first() {
	local before

	wait_for 90 path_is 1 "active *ready" || fail "$(multipath -ll)"
	image_is_disk "$image" "$disk"
	multipathd switchgroup map $wwid group 1
	before=$(written "$(path_of 1)")
	fio_start
	fio_ends
	[ $(($(written "$(path_of 1)") - before)) -ge $MIB ] ||
		fail "it does not go by the first gateway"
	image_is_disk "$image" "$disk"
}

# The daemon comes back, finds what it had not done, and must not do it now
killed() {
	two_tcmuds killed
	survives far gateway_signal KILL tcmud
	far gateway_tcmud
	back_to_first
}

guest_killed() {
	two_tcmuds guest_killed
	survives far_dies
	first_tcmud
	far_is_back
	back_to_first
}

logged_out() {
	two_tcmuds logged_out
	survives iscsiadm -m node -T "$(gateway_iqn 1)" --logout
}

first_stands_by() {
	far gateway_standby
	gateway_standby
}

# Nothing is broken there: the first gateway gives the image's lock away
standby() {
	two_tcmuds standby
	survives first_stands_by
}

# What it has begun, the cluster no longer takes
stopped() {
	two_tcmuds stopped
	survives far gateway_signal STOP tcmud
	far gateway_signal CONT tcmud
	wait_for 90 far has_said "another client has broken this one's lock" ||
		fail "the first gateway does not know: $(far gateway_log)"
	image_is_disk "$image" "$disk"
	fio_start
	fio_ends
	image_is_disk "$image" "$disk"
}

runner_killed() {
	image=gateways_runner
	image_new "$image"
	first_gateway runner ';id=tcmu;osd_op_timeout=30' ''
	second_tcmud
	survives far gateway_signal KILL tcmu-runner
}

claim "the initiator sees the paths' states, and takes the better one" paths_differ
claim "tcmud is killed under fio: no wrong byte, and it comes back" killed
claim "the guest is killed under fio: no wrong byte, and it comes back" guest_killed
claim "a session is lost under fio: no wrong byte" logged_out
claim "a gateway is made standby under fio: no wrong byte" standby
claim "tcmud is stopped under fio: it changes nothing when it goes on" stopped
claim "tcmu-runner is killed under fio: tcmud takes over, no wrong byte" runner_killed
run_claims "$@"
