#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every static check of the tree: 'make lint'.
#
#	scripts/check.sh [--fast] [check ...]
#
# --fast leaves out the checks that build or run for more than a few seconds.
# Without names all checks run. What they say is kept in build/lint/.
#
# KDIR=<dir> names the kernel to build against; CC, CHECK and JOBS do what they
# do elsewhere.

set -euo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"

logs=$top/build/lint
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tcmu
jobs=${JOBS:-$(nproc)}
CC=${CC:-gcc}

fast_checks="tree pure headers-user checkpatch shell spelling functions docs"
slow_checks="module install headers kernel-doc coccinelle"

# Lines of a kernel function, and of a file of the module, that are too many.
max_function=80
max_file=600

# What a room that is also built in userspace may include: what tools/include
# and the C library's own linux/ headers supply.
pure_headers="linux/types linux/errno linux/kernel linux/bits linux/bitops
	linux/math linux/math64 linux/minmax linux/string linux/overflow linux/align
	linux/log2 linux/limits linux/compiler linux/build_bug linux/atomic
	linux/bug linux/uio linux/cache asm/barrier linux/target_core_user"
pure_mark='Built in kernel and userspace'

# Programs are no kernel code. What checkpatch says of them that has no sense
# there, and why:
user_ignores=(
	PREFER_KERNEL_TYPES		# <stdint.h> has no u32
	PREFER_DEFINED_ATTRIBUTE_MACRO	# without the kernel there is no __packed
	FUNCTION_ARGUMENTS		# takes "__attribute__" for an argument
	SSCANF_TO_KSTRTO		# there is no kstrtoint() either
	VOLATILE			# nor READ_ONCE(), which is just that
	MACRO_ARG_REUSE			# a test's macros are given names
	COMPLEX_MACRO			# nor can a row of a table be in ()
	CAMELCASE			# it means C11's _Alignas
	LONG_LINE_STRING		# it knows the kernel's printing functions alone
	NEW_TYPEDEFS			# tools/include has the kernel's own
	MEMORY_BARRIER			# ... and defines its barriers
	ENOSYS				# a callback may return any errno
)

die()
{
	echo "check.sh: $*" >&2
	exit 2
}

usage()
{
	sed -n '/^# Every/,/^$/s/^# \{0,1\}//p' "$0"
	echo "checks: $fast_checks"
	echo "slow:   $slow_checks"
}

need()
{
	local tool

	for tool; do
		command -v "$tool" >/dev/null || {
			echo "$tool is missing: run scripts/deps.sh"
			return 1
		}
	done
}

# files PATTERN...: those of the tree, whether git knows them yet or not.
# Without git (a release tarball) it is all that was not built.
files()
{
	local f

	if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git ls-files --cached --others --exclude-standard -- "$@"
	else
		find . -path ./build -prune -o -type f -print | sed 's,^\./,,' |
		while read -r f; do
			for pat; do
				# shellcheck disable=SC2053 # it is a pattern
				[[ $f == $pat ]] && echo "$f" && break
			done
		done
	fi | sort -u | while read -r f; do
		[ ! -f "$f" ] || echo "$f"
	done
}

