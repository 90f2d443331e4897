# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The programs of others that the tests and the show-piece run. Sourced.

IQN=iqn.2026-11.org.example:tcmu
ISCSI=/sys/kernel/config/target/iscsi
runner_pid=''

# Like sleep, but no process: each costs 50 ms under emulation
nap() {
	read -r -t "$1" -u 9 || true
}
nap_fifo=$(mktemp -u)
mkfifo "$nap_fifo"
exec 9<>"$nap_fifo"
rm "$nap_fifo"

# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
	local end=$((SECONDS + $1))

	shift
	until "$@" 2>/dev/null; do
		[ "$SECONDS" -lt "$end" ] || return 1
		nap 0.05
	done
}

# A process that has ended, whether its parent knows yet or not. It may end right
# here: bash leaves the whole script when the file of a $(<...) is not there.
gone() {
	local stat
	local -a threads

	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	# the first thread may be through before others, who still have its files open
	threads=("/proc/$1/task/"*)
	[[ $stat =~ \)\ Z ]] && [ ${#threads[@]} -le 1 ]
}

# ---- another release ----------------------------------------------------------

# What stands before a client's command: 'chroot DIR' for that of another release
client=()

# newest_root DIR: that of Debian's next release, where clients see this system
newest_root() {
	local part=/run/newest dir

	mkdir -p "$1" $part/{ro,upper,work}
	mount -t squashfs -o ro /dev/vdc $part/ro
	mount -t overlay -o \
		lowerdir=$part/ro,upperdir=$part/upper,workdir=$part/work \
		newest "$1"
	for dir in proc sys dev run tmp var/tmp lib/modules; do
		mkdir -p "$1/$dir"
		mount --rbind "/$dir" "$1/$dir"
	done
}

# ---- tcmu-runner --------------------------------------------------------------

# To ask tcmu-runner itself would let the bus start one that is nobody's
runner_is_up() {
	dbus-send --system --print-reply --dest=org.freedesktop.DBus \
		/org/freedesktop/DBus org.freedesktop.DBus.NameHasOwner \
		string:org.kernel.TCMUService1 2>&1 | grep -q 'boolean true'
}

bus_start() {
	dbus-uuidgen --ensure
	[ -S /run/dbus/system_bus_socket ] || dbus-daemon --system --fork
}

# Debian's; $runner_pid. It fills $1 with what it says.
runner_start() {
	bus_start
	"${client[@]}" tcmu-runner -d >>"$1" 2>&1 </dev/null 9>&- &
	runner_pid=$!
	wait_for 30 runner_is_up || { tail -n 20 "$1"; return 1; }
}

runner_stop() {
	kill -TERM "$runner_pid" && wait_for 20 gone "$runner_pid"
}

# ---- our own tools --------------------------------------------------------------

# From now on they are where a package would have put them
tools_install() {
	# /lib is a link here
	[ ! -e /t/tools ] || tar -C /t/tools -c . |
		tar -C / -x --keep-directory-symlink
	ldconfig
}

# ---- targetcli ----------------------------------------------------------------

# tcli LINE...: its exit status is 0 whatever becomes of a command
tcli() {
	local out

	out=$(printf '%s\n' "$@" exit | "${client[@]}" targetcli 2>&1)
	printf '%s\n' "$out"
	! grep -qE 'rror|ailed|nvalid|No such|annot|Traceback' <<<"$out"
}

# ---- disks --------------------------------------------------------------------

# disk_by iscsi|loopback: the disk with this transport
disk_by() {
	local dev

	for dev in /sys/block/sd*; do
		[ -e "$dev" ] || continue
		case $(readlink -f "$dev") in
		*/session*/*) [ "$1" = iscsi ] ;;
		*) [ "$1" = loopback ] ;;
		esac && echo "/dev/${dev##*/}" && return
	done
	return 1
}

# The sg node of a disk
sg_of() {
	local sg

	sg=$(echo "/sys/block/${1#/dev/}/device/scsi_generic/"sg*)
	echo "/dev/${sg##*/}"
}

# ---- iSCSI on 127.0.0.1 ----------------------------------------------------------

# iscsi_target TPG DIR PORTAL: the backstore DIR, by a target that is not enabled yet
iscsi_target() {
	local tpg=$1 attr

	modprobe -q iscsi_target_mod || true
	mkdir -p "$ISCSI"
	mkdir -p "$tpg/np/$3" "$tpg/lun/lun_0"
	ln -s "$2" "$tpg/lun/lun_0/disk"
	for attr in demo_mode_write_protect=0 generate_node_acls=1 \
		cache_dynamic_acls=1 authentication=0; do
		echo "${attr#*=}" >"$tpg/attrib/${attr%=*}"
	done
}

# iscsi_export DIR: the backstore DIR, by a target of its own
iscsi_export() {
	local tpg=$ISCSI/$IQN/tpgt_1

	iscsi_target "$tpg" "$1" 127.0.0.1:3260
	echo 1 >"$tpg/enable"
}

iscsi_unexport() {
	local tpg=$ISCSI/$IQN/tpgt_1

	[ -d "$tpg" ] || return 0
	rm -f "$tpg/lun/lun_0/disk"
	rmdir "$tpg/lun/lun_0" "$tpg/np/127.0.0.1:3260" "$tpg" "${tpg%/*}"
}

# iscsi_connect: a session, whatever is behind it
iscsi_connect() {
	modprobe -q iscsi_tcp || true
	mkdir -p /run/lock/iscsi /etc/iscsi
	echo "InitiatorName=iqn.2026-11.org.example:guest" \
		>/etc/iscsi/initiatorname.iscsi
	pidof iscsid >/dev/null || iscsid 9>&- || return
	iscsiadm -m discovery -t sendtargets -p 127.0.0.1 || return
	iscsiadm -m node -T $IQN -p 127.0.0.1 --login
}

iscsi_login() {
	iscsi_connect && wait_for 15 disk_by iscsi
}

iscsi_logout() {
	iscsiadm -m node -T $IQN -p 127.0.0.1 --logout
}
