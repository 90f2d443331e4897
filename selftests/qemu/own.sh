# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# A kernel of our own configuration, by Debian's source. Sourced, after source.sh; who
# does has set
#
#	source		where the source is
#	arch		what ARCH= is to be
#	gcc		the major version of the compiler
#	options		files with options, on top of allnoconfig
#
# An option that has no effect, be it misspelt or one whose own conditions are not
# met, is an error: a sanitizer that is not there finds nothing.

# The options alone: a remark changes nothing
own_options() {
	grep -hE '^(CONFIG_|# CONFIG_.* is not set)' "${options[@]}" | sort -u
}

# What a directory in the cache is named for
own_key() {
	echo "$source_version-$({ echo "$arch $gcc"; own_options; } | sha256sum |
		cut -c 1-16)"
}

own_make() {
	nice make -C "$source" O="$dir/kdir" ARCH="$arch" CC="gcc-$gcc" \
		"-j$(nproc)" "$@"
}

# shellcheck disable=SC2317 # by way of quietly
own_configure() {
	mkdir -p "$dir/kdir"
	own_options >"$dir/options"
	own_make -s KCONFIG_ALLCONFIG="$dir/options" allnoconfig
}

# What Kconfig has dropped or changed
own_without_effect() {
	own_options | grep -vxFf "$dir/kdir/.config" || true
}

# Says each half minute how far it is
own_progress() {
	local start=$SECONDS next=30

	while sleep 2; do
		[ $((SECONDS - start)) -ge $next ] || continue
		say "$(grep -cE '^ +(CC|AS|LD|AR) ' "$1") files after $next s"
		next=$((next + 30))
	done
}

# own_compile LOG GOAL...
own_compile() {
	local log=$1 reporter

	shift
	: >"$log"
	own_progress "$log" >/dev/null 8>&- 9>&- &
	reporter=$!
	# shellcheck disable=SC2064 # now
	trap "kill $reporter" EXIT
	quietly "$log" own_make "$@"
	kill $reporter
	trap - EXIT
}

# own_kernel NAME GOAL...: all of it, in $dir/kdir: in place, since what is there
# names itself. What there is of a build that was not finished is used.
own_kernel() {
	local name=$1 start=$SECONDS

	shift
	mkdir -p "$build/guest"
	quietly "$build/guest/$name-configure.log" own_configure
	[ -z "$(own_without_effect)" ] ||
		die "no effect here: $(own_without_effect | xargs)"
	say "building the kernel '$name' of linux $source_version: some 1000 files"
	own_compile "$build/guest/$name-kernel.log" "$@"
	own_make -s kernelrelease | tail -n 1 >"$dir/release"
	echo "$arch" >"$dir/arch"
	echo "$gcc" >"$dir/gcc"
	say "it took $((SECONDS - start)) s"
}

# own_check: says what has no effect; for who changes the options
own_check() {
	dir=$build/guest/own-$arch
	own_configure >&2
	own_without_effect
}
