#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make check-tree: does what to-tree.sh writes go into a kernel's source, and work
# there? Applied by patch(1) and by git am; built as a module and built in, for user
# mode Linux; booted with each, where a program then serves a disk.
#
#	scripts/check-tree.sh [-f] [SERIES]
#
# SERIES is one of Debian's kernels: 6.1, the default, 6.12 or 7.2. A whole kernel is
# built the first time, for about five minutes of two processors and 2 GB in the
# cache; only what has changed, later. Nothing happens if this series has passed
# already, unless -f says so.
set -euo pipefail
. "$(dirname "$0")/../selftests/qemu/lib.sh"
. "$top/selftests/qemu/newer.sh"
. "$top/selftests/qemu/source.sh"

force=''
[ "${1:-}" != -f ] || { force=1; shift; }
series=${1:-6.1}
dir=$build/tree-$series
here=$top/scripts/tree
author="Tree Check <tree@check.invalid>"
version=$(sed -n 's/^MODULE_VERSION("\(.*\)");/\1/p' "$top/target_core_user.c")

# What a series may touch
parts=(drivers/target include/uapi/linux/target_core_user.h MAINTAINERS
	Documentation/target Documentation/driver-api/target.rst
	Documentation/ABI/testing)

# ---- the kernel's source ---------------------------------------------------------

# $source is as Debian has it, $home/work has our patches, $home/um is what was
# built there
get_source() {
	source_get "$series"
	home=$cache/tree/$series-$source_version
	if [ ! -d "$home/work" ]; then
		rm -rf "$cache/tree/$series-"*
		mkdir -p "$home"
		# patches and rsync put new files in place of those
		cp -al "$source" "$home/work.tmp"
		mv "$home/work.tmp" "$home/work"
	fi
}

# ---- the patches -------------------------------------------------------------------

copy_parts() {
	local part

	rm -rf "$1"
	for part in "${parts[@]}"; do
		mkdir -p "$(dirname "$1/$part")"
		cp -a "$source/$part" "$1/$part"
	done
}

# into_work FROM: those parts of the tree that is built
into_work() {
	local part

	for part in "${parts[@]}"; do
		rsync -rpc --delete "$1/$part" "$(dirname "$home/work/$part")/"
	done
}

by_git() {
	local git=(git -C "$1" -c user.name=check -c user.email=check@check.invalid)

	copy_parts "$1"
	"${git[@]}" init -q -b check
	"${git[@]}" add -A
	"${git[@]}" commit -q -m "as it is"
	"${git[@]}" am "$dir"/series/*.patch
	rm -rf "$1/.git"
}

# checkpatch over mails; files that come and go are in the last one's entry, the
# layout of TRACE_EVENT() is the whole kernel's, and the example is a program
checkpatch() {
	local ignore=FILE_PATH_CHANGES,OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT

	ignore+=,PREFER_KERNEL_TYPES

	(cd "$home/work" && perl scripts/checkpatch.pl --strict --no-summary \
		--ignore "$ignore" "$@")
}

# by_patch DIR: one after the other; what there is after each is built
by_patch() {
	local mail

	copy_parts "$1"
	for mail in "$dir"/series/*.patch; do
		say "$(basename "$mail")"
		patch -d "$1" -p1 -F0 --no-backup-if-mismatch <"$mail"
		into_work "$1"
		kbuild drivers/target/
	done
}

# Nothing is left that names what is gone, and whoever asks finds the maintainer
papers() {
	local ref='tcmu-design|drivers/target/target_core_user\.c'

	! grep -rnE "$ref" "$home/work/Documentation/target" "$home/work/MAINTAINERS" \
		"$home/work/Documentation/driver-api" || return 1
	(cd "$home/work" && perl scripts/get_maintainer.pl --no-git \
		--no-git-fallback -f drivers/target/user/tcmu/ring.c) |
		grep -F "$author"
}

# The header as headers_install gives it to programs, and the example by it
uapi_header() {
	local out=$dir/uapi/linux from=$home/work

	mkdir -p "$out" "$dir/scripts"
	gcc -o "$dir/scripts/unifdef" "$from/scripts/unifdef.c"
	(cd "$dir" && sh "$from/scripts/headers_install.sh" \
		"$from/include/uapi/linux/target_core_user.h" \
		"$out/target_core_user.h")
	gcc -O2 -Wall -Werror -static -I"$dir/uapi" -o "$dir/tcmu-ram" \
		"$from/Documentation/target/examples/tcmu-ram.c"
}

# ---- the kernel ----------------------------------------------------------------------

kbuild() {
	make -C "$home/work" O="$home/um" ARCH=um CC="${CC:-gcc}" -s \
		-j"$(nproc)" "$@"
}

# configure y|m|n
configure() {
	mkdir -p "$home/um"
	{ cat "$here/um.config"; echo "CONFIG_TCM_USER2=$1"; } >"$dir/config"
	kbuild KCONFIG_ALLCONFIG="$dir/config" allnoconfig
	grep -qx "CONFIG_TCM_USER2=$1" "$home/um/.config"
}

kernel() {
	configure "$1"
	kbuild linux modules
	! grep -E 'drivers/target/user/.*(warning|error):' "$dir"/*.log || return 1
	if [ "$1" = y ]; then
		grep -x kernel/drivers/target/user/target_core_user.ko \
			"$home/um/modules.builtin"
	fi
}

boot() {
	local files=$dir/boot-$1 log=$dir/boot-$1.log

	rm -rf "$files"
	mkdir -p "$files"
	cp "$dir/tcmu-ram" "$here/init" "$files/"
	[ "$1" = y ] || cp "$home/um/drivers/target/user/target_core_user.ko" "$files/"
	timeout 120 "$home/um/linux" mem=192M rootfstype=hostfs rootflags=/ ro \
		con=null con0=fd:0,fd:1 loglevel=4 umid="tcmu-tree-$$" \
		init="$files/init" files="$files" version="$version" \
		</dev/null >"$log" 2>&1 || true
	if ! grep -q '^tree: served' "$log" ||
	   grep -qE 'WARNING:|BUG:|Oops|Call Trace' "$log"; then
		tail -n 40 "$log" >&2
		die "it does not work when it is $1, see $log"
	fi
}

# ---- all of it -------------------------------------------------------------------------

lock_build "tree-$series"
mkdir -p "$dir"
lock "tree-$series"
get_source
quietly "$dir/to-tree.log" "$top/scripts/to-tree.sh" -s -a "$author" \
	"$source" "$dir/series"
key=$(sed '/^Date: /d' "$dir"/series/*.patch |
	cat - "$0" "$here"/* <(echo "$source_version") | sha256sum)
if [ -z "$force" ] && [ "$(cat "$home/passed" 2>/dev/null)" = "$key" ]; then
	say "this series has passed with linux-source-$series $source_version"
	exit
fi
rm -f "$dir"/*.log
say "git am"
quietly "$dir/am.log" by_git "$dir/by-git"
say "checkpatch"
quietly "$dir/checkpatch.log" checkpatch "$dir"/series/*.patch
say "patch, and what builds after each"
quietly "$dir/configure.log" configure m
quietly "$dir/patch.log" by_patch "$dir/by-patch"
quietly "$dir/diff.log" diff -r "$dir/by-git" "$dir/by-patch"
quietly "$dir/papers.log" papers
quietly "$dir/uapi.log" uapi_header
for how in m y; do
	say "linux $series with CONFIG_TCM_USER2=$how"
	quietly "$dir/kernel-$how.log" kernel $how
	boot $how
done
echo "$key" >"$home/passed"
say "applied, built and served a disk, as a module and built in"
