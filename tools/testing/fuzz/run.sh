#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Fuzz for some time, beginning with the corpora that are checked in; TAP.
#
#	run.sh DIR target...		the programs are in DIR
#
# SECONDS_EACH=20 is the time for each; UPDATE=1 writes the corpora anew, with what
# was found. What fails is left in DIR, and replayed by: DIR/TARGET FILE
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
dir=$1
shift
each=${SECONDS_EACH:-20}
# Bytes of a corpus that is checked in, and of one input in it
max_corpus=4096
max_input=256
nr=0
failed=0
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

# unpack TARGET INTO
unpack()
{
	local line n=0

	[ -f "$here/$1.corpus" ] || return 0
	while read -r line; do
		case $line in '#'*) continue ;; esac
		n=$((n + 1))
		perl -e 'print pack("H*", $ARGV[0])' "$line" \
			>"$2/checked-in-$n"
	done <"$here/$1.corpus"
}

# pack TARGET FROM: the smallest inputs first, as many as go in
pack()
{
	local f bytes=0 size

	{
		echo '# SPDX-License-Identifier: GPL-2.0-only'
		echo '# Written by run.sh with UPDATE=1'
		while read -r size f; do
			bytes=$((bytes + 2 * size + 1))
			[ "$size" -gt 0 ] || continue
			[ $bytes -le $max_corpus ] || break
			od -An -v -tx1 "$f" | tr -d ' \n'
			echo
		done < <(find "$2" -type f -printf '%s %p\n' | sort -n)
	} >"$here/$1.corpus"
}

update()
{
	local all=$dir/$1.all least=$dir/$1.least

	rm -rf "$least"
	mkdir "$least"
	"$dir/$1" -merge=1 -max_len=$max_input "$least" "$all" \
		>"$dir/$1.merge.log" 2>&1
	pack "$1" "$least"
}

fuzz()
{
	local target=$1 all=$dir/$1.all log=$dir/$1.log status=0 runs

	rm -rf "$all"
	mkdir -p "$all"
	unpack "$target" "$all"
	nice "$dir/$target" -max_total_time="$each" -max_len=2048 -timeout=10 \
		-print_final_stats=1 -artifact_prefix="$dir/$target-" "$all" \
		>"$log" 2>&1 || status=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	nr=$((nr + 1))
	if [ $status -eq 0 ] && [ "${runs:-0}" -gt 0 ]; then
		echo "ok $nr - $target: $runs inputs, $(find "$all" -type f | wc -l) of them kept"
	else
		echo "not ok $nr - $target: ${runs:-0} inputs; see $log"
		sed -n '/ERROR\|does not hold\|runtime error/p' "$log" | sed 's/^/# /'
		failed=$((failed + 1))
		return
	fi
	[ -z "${UPDATE:-}" ] || update "$target"
}

for target; do
	fuzz "$target"
done
echo "1..$nr"
[ $failed -eq 0 ]
