#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make check: the unit tests here, the selftests in the guest, one table.
#
#	T="group..."	only these groups; 'unit' is one of them, and those that do
#			not run unless they are named (-l -a lists them, too)
#	KERNEL=series	Debian's kernel of this series, see qemu/kernel.sh; debug or
#			debug-7.2 for one with sanitizers, see uml/kernel.sh; kcsan
#			for one that looks for data races, see qemu/kcsan.sh. With
#			these without the unit tests, and without what left-out says
#	KO=dist		the distribution's module instead of ours
#	GUESTS=n	so many guests side by side
#	SOAK=seconds	how long the group 'volumes' loads its disks, 'hostile' at most
#	KILLS=n		how often the group 'kills' kills the daemon, KILLS_SEED=n how
#	SEED=n ANSWERS=n	of the group 'hostile', see test_hostile.c
#	RACES=seconds	how long the group 'races' races, SEED=n in which order
#
# -l lists the groups that need a guest.
set -euo pipefail
. "$(dirname "$0")/qemu/lib.sh"

here=$top/selftests
series=${KERNEL:-6.1}
# debug, of debug-7.2 too
flavour=${series%%-*}
logs=$build/check-$series
job=$build/job-check
guests=${GUESTS:-2}
passed=0 failed=0 skipped=0 table='' failing=''

# Kernels of our own configuration
own_kernel() {
	[[ $flavour == debug || $flavour == kcsan ]]
}

# left_out GROUP: why it does not run with this kernel, or nothing
left_out() {
	local kernel pattern reason

	while read -r kernel pattern reason; do
		# shellcheck disable=SC2053 # a pattern
		[[ $kernel != "$flavour" || $1 != $pattern ]] || {
			echo "$reason"
			return
		}
	done <"$here/left-out"
}

# wanted_here FILE [-a]: -a with those that only run when they are named
wanted_here() {
	local kernels

	[ -e "$1" ] || return 1
	kernels=$(sed -nE '1,20s/^( \*|#) kernel: //p' "$1")
	[ -z "$kernels" ] || [[ " $kernels " == *" $flavour "* ]] || return 1
	[ "${2:-}" = -a ] || ! grep -qs '^# on demand$' "$1"
}

