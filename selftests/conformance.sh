#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make conformance: iscsi-test-cu against two pairs of disks:
#
#	passthrough	tcmu-runner's qcow handler, on the distribution's module
#			and on ours
#	io		the target core's fileio, and our module in I/O mode with
#			a RAM daemon
#
# No verdict of ours may be worse than the other one's, or than the list that is
# checked in.
#
#	KERNEL=series	another kernel than 6.1
#	MODES="MODE..."	only these pairs
#	UPDATE=1	write the lists anew, to be looked at and checked in
set -euo pipefail
. "$(dirname "$0")/qemu/lib.sh"

here=$top/selftests
series=${KERNEL:-6.1}
out=$build/conformance-$series
LIMIT=1500

# run NAME LEG: boots the guest for it, and leaves its verdicts
run() {
	local name=$1 job=$build/job-conformance-$1 start=$SECONDS

	rm -rf "$job"
	cp -rl "$build/job-conformance" "$job"
	[ "$name" != dist ] || rm "$job/target_core_user.ko"
	echo "exec /t/conformance-guest.sh $2" >"$job/job"
	"$here/qemu/boot.sh" -n "conformance-$name" -t $LIMIT "$job" |
		follow "$name" >"$out/$name.log" || return
	awk -f "$here/conformance.awk" "$out/$name.log" | sort \
		>"$out/$name.verdicts"
	echo "conformance: $name, $(wc -l <"$out/$name.verdicts") tests," \
		"$((SECONDS - start)) s"
}

# Passes its input on, and says how far it is on standard error
follow() {
	local line nr=0

	while IFS= read -r line; do
		printf '%s\n' "$line"
		[[ $line == '  Test: '* ]] || continue
		nr=$((nr + 1))
		((nr % 50)) || say "$1: $nr tests"
	done
}

complete() {
	grep -qx '#END' "$out/$1.log" ||
		die "$1: the tests did not come to their end, see $out/$1.log"
}

count() {
	grep -c " $2\$" "$1" || true
}

counts() {
	printf '%-24s %6d %6d %6d\n' "$1" "$(count "$2" pass)" \
		"$(count "$2" fail)" "$(count "$2" skip)"
}

# Those whose verdict is a matter of chance, see conformance/unstable
chances() {
	awk -v again=1 -f "$here/conformance.awk" "$out/$1.log" | sort |
		sed "s/^/$1: /"
}

# differ NAME OLD NEW: a line for each test that differs. One that is not there
# counts as failed.
differ() {
	awk -v name="$1" -v old="$2" '
		BEGIN {
			rank["fail"] = 0; rank["skip"] = 1; rank["pass"] = 2
			while ((getline line <old) > 0)
				if (split(line, f) == 2 && line !~ /^#/)
					was[f[1]] = f[2]
		}
		/^#/ { next }
		{ is[$1] = $2; if (!($1 in was)) was[$1] = "fail" }
		END {
			for (test in was) {
				now = (test in is) ? is[test] : "fail"
				if (now != was[test])
					print (rank[now] < rank[was[test]] ? \
						"worse" : "better"), "than", \
						name ":", test, "was", \
						was[test] ", is", now
			}
		}' "$3" | sort
}

# against WHAT OLD NAME: says how NAME differs; fails if a verdict is worse
against() {
	local changes

	changes=$(differ "$1" "$2" "$out/$3.verdicts")
	[ -n "$changes" ] || return 0
	echo "$changes"
	! grep -q '^worse' <<<"$changes"
}

# write_list MODE NAME
write_list() {
	local list=$here/conformance/$1-$series.list

	{
		sed -n 2p "$0"
		echo "# Verdicts of iscsi-test-cu on our module, by 'make conformance UPDATE=1'"
		echo "# date $(date -u +%F), kernel $(<"$KERNEL_DIR/release")"
		sed -n 's/^#\(MODULE\|TOOL\|RUNNER\) /# \L\1 /p' "$out/$2.log"
		cat "$out/$2.verdicts"
	} >"$list"
	echo "conformance: $list is new"
}

# both MODE LEG NAME LEG NAME: another's disk and ours, side by side
both() {
	local list=$here/conformance/$1-$series.list pid status=0

	run "$3" "$2" &
	pid=$!
	run "$5" "$4" || true
	wait $pid || true
	complete "$3"
	complete "$5"
	[ -z "${UPDATE:-}" ] || write_list "$1" "$5"
	[ -e "$list" ] || die "no list for kernel $series; UPDATE=1 makes one"
	rows+=$(counts "$3" "$out/$3.verdicts")$'\n'
	rows+=$(counts "$5" "$out/$5.verdicts")$'\n'
	remarks+=$(chances "$3" && chances "$5")$'\n'
	remarks+=$(against "$3" "$out/$3.verdicts" "$5")$'\n' || status=1
	remarks+=$(against "the list" "$list" "$5")$'\n' || status=1
	[ $status -eq 0 ] || worse+=" $1"
}

lock_build conformance
guest_parts
rm -rf "$out"
mkdir -p "$out"
KERNEL_DIR=$KERNEL_DIR "$here/build.sh" "$build/job-conformance" none
cp "$here/conformance/unstable" "$build/job-conformance/"
rows='' remarks='' worse=''
for mode in ${MODES:-passthrough io}; do
	echo "conformance: $mode, kernel $(<"$KERNEL_DIR/release"), about five minutes"
	case $mode in
	passthrough) both passthrough passthrough dist passthrough ours ;;
	io) both io fileio fileio io io ;;
	*) die "no mode '$mode'; there are: passthrough io" ;;
	esac
done
printf '\n%-24s %6s %6s %6s\n%s' disk pass fail skip "$rows"
sed '/^$/d' <<<"$remarks"
[ -z "$worse" ] || die "a verdict is worse:$worse"
