# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the groups that use the cluster beside the guest. Sourced.

. "$(dirname "${BASH_SOURCE[0]}")/tcmud.sh"

# cluster_reached: by QEMU's user network, whose router takes the guest there
cluster_reached() {
	[ -d /t/ceph ] || fail "no cluster: say make check-ceph"
	[ ! -e /etc/ceph/keyring ] || return 0
	requires rbd ceph
	modprobe virtio_net
	wait_for 20 test -e /sys/class/net/eth0 || fail "no network"
	ip link set eth0 up
	ip addr add 10.0.2.15/24 dev eth0
	ip route add default via 10.0.2.2
	mkdir -p /etc/ceph
	cp /t/ceph/* /etc/ceph/
}

# image_new NAME [MIB]: an image in the pool rbd
image_new() {
	cluster_reached
	rbd create "rbd/$1" --size "${2:-$MIB}M"
}

# bytes_of DISK: what can be read of it
bytes_of() {
	dd if="$1" bs=1M iflag=direct status=none | md5sum | cut -d' ' -f 1
}

# image_is_disk IMAGE DISK: what the cluster has is what the initiator reads. The host
# looks at the image once more when all is over, see ceph.sh.
image_is_disk() {
	local sum

	sum=$(bytes_of "$2")
	is "$(rbd export --no-progress "rbd/$1" - | md5sum | cut -d' ' -f 1)" "$sum" \
		"the image in the cluster"
	note "outside: $1 $sum"
}
