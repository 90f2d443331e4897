#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# page.sh SOURCE.rst VERSION OUT_DIR: the man page of a source, and a link to it for
# each function in its synopsis. With SOURCE.rst alone: print those functions.
set -euo pipefail

source=$1

# Declarations stand alone in the indented lines of the synopsis; members of
# structures are no functions, and the program of the overview is none either
functions() {
	awk '/^SYNOPSIS$/ { on = 1; next }
		/^DESCRIPTION$/ { exit }
		on && /^ /' "$source" |
		grep -oE '\btcmuser_[a-z_]+\(' | tr -d '(' | sort -u
}

# What rst2man cannot say: the other names, for apropos; and neither hyphens in the
# names of functions nor ragged gaps between words
finish() {
	sed -E -e '/^\.TH /a .nh\n.ad l' \
		-e "/^\\.SH NAME/{n;s/^[a-z_]+ /$1 /;}"
}

page() {
	local version=$1 out=$2 page name names

	page=$(basename "$source" .rst)
	names=${page%.*}
	while read -r name; do
		[ "$name" != "${page%.*}" ] || continue
		names+=", $name"
		echo ".so man${page##*.}/$page" >"$out/$name.${page##*.}"
	done < <(functions || true)
	# through a pipe, its includes are looked for from here
	sed "s/@VERSION@/$version/" "$source" |
		${RST2MAN:-rst2man} --strict --report=1 |
		finish "$names" >"$out/$page.tmp"
	mv "$out/$page.tmp" "$out/$page"
}

cd "$(dirname "$source")"
source=$(basename "$source")
if [ $# = 1 ]; then
	functions
else
	page "$2" "$3"
fi
