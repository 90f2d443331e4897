# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Packages of a suite of this machine's own mirror that is newer than the machine.
# In an apt directory of their own in the cache: the machine's apt stays as it is.
# Sourced, after lib.sh.

newer_dir=$cache/apt

# newer SUITE COMMAND...: with that apt
newer() {
	local suite=$1

	shift
	APT_CONFIG=$newer_dir/$suite/apt.conf "$@"
}

newer_configure() {
	local dir=$newer_dir/$1

	mkdir -p "$dir"/{lists/partial,cache/archives/partial,state,etc/apt.conf.d,etc/preferences.d}
	touch "$dir/state/status"
	cat >"$dir/etc/sources.list" <<-END
	deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $1 main
	END
	# A mirror that stands still is signed all the same
	cat >"$dir/apt.conf" <<-END
	Dir::Etc "$dir/etc";
	Dir::Etc::SourceParts "-";
	Dir::State "$dir/state";
	Dir::State::Lists "$dir/lists";
	Dir::State::Status "$dir/state/status";
	Dir::Cache "$dir/cache";
	Acquire::Languages "none";
	Acquire::Check-Valid-Until "false";
	APT::Sandbox::User "root";
	END
}

# newer_lists SUITE: make sure of lists, not older than a day where that can be
newer_lists() {
	local dir=$newer_dir/$1

	[ -z "$(find "$dir/updated" -mmin -1440 2>/dev/null)" ] || return 0
	newer_configure "$1"
	if newer "$1" apt_update; then
		touch "$dir/updated"
	else
		[ -e "$dir/updated" ]
	fi
}

# in_suite COMMAND...: with the apt of $suite; '-' is the machine's own
in_suite() {
	if [ "$suite" = - ]; then
		"$@"
	else
		newer "$suite" "$@"
	fi
}

# candidate PACKAGE: its version in $suite, or nothing
candidate() {
	in_suite apt-cache policy "$1" |
		awk '/Candidate:/ && $2 != "(none)" { print $2 }'
}

# fetch DIR PACKAGE...: lists that are not of today may name what the mirror no
# longer has. Without set -e, for who asks whether it has succeeded.
fetch() {
	(
		cd "$1" || exit
		shift
		in_suite apt-get download "$@" ||
			{ in_suite apt_update && in_suite apt-get download "$@"; }
	)
}
