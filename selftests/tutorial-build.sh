#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tutorial-build.sh JOB_DIR: what a reader of the tutorial has in front of him, in
# JOB_DIR/tutorial: the examples, compiled as the page says against the library as it
# is installed in JOB_DIR/tools, and the page's commands in blocks/.
set -euo pipefail
. "$(dirname "$0")/qemu/lib.sh"

job=$(realpath "$1")
docs=$top/Documentation/target
dir=$job/tutorial

compile() {
	cd "$dir"
	export PKG_CONFIG_PATH=$job/tools/usr/lib/pkgconfig
	export PKG_CONFIG_SYSROOT_DIR=$job/tools
	# it is as if that were the system's
	export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
	bash -e "$1"
}

rm -rf "$dir"
cp -r "$docs/examples" "$dir"
awk -v dir="$dir/blocks" -f "$top/selftests/tutorial.awk" "$docs/tutorial.rst"
for block in "$dir"/blocks/*/*.build; do
	quietly "$build/tutorial.log" compile "$block"
done
