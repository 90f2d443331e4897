#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# How long functions are, by universal-ctags. The names of C files come on
# standard input.
#
#	function-lengths.sh title	the head of the table
#	function-lengths.sh row NAME	a line of it, for these files
#	function-lengths.sh limit N	names each function above N lines, and fails
#					if there is one, or no function at all

set -euo pipefail

# 'lines name file' of each function
lengths()
{
	ctags -f - --sort=no --kinds-C=f --languages=C --langmap=C:.c.h \
		--fields=+ne -L - | awk -F'\t' '{
		start = end = 0
		for (i = 4; i <= NF; i++) {
			if ($i ~ /^line:/) start = substr($i, 6)
			if ($i ~ /^end:/) end = substr($i, 5)
		}
		if (end) print end - start + 1, $1, $2
	}'
}

case ${1:-} in
title)
	printf '%-10s %5s %7s %4s %8s\n' functions n median p95 longest
	;;
row)
	lengths | sort -n | awk -v title="$2" '
		{ len[NR] = $1; name = $2 }
		END {
			if (NR)
				printf "%-10s %5d %7d %4d %8d %s\n", title, NR,
					len[int((NR + 1) / 2)],
					len[int((NR * 95 + 99) / 100)],
					len[NR], name
		}'
	;;
limit)
	lengths | awk -v max="$2" '
		$1 > max {
			printf "%s: %s() has %d lines, the limit is %d\n",
				$3, $2, $1, max
			bad = 1
		}
		END { exit bad || !NR }'
	;;
*)
	sed -n '/^# How/,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
