#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Do the man pages of libtcmuser say what tcmuser.h says? Part of 'make lint', by
# check-docs.sh, and of 'make -C tools/lib/man check':
#
#	scripts/check-man.sh OUTPUT_DIR
#
# Prints each complaint; fails if there is one.

set -euo pipefail
export LC_ALL=C

mkdir -p "$1"
out=$(cd "$1" && pwd)
header=tools/lib/tcmuser.h
map=tools/lib/libtcmuser.map
tutorial=Documentation/target/tutorial.rst
bad=0

cd "$(dirname "$0")/.."
pages=(tools/lib/man/*.rst)

complain()
{
	echo "$*"
	bad=1
}

# Without directives, comments and attributes, on one line, spaced alike
declarations()
{
	sed -E '/^ *#/d; s,__attribute__\(\(.*\)\),,' |
		gcc -fpreprocessed -E -P -x c - | tr '\n\t' '  ' |
		sed -E 's/ +/ /g; s/ ;/;/g; s/([(*]) /\1/g'
}

in_header()
{
	declarations <$header
}

in_synopsis()
{
	awk '/^SYNOPSIS$/ { on = 1; next } /^DESCRIPTION$/ { exit }
		on && /^   ./' "$1" | declarations
}

prototypes()
{
	sed 's/;/;\n/g' | sed -E 's/^ //; s/^extern "C" \{ ?//' |
		grep -E '^[a-z][a-z0-9_ *]*\btcmuser_[a-z_]+\(' | sort || true
}

# Each function is in one synopsis, as it is declared, and no other is
check_prototypes()
{
	local page line

	in_header | prototypes >"$out/man.header"
	[ -s "$out/man.header" ] || complain "$header: declares no function"
	for page in "${pages[@]}"; do
		in_synopsis "$page" | prototypes
	done | sort >"$out/man.pages"
	while read -r line; do
		complain "$header declares, and no man page has: $line"
	done < <(comm -23 "$out/man.header" "$out/man.pages")
	while read -r line; do
		complain "a man page has, but not $header, or twice: $line"
	done < <(comm -13 "$out/man.header" "$out/man.pages")
}

# struct_of NAME: its body, from standard input
struct_of()
{
	grep -oE "struct $1 \{[^}]*\}" || true
}

# ... and so is each structure, whose members are all explained
check_structs()
{
	local name page member

	for name in tcmuser_handler:tcmuser_handler.3 tcmuser_event:tcmuser_on_event.3
	do
		page=tools/lib/man/${name#*:}.rst
		name=${name%:*}
		[ "$(in_header | struct_of "$name")" = \
			"$(in_synopsis "$page" | struct_of "$name")" ] ||
			complain "$page: struct $name is another in $header"
		while read -r member; do
			grep -qE "^\*$member\*|, \*$member\*" "$page" ||
				complain "$page: does not explain $member"
		done < <(in_header | struct_of "$name" | sed 's/.*{//; s/;/\n/g' |
			sed -nE 's/.*\(\*([a-z_]+)\)\(.*/\1/p; t
				s/.*\b([a-z_]+)$/\1/p')
	done
}

# Words that begin as ours are ours, wherever they stand
check_words()
{
	local page word
	local -a others=()

	[ ! -e $tutorial ] || others=("$tutorial")
	for page in "${pages[@]}" "${others[@]}"; do
		while read -r word; do
			grep -qwF "$word" $header ||
				[ -e "tools/lib/man/$word.7.rst" ] ||
				[ -e "tools/lib/man/$word.3.rst" ] ||
				complain "$page: names $word, which does not exist"
		done < <(grep -oE '\b(tcmuser|TCMUSER)_[A-Za-z_]*[A-Za-z]\b' "$page" |
			sort -u)
		while read -r word; do
			case $word in
			*7) [ -e "tools/lib/man/${word%(*}.7.rst" ] ;;
			*) grep -q "\b${word%(*}(" "$out/man.header" ||
				[ -e "tools/lib/man/${word%(*}.3.rst" ] ;;
			esac || complain "$page: refers to $word, which does not exist"
		done < <(grep -oE '\btcmuser[a-z_]*\([37]' "$page" | sort -u)
	done
}

