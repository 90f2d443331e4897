# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Does a guest come as far as its job? Sourced by boot.sh.
#
# One boot in some hundreds stopped on its way there, or died, where nothing of this
# project runs yet: a processor went on with an int3 that the other one had put into
# the kernel's code and taken out again. That is QEMU's, which until 8.1 does not
# lock a page while it translates it; with '-accel tcg,thread=single' it is not seen.
# Now a second processor comes when the kernel has started (init). Should it happen
# all the same, the processors' state is said, and the guest is booted once more.

# In seconds; it takes five where the machine does nothing else
boot_limit=${BOOT_LIMIT:-240}

# began DIR
began() {
	grep -qs '^job begins' "$1/output.log"
}

# talk_to DIR WORDS...: what QEMU's monitor, a pair of pipes, says
talk_to() {
	local dir=$1

	shift
	# for reading, too: nobody may be there any more to open it
	printf '%s\n' "$@" 1<>"$dir/monitor.in"
	timeout 3 cat "$dir/monitor.out" | tr -d '\r' || true
}

# watch DIR: until the guest in there begins its job, or is ended since it does not.
# The interrupt makes the kernel say where it is, if it still can.
watch() {
	local dir=$1 end=$((SECONDS + boot_limit))

	while [ $SECONDS -lt $end ]; do
		sleep 0.5
		! began "$dir" || return 0
	done
	talk_to "$dir" 'info registers -a' >"$dir/hung"
	talk_to "$dir" 'info registers -a' nmi >>"$dir/hung"
	[ ! -e "$dir/pid" ] || kill "$(<"$dir/pid")" || true
}

# say_lost DIR
say_lost() {
	say "the guest did not come as far as its job, in at most $boot_limit s; its" \
		"console's and its processors' last words:"
	[ ! -e "$1/console.log" ] || tail -n 30 "$1/console.log" >&2
	[ ! -e "$1/hung" ] || awk '/^CPU#|RIP=/' "$1/hung" >&2
}
