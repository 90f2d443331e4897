# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Shared by the scripts that make and boot the guest. Sourced.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Used by those that source this
# shellcheck disable=SC2034
build=$top/build
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tcmu

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

say() {
	echo "${0##*/}: $*" >&2
}

# lock NAME: one maker at a time, until this process ends
lock() {
	mkdir -p "$cache"
	exec 9>"$cache/$1.lock"
	flock 9
}

# quietly LOG COMMAND...: its output goes to LOG and is shown if it fails
quietly() {
	local log=$1

	shift
	mkdir -p "$(dirname "$log")"
	if ! "$@" >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "failed: $*; all of its output is in $log"
	fi
}

# The mirror that this machine's own apt uses for Debian
mirror() {
	apt-get indextargets --format '$(SITE) $(RELEASE) $(ORIGIN)' \
		'Identifier: Packages' |
		awk '$2 == "bookworm" && /Debian/ { print $1; exit }'
}