is_kernel()
{
	case $1 in
	tcmu/*|include/*|target_core_user.c|Makefile|Kconfig) return 0 ;;
	esac
	return 1
}

kernel_files()
{
	files "$@" | while read -r f; do
		! is_kernel "$f" || echo "$f"
	done
}

user_files()
{
	files "$@" | while read -r f; do
		is_kernel "$f" || echo "$f"
	done
}

shell_files()
{
	files '*' | while read -r f; do
		case $f in
		*.sh) echo "$f" ;;
		*.*) ;;
		*)	if head -n 1 "$f" | grep -qaE '^#!.*[/ ](ba)?sh\b'; then
				echo "$f"
			fi ;;
		esac
	done
}

# The kernel's own scripts, from Debian's linux-source package, extracted once.
# The path goes to the variable $ksrc.
kernel_scripts()
{
	local pkg ver tmp

	pkg=$(dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' \
		'linux-source-6.*' 2>/dev/null |
		awk '$2 ~ /^ii/ { print $1 }' | sort -V | tail -n 1) || true
	if [ -z "$pkg" ] || [ ! -f "/usr/src/$pkg.tar.xz" ]; then
		echo "the package linux-source-6.1 is missing: run scripts/deps.sh"
		return 1
	fi
	ver=$(dpkg-query -W -f '${Version}' "$pkg")
	ksrc=$cache/kernel-scripts-$ver
	[ ! -f "$ksrc/scripts/checkpatch.pl" ] || return 0

	mkdir -p "$cache"
	tmp=$(mktemp -d "$cache/kernel-scripts.XXXXXX")
	tar xf "/usr/src/$pkg.tar.xz" -C "$tmp" --strip-components=1 \
		"$pkg/scripts"
	# Whoever comes second finds the place taken, by the same thing.
	mv -T "$tmp" "$ksrc" 2>/dev/null || rm -rf "$tmp"
}

# ---------------------------------------------------------------- the checks
# Each prints its complaints to stdout, sets $note for the table, and fails if
# there was anything to complain about.

# Licence lines, white space, modes, lengths of files
check_tree()
{
	local f bad=0 n=0

	while read -r f; do
		case $f in LICENSES/*|*.ko|*.png|*.svg) continue ;; esac
		n=$((n + 1))
		grep -nH -e '[[:blank:]]$' -e $'\r' "$f" && bad=1
		if [ -s "$f" ] && [ -n "$(tail -c 1 "$f")" ]; then
			echo "$f: no newline at the end"
			bad=1
		fi
		case $f in
		*.md|COPYING|MAINTAINERS|Documentation/ABI/*) ;;
		*)	head -n 3 "$f" | grep -q SPDX-License-Identifier || {
				echo "$f: no SPDX line at its top"
				bad=1
			} ;;
		esac
		if head -c 2 "$f" | grep -q '#!' && [ ! -x "$f" ]; then
			echo "$f: starts with #! but is not executable"
			bad=1
		fi
	done < <(files '*')

	while read -r f; do
		[ "$(wc -l <"$f")" -le $max_file ] || {
			echo "$f: longer than $max_file lines"
			bad=1
		}
	done < <(kernel_files '*.c' '*.h')
	note="$n files"
	return $bad
}

# Rooms that are compiled twice include what both sides have
check_pure()
{
	local f inc bad=0 n=0

	for f in $(kernel_files '*.c' '*.h'); do
		head -n 5 "$f" | grep -q "$pure_mark" || continue
		n=$((n + 1))
		while read -r inc; do
			case $inc in
			'<'*)	inc=${inc#<}
				[[ " ${pure_headers//[$'\n\t']/ } " == \
					*" ${inc%.h>} "* ]] && continue ;;
			*)	inc=tcmu/${inc//\"/}
				[ -f "$inc" ] && head -n 5 "$inc" |
					grep -q "$pure_mark" && continue ;;
			esac
			echo "$f: includes $inc, which userspace does not have"
			bad=1
		done < <(sed -n 's/^#[[:blank:]]*include[[:blank:]]*//p' "$f")
	done
	if [ "$n" = 0 ]; then
		echo "no file says '$pure_mark' in its first comment"
		bad=1
	fi
	note="$n files"
	return $bad
}

