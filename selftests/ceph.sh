#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make check-ceph: a Ceph cluster of one node beside the guest, the groups of run.sh
# that use it, and what the cluster itself says of their images in the end.
#
# All of it is in a network of its own, which has nothing but a loopback device, and
# whose address the guest reaches by QEMU's user network. Nothing of this machine's
# own network is seen there, nor the other way round; and when this process ends, so
# do the cluster and the guest.
set -euo pipefail
. "$(dirname "$0")/qemu/lib.sh"
. "$(dirname "$0")/cluster.sh"

here=$top/selftests
ceph=$build/ceph
address=10.9.9.9
log=$build/check-ceph.log
export KERNEL=${KERNEL:-6.1} T=${T:-ceph ceph_gateways}

# What may have to be downloaded, which cannot be done in there
parts() {
	guest_parts
	"$here/qemu/image.sh" ceph >/dev/null
	"$here/qemu/toolchain.sh" "$KERNEL_DIR" >/dev/null
}

# A guest that is one of two gateways to an image; it is always switched on again
gateway() {
	local job=$build/job-gateway

	"$here/build.sh" "$job" ceph_gateways
	echo 'exec /t/gateway-guest.sh' >"$job/job"
	while :; do
		"$here/qemu/boot.sh" -n gateway -t 36000 -r ceph -m 1536 \
			-N "ipv6=off,$(forward 10 3260),$(forward 9 7000)" \
			"$job" || true
		cat "$build/guest/gateway/console.log"
	done >"$build/gateway.log" 2>&1
}

# forward N PORT: of address N here to that of the guest
forward() {
	echo "hostfwd=tcp:10.9.9.$1:$2-:$2"
}

# The guest has said what it has read of an image, the last time: does the cluster
# have that?
judge_images() {
	local image sum found

	images=0 wrong=0
	while read -r image sum; do
		found=$(rbd export --no-progress "rbd/$image" - | md5sum)
		images=$((images + 1))
		[ "${found%% *}" = "$sum" ] || {
			wrong=$((wrong + 1))
			echo "failed: outside of the guest, the image $image has" \
				"${found%% *}, and the guest had $sum"
		}
	done < <(awk '$2 == "outside:" { sum[$3] = $4 }
		END { for (image in sum) print image, sum[image] }' \
		"$build/check-$KERNEL"/ceph*.tap)
}

inside() {
	local status=0

	ip link set lo up
	ip addr add "$address/32" dev lo
	ip addr add 10.9.9.10/32 dev lo
	echo "check-ceph: starting a cluster"
	trap 'echo "check-ceph: no cluster: $log" >&2; tail -n 20 "$log" >&2' EXIT
	cluster_start >"$log" 2>&1
	trap - EXIT
	echo "check-ceph: $(ceph --version | cut -d' ' -f 1-3), $(ceph osd stat)"
	export TCMU_CEPH=$ceph/client
	[[ " $T " != *" ceph_gateways "* ]] || gateway &
	"$here/run.sh" || status=$?
	judge_images
	cluster_stop >>"$log" 2>&1
	echo "$images images compared outside of the guest, $wrong differ"
	[ "$status" -eq 0 ] && [ "$images" -gt 0 ] && [ "$wrong" -eq 0 ]
}

# outside: until it ends, or this process is told to end
outside() {
	unshare --net --pid --fork --kill-child --mount-proc "$0" inside &
	child=$!
	trap 'kill -KILL "$child"' INT TERM
	wait "$child"
}

if [ "${1:-}" = inside ]; then
	inside
else
	unshare --net --pid --fork true ||
		die "cannot make a network namespace: run as root, in no container"
	lock_build check-ceph
	parts
	outside
fi