# all_groups [-a]
all_groups() {
	local file group

	for file in "$here"/test_*.{c,sh}; do
		wanted_here "$file" "${1:-}" || continue
		group=${file##*/test_}
		group=${group%.*}
		[ -n "$(left_out "$group")" ] || echo "$group"
	done | sort
}

# What is left out, with its reasons, since nobody has named any
say_left_out() {
	local file group why

	own_kernel && [ -z "${T:-}" ] || return 0
	for file in "$here"/test_*.{c,sh}; do
		wanted_here "$file" || continue
		group=${file##*/test_}
		group=${group%.*}
		why=$(left_out "$group")
		[ -z "$why" ] || echo "check: left out: $group: $why"
	done
}

# ---- what a group's files say ------------------------------------------------

# judge GROUP: sets p, f, s. What is planned and not reported has failed, what
# is reported and not planned too; so has a group that ends badly without a
# failed test, or that says nothing.
judge() {
	local tap=$logs/$1.tap plan status=$2

	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$tap" | head -n 1)
	s=$(grep -ciE '^ok .*# skip' "$tap" || true)
	p=$(($(grep -cE '^ok ' "$tap" || true) - s))
	f=$(grep -cE '^not ok ' "$tap" || true)
	if [ -z "$plan" ] || [ "$plan" -eq 0 ]; then
		f=$((f + 1))
	elif [ $((p + f + s)) -lt "$plan" ]; then
		f=$((plan - p - s))
	elif [ $((p + f + s)) -gt "$plan" ]; then
		f=$((f + 1))
	fi
	[ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
	[ -e "$logs/$1.kmsg" ] || return 0
	awk -f "$here/kernel-log.awk" "$logs/$1.kmsg" >"$logs/$1.trouble"
	if [ -s "$logs/$1.trouble" ]; then
		[ "$f" -gt 0 ] || f=1
		sed 's/^/# kernel: /' "$logs/$1.trouble" >>"$tap"
	fi
}

# failures GROUP: each failed claim with the last remarks before it, and the last
# of all: how the guest has died, what the kernel has said. Some see only the end
# of the output.
failures() {
	awk -v group="$1" '
		function remarks(	i) {
			for (i = n > 30 ? n - 30 : 0; i < n; i++)
				print said[i]
			n = 0
		}
		/^#/ { said[n++] = $0; next }
		/^not ok / {
			sub(/^not ok [0-9]* *-* */, "")
			print "failed: " group ": " $0
			remarks()
		}
		{ n = 0 }
		END { if (n) print "failed: " group ", at its end:"; remarks() }
	' "$logs/$1.tap"
}

# row GROUP: judge it, say so, and add it to the table
row() {
	local status=125 seconds=0 p f s

	touch "$logs/$1.tap"
	[ ! -e "$logs/$1.end" ] || read -r status seconds <"$logs/$1.end"
	judge "$1" "$status"
	passed=$((passed + p))
	failed=$((failed + f))
	[ "$f" -eq 0 ] || failing+=" $1"
	skipped=$((skipped + s))
	table+=$(printf '%-16s %6d %6d %7d %7d' "$1" "$p" "$f" "$s" \
		"$seconds")$'\n'
}

# ---- on the host -------------------------------------------------------------

unit() {
	local start=$SECONDS status=0

	make --no-print-directory -C "$top/tools/testing/unit" check \
		O="$build/unit" T= >"$logs/unit.tap" 2>"$logs/unit.log" </dev/null ||
		status=$?
	echo "$status $((SECONDS - start))" >"$logs/unit.end"
	grep '^not ok' "$logs/unit.tap" || true
	if [ "$status" -ne 0 ]; then
		tail -n 20 "$logs/unit.log"
		echo "check: unit ended with status $status"
	else
		echo "check: unit, $((SECONDS - start)) s"
	fi
}

# ---- in the guest ------------------------------------------------------------

# Splits what the guest says into files, one set for each group
follow() {
	local group='' line out=/dev/null

	while IFS= read -r line; do
		case $line in
		'#BEGIN '*)
			group=${line#\#BEGIN }
			out=$logs/$group.tap
			;;
		'#KMSG '*)
			out=$logs/$group.kmsg
			;;
		'#END '*)
			line=${line#\#END "$group" }
			echo "$line" >"$logs/$group.end"
			echo "check: $group, ${line#* } s"
			out=/dev/null
			continue
			;;
		'not ok '* | '# progress: '* | '# result: '*)
			echo "check: $group: $line"
			;;
		esac
		printf '%s\n' "$line" >>"$out"
	done
}

# says GROUP WORD: what a group's first comment says of its guest: root is that of
# image.sh, memory in MiB, and network what boot.sh takes
says() {
	sed -n "1,20s/^# $2: //p" "$here/test_$1".{sh,c} 2>/dev/null || true
}

limit_of() {
	awk -v groups=" $* " 'index(groups, " " $1 " ") { sum += $2 }
		END { print sum + 120 }' "$job/limits"
}

# boot NAME SECONDS: with what its caller knows of the guest
boot() {
	if [ "$flavour" = debug ]; then
		"$here/uml/boot.sh" -n "$1" -t "$2" "$build/job-$1"
		return
	fi
	"$here/qemu/boot.sh" -n "$1" -t "$2" \
		-r "${root:-root}" ${memory:+-m "$memory"} \
		${network:+-N "$network"} \
		${newest:+-x "$newest"} "$build/job-$1"
}

# guest NAME GROUP...: boots a guest for these, and another one for what is left
# when it dies. One that dies takes one group with it.
guest() {
	local name=$1 status group died root memory network
	local -a left

	shift
	while [ $# -gt 0 ]; do
		echo "check: $name boots for: $*"
		rm -rf "$build/job-$name"
		mkdir -p "$build/job-$name"
		cp -rl "$job"/. "$build/job-$name/"
		echo "SOAK=${SOAK:-} KILLS=${KILLS:-} KILLS_SEED=${KILLS_SEED:-}" \
			"SEED=${SEED:-} ANSWERS=${ANSWERS:-} RACES=${RACES:-}" \
			"/t/guest-run.sh $*" >"$build/job-$name/job"
		status=0 root=$(says "$1" root) memory=$(says "$1" memory)
		network=$(says "$1" network)
		boot "$name" "$(limit_of "$@")" | follow || status=$?
		died='' left=()
		for group; do
			if [ -e "$logs/$group.end" ]; then
				continue
			elif [ -e "$logs/$group.tap" ]; then
				died=$group
			else
				left+=("$group")
			fi
		done
		[ -n "$died$status" ] || return 0
		set -- "${left[@]}"
		if [ -n "$died" ]; then
			{ echo "# the guest died (status $status); its console:"
			tail -n 60 "$build/guest/$name/console.log" |
				sed 's/^/# /'; } >>"$logs/$died.tap"
			echo "check: the guest died in $died, see $logs/$died.tap"
		elif [ $# -gt 0 ]; then
			echo "check: $name does not start: see $build/guest/$name"
			return
		fi
	done
}

# How long a group took the last time, or a guess
seconds_of() {
	awk -v group="$1" '$1 == group { found = 1; print $2 }
		END { if (!found) print 30 }' "$build/check-seconds-$series" 2>/dev/null ||
		echo 30
}

# The groups, longest first, each to the guest that has least to do
share_out() {
	local group i least
	local -a load names

	for ((i = 0; i < guests; i++)); do
		load[i]=0 names[i]=''
	done
	while read -r seconds group; do
		least=0
		for ((i = 1; i < guests; i++)); do
			[ "${load[i]}" -ge "${load[least]}" ] || least=$i
		done
		load[least]=$((load[least] + seconds + 1))
		names[least]+=" $group"
	done < <(for group; do
		echo "$(seconds_of "$group") $group"
	done | sort -k1,1nr -k2)
	printf '%s\n' "${names[@]}"
}

end_guests() {
	local pid

	for pid in $(jobs -rp); do
		kill -- "-$pid" || true
	done
}

# Where one of the groups wants it, and it can be had: else its tests are skipped
newest_image() {
	local group

	newest=''
	for group; do
		grep -qs '^# image: newest' "$here/test_$group".{sh,c} || continue
		newest=$("$here/qemu/image.sh" newest) || [ $? -eq 77 ]
		return
	done
}

# share NAME GROUP...: one guest for all of them; with 7.2's lockdep, which is silent
# after its first report, one for each, since UIO's comes when a device goes
share() {
	local name=$1 group

	shift
	if [ "$series" != debug-7.2 ]; then
		guest "$name" "$@"
		return
	fi
	for group; do
		guest "$name" "$group"
	done
}

# Those that share a guest side by side, then each that has one of its own
in_guests() {
	local names newest i=0 group
	local -a common=() own=()

	for group; do
		if [ -n "$(says "$group" root)" ]; then
			own+=("$group")
		else
			common+=("$group")
		fi
	done
	guest_parts
	newest_image "$@"
	echo "check: kernel $(<"$KERNEL_DIR/release")"
	say_left_out
	"$here/build.sh" "$job" "$@"
	# each a process group, which can be ended as one
	set -m
	trap end_guests EXIT
	while read -r names; do
		[ -n "$names" ] || continue
		i=$((i + 1))
		# shellcheck disable=SC2086 # words
		share "check-$i" $names </dev/null &
	done < <(share_out "${common[@]}")
	wait
	for group in "${own[@]}"; do
		guest "check-$group" "$group" </dev/null &
		wait
	done
	set +m
}

# ---- all of it ---------------------------------------------------------------

if [ "${1:-}" = -l ]; then
	all_groups "${2:-}"
	exit
fi
lock_build check
mkdir -p "$build"
rm -rf "$logs" "$build"/guest/check-* "$build"/job-check-*
mkdir -p "$logs"
unit='' groups=() default=unit
! own_kernel || default=''
for group in ${T:-$default $(all_groups)}; do
	if [ "$group" = unit ]; then
		unit=unit
	elif [ -e "$here/test_$group.c" ] || [ -e "$here/test_$group.sh" ]; then
		groups+=("$group")
	else
		die "no test group '$group'; there are: unit $(all_groups -a | xargs)"
	fi
done
[ -z "$unit" ] || unit
[ ${#groups[@]} -eq 0 ] || in_guests "${groups[@]}"

for group in $unit "${groups[@]}"; do
	row "$group"
done
for group in "${groups[@]}"; do
	[ ! -e "$logs/$group.end" ] ||
		echo "$group $(cut -d' ' -f2 "$logs/$group.end")"
done >"$logs/seconds"
# Only a whole run knows them all
[ -n "${T:-}" ] || cp "$logs/seconds" "$build/check-seconds-$series"
grep -hiE '^ok .*# skip' "$logs"/*.tap |
	sed -E 's/^ok [0-9]* *-* */skipped: /' || true
printf '\n%-16s %6s %6s %7s %7s\n' group passed failed skipped seconds
printf '%s' "$table"
for group in "${groups[@]}"; do
	[ ! -e "$logs/$group.kmsg" ] ||
		awk -v foreign=1 -f "$here/kernel-log.awk" "$logs/$group.kmsg" |
		sed -n "2s/^/not ours, see kernel-log.awk: $group: /p"
done
for group in $failing; do
	failures "$group"
done
[ "$failed" -eq 0 ] || echo "what they said: $logs/GROUP.tap, the kernel: GROUP.kmsg"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
