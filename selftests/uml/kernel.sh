#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel.sh: a user mode Linux 6.1 with sanitizers, by debug.config, from Debian's
# linux-source; in the cache, keyed by these two. Prints the directory, which holds
#
#	linux		the kernel, a program
#	release		what uname -r says there
#	kdir		what KDIR= of the module's Makefile wants, with ARCH=
#	arch		that ARCH
#	gcc, suite	as of ../qemu/kernel.sh
#
# Some ten minutes of two processors the first time, and 1 GB of the cache.
# -n configures it and prints what of debug.config has no effect, and that is all.
set -euo pipefail
. "$(dirname "$0")/../qemu/lib.sh"

here=$(realpath "$(dirname "$0")")
package=linux-source-6.1

candidate() {
	apt-cache policy "$package" |
		awk '/Candidate:/ && $2 != "(none)" { print $2 }'
}

# The tarball of the package, to standard output; that of an installed one is there
tarball() {
	local installed

	installed=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null) || true
	if [ "$installed" = "$version" ]; then
		cat "/usr/src/$package.tar.xz"
	else
		(cd "$1" && apt-get download "$package" >&2)
		dpkg-deb --fsys-tarfile "$1/$package"_*.deb |
			tar -xO "./usr/src/$package.tar.xz"
	fi
}

unpack() {
	mkdir -p "$1/src" "$1/deb"
	tarball "$1/deb" | tar -xJ -C "$1/src" --strip-components=1 \
		--exclude="$package/arch/*/boot/dts" \
		--exclude="$package/tools/testing/*"
	rm -rf "$1/deb"
}

kbuild() {
	nice make -C "$dir/src" O="$dir/kdir" ARCH=um CC=gcc-12 -s \
		"-j$(nproc)" "$@"
}

configure() {
	mkdir -p "$dir/kdir"
	kbuild KCONFIG_ALLCONFIG="$here/debug.config" allnoconfig
}

# What Kconfig has dropped
without_effect() {
	grep '^CONFIG_' "$here/debug.config" |
		grep -vxFf "$dir/kdir/.config" || true
}

compile() {
	kbuild linux modules
	ln -f "$dir/kdir/linux" "$dir/linux"
	kbuild -- kernelrelease | tail -n 1 >"$dir/release"
	echo um >"$dir/arch"
	echo 12 >"$dir/gcc"
	echo - >"$dir/suite"
}

version=$(candidate)
[ -n "$version" ] || { apt_update >&2 && version=$(candidate); }
[ -n "$version" ] || die "no Debian source here has $package"
dir=$cache/uml/$version-$(sha256sum <"$here/debug.config" | cut -c 1-16)
lock uml
if [ ! -e "$dir/suite" ]; then
	if [ ! -d "$dir/src" ]; then
		rm -rf "$dir.unpack"
		quietly "$build/guest/uml-unpack.log" unpack "$dir.unpack"
		mv "$dir.unpack" "$dir"
	fi
	quietly "$build/guest/uml-configure.log" configure
	[ -z "$(without_effect)" ] || die "no effect here: $(without_effect | xargs)"
	[ "${1:-}" != -n ] || exit 0
	say "building a kernel with sanitizers of $package $version (ten minutes)"
	# in place, since kdir names itself; what there is of one that was not
	# finished is used
	quietly "$build/guest/uml-kernel.log" compile
fi
echo "$dir"
