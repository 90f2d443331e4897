#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run programs of unit tests one after another; their TAP as one stream.
#
#	run.sh TOP OUT name...
#
# A program that ends before it has reported all that it planned has failed.
set -euo pipefail

top=$1
out=$2
shift 2
CC=${CC:-gcc}
CXX=${CXX:-g++}
nr=0
failed=0

# gcc's ThreadSanitizer cannot place its shadow where newer kernels scatter
# mappings more widely than it was made for.
tsan=()
if setarch -R true 2>/dev/null; then
	tsan=(setarch -R)
fi
export TSAN_OPTIONS=halt_on_error=1
export ASAN_OPTIONS=detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1

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

# Renumbers a program's TAP, and notes what it planned and what it did
merge()
{
	local name=$1 line planned='' done=0

	while IFS= read -r line; do
		case $line in
		1..*)
			planned=${line#1..}
			;;
		'ok '*)
			done=$((done + 1))
			report 0 "$name: ${line#* - }"
			;;
		'not ok '*)
			done=$((done + 1))
			report 1 "$name: ${line#* - }"
			;;
		*)
			echo "$line"
			;;
		esac
	done
	if [ "$planned" != "$done" ]; then
		report 1 "$name: reports $planned tests, not $done"
	fi
}

program()
{
	local name=$1 prog=$out/asan/test_$1 start=$SECONDS status=0 before
	local -a wrap=()

	if [ -x "test_$1.sh" ]; then
		prog=./test_$1.sh
	elif [ ! -x "$prog" ]; then
		prog=$out/tsan/test_$1
		wrap=("${tsan[@]}")
	fi
	if [ ! -x "$prog" ]; then
		report 1 "$name: there is such a program"
		return
	fi
	before=$failed
	# through a file: a loop at the end of a pipe could not count
	timeout 120 "${wrap[@]}" "$prog" >"$out/$name.tap" || status=$?
	merge "$name" <"$out/$name.tap"
	if [ "$status" -ne 0 ] && [ "$failed" -eq "$before" ]; then
		report 1 "$name: ends with status 0, not $status"
	fi
	echo "# $name: $((SECONDS - start)) s"
}

# compiles CLAIM COMPILER LANGUAGE FLAG...: the public header, and nothing else
compiles()
{
	local claim=$1 compiler=$2 lang=$3 status=0
	shift 3

	if ! command -v "$compiler" >/dev/null; then
		nr=$((nr + 1))
		echo "ok $nr - header: $claim # SKIP no $compiler"
		return
	fi
	echo '#include <linux/target_core_user.h>' |
		"$compiler" "$@" -Wall -Wextra -Werror -I"$top/include/uapi" \
		-fsyntax-only -x "$lang" - >"$out/header.log" 2>&1 || status=$?
	report "$status" "header: $claim"
	sed 's/^/# /' "$out/header.log"
}

header()
{
	local std

	for std in gnu89 c99 gnu99 c11 gnu11 c17; do
		compiles "compiles alone as $std" "$CC" c -std=$std
	done
	for std in gnu++98 c++11 c++17 gnu++20; do
		compiles "compiles alone as $std" "$CXX" c++ -std=$std
	done
}

for name; do
	program "$name"
	if [ "$name" = uapi ]; then
		header
	fi
done
echo "1..$nr"
[ "$failed" -eq 0 ]
