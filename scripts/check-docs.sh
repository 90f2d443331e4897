#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Does the documentation hold together, and with the code? Part of 'make lint':
#
#	scripts/check-docs.sh KERNEL_SCRIPTS OUTPUT_DIR
#
# Prints each complaint; fails if there is one.

set -euo pipefail
export LC_ALL=C

ksrc=$1
out=$2
abi=Documentation/ABI/testing
bad=0

cd "$(dirname "$0")/.."

complain()
{
	echo "$*"
	bad=1
}

# Well-formed, by docutils; the HTML is left for a look
check_rst()
{
	local f n=0

	for f in Documentation/*/*.rst; do
		[ -f "$f" ] || continue
		n=$((n + 1))
		rst2html --strict --report=1 --syntax-highlight=none "$f" \
			"$out/$(basename "$f" .rst).html" 2>&1 || bad=1
	done
	[ $n != 0 ] || complain "Documentation: no .rst file found"
}

check_abi_format()
{
	perl "$ksrc/scripts/get_abi.pl" --dir Documentation/ABI validate \
		>"$out/abi.txt" 2>&1 || bad=1
	[ ! -s "$out/abi.txt" ] || { cat "$out/abi.txt"; bad=1; }
}

# described FILE WHAT...: each has an entry, and no other has one
described()
{
	local file=$1 what

	shift
	[ $# != 0 ] || complain "$file: nothing found in the code to compare with"
	for what; do
		grep -q "^What:.*/$what\$" "$file" ||
			complain "$file: has no entry for $what"
	done
	while read -r what; do
		[[ " $* " == *" $what "* ]] ||
			complain "$file: describes $what, which the code does not have"
	done < <(sed -n 's,^What:.*/,,p' "$file")
}

# What the code has, and what is described, is the same
check_abi_complete()
{
	local -a attrs params

	mapfile -t attrs < <(sed -n 's/^\t&tcmu_attr_\(.*\),$/\1/p' tcmu/*.c)
	described $abi/configfs-tcmu "${attrs[@]}" control info enable
	mapfile -t params < <(sed -nE \
		's/^module_param(_cb|_named)?\(([a-z_]+),.*/\2/p' tcmu/*.c)
	described $abi/sysfs-module-target_core_user "${params[@]}"
}

# Each test that SECURITY.md calls as a witness exists
check_promises()
{
	local word n=0

	while read -r word; do
		n=$((n + 1))
		case $word in
		unit)	[ -f tools/testing/unit/Makefile ] ||
				complain "SECURITY.md: there are no unit tests" ;;
		*)	[ -f "selftests/test_$word.c" ] ||
				[ -f "selftests/test_$word.sh" ] ||
				complain "SECURITY.md: there is no test '$word'" ;;
		esac
	done < <(awk -F'|' '
		/shown by/ { on = 1; next }
		!/^\|/ { on = 0 }
		on { print $3 }' SECURITY.md | tr ',' '\n' |
		sed -nE 's/^ *([a-z_]+) *$/\1/p' | sort -u)
	[ $n != 0 ] || complain "SECURITY.md: no promise names a test"
}

# The files that MAINTAINERS and the other texts name are there
check_names()
{
	local f name pat

	while read -r pat; do
		compgen -G "$pat" >/dev/null ||
			complain "MAINTAINERS: nothing is at $pat"
	done < <(sed -n 's/^F:[[:blank:]]*//p' MAINTAINERS)

	pat='(Documentation|tcmu|selftests|scripts|tools|include)'
	for f in *.md Documentation/*/*.rst target_core_user.c tcmu/*.[ch]; do
		while read -r name; do
			case $name in
			# the kernel's
			Documentation/process/*) ;;
			*)	[ -e "$name" ] ||
					complain "$f: names $name, which does not exist" ;;
			esac
		done < <(grep -oP "(^|[\`( ])$pat/[\w./-]*+(?![<*])" "$f" |
			sed -E 's/^[`( ]*//; s/[.,]+$//' | sort -u)
	done
}

check_rst
check_abi_format
check_abi_complete
check_promises
check_names
scripts/check-man.sh "$out" || bad=1
exit $bad