# What the library exports is what its header declares
check_map()
{
	local name

	[ -e $map ] || return 0
	while read -r name; do
		[[ $name != *'*'* ]] || continue
		grep -q "\b$name(" "$out/man.header" ||
			complain "$map: exports $name, which $header does not declare"
	done < <(grep -oE '\btcmuser_[a-z_*]+' $map | sort -u)
	grep -q '\btcmuser_\*' $map && return 0
	while read -r name; do
		grep -qw "$name" $map ||
			complain "$header declares $name, which $map does not export"
	done < <(grep -oE '\btcmuser_[a-z_]+\(' "$out/man.header" | tr -d '(')
}

# A line for each errno: what it becomes, as sense.c has it
senses_of_code()
{
	cat tools/lib/scsi.h tools/lib/sense.c | awk '
		function hex(word) {
			return word in value ? value[word] : substr(word, 3)
		}
		/^\t(KEY|ASC)_[A-Z_]+ = 0x/ {
			value[$1] = substr($3, 3, length($3) - 3)
		}
		/^\t\{ E[A-Z]+, STATUS_/ {
			gsub(/[{,]/, "")
			sub(/STATUS_/, "")
			gsub(/_/, " ", $2)
			print $1, $2
		}
		/^\t\{ E[A-Z]+, SENSE/ {
			gsub(/[{,()}]|SENSE/, " ")
			code = "0" hex("KEY_" $2) hex($3)
			code = toupper(substr(code, length(code) - 5))
			print $1, substr(code, 1, 2) "/" substr(code, 3, 2) "/" \
				substr(code, 5)
		}' | sort
}

# The same, as the page has it
senses_of_page()
{
	awk '/^E[A-Z, ]+$/ { gsub(/,/, ""); n = split($0, names); next }
		/^   / && n {
			sub(/^ +/, "")
			match($0, /[0-9A-F][0-9A-F]\/[0-9A-F/]+|[A-Z ]+/)
			what = substr($0, RSTART, RLENGTH)
			gsub(/^ +| +$/, "", what)
			for (; n; n--)
				print names[n], what
		}' tools/lib/man/tcmuser_sense.7.rst | sort
}

check_senses()
{
	[ -e tools/lib/sense.c ] || return 0
	senses_of_code >"$out/senses.code"
	[ -s "$out/senses.code" ] ||
		complain "tools/lib/sense.c: no table of errnos is found in it"
	senses_of_page | diff "$out/senses.code" - >"$out/senses.diff" || {
		complain "tcmuser_sense.7.rst and tools/lib/sense.c differ:"
		sed 's/^</sense.c:/; s/^>/the page:/' "$out/senses.diff"
	}
}

# They can be made, links lead somewhere, and groff has nothing to say of them
check_pages()
{
	local page stage=$out/stage

	rm -rf "$stage"
	make --no-print-directory -C tools/lib/man install O="$out/tools" \
		DESTDIR="$stage" PREFIX=/usr >"$out/man.log" 2>&1 ||
		{ cat "$out/man.log"; bad=1; return 0; }
	cd "$stage/usr/share/man"
	for page in man[37]/*; do
		{ soelim "$page" | groff -t -man -Tutf8 -ww -rLL=78n -z; } \
			>"$out/page.log" 2>&1 || complain "$page: cannot be shown"
		[ ! -s "$out/page.log" ] ||
			complain "$page: $(head -n 3 "$out/page.log")"
	done
	cd - >/dev/null
}

check_prototypes
check_structs
check_words
check_map
check_senses
check_pages
exit $bad
