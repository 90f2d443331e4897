# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Shared by the scripts that make and boot the guest. Sourced.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# TCMU_BUILD: build products elsewhere, so that two runs do not meet
# shellcheck disable=SC2034 # for those that source this
build=$(realpath -m "${TCMU_BUILD:-$top/build}")
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

# lock_build NAME: the same, for what is made below build/
lock_build() {
	mkdir -p "$build"
	exec 8>"$build/$1.lock"
	flock -n 8 || {
		say "waiting for another run in this tree ($build/$1.lock)"
		flock 8
	}
}

# quietly LOG COMMAND...: its output goes to LOG and is shown if it fails
quietly() {
	local log=$1 status

	shift
	mkdir -p "$(dirname "$log")"
	# not as a condition: that would take set -e from the functions it calls
	set +e
	(
		set -e
		"$@"
	) >"$log" 2>&1
	status=$?
	set -e
	if [ $status -ne 0 ]; then
		tail -n 30 "$log" >&2
		die "failed: $*; all of its output is in $log"
	fi
}

# kernel_maker SERIES: the script that prints the directory of its kernel
kernel_maker() {
	case $1 in
	debug | debug-*) echo "$top/selftests/uml/kernel.sh" ;;
	kcsan) echo "$top/selftests/qemu/kcsan.sh" ;;
	*) echo "$top/selftests/qemu/kernel.sh" ;;
	esac
}

# All that a guest is made of but its job; KERNEL_DIR for those who boot it
guest_parts() {
	KERNEL_DIR=${KERNEL_DIR:-$("$(kernel_maker "${KERNEL:-}")")}
	export KERNEL_DIR
	"$top/selftests/qemu/image.sh" >/dev/null
	[[ ${KERNEL:-} == debug* ]] ||
		"$top/selftests/qemu/initrd.sh" "$KERNEL_DIR" >/dev/null
}

# guest_tools JOB: libtcmuser, tcmud and tcmuctl, as they are installed;
# tools_install in clients.sh puts them into the guest
guest_tools() {
	quietly "$build/tools.log" make --no-print-directory -C "$top/tools" \
		all install O="$build/tools" DESTDIR="$1/tools" PREFIX=/usr
}

# Its lock has no time limit that one could set, and others may hold it
apt_update() {
	local deadline=$((SECONDS + 120)) out

	until out=$(apt-get update 2>&1); do
		if [[ $out != *'Could not get lock'* ]] ||
		   [ $SECONDS -ge $deadline ]; then
			echo "$out"
			return 1
		fi
		sleep 1
	done
}

# The mirror that this machine's own apt uses for Debian
mirror() {
	# shellcheck disable=SC2016 # for apt to expand
	apt-get indextargets --format '$(SITE) $(CODENAME) $(ORIGIN)' \
		'Identifier: Packages' |
		awk '$2 == "bookworm" && /Debian/ { print $1; exit }'
}
