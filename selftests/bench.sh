#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make bench: what a command costs, counted in instructions, by the distribution's
# module, by ours, and by the core's own disks. bench/report.py says how it is put
# together, bench/workloads what is done.
#
#	KERNEL=series	Debian's kernel of this series
#	T="name..."	only these workloads
#	TARGETS="nullio..." only on these; without nullio nothing is known of the
#			cost that is added
#	ROUNDS=3	how often; each round has a guest of its own. When one fails,
#			those before it are reported
#	PROFILE=1	by function, too
#	BASE=commit	our module of that commit in the place of the distribution's
#	WALL=1		by the clock, on two processors: IOPS alone, and their spread
#
# bench.sh gate: two workloads, one round; fails if our module has become dearer than
# bench/expected says. UPDATE=1 writes that file instead.
set -euo pipefail
. "$(dirname "$0")/qemu/lib.sh"

here=$top/selftests
mode=${1:-all}
series=${KERNEL:-6.1}
rounds=${ROUNDS:-3}
names=${T:-}
targets=${TARGETS:-}
out=$build/bench
job=$build/job-bench
reference=dist
daemon=/t/tcmu-bench-daemon
wall=${WALL:+1}
failed=''
[ -z "${BASE:-}" ] || reference=base
if [ "$mode" = gate ]; then
	rounds=1 names="rr-qd32 sr-128k" targets='' wall=''
fi
# emulation and who else runs make the clock's figures uncertain: many rounds, two
# seconds each, and the targets of a round one after the other
if [ -n "$wall" ]; then
	rounds=${ROUNDS:-5} names=${T:-rr-qd1 rr-qd32 rr-qd32-2jobs sr-128k}
	out=$build/bench-wall
fi

# ---- what is to be measured -----------------------------------------------------

# chosen: the lines of bench/workloads
chosen() {
	awk -v names=" $names " '
		/^#/ || !NF { next }
		names ~ /^ +$/ || index(names, " " $1 " ") { $1 = $1; print }
	' "$here/bench/workloads"
}

# on NAME KIND [ARG...]: all workloads on such disks, which are made anew where their
# number or their control changes; CONTROL in ARG is that of the workload
on() {
	local name=$1 last='' line run luns skip ms control args kind=("${@:2}")

	[ -z "$targets" ] || [[ " $targets " == *" $name "* ]] || return 0
	while read -r run luns skip ms control args; do
		[ -z "$wall" ] || ms=2000
		if [ "$luns $control" != "$last" ]; then
			line="target $name $luns ${kind[*]}"
			if [ "$control" = - ]; then
				line=${line/CONTROL,/}
				line=${line/CONTROL/}
			fi
			echo "${line/CONTROL/$control}"
			last="$luns $control"
		fi
		echo "run $run $skip $ms $args"
	done < <(chosen)
}

# Is it one of the workloads' names, or is there no choice?
wanted() {
	[ -z "$names" ] || [[ " $names " == *" $1 "* ]]
}

on_module() {
	echo "module $1"
	on null user CONTROL -- $daemon --null
	[ "$mode" != gate ] || return 0
	if [ -n "$wall" ]; then
		[ "$1" != ours ] || on_module_wall
		return 0
	fi
	! wanted growth || echo growth
	on ram user CONTROL -- $daemon
	if [ "$1" != dist ]; then
		on null-at-once user CONTROL max_signal_delay:0 -- $daemon --null
		on null-delay user CONTROL max_signal_delay:400 -- $daemon --null
		on null-awake user CONTROL -- $daemon --null --awake
		on null-fills user CONTROL -- $daemon --null --fills
		on ram-fills user CONTROL -- $daemon --fills
		on null-io user CONTROL,mode=io -- $daemon --null
	fi
	[ -n "${BASE:-}" ] || on tcmu-runner runner
}

# Where there is a server of them
on_ublk() {
	[ -e "$job/kublk" ] || return 0
	on ublk-null ublk null
	on ublk-file ublk loop
}

on_module_wall() {
	on null-at-once user CONTROL max_signal_delay:0 -- $daemon --null
	on null-delay user CONTROL max_signal_delay:400 -- $daemon --null
	on null-awake user CONTROL -- $daemon --null --awake
	on null-spin user CONTROL -- $daemon --null --awake --spin
	on null-queues user CONTROL,nr_queues=2 -- $daemon --null --queues
	on null-queues-awake user CONTROL,nr_queues=2 -- \
		$daemon --null --queues --awake
	# what a queue is for: its program is the bottleneck
	on busy user CONTROL -- $daemon --null --busy 500
	on busy-queues user CONTROL,nr_queues=2 -- \
		$daemon --null --queues --busy 500
}

