#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make check: the unit tests here, the selftests in the guest, one table.
#
#	T="group..."	only these groups; 'unit' is one of them
#	KO=dist		the distribution's module instead of ours
set -euo pipefail
. "$(dirname "$0")/qemu/lib.sh"

here=$top/selftests
logs=$build/check
job=$build/job-check
passed=0 failed=0 skipped=0 table=''

all_groups() {
	echo unit
	for file in "$here"/test_*.c "$here"/test_*.sh; do
		file=$(basename "$file")
		file=${file#test_}
		echo "${file%.*}"
	done | sort
}

# count NAME TAP STATUS SECONDS: add a group to the table. What is planned and
# not reported has failed, and so has a group that ends badly without saying so.
count() {
	local name=$1 tap=$2 status=$3 seconds=$4 plan p f s

	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$tap" | head -n 1)
	s=$(grep -ciE '^ok .*# skip' "$tap" || true)
	p=$(($(grep -cE '^ok ' "$tap" || true) - s))
	f=$(grep -cE '^not ok ' "$tap" || true)
	if [ -z "$plan" ]; then
		f=$((f + 1))
	elif [ $((p + f + s)) -lt "$plan" ]; then
		f=$((plan - p - s))
	fi
	[ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
	table+=$(printf '%-12s %6d %6d %7d %7d' "$name" "$p" "$f" "$s" \
		"$seconds")$'\n'
}

unit() {
	local start=$SECONDS status=0

	make --no-print-directory -C "$top/tools/testing/unit" check \
		>"$logs/unit.tap" 2>"$logs/unit.log" || status=$?
	grep '^not ok' "$logs/unit.tap" || true
	[ "$status" -eq 0 ] || tail -n 20 "$logs/unit.log" >&2
	count unit "$logs/unit.tap" "$status" $((SECONDS - start))
}

# Split what the guest says into a file for each group; show how it goes
follow() {
	local group='' line out=/dev/null

	while IFS= read -r line; do
		case $line in
		'#BEGIN '*)
			group=${line#\#BEGIN }
			out=$logs/$group.tap
			: >"$out"
			rm -f "$logs/$group.end"
			printf '%s ' "check: $group ..." >&2
			;;
		'#END '*)
			echo "${line#\#END "$group" }" >"$logs/$group.end"
			echo "${line##* } s" >&2
			out=/dev/null
			;;
		'not ok '*)
			echo "$line" >>"$out"
			printf '\n%s ' "check: $group: $line" >&2
			;;
		*)
			echo "$line" >>"$out"
			;;
		esac
	done
}

# Runs the groups; a guest that dies takes only one group with it
guest() {
	local -a left=("$@") rest
	local group boots=0

	while [ ${#left[@]} -gt 0 ] && [ $boots -le ${#} ]; do
		boots=$((boots + 1))
		printf '/t/guest-run.sh %s\n' "${left[*]}" >"$job/job"
		"$here/qemu/boot.sh" -n "check-$boots" -t 2400 "$job" |
			follow || true
		rest=()
		for group in "${left[@]}"; do
			if [ -e "$logs/$group.end" ]; then
				count "$group" "$logs/$group.tap" \
					$(cat "$logs/$group.end")
			elif [ -e "$logs/$group.tap" ]; then
				echo "check: the guest died in $group" >&2
				count "$group" "$logs/$group.tap" 125 0
			else
				rest+=("$group")
			fi
		done
		left=("${rest[@]}")
	done
	for group in "${left[@]}"; do
		: >"$logs/$group.tap"
		count "$group" "$logs/$group.tap" 125 0
	done
}

# The kernel's own log, when no test was running
console() {
	local bad='WARNING:|BUG:|Oops|Call Trace|general protection|rcu: INFO|blocked for more'

	if grep -qE "$bad" "$build"/guest/check-*/console.log; then
		echo "1..1"
		echo "not ok 1 - the kernel's console is quiet"
		grep -hE "$bad" "$build"/guest/check-*/console.log |
			sed 's/^/# /'
	else
		printf '1..1\nok 1 - the console of the kernel is quiet\n'
	fi >"$logs/console.tap"
	count console "$logs/console.tap" 0 0
}

rm -rf "$logs" "$build"/guest/check-*
mkdir -p "$logs"
groups=()
for group in ${T:-$(all_groups)}; do
	if [ "$group" = unit ]; then
		unit
	elif [ -e "$here/test_$group.c" ] || [ -e "$here/test_$group.sh" ]; then
		groups+=("$group")
	else
		die "no test group '$group'; there are: $(all_groups | xargs)"
	fi
done
if [ ${#groups[@]} -gt 0 ]; then
	"$here/build.sh" "$job"
	guest "${groups[@]}"
	console
fi
printf '\n%-12s %6s %6s %7s %7s\n' group passed failed skipped seconds
printf '%s' "$table"
grep -hiE '^ok .*# skip' "$logs"/*.tap | sed 's/^ok [0-9]* *-* */skipped: /' || true
[ "$failed" -eq 0 ] || echo "logs: $logs"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
