#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh JOB_DIR [GROUP...]: fill JOB_DIR with what goes into the guest's /t:
# the module (but for KO=dist), the tests of these groups or of all, and the
# programs that they use.
set -euo pipefail
. "$(dirname "$0")/qemu/lib.sh"

job=$1
shift
here=$top/selftests
example=$top/Documentation/target/examples/tcmu-ram.c
out=$build/selftests
kernel=${KERNEL_DIR:-$("$here/qemu/kernel.sh")}
flags=(-O1 -g -std=gnu11 -Wall -Wextra -Wno-unused-parameter -Werror
	-D_GNU_SOURCE -I "$here/lib" -I "$here/hostile"
	-I "$here/races"
	-I /usr/include/libnl3)
libs=(-lnl-genl-3 -lnl-3 -lpthread)

# stale OUT SOURCE...: whether it has to be made
stale() {
	local out=$1 dep

	shift
	for dep in "$@" "$here"/{lib,hostile,races}/*.h "$here/build.sh" \
		"$top/include/uapi/linux/target_core_user.h"; do
		[ "$dep" -nt "$out" ] && return 0
	done
	return 1
}

# As an archive, so that a program takes of it what it uses
library() {
	local tmp=$out/lib.tmp

	stale "$out/lib.a" "$here"/{lib,hostile,races}/*.c || return 0
	rm -rf "$tmp"
	mkdir "$tmp"
	(cd "$tmp" && gcc "${flags[@]}" -c "$here"/{lib,hostile,races}/*.c &&
		ar rcs lib.a ./*.o)
	mv "$tmp/lib.a" "$out/lib.a"
}

# included NAME: what it was compiled from the last time; some include another test
included() {
	[ ! -e "$out/$1.d" ] || sed -e 's/^[^:]*://' -e 's/\\$//' "$out/$1.d"
}

# compile NAME SOURCE FLAGS...: a static program, since the guest may be another
# release than the host
compile() {
	local name=$1 source=$2
	local -a from

	shift 2
	read -r -d '' -a from < <(included "$name") || true
	stale "$out/$name" "$source" "$out/lib.a" "${from[@]}" || return 0
	gcc "${flags[@]}" "$@" -static -MMD -MF "$out/$name.d" \
		-o "$out/$name.tmp" "$source" \
		"$out/lib.a" "${libs[@]}" -Wl,--no-warnings
	mv "$out/$name.tmp" "$out/$name"
}

# As many at a time as there are processors
programs() {
	local source pid
	local -a pids=()

	library
	compile tcmu-ram "$example" -I "$top/include/uapi" &
	pids+=($!)
	# by the distribution's header, as programs that exist were
	compile tcmu-ram-dist "$example" &
	pids+=($!)
	for source in "$here"/*.c; do
		wanted "$(basename "$source" .c)" || continue
		while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
			wait -n || true
		done
		compile "$(basename "$source" .c)" "$source" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || die "a selftest does not compile"
	done
}

# The test of the library, by the library
libdisk() {
	gcc "${flags[@]}" -static -o "$job/libdisk" "$here/library/libdisk.c" \
		-I "$top/tools/lib" "$build/tools/lib/libtcmuser.a" \
		"${libs[@]}" -Wl,--no-warnings
	strip "$job/libdisk"
}

# Debian packages, for the group that installs them
packages() {
	[[ " ${groups[*]} " == *" deb "* ]] || return 0
	"$top/scripts/deps.sh" deb
	quietly "$build/deb-sh.log" "$top/scripts/deb.sh"
	cp -r "$build/deb" "$job/deb"
}

# How the guest finds the cluster, for the groups that use one
cluster() {
	[[ " ${groups[*]}" == *" ceph"* ]] || return 0
	[ -n "${TCMU_CEPH:-}" ] || die "say make check-ceph: there is no cluster"
	cp -r "$TCMU_CEPH" "$job/ceph"
}

# Bugs, for the groups that show that they are found
planted() {
	[[ " ${groups[*]}" == *" planted"* ]] || return 0
	ko=$("$here/qemu/module.sh" "$kernel" planted)
	cp "$ko" "$job/planted.ko"
}

groups=("$@")
# A program that is no test is of use to any
wanted() {
	local group

	[[ $1 == test_* ]] && [ ${#groups[@]} -gt 0 ] || return 0
	for group in "${groups[@]}"; do
		[ "$1" != "test_$group" ] || return 0
	done
	return 1
}

# A group may say in its first lines how long it may take. Sanitizers take theirs.
limits() {
	local file limit slow=1

	[[ ! ${KERNEL:-} =~ ^(debug|kcsan) ]] || slow=4

	for file in "$here"/test_*.{c,sh}; do
		limit=$(sed -n '1,10s/.*timeout: *\([0-9]*\).*/\1/p' "$file")
		file=${file##*/test_}
		limit=$((${limit:-300} * slow))
		echo "${file%.*} $((limit + ${SOAK:-0} + 4 * ${KILLS:-0} + 2 * ${RACES:-0}))"
	done
}

lock_build selftests
rm -rf "$job"
mkdir -p "$job" "$out"
programs
for file in "$here"/*.c; do
	name=$(basename "$file" .c)
	! wanted "$name" || strip -o "$job/$name" "$out/$name"
done
for name in tcmu-ram tcmu-ram-dist; do
	strip -o "$job/$name" "$out/$name"
done
cp "$here"/*.{sh,awk} "$job/"
guest_tools "$job"
libdisk
"$here/tutorial-build.sh" "$job"
packages
cluster
planted
limits >"$job/limits"
if [ "${KO:-}" != dist ]; then
	ko=$("$here/qemu/module.sh" "$kernel")
	cp "$ko" "$job/target_core_user.ko"
fi
