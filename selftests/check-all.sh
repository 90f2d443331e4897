#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make check-all: make check with every kernel that the module is built for, and
# one table. A kernel that cannot be had is skipped, and said to be. The unit tests
# do not depend on it and run once.
#
#	T="group..."	only these groups
#	KERNELS="6.12..." only these kernels
set -euo pipefail
. "$(dirname "$0")/qemu/lib.sh"

here=$top/selftests
read -ra groups <<<"${T:-unit $("$here/run.sh" -l | xargs)}"
read -ra kernels <<<"${KERNELS:-6.1 6.12 7.2}"
passed=0 failed=0 skipped=0 table=''

# row SERIES RELEASE PASSED FAILED SKIPPED SECONDS
row() {
	table+=$(printf '%-8s %-24s %6d %6d %7d %7d' "$@")$'\n'
	passed=$((passed + $3))
	failed=$((failed + $4))
	skipped=$((skipped + $5))
}

# leg SERIES GROUP...
leg() {
	local series=$1 start=$SECONDS dir status=0 counts log

	shift
	dir=$("$here/qemu/kernel.sh" "$series") &&
		"$here/qemu/toolchain.sh" "$dir" >/dev/null || status=$?
	case $status in
	0) ;;
	77) row "$series" 'not to be had' 0 0 1 0; return ;;
	*) row "$series" 'see above' 0 1 0 0; return ;;
	esac
	log=$build/check-all-$series.log
	mkdir -p "$build"
	KERNEL=$series T=$* "$here/run.sh" | tee "$log" || status=$?
	counts=$(sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) .*/\1 \2 \3/p' \
		"$log")
	read -r p f s <<<"${counts:-0 1 0}"
	[ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
	row "$series" "$(<"$dir/release")" "$p" "$f" "$s" $((SECONDS - start))
}

for series in "${kernels[@]}"; do
	leg "$series" "${groups[@]}"
	[ "${groups[0]}" != unit ] || groups=("${groups[@]:1}")
	[ ${#groups[@]} -gt 0 ] || break
done
printf '\n%-8s %-24s %6s %6s %7s %7s\n' kernel release passed failed skipped \
	seconds
printf '%s' "$table"
[ "$failed" -eq 0 ] || for series in "${kernels[@]}"; do
	sed -n "/^failed: /,\$ { /passed, /d; s/^/$series: /p }" \
		"$build/check-all-$series.log" 2>/dev/null || true
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
