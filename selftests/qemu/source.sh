# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# Debian's source of a kernel series, unpacked in the cache for all who build of it.
# Nobody builds in it. Sourced, after lib.sh and newer.sh.

# source_find SERIES: sets $suite and $source_version of the package
source_find() {
	local suites=(-)

	case $1 in
	6.12) suites=(- trixie) ;;
	7.*) suites=(forky sid) ;;
	esac
	for suite in "${suites[@]}"; do
		[ "$suite" = - ] || newer_lists "$suite" || continue
		source_version=$(candidate "linux-source-$1")
		[ -z "$source_version" ] || return 0
	done
	# a fresh machine may have no lists
	suite=-
	apt_update >&2 && source_version=$(candidate "linux-source-$1")
	[ -n "$source_version" ] || die "no Debian source here has linux-source-$1"
}

# The tarball of the package, to standard output; that of an installed one is there
source_tarball() {
	local name=linux-source-$1 installed

	installed=$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null) || true
	if [ "$installed" = "$source_version" ]; then
		cat "/usr/src/$name.tar.xz"
	else
		fetch "$2" "$name" >&2 || return
		dpkg-deb --fsys-tarfile "$2/$name"_*.deb |
			tar -xO "./usr/src/$name.tar.xz"
	fi
}

# All that Kconfig looks for, and little else
# shellcheck disable=SC2317 # by way of quietly
source_unpack() {
	local name=linux-source-$1

	mkdir -p "$2/src" "$2/deb"
	source_tarball "$1" "$2/deb" | tar -xJ -C "$2/src" --strip-components=1 \
		--exclude="$name/arch/*/boot/dts" --exclude="$name/tools/testing/*" \
		--exclude="$name/drivers/gpu/*.[ch]" --exclude="$name/sound/*.[ch]" \
		--exclude="$name/drivers/net/*/*/*.[ch]"
	rm -rf "$2/deb"
}

# Unpacked by the first who comes
source_once() {
	local home=${source%/src}

	[ ! -d "$home" ] || return 0
	say "unpacking linux-source-$1 ($source_version)"
	rm -rf "$cache/source/$1-"*
	mkdir -p "$cache/source"
	quietly "$build/guest/source-$1.log" source_unpack "$1" "$home.tmp"
	mv "$home.tmp" "$home"
}

# source_get SERIES: sets $suite, $source_version and $source, where it is
source_get() {
	source_find "$1"
	source=$cache/source/$1-$source_version/src
	mkdir -p "$cache"
	{ flock 7 && source_once "$1"; } 7>"$cache/source-$1.lock"
}
