#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Install what is missing on a fresh Debian 12 to build, boot, check and lint; with
# 'deb' behind it, to make Debian packages, too, and with 'ceph', to run a cluster;
# with 'model' or 'fuzz', what these targets need, alone. Does nothing, and quickly,
# where all of it is there. Works without make.
set -euo pipefail

packages=(
	# build
	bc bison flex gcc gcc-12 g++ git kmod libc6-dev libelf-dev make rsync
	libnl-3-dev libnl-genl-3-dev pkg-config
	# tools
	jq libjson-c-dev libnbd-dev librbd-dev libsystemd-dev liburing-dev
	# guest
	busybox-static ca-certificates cpio debootstrap lz4 qemu-system-x86
	squashfs-tools xz-utils zstd
	# lint and documentation
	codespell coccinelle groff-base libc6-dev linux-source-6.1 perl
	libpython3-dev python3-docutils python3-ply python3-git shellcheck sparse
	universal-ctags
)
if [ "${1:-}" = deb ]; then
	packages+=(debhelper dh-dkms dh-python dpkg-dev lintian)
fi
if [ "${1:-}" = ceph ]; then
	packages+=(ceph-common ceph-mgr ceph-mon ceph-osd iproute2)
fi
if [ "${1:-}" = model ]; then
	packages=(gcc libc6-dev make spin)
fi
if [ "${1:-}" = fuzz ]; then
	packages=(clang-14 gcc libc6-dev libclang-rt-14-dev make)
fi

if [ -r /etc/os-release ] && ! grep -q '^ID=debian' /etc/os-release; then
	echo "deps: this is not Debian; install by hand: ${packages[*]}" >&2
	exit 1
fi

missing=()
for package in "${packages[@]}"; do
	dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null |
		grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "deps: run as root: apt-get install ${missing[*]}" >&2
	exit 1
fi
echo "deps: installing ${missing[*]}"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update && apt-get install -y --no-install-recommends \
	"${missing[@]}"; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "deps: apt-get failed; all of its output is in $log" >&2
	exit 1
fi
rm -f "$log"
