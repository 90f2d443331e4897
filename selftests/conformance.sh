#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make conformance: iscsi-test-cu against a disk of tcmu-runner's qcow handler, on
# the distribution's module and on ours, side by side. No verdict of ours may be
# worse than the distribution's, or than the list that is checked in.
#
#	KERNEL=series	another kernel than 6.1
#	UPDATE=1	write the list anew, to be looked at and checked in
set -euo pipefail
. "$(dirname "$0")/qemu/lib.sh"

here=$top/selftests
series=${KERNEL:-6.1}
list=$here/conformance/passthrough-$series.list
out=$build/conformance-$series
LIMIT=1500

# run MODULE: boots the guest with it, and leaves its verdicts
run() {
	local module=$1 job=$build/job-conformance-$1 start=$SECONDS

	rm -rf "$job"
	mkdir -p "$job"
	cp "$here/clients.sh" "$job/"
	cp "$here/conformance-guest.sh" "$job/job"
	cp "$here/conformance/unstable" "$job/"
	[ "$module" = dist ] || cp "$ko" "$job/target_core_user.ko"
	"$here/qemu/boot.sh" -n "conformance-$module" -t $LIMIT "$job" |
		follow "$module" >"$out/$module.log" || return
	awk -f "$here/conformance.awk" "$out/$module.log" | sort \
		>"$out/$module.verdicts"
	echo "conformance: $module, $(wc -l <"$out/$module.verdicts") tests," \
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

# against NAME FILE: says how ours differs; fails if any is worse
against() {
	local changes

	changes=$(differ "$1" "$2" "$out/ours.verdicts")
	[ -n "$changes" ] || return 0
	echo "$changes"
	! grep -q '^worse' <<<"$changes"
}

write_list() {
	mkdir -p "$(dirname "$list")"
	{
		head -n 2 "$0" | tail -n 1
		echo "# Verdicts of iscsi-test-cu on our module, by 'make conformance UPDATE=1'"
		echo "# date $(date -u +%F), kernel $(<"$KERNEL_DIR/release")"
		sed -n 's/^#\(MODULE\|TOOL\|RUNNER\) /# \L\1 /p' "$out/ours.log"
		cat "$out/ours.verdicts"
	} >"$list"
	echo "conformance: $list is new"
}

lock_build conformance
guest_parts
ko=$("$here/qemu/module.sh" "$KERNEL_DIR")
rm -rf "$out"
mkdir -p "$out"
echo "conformance: kernel $(<"$KERNEL_DIR/release"), about ten minutes"
run dist &
dist=$!
run ours || true
wait $dist || true
complete dist
complete ours
[ -z "${UPDATE:-}" ] || write_list
printf '\n%-24s %6s %6s %6s\n' module pass fail skip
counts distribution "$out/dist.verdicts"
counts ours "$out/ours.verdicts"
chances dist
chances ours
[ -e "$list" ] || die "no list for kernel $series; UPDATE=1 makes one"
status=0
against "the distribution's module" "$out/dist.verdicts" || status=1
against "the list" "$list" || status=1
[ $status -eq 0 ] || die "a verdict is worse"
