#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Check the models with spin; TAP, and how many states each has.
#
#	run.sh [DIR]		built in DIR instead of build/model
#	T="ring life" run.sh	some models
#
# Each line of 'parts' is a model, a part of it, the mutations for which the part
# must fail, and the claim. -DNO_X takes out what X stands for: a model that does
# not fail then does not prove that X is needed, or anything at all.
#
# A part passes if spin has looked at every state, has found no error (assertions,
# invalid end states), and if each line of the model was reached in some part of it.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
out=${1:-$top/build/model}
CC=${CC:-gcc}
nr=0
failed=0
states=0

# Memory in MiB, and the depth, at which a search counts as truncated
limit=4096
depth=1000000

# report STATUS CLAIM
report()
{
	nr=$((nr + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $nr - $2"
	else
		echo "not ok $nr - $2"
		failed=$((failed + 1))
	fi
}

# search DIR MODEL FLAG...: spin's report is DIR/log
search()
{
	local dir=$1 model=$2
	shift 2

	rm -rf "$dir"
	mkdir -p "$dir"
	cp "$here"/*.pml "$dir"
	(
		cd "$dir"
		spin -a "$@" "$model.pml" || exit 1
		$CC -O1 -w -DSAFETY -DCOLLAPSE -DMEMLIM=$limit -o pan pan.c || exit 1
		nice ./pan -m$depth -w22
	) >"$dir/log" 2>&1 || true
}

stored()
{
	sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$1/log" | tail -n 1
}

# What spin has found, or nothing
complaint()
{
	sed -n 's/^pan:[0-9]*: \(.*\)/\1/p' "$1/log" | head -n 1
}

is_whole()
{
	grep -q 'errors: 0$' "$1/log" && [ -n "$(stored "$1")" ] &&
		! grep -qiE 'truncated|not completed|max search depth|error: |out of memory' \
			"$1/log"
}

# base MODEL PART CLAIM FLAG...
base()
{
	local model=$1 part=$2 claim=$3 dir=$out/$1-$2 status=0 count
	shift 3

	search "$dir" "$model" "-DPART=$part" "$@"
	is_whole "$dir" || status=1
	count=$(stored "$dir")
	states=$((states + ${count:-0}))
	report $status "$model: $part: $claim (${count:-no} states)"
	[ $status -eq 0 ] || sed 's/^/# /' "$dir/log"
}

# mutate MODEL PART X
mutate()
{
	local model=$1 part=$2 what=$3 dir=$out/$1-$2-no-$3 why status=0 count

	search "$dir" "$model" "-DPART=$part" "-DNO_$what"
	why=$(complaint "$dir")
	[ -n "$why" ] || status=1
	count=$(stored "$dir")
	states=$((states + ${count:-0}))
	report $status "$model: $part: fails without $what (${count:-no} states)"
	echo "# ${why:-no error was found}"
}

# Each letter of letters.pml stands at a barrier of the module
has_letters()
{
	local letter missing=''

	while read -r letter; do
		grep -hE 'smp_(load_acquire|store_release|mb)\(' \
			"$top"/tcmu/ring.[ch] "$top"/tcmu/ring_user.h |
			grep -qE "/\* $letter, (pairs )?with" ||
			missing+=" $letter"
	done < <(sed -n 's/^#ifdef NO_\(.\)$/\1/p' "$here/letters.pml")
	report "$([ -z "$missing" ]; echo $?)" \
		"ring: each letter of the model stands at a barrier of the module"
	[ -z "$missing" ] || echo "# missing:$missing"
}

# places PATTERN: 'proctype state file:line', once each, of spin's two lists
places()
{
	awk -v pattern="$1" '
		/proctype|in init/ { proc = $NF }
		match($0, /[a-z]+\.pml:[0-9]+/) && $0 ~ pattern {
			line = substr($0, RSTART, RLENGTH)
			match($0, /state +[0-9]+/)
			print proc, substr($0, RSTART, RLENGTH), line
		}' | sort -u
}

# never DIR: lines that the part has, and gets to in none of their copies: an inline
# has one at each of its callers
never()
{
	{
		"$1/pan" -d | places '->' | sed 's/^/all /'
		places ', state' <"$1/log" | sed 's/^/not /'
	} | awk '
		# spin merges steps, and names some that are not any more
		$1 == "all" { there[$2, $3, $4, $5] }
		$1 == "all" || ($2, $3, $4, $5) in there { n[$1, $NF]++; line[$NF] }
		END { for (l in line) if (n["all", l] && n["all", l] <= n["not", l])
			print l }'
}

# unreached MODEL: lines that no part of it gets to
unreached()
{
	local dir lines
	local -a dirs=()

	for dir in "$out/$1"-*; do
		case $dir in
		*-no-*) ;;
		*) dirs+=("$dir") ;;
		esac
	done
	# a line that a part does not have is reached by those that have it, or not
	lines=$(for dir in "${dirs[@]}"; do
			"$dir/pan" -d | places '->' | awk '{ print "has", $NF }' | sort -u
			never "$dir" | sed 's/^/never /'
		done | awk '{ n[$1, $2]++; line[$2] }
		END { for (l in line) if (n["has", l] && n["has", l] <= n["never", l])
			print l }')
	report "$([ -z "$lines" ]; echo $?)" \
		"$1: every line is reached in some part"
	[ -z "$lines" ] || echo "# not reached: ${lines//$'\n'/ }"
}

# model NAME: its lines of the table
model()
{
	local name part mutants claim what

	while IFS='|' read -r name part mutants claim; do
		[ "$name" = "$1" ] || continue
		base "$name" "$part" "$claim"
		for what in $mutants; do
			mutate "$name" "$part" "$what"
		done
	done <<<"$parts"
	unreached "$1"
}

parts='ring|POLLING|A B C D G H|entries and answers are whole, and no slot is used while it is read
ring|SLEEPING|I J|no wake-up is lost
ring|LYING|E F|a program that lies about its tail gets no record that is not written
pairs|WAITING|KICK_BARRIER JOIN_BARRIER|who joins the list sees what is given back, or is seen
pairs|STATE|RELEASE ACQUIRE|a slot that is found in the ring is whole
pairs|HELD|NEWS_BARRIER TIMER_BARRIER|who finds a signal held back need not send one
pairs|LEVELS|LOOK_AGAIN|a number that is free is found from the top of the bitmaps
life|WAIT|TRY_AGAIN KICK|nobody waits in front of free room
life|EXPIRE|DONE_LOCK|answers, expiry and a reset end each command once
life|KEEP|RESETS|what was kept is given back, whenever the ring is reset
life|GONE|OPEN OWNER LAST_DRAIN|what was kept is given back, whenever the program dies
life|BLOCK|SECOND_GATE IN_HAND|nothing enters a blocked queue, and what waits ends once
life|ABORT|KICK_BEHIND IN_HAND JOIN_LOOK|an aborted command ends once, and lets others in
life|HOLD||the next program goes on where the last one was
life|FAIL||with recovery=fail all end, and what comes later is served
life|REPLAY|EXPIRED ABORTED ORDER REPLAY_ABORT AWAITED|what is replayed has its order, and was neither ended nor aborted
life|LATE|AWAITED|what nobody came for ends once
life|AGAIN|SECOND_LOOK|the time begins anew for each program that dies'

for tool in spin "$CC"; do
	command -v "$tool" >/dev/null || {
		echo "1..0 # SKIP no $tool: run scripts/deps.sh model"
		exit 1
	}
done
rm -rf "$out"
mkdir -p "$out"
for name in ${T:-ring pairs life}; do
	model "$name"
done
case " ${T:-ring} " in
*' ring '*) has_letters ;;
esac

echo "1..$nr"
echo "# $states states in all, $SECONDS s"
[ "$failed" -eq 0 ]
