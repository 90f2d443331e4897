#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Documentation/target/tutorial.rst: its commands work in the order of the page, and
# print what the page says. build.sh has compiled its programs by the page's own
# commands. A claim is a row of sections that builds upon each other.
# timeout: 600

. "$(dirname "$0")/lib.sh"

TIMEOUT=150
tutorial=$here/tutorial
mark='# tutorial: '
programs=(disk disk.py later later.py bad.py)

# printed BLOCK: each line of what the page shows is there, in this order. A program
# in the background may have its word, too.
printed() {
	local want line found

	[ -e "$1.out" ] || return 0
	awk -v begin="$mark$1" -v mark="$mark" '
		index($0, mark) == 1 { on = $0 == begin; next }
		on' "$run/log" >"$run/part"
	exec 5<"$run/part"
	while IFS= read -r want; do
		[ -n "$want" ] || continue
		found=''
		while [ -z "$found" ] && IFS= read -r line <&5; do
			# shellcheck disable=SC2053 # a pattern
			[[ $line != ${want//.../*} ]] || found=1
		done
		[ -n "$found" ] || fail "not printed: '$want', but:" \
			"$(<"$run/part")"
	done <"$1.out"
	exec 5<&-
}

# As a reader does it: one shell, with jobs, from the first block to the last
reader() {
	# shellcheck disable=SC2016 # by the other shell
	bash -emc '
		mark=$1
		cd "$2"
		shift 2
		for block; do
			echo "$mark$block"
			. "$block.sh"
		done
	' reader "$mark" "$@" >>"$run/log" 2>&1
}

# follows SECTION...
follows() {
	local section block name
	local -a blocks=()

	module_load
	tools_install
	cp -r "$tutorial" "$run/tutorial"
	for section; do
		for block in "$run/tutorial/blocks"/*-"$section"/*.sh; do
			blocks+=("${block%.sh}")
		done
	done
	reader "$run/tutorial" "${blocks[@]}" ||
		fail "it has not come to its end:" "$(tail -n 50 "$run/log")"
	for block in "${blocks[@]}"; do
		printed "$block"
	done
	for name in "${programs[@]}"; do
		! pgrep -x "$name" >/dev/null || fail "$name still runs"
	done
}

rows=("Installing A-disk-in-C Growing-it Stopping-and-starting-again"
	"The-same-in-Python"
	"By-hand"
	"Answering-later"
	"Errors"
	"When-something-goes-wrong")

complete() {
	local section

	for section in "$tutorial"/blocks/*/*.sh; do
		section=${section%/*}
		section=${section##*/}
		[[ " ${rows[*]} " == *" ${section#*-} "* ]] ||
			fail "no claim runs the section '$section'"
	done
}

more_purge() {
	local dir name

	for dir in /mnt/first /mnt/second; do
		! mountpoint -q $dir || umount $dir
		[ ! -d $dir ] || rmdir $dir
	done
	for name in "${programs[@]}"; do
		pkill -KILL -x "$name" || true
	done
}

claim "each section is run" complete
for row in "${rows[@]}"; do
	name=${row//[- ]/ }
	# shellcheck disable=SC2086 # words
	claim "${name,,}" follows $row
done

run_claims "$@"
