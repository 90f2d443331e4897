#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The Debian packages of 'make deb', on a system that has the headers of its kernel
# and a compiler: installed, used, removed. Each claim goes on where the one before
# has left the system.
# timeout: 2400
# root: deb
# on demand

. "$(dirname "$0")/lib.sh"

# The module is built here, under emulation
TIMEOUT=1500
export DEBIAN_FRONTEND=noninteractive
release=$(uname -r)
state=/tmp/deb-before
packages=(target-core-user-dkms tcmu-tools libtcmuser0 libtcmuser-dev
	python3-tcmuser)

# Every file of the system, but what dpkg, DKMS (its key) and Python keep for
# themselves
all_files() {
	find /etc /usr /var /opt /root "/lib/modules/$release" -xdev \
		\( -path /var/lib/dpkg -o -path /var/log -o -path /var/cache \
		-o -path '/var/lib/dkms/mok.*' -o -name __pycache__ \) -prune \
		-o -print | sort
}

# As on a machine that has never seen our module
as_it_was() {
	module_unload
	rm -f "/lib/modules/$release/updates/target_core_user.ko"
	rmdir "/lib/modules/$release/updates" 2>/dev/null || true
	depmod -a
}

module_path() {
	modinfo -n target_core_user
}

installs() {
	as_it_was
	matches "$(module_path)" "/kernel/drivers/target/"
	all_files >"$state"
	find /t/deb -name '*.deb' ! -name '*-dbgsym_*' -exec dpkg -i {} + ||
		{ tail -n 50 /var/lib/dkms/target-core-user/*/build/make.log; exit 1; }
	is "$(dpkg-query -W -f '${db:Status-Abbrev}' "${packages[@]}")" \
		"ii ii ii ii ii "
	matches "$(dkms status target-core-user)" "$release.*: installed"
}

modprobe_takes_ours() {
	matches "$(module_path)" "/updates/dkms/"
	modprobe target_core_user
	is "target-core-user/$(</sys/module/target_core_user/version)" \
		"$(dkms status target-core-user | cut -d, -f1)"
	is "tcmu-tools $(</sys/module/target_core_user/version)-1" \
		"$(dpkg-query -W -f '${Package} ${Version}' tcmu-tools)"
}

disk_works() {
	dd if=/dev/urandom of="$run/in" bs=64k count=16
	dd if="$run/in" of="$1" bs=64k oflag=direct
	dd if="$1" of="$run/out" bs=64k count=16 iflag=direct
	cmp "$run/in" "$run/out"
} 2>"$run/dd.log"

tools_serve() {
	local disk

	bus_start
	daemon tcmud
	wait_for 20 runner_is_up
	modprobe tcm_loop
	disk=$(tcmuctl create file "$run/disk.img" --size 16M --loop)
	disk_works "$disk"
	tcmuctl list | grep -w tcmud
	tcmuctl delete "$disk"
	stop_daemon "$pid"
}

# The example of the tutorial, as its first comment says
library_links() {
	local source=/usr/share/doc/libtcmuser-dev/examples/disk.c flags

	[ -e "$source" ] || source=$source.gz
	zcat -f "$source" >"$run/disk.c"
	flags=$(pkg-config --cflags --libs libtcmuser)
	# shellcheck disable=SC2086 # words
	gcc -Wall -Werror -o "$run/disk" "$run/disk.c" $flags
	ldd "$run/disk" | grep "libtcmuser.so.0 => /"
}

python_imports() {
	is "$(cd / && python3 -c 'import tcmuser; print(tcmuser.__version__)')" \
		"$(</sys/module/target_core_user/version)"
	python3 -c 'import tcmuser; print(tcmuser.__file__)' |
		grep /usr/lib/python3/dist-packages/
}

# Beside tcmu-runner's, which has the same name on the bus
beside_runner() {
	runner_start "$run/runner.log"
	daemon tcmud --handler=ram --log-level=info
	wait_for 20 grep -q 'is ready' "$run/tcmud.log"
	tcmuctl create ram --name beside --size 16M >/dev/null ||
		fail "$(<"$run/tcmud.log")" "tcmu-runner:" "$(<"$run/runner.log")"
	tcmuctl delete beside
	stop_daemon "$pid"
	runner_stop
}

removes() {
	module_unload
	dpkg -r "${packages[@]}"
	is "$(dkms status target-core-user)" ""
	matches "$(module_path)" "/kernel/drivers/target/"
	modprobe target_core_user
	! ours || fail "the module has a version: it is still ours"
	module_unload
}

purges() {
	dpkg -P "${packages[@]}"
	all_files >"$run/after"
	diff "$state" "$run/after"
	! dpkg-query -W -f '${Package}\n' | grep -E 'tcmu(ser|-tools)|core-user' ||
		fail "dpkg still knows them"
}

claim "the packages install, and the module builds" installs
claim "modprobe takes the packages' module, which has their version" \
	modprobe_takes_ours
claim "tcmud serves and tcmuctl makes a disk" tools_serve
claim "both daemons' packages go together" beside_runner
claim "a program builds with libtcmuser-dev" library_links
claim "the Python module is found" python_imports
claim "removed, they leave the distribution's module" removes
claim "purged, they leave nothing" purges
run_claims "$@"
