#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make diff: what users, daemons and initiators see of the distribution's module
# and of ours, driven by the same program in the same guest. Each difference has
# to stand in diff/intended with its reason; what stands there and is not found
# is said, too.
#
#	KERNEL=series	another kernel than 6.1
set -euo pipefail
. "$(dirname "$0")/qemu/lib.sh"

here=$top/selftests
out=$build/diff-${KERNEL:-6.1}
LIMIT=400

# run MODULE: boots the guest with it, and leaves what was seen
run() {
	local job=$build/job-diff-$1

	"$here/build.sh" "$job" contract
	[ "$1" = ours ] || rm "$job/target_core_user.ko"
	cat >"$job/job" <<-'END'
	modprobe target_core_user
	for program in /t/contract_*; do
		echo "# $program"
		$program
	done
	echo '#END'
	END
	"$here/qemu/boot.sh" -n "diff-$1" -t $LIMIT "$job" >"$out/$1.log"
	awk -f "$here/diff.awk" "$out/$1.log" >"$out/$1.seen"
}

complete() {
	grep -qx '#END' "$out/$1.log" && ! grep '^not ok' "$out/$1.log" && return
	die "$1: the program did not come to its end, see $out/$1.log"
}

# differences: 'KEY: THEIRS => OURS' for each; '-' for what is not there
differences() {
	awk '
		# the name of the test and the key, both up to ": "
		function split_line() {
			at = index($0, ": ") + 2
			at += index(substr($0, at), ": ")
			key = substr($0, 1, at - 2)
			value = substr($0, at + 1)
		}
		FILENAME == ARGV[1] { split_line(); theirs[key] = value; next }
		{
			split_line()
			if (!(key in theirs))
				print key ": - => " value
			else if (theirs[key] != value)
				print key ": " theirs[key] " => " value
			delete theirs[key]
		}
		END { for (key in theirs) print key ": " theirs[key] " => -" }
	' "$out/dist.seen" "$out/ours.seen" | sort -V
}

# judge: sorts the differences by whether diff/intended has a pattern for them
judge() {
	awk -v wanted="$out/intended.found" -v odd="$out/unintended" '
		FILENAME == ARGV[1] {
			if (/^#/) reason = reason (reason ? " " : "") substr($0, 3)
			else if (!NF) reason = ""
			else { pattern[++n] = $0; why[n] = reason }
			next
		}
		{
			for (i = 1; i <= n && $0 !~ pattern[i]; i++)
				;
			if (i <= n) { found[i]++; print >wanted }
			else print >odd
		}
		END {
			for (i = 1; i <= n; i++)
				if (found[i]) {
					if (why[i] != last)
						print why[i] ":"
					last = why[i]
					printf "%6d  %s\n", found[i], pattern[i]
				}
			for (i = 1; i <= n; i++)
				if (!found[i])
					print "not found: " pattern[i]
		}' "$here/diff/intended" "$out/differences"
}

lock_build diff
guest_parts
rm -rf "$out"
mkdir -p "$out"
touch "$out"/{intended.found,unintended}
echo "diff: kernel $(<"$KERNEL_DIR/release")"
for module in dist ours; do
	echo "diff: the guest with the module: $module"
	run $module || true
	complete $module
done
differences >"$out/differences"
judge
if [ -s "$out/unintended" ]; then
	echo "unintended:"
	cat "$out/unintended"
fi
echo "$(wc -l <"$out/ours.seen") compared," \
	"$(wc -l <"$out/intended.found") intended differences," \
	"$(wc -l <"$out/unintended") others"
[ ! -s "$out/unintended" ]
