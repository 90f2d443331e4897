#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tcmuctl, as a user has it: with rawd, which knows nothing of netlink, with tcmu-runner
# and with tcmud. What it does with each file it writes is tested on the host.
# timeout: 900

. "$(dirname "$0")/lib.sh"

tools_install
backing=/var/tmp/tcmuctl

# Who asks the bus for handlers would have it start a daemon, which would then answer
# for disks that are meant for another, or for nobody
activation=/usr/share/dbus-1/system-services/org.kernel.TCMUService1.service
mv "$activation" "$activation.away"
trap 'mv "$activation.away" "$activation"' EXIT

# ---- a daemon that is there before its device -------------------------------------

# served NAME MIB [OPTION...]: rawd takes NAME when it comes up
served() {
	local name=$1 mib=$2 uio

	shift 2
	wait_for 30 uio_of "$name" >/dev/null || exit
	uio=$(uio_of "$name")
	# sysfs has it a little before
	wait_for 10 test -c "/dev/uio$uio" || exit
	exec "$here/rawd" "$@" "$uio" "$mib"
}

# uio_of NAME: the N of its /dev/uioN
uio_of() {
	local file name

	for file in /sys/class/uio/uio*/name; do
		[ -e "$file" ] || continue
		name=$(<"$file")
		if [[ $name == tcm-user/*/$1/* ]]; then
			file=${file%/name}
			echo "${file##*/uio}"
			return
		fi
	done
	return 1
}

# raw NAME MIB [OPTION...]: the next device of this name will be served; $pid
raw() {
	module_load
	served "$@" >>"$run/rawd.log" 2>&1 </dev/null &
	pid=$!
	echo "$pid" >>"$run/pids"
}

# make [OPTION...]: a disk of 32 MiB by rawd; $disk
make() {
	raw disk 32
	disk=$(tcmuctl create raw --name disk --size 32M --loop "$@") ||
		fail "rawd: $(<"$run/rawd.log")"
	[ -b "$disk" ]
}

# Loopback targets; the directory has files of the target core, too
targets() {
	find "$LOOP" -mindepth 1 -maxdepth 1 -name 'naa.*' -printf '%f\n' \
		2>/dev/null || true
}

# Nothing that was made is there any more
nothing_left() {
	is "$(echo "$CORE"/user_*)" "$CORE/user_*"
	is "$(targets)" ""
	is "$(uio_of disk || true)" ""
}

# refuses TEXT ARGUMENT...: tcmuctl fails and says so
refuses() {
	local text=$1 status=0

	shift
	tcmuctl "$@" >"$run/out" 2>"$run/err" || status=$?
	cat "$run/err"
	is "$status" 1 "exit status"
	is "$(<"$run/out")" "" stdout
	grep -qF -- "$text" "$run/err" || fail "it does not say '$text'"
}

json() {
	tcmuctl --json "$@"
}

# A pattern goes there and back, past the page cache
works() {
	head -c 1048576 /dev/urandom >"$run/pattern"
	dd if="$run/pattern" of="$1" bs=64k oflag=direct status=none
	dd if="$1" bs=64k count=16 iflag=direct status=none |
		cmp - "$run/pattern"
}

more_purge() {
	[ ! -e "$backing" ] || rm -r "$backing"
	[ -z "$runner_pid" ] || runner_stop
}

# ---- create and delete ---------------------------------------------------------------

create_loop() {
	raw disk 32
	tcmuctl create raw --name disk --size 32M --loop >"$run/out" 2>"$run/err"
	is "$(<"$run/err")" "" stderr
	disk=$(<"$run/out")
	matches "$disk" '^/dev/sd[a-z]+$'
	is "$(blockdev --getsize64 "$disk")" 33554432
	works "$disk"
	tcmuctl delete disk
	nothing_left
	wait_for 10 test ! -e "$disk"
}

loads_module() {
	module_unload
	is "$(tcmuctl create raw --name disk --size 1M 2>/dev/null)" 0/disk
	[ -d /sys/module/target_core_user ]
	tcmuctl delete disk
	nothing_left
}

serials() {
	make
	make_other
	is "$(json list | jq length)" 2
	[ "$(json show disk | jq -r .serial)" != \
		"$(json show other | jq -r .serial)" ]
}

make_other() {
	raw other 32
	tcmuctl create raw --name other --size 32M >/dev/null
	wait_for 10 is_served other
}

is_served() {
	[ "$(json list | jq -r ".[] | select(.device | endswith(\"/$1\")) |
		.served_by.comm")" = rawd ]
}

two_luns() {
	make --loop=naa.5001405000000009
	raw other 32
	tcmuctl create raw --name other --size 32M --loop=naa.5001405000000009
	is "$(targets)" naa.5001405000000009
	is "$(json show other | jq -r '.luns[0].lun')" \
		loopback/naa.5001405000000009/tpgt_1/lun_1
	tcmuctl delete disk
	works "$(json show other | jq -r '.luns[0].disk')"
	tcmuctl delete other
	nothing_left
}

no_daemon() {
	module_load
	refuses "no daemon serves handler 'raw'" create raw --name disk \
		--size 1M --loop --wait 1
	nothing_left
}

# A daemon that refuses whatever comes
refused_by_daemon() {
	module_load
	daemon "$here/nlctl" answer "$1"
	wait_for 20 grep -q listening "$run/nlctl.log"
	refuses "$2" create nonsense --name disk --size 1M
	nothing_left
}

# A daemon that listens and says nothing
mute_daemon() {
	module_load
	daemon "$here/nlctl" answer 0
	wait_for 20 grep -q listening "$run/nlctl.log"
	kill -STOP "$pid"
}

time_limit() {
	ours || skip "the distribution's driver waits for ever"
	mute_daemon
	echo 2 >"$PARAM/netlink_timeout"
	refuses "no daemon answered within 2 s" --progress create raw \
		--name disk --size 1M
	echo 60 >"$PARAM/netlink_timeout"
	grep -q "no daemon with handler 'raw' has answered yet, 1 s" "$run/err"
	nothing_left
}

ctrl_c() {
	local status=0 start=$SECONDS ctl

	ours || skip "the distribution's driver lets nobody go"
	mute_daemon
	tcmuctl create raw --name disk --size 1M 2>"$run/err" &
	ctl=$!
	wait_for 20 uio_of disk
	nap 0.5
	kill -TERM "$ctl"
	wait_for 5 grep -q interrupted "$run/err"
	# the rmdir waits, too, until the daemon is let go or another signal comes
	kill -CONT "$pid"
	wait "$ctl" || status=$?
	is "$status" 1
	[ $((SECONDS - start)) -lt 30 ]
	nothing_left
}

in_use() {
	make
	mkfs.ext4 -q "$disk"
	mkdir -p /mnt/tcmu
	mount "$disk" /mnt/tcmu
	refuses "0/disk is in use: $disk is mounted on /mnt/tcmu" delete disk
	umount /mnt/tcmu
	tcmuctl delete "$disk"
	nothing_left
}

held() {
	make
	exec 6<"$disk"
	tcmuctl delete disk
	exec 6<&-
	nothing_left
}

as_nobody() {
	chroot --userspec=65534:65534 / tcmuctl "$@"
}

# What belongs to root alone is told, before there is anything to take back
not_root() {
	local made=/var/tmp/nobody

	make
	as_nobody list >"$run/list"
	grep "^0/disk .* ? *$disk$" "$run/list"
	! as_nobody delete disk 2>"$run/err" || fail "it is deleted"
	is "$(<"$run/err")" "tcmuctl: delete needs root"
	! as_nobody create file $made --size 1M 2>"$run/err" || fail "it is made"
	is "$(<"$run/err")" "tcmuctl: create needs root"
	[ ! -e $made ]
}

# Whoever serves it has died, with commands in the ring
dead_daemon() {
	local start=$SECONDS reader

	make --set cmd_time_out=15
	kill -STOP "$pid"
	dd if="$disk" of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null &
	reader=$!
	nap 0.5
	kill -KILL "$pid"
	wait_for 5 not_served
	tcmuctl delete --force disk
	nothing_left
	wait "$reader" && fail "the read should have failed"
	note "deleted after $((SECONDS - start)) s"
}

not_served() {
	is "$(json list | jq -r '.[0].served_by')" null
}

# ---- list and show --------------------------------------------------------------------

lists() {
	make
	tcmuctl list
	tcmuctl list | grep -q \
		"^0/disk *raw *- *32M *ok */dev/uio[0-9]* *rawd/$pid *$disk$"
	json list >"$run/list"
	is "$(jq -r '.[0].device' "$run/list")" 0/disk
	is "$(jq -r '.[0].served_by.pid' "$run/list")" "$pid"
	is "$(jq -r '.[0].size' "$run/list")" 33554432
	is "$(jq -r '.[0].luns[0].disk' "$run/list")" "$disk"
}

shows() {
	make
	works "$disk"
	tcmuctl show "$disk"
	json show disk >"$run/show"
	is "$(jq -r .attributes.cmd_time_out "$run/show")" 30
	jq -e '.core_statistics.commands > 32' "$run/show"
	ours || { is "$(jq .latency "$run/show")" null; return 0; }
	jq -e '.statistics.bytes.writes >= 1048576' "$run/show"
	jq -e '.latency.writes.p50_ns > 0' "$run/show"
	jq -e '.latency.writes | .p99_ns >= .p50_ns' "$run/show"
	tcmuctl show disk | grep -q '^latency of writes, about: mean [0-9]'
}

# It shows the backstores of those handlers that the bus tells it of
in_targetcli() {
	bus_start
	tcmud_start
	wait_for 20 runner_is_up || fail "tcmud is not on the bus"
	tcmuctl create file "$backing/disk" --size 32M --loop
	tcli ls >"$run/out" || note "targetcli found something odd"
	cat "$run/out"
	grep -q 'o- user:file .*Storage Objects: 1' "$run/out"
	grep -q "o- disk .*$backing/disk (32.0MiB) activated" "$run/out"
	grep -q 'o- lun0 .*user/disk ' "$run/out"
}

# ---- changes ----------------------------------------------------------------------------

# dd goes on meanwhile; the kernel answers READ CAPACITY, so that rawd need not know
resizes() {
	local writer

	ours || skip "no I/O mode"
	raw disk 64 --io
	disk=$(tcmuctl create raw --name disk --size 32M --mode io --loop)
	nl_listen
	dd if=/dev/zero of="$disk" bs=64k count=400 oflag=direct status=none &
	writer=$!
	is "$(tcmuctl resize disk 64M)" "0/disk: 64M (67108864 bytes)"
	is "$(blockdev --getsize64 "$disk")" 67108864
	wait "$writer"
	dd if=/dev/zero of="$disk" bs=64k seek=1000 count=24 oflag=direct \
		status=none
	is "$(tcmuctl resize disk 32M --json | jq .size)" 33554432
	is "$(blockdev --getsize64 "$disk")" 33554432
}

resize_unheard() {
	make_plain
	refuses "no daemon hears of the new size" resize disk 64M
	tcmuctl resize disk 64M --force
	is "$(json list | jq '.[0].size')" 67108864
}

resize_refused() {
	module_load
	# a device that nobody answered for in the beginning asks nobody later
	daemon "$here/nlctl" answer 0
	wait_for 20 grep -q listening "$run/nlctl.log"
	make_plain
	stop_daemon "$pid"
	: >"$run/nlctl.log"
	daemon "$here/nlctl" answer -95
	wait_for 20 grep -q listening "$run/nlctl.log"
	refuses "the size was not changed: Operation not supported" \
		resize disk 64M
	is "$(json list | jq '.[0].size')" 33554432
}

make_plain() {
	module_load
	tcmuctl create raw --name disk --size 32M
}

blocks() {
	local reader

	make
	tcmuctl block disk
	is "$(json list | jq -r '.[0].state')" blocked
	dd if="$disk" of=/dev/null bs=4k count=1 iflag=direct status=none &
	reader=$!
	nap 1
	kill -0 "$reader"
	tcmuctl unblock disk
	wait "$reader"
	is "$(json list | jq -r '.[0].state')" ok
}

# Commands of a daemon that hangs are ended, and sent again
resets() {
	local reader

	make
	kill -USR1 "$pid"
	nap 0.5
	dd if="$disk" of=/dev/null bs=4k count=1 iflag=direct status=none &
	reader=$!
	wait_for 10 inflight 1
	tcmuctl block disk
	tcmuctl reset disk
	stop_daemon "$pid"
	raw disk 32
	wait_for 10 is_served disk
	tcmuctl unblock disk
	wait "$reader"
}

inflight() {
	[ "$(json show disk | jq .inflight)" = "$1" ]
}

mends() {
	ours || skip "the distribution's driver does not tell"
	make --set cmd_time_out=5
	stop_daemon "$pid"
	raw disk 32 --lie 1
	wait_for 10 is_served disk
	dd if="$disk" of=/dev/null bs=4k count=1 iflag=direct status=none &&
		fail "the read should have failed"
	is "$(json list | jq -r '.[0].state')" broken
	tcmuctl list | grep -q ' broken '
	stop_daemon "$pid"
	tcmuctl reset disk --hard
	is "$(json list | jq -r '.[0].state')" ok
	raw disk 32
	wait_for 10 is_served disk
	works "$disk"
	is "$(json show disk | jq .statistics.broken)" 1
}

# ---- watch and events ------------------------------------------------------------------

watches() {
	local writer

	make
	dd if=/dev/zero of="$disk" bs=64k count=100000 oflag=direct \
		status=none 2>/dev/null &
	writer=$!
	while dd if=/dev/zero of="$disk" bs=64k count=200 oflag=direct \
		status=none 2>/dev/null; do :; done &
	echo "$!" >>"$run/pids"
	json watch --interval 1 --count 3 >"$run/watch"
	tcmuctl watch --interval 0.5 --count 2
	kill "$!"
	kill "$writer" 2>/dev/null || true
	cat "$run/watch"
	is "$(wc -l <"$run/watch")" 3
	is "$(jq -s 'map(select(.devices[0].iops > 0)) | length' \
		"$run/watch")" 3
	jq -se 'map(.devices[0].write_bytes) | add > 0' "$run/watch"
	ours || { is "$(jq -s '.[0].devices[0].p99_ns' "$run/watch")" null
		return 0; }
	jq -se 'all(.devices[0].p99_ns > 0)' "$run/watch"
	jq -se 'all(.devices[0].p99_ns >= .devices[0].mean_ns / 2)' "$run/watch"
}

events() {
	module_load
	daemon tcmuctl events --count 3 --json
	wait_for 20 grep -q listening "$run/tcmuctl.log"
	make_plain
	# it is a listener
	tcmuctl resize disk 64M
	tcmuctl delete disk
	wait_for 10 gone "$pid"
	sed -i /listening/d "$run/tcmuctl.log"
	cat "$run/tcmuctl.log"
	is "$(jq -r .event "$run/tcmuctl.log" | xargs)" "added reconfig removed"
	is "$(jq -r .device "$run/tcmuctl.log" | sort -u)" 0/disk
	is "$(jq -r 'select(.event == "reconfig") | .new_size' \
		"$run/tcmuctl.log")" 67108864
}

events_as_text() {
	module_load
	daemon tcmuctl events
	wait_for 20 grep -q listening "$run/tcmuctl.log"
	make_plain
	tcmuctl delete disk
	wait_for 10 grep -q ' removed 0/disk /dev/uio' "$run/tcmuctl.log"
	grep -q '^....-..-..T..:..:..\.... added 0/disk /dev/uio[0-9]* raw/$' \
		"$run/tcmuctl.log"
	kill -INT "$pid"
	wait "$pid"
}

# ---- daemons that are known ---------------------------------------------------------------

no_handlers() {
	bus_start
	refuses "no daemon on D-Bus" handlers
}

runner() {
	requires tcmu-runner
	module_load
	runner_start "$run/runner.log"
	tcmuctl handlers
	json handlers | jq -e 'map(.handler) | index("qcow")'
	mkdir -p "$backing"
	truncate -s 32M "$backing/disk"
	disk=$(tcmuctl create qcow "$backing/disk" --size 32M --loop)
	works "$disk"
	is "$(json list | jq -r '.[0].served_by.comm')" tcmu-runner
	refuses "no daemon serves handler 'qcow', or it refused" \
		create qcow "$backing/nothing" --size 32M
	refuses "no daemon serves handler 'nonsense', or it refused" \
		create nonsense x --size 32M
	tcmuctl delete "$disk"
	nothing_left
}

tcmud_start() {
	command -v tcmud >/dev/null || skip "no tcmud"
	module_load
	mkdir -p "$backing"
	daemon tcmud
	wait_for 20 grep -q 'is ready' "$run/tcmud.log"
}

a_disk_in_one_command() {
	tcmud_start
	tcmuctl create file "$backing/disk.img" --size 64M --loop >"$run/out" \
		2>"$run/err"
	disk=$(<"$run/out")
	[ -b "$disk" ]
	is "$(<"$run/err")" \
		"tcmuctl: $backing/disk.img is a new file of 64M, sparse"
	works "$disk"
	mkfs.ext4 -q "$disk"
	mkdir -p /mnt/tcmu
	mount "$disk" /mnt/tcmu
	cp -r /etc /mnt/tcmu
	is "$(tcmuctl resize disk.img +64M)" "0/disk.img: 128M (134217728 bytes)"
	is "$(blockdev --getsize64 "$disk")" 134217728
	resize2fs "$disk" 2>/dev/null
	refuses "$disk is mounted on /mnt/tcmu" delete disk.img
	refuses "is what 0/disk.img is stored in" create file "$backing/disk.img"
	umount /mnt/tcmu
	e2fsck -fn "$disk"
	tcmuctl delete disk.img
	nothing_left
	is "$(stat -c %s "$backing/disk.img")" 134217728
	# and again, with the size that it has
	disk=$(tcmuctl create file "$backing/disk.img" --loop)
	is "$(blockdev --getsize64 "$disk")" 134217728
	e2fsck -fn "$disk"
	tcmuctl delete disk.img
}

tcmud_refuses() {
	tcmud_start
	refuses "the device does not come up: " create file \
		"$backing/x?nonsense=1" --size 1M
	[ ! -e "$backing/x" ]
	nothing_left
	ours || return 0
	# another daemon might serve this one, so tcmud may leave it to the time limit
	echo 3 >"$PARAM/netlink_timeout"
	refuses "the device does not come up: no daemon " create nonsense x \
		--size 1M
	echo 60 >"$PARAM/netlink_timeout"
	nothing_left
}

odd_path() {
	tcmud_start
	mkdir -p "$backing/a b"
	disk=$(cd "$backing/a b" && tcmuctl create file c:d,e --size 1M --loop)
	works "$disk"
	is "$(json list | jq -r '.[0].config')" "$backing/a%20b/c%3Ad%2Ce"
	is "$(blockdev --getsize64 "$disk")" "$(stat -c %s "$backing/a b/c:d,e")"
}

tcmud_handlers() {
	bus_start
	tcmud_start
	wait_for 20 runner_is_up || fail "it is not on the bus"
	tcmuctl handlers
	json handlers | jq -e 'map(.handler) | index("file")'
}

claim "create --loop prints a node that works, delete undoes all" create_loop
claim "create loads the module" loads_module
claim "each device has a serial number of its own" serials
claim "two LUNs of one target, removed one by one" two_luns
claim "create --loop without a daemon fails, and leaves nothing" no_daemon
claim "ENOENT of a daemon is told, and nothing is left" refused_by_daemon -2 \
	"no daemon serves handler 'nonsense', or it refused"
claim "another errno of a daemon is told, and nothing is left" \
	refused_by_daemon -28 "No space left on device"
claim "a daemon that does not answer in time is told" time_limit
claim "create that waits for a daemon can be ended" ctrl_c
claim "delete leaves a disk that is mounted" in_use
claim "delete takes a disk that is only open" held
claim "delete --force does not wait for a dead daemon" dead_daemon
claim "who is not root changes nothing, and is told so" not_root
claim "list tells disk, daemon and state" lists
claim "show tells what was counted" shows
claim "targetcli sees what create has made" in_targetcli
claim "resize in the middle of I/O" resizes
claim "resize without a listening daemon needs --force" resize_unheard
claim "resize tells what the daemon says" resize_refused
claim "block holds commands up, unblock lets them go" blocks
claim "reset takes a hanging daemon's commands away" resets
claim "a broken ring is seen, and reset --hard mends it" mends
claim "watch shows activity" watches
claim "events tells what happens, as JSON" events
claim "events tells what happens, as text" events_as_text
claim "handlers without a daemon is an error" no_handlers
claim "tcmu-runner: handlers, a disk, and why not" runner
claim "tcmud: a disk in one command, grown under a file system" \
	a_disk_in_one_command
claim "tcmud: what it refuses leaves nothing, no file either" tcmud_refuses
claim "tcmud: a path with odd characters" odd_path
claim "tcmud: its handlers" tcmud_handlers

run_claims "$@"
