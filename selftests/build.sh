#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh JOB_DIR: fill JOB_DIR with everything that goes into the guest's /t:
# the module (but for KO=dist), the tests, their helpers.
set -euo pipefail
. "$(dirname "$0")/qemu/lib.sh"

job=$1
here=$top/selftests
kernel=$("$here/qemu/kernel.sh")
flags=(-O1 -g -std=gnu11 -Wall -Wextra -Wno-unused-parameter -Werror
	-D_GNU_SOURCE -I "$here/lib")
nl=(-I /usr/include/libnl3)

# compile NAME SOURCE...: a static program, since the guest may be another
# release than the host; unchanged ones are left alone
compile() {
	local out=$build/selftests/$1 dep

	shift
	for dep in "$@" "$here"/lib/*.h "$0" \
		"$top/include/uapi/linux/target_core_user.h"; do
		[ "$dep" -nt "$out" ] || continue
		gcc "${flags[@]}" "${nl[@]}" -static -o "$out" "$@" \
			-lnl-genl-3 -lnl-3 -lpthread || die "cannot build $out"
		return
	done
}

programs() {
	local source name

	for source in "$here"/test_*.c; do
		name=$(basename "$source" .c)
		compile "$name" "$source" "$here"/lib/*.c
	done
	compile rawd "$here/rawd.c" "$here"/lib/*.c
	flags+=(-I "$top/include/uapi")
	compile tcmu-ram "$top/Documentation/target/examples/tcmu-ram.c"
}

rm -rf "$job"
mkdir -p "$job" "$build/selftests"
programs
for file in "$build"/selftests/*; do
	strip -o "$job/$(basename "$file")" "$file"
done
cp "$here"/*.sh "$job/"
if [ "${KO:-}" != dist ]; then
	cp "$("$here/qemu/module.sh" "$kernel")" "$job/target_core_user.ko"
fi