plan() {
	on nullio ramdisk nullio
	if [ "$mode" != gate ]; then
		on ramdisk ramdisk
		on fileio fileio
		on nbd-null nbd null
		on nbd-ram nbd ram
		on_ublk
	fi
	on_module $reference
	on_module ours
}

# ---- what it needs ----------------------------------------------------------------

base_module() {
	local dir=$out/base

	git -C "$top" worktree remove --force "$dir" 2>/dev/null || true
	git -C "$top" worktree add --detach "$dir" "$BASE" >/dev/null
	TCMU_BUILD=$out/base-build "$dir/selftests/qemu/module.sh" "$KERNEL_DIR"
	git -C "$top" worktree remove --force "$dir"
}

reference_module() {
	if [ -n "${BASE:-}" ]; then
		base_module
	else
		find "$KERNEL_DIR/lib/modules/" -name 'target_core_user.ko*'
	fi
}

ublk_server() {
	local file status=0

	file=$("$here/qemu/ublk.sh" "$KERNEL_DIR") || status=$?
	[ $status -ne 77 ] || { say "measuring without ublk"; return 0; }
	[ $status -eq 0 ] || exit $status
	[ -z "$file" ] || cp "$file" "$job/kublk"
}

# put FILE NAME: a module for the guest, unpacked
put() {
	case $1 in
	*.xz) xz -dc "$1" ;;
	*) cat "$1" ;;
	esac >"$job/$2.ko"
}

fill_job() {
	local file

	rm -rf "$job"
	mkdir -p "$job"
	quietly "$build/bench-tools.log" make --no-print-directory \
		-C "$top/tools/bench" O="$build/tools"
	cp "$build"/tools/bench/tcmu-bench-{mark,daemon} "$job/"
	cp "$here"/{bench-guest.sh,bench-growth.sh,clients.sh} "$job/"
	# not in a pipe, where a failure would go unseen
	file=$(reference_module)
	put "$file" $reference
	file=$("$here/qemu/module.sh" "$KERNEL_DIR")
	put "$file" ours
	[ "$mode" = gate ] || ublk_server
	plan >"$job/plan"
	[ -s "$job/plan" ] || die "nothing to measure"
	echo "exec /t/bench-guest.sh" >"$job/job"
}

# a_round NR: into $out/round.NR, or with the guest's status
a_round() {
	local dir=$out/round.$1 measure=(-w)

	[ -n "$wall" ] ||
		measure+=(-c "$build/tools/bench/tcg-count.so,out=$dir/counts")
	mkdir "$dir"
	truncate -s 2G "$dir/out.img"
	# 500 devices of the distribution's module need more than 4 GiB
	"$here/qemu/boot.sh" -n bench -t $((600 + runs * 60)) -m 6144 "${measure[@]}" \
		-o "$dir/out.img" "$job" || return
	tar -C "$dir" --warning=no-timestamp -xf "$dir/out.img"
	rm "$dir/out.img"
}

# Those that are done stay when a later one is not. What devices cost that do nothing
# is counted once: 500 of them come and go for it, which takes longer than all the rest.
measure() {
	local i runs

	runs=$(grep -cE '^(run|growth)' "$job/plan") ||
		die "no workload or target of that name"
	rm -rf "$out"/round.*
	for ((i = 1; i <= rounds; i++)); do
		if [ $i -eq 2 ]; then
			sed -i '/^growth$/d' "$job/plan"
			runs=$(grep -c '^run' "$job/plan") || break
		fi
		say "round $i of $rounds, $runs measurements on" \
			"$(<"$KERNEL_DIR/release")"
		a_round $i && continue
		failed="the guest ended with $? in round $i, see $build/guest/bench"
		rm -r "$out/round.$i"
		[ $i -gt 1 ] || die "$failed"
		break
	done
}

lock_build bench
mkdir -p "$out"
guest_parts
fill_job
measure
report=("$here/bench/report.py" "$out" --reference "$reference"
	--json "$out/bench.json" --svg "$out/bench.svg")
[ -z "${PROFILE:-}" ] || report+=(--profile)
[ -z "$wall" ] || report+=(--wall)
if [ "$mode" = gate ]; then
	report+=(--expected "$here/bench/expected" --kernel "$series")
	[ -z "${UPDATE:-}" ] || report+=(--update)
fi
status=0
"${report[@]}" || status=$?
[ -z "$failed" ] || { say "$failed"; status=1; }
echo "in figures: $out/bench.json, as a picture: $out/bench.svg"
exit $status