# Headers and examples for programs stand alone, in C and the UAPI in C++
check_headers-user()
{
	local f dir bad=0 n=0 uapi=include/uapi/linux/target_core_user.h
	local -a flags=(-fsyntax-only -Wall -Wextra -Werror -D_GNU_SOURCE)

	need "$CC" g++ || return 1
	for f in $(user_files '*.h'); do
		n=$((n + 1))
		# from above itself, or #include_next would find it again
		dir=${f%/*}
		$CC "${flags[@]}" -Itools/include -Iselftests/lib \
			-I"${dir/#tools\/include*/tools\/include}" -Itools/lib \
			-Itools/testing/unit -Itools/tcmud -Itcmu \
			-Iinclude/uapi -include "${f#tools/include/}" \
			-x c - </dev/null 2>&1 || bad=1
	done
	for f in c99 c11 gnu11; do
		$CC "${flags[@]}" -std=$f -Iinclude/uapi -include "$uapi" \
			-x c - </dev/null 2>&1 || bad=1
	done
	g++ "${flags[@]}" -Iinclude/uapi -include "$uapi" -x c++ - \
		</dev/null 2>&1 || bad=1
	for f in $(files 'Documentation/*.c'); do
		n=$((n + 1))
		$CC "${flags[@]}" -O2 -Iinclude/uapi -Itools/lib "$f" 2>&1 || bad=1
	done
	note="$((n + 1)) files"
	return $bad
}

checkpatch()
{
	# It exits with a failure when it has anything to say.
	xargs -r -n 8 -P "$jobs" perl "$ksrc/scripts/checkpatch.pl" --no-tree \
		--strict --terse --no-summary --show-types "$@" -f
}

check_checkpatch()
{
	local bad=0 pats=('*.c' '*.h' '*Makefile' '*Kconfig' '*.mk')

	need perl || return 1
	kernel_scripts || return 1
	kernel_files "${pats[@]}" | grep -v '/trace\.h$' |
		checkpatch 2>&1 || bad=1
	# the layout of TRACE_EVENT() is the whole kernel's
	kernel_files '*/trace.h' | checkpatch \
		--ignore OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT 2>&1 || bad=1
	user_files "${pats[@]}" | checkpatch \
		--ignore "$(IFS=,; echo "${user_ignores[*]}")" 2>&1 || bad=1
	note="$(files "${pats[@]}" | wc -l) files"
	return $bad
}

check_shell()
{
	need shellcheck || return 1
	note="$(shell_files | wc -l) files"
	shell_files | xargs -r -n 4 -P "$jobs" shellcheck -x -P SCRIPTDIR -f gcc
}

check_spelling()
{
	need codespell || return 1
	note="$(files '*' | wc -l) files"
	# Words of the kernel that it takes for misspelt ones
	files '*' | grep -v '^LICENSES/' | xargs -r codespell \
		--ignore-words-list=ist,inout,fo,ans,te,ue,ser,inflight
}

check_functions()
{
	local bad=0 table=$logs/functions.txt list=$logs/kernel-files.txt
	local measure=scripts/function-lengths.sh

	need ctags || return 1
	kernel_files '*.c' '*.h' >"$list"
	{
		$measure title
		$measure row module <"$list"
		files 'selftests/*.[ch]' | $measure row selftests
		files 'tools/*.[ch]' | $measure row tools
	} >"$table"
	$measure limit $max_function <"$list" || bad=1
	note=$(awk '$1 == "module" { print "median " $3 ", p95 " $4 \
		", longest " $5 }' "$table")
	return $bad
}

check_docs()
{
	need rst2html perl || return 1
	kernel_scripts || return 1
	note="$(files 'Documentation/*' '*.md' | wc -l) files"
	scripts/check-docs.sh "$ksrc" "$logs"
}

# The slow ones, which build or read the module as a whole
. scripts/check-module.sh

# ---------------------------------------------------------------- the runner

run_check()
{
	local name=$1 begin=$SECONDS rc=0 out

	note=
	out=$logs/$name.log
	"check_$name" >"$out" || rc=$?
	if [ $rc = 0 ]; then
		printf 'ok      %-13s %4d s  %s\n' "$name" $((SECONDS - begin)) "$note"
		return 0
	fi
	printf 'FAILED  %-13s %4d s  %s\n' "$name" $((SECONDS - begin)) "$note"
	head -n 40 "$out" | sed 's/^/        /'
	[ "$(wc -l <"$out")" -le 40 ] ||
		echo "        ... $(wc -l <"$out") lines, all in $out"
	return 1
}

main()
{
	local checks="" all="$fast_checks $slow_checks" name failed=0

	for name; do
		case $name in
		-h|--help) usage; exit 0 ;;
		--fast) all=$fast_checks ;;
		-*) die "unknown option $name (--help tells what there is)" ;;
		*)	declare -F "check_$name" >/dev/null ||
				die "no check '$name'; there are: $all"
			checks+=" $name" ;;
		esac
	done
	mkdir -p "$logs"
	for name in ${checks:-$all}; do
		run_check "$name" || failed=$((failed + 1))
	done
	case "${checks:-$all} " in
	*" functions "*) sed 's/^/        /' "$logs/functions.txt" ;;
	esac
	[ $failed = 0 ] || die "$failed checks failed"
}

main "$@"
