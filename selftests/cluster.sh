# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# A Ceph cluster of one node on this machine: a monitor, a manager, and an OSD that
# keeps all in memory. All that it writes is in $ceph, it listens on $address alone,
# and lasts as long as the process that has started it. Sourced by ceph.sh.

# $ceph/client is for those who use the cluster. Sockets have short names only.
cluster_conf() {
	cat <<-END
	[global]
	fsid = $(</proc/sys/kernel/random/uuid)
	mon host = [v2:$address:3300,v1:$address:6789]
	keyring = $1
	auth cluster required = cephx
	auth service required = cephx
	auth client required = cephx
	admin socket =
	# a client that is dead is known as such after so many seconds
	osd client watch timeout = 8
	END
}

daemons_conf() {
	cat <<-END
	public addr = $address
	cluster addr = $address
	run dir = $ceph
	log file = $ceph/log/\$name.log
	mon initial members = a
	mon data = $ceph/mon
	mgr data = $ceph/mgr
	osd data = $ceph/osd
	osd journal = $ceph/osd/journal
	crash dir = $ceph/log
	osd pool default size = 1
	osd pool default min size = 1
	osd crush chooseleaf type = 0
	mon allow pool size one = true
	mon data avail warn = 1
	mon data avail crit = 1
	auth allow insecure global id reclaim = false
	osd objectstore = memstore
	memstore device bytes = 1073741824
	END
}

# cluster_key NAME [--cap ...]: one more in the keyring
cluster_key() {
	ceph-authtool "$ceph/keyring" --gen-key -n "$@"
}

# key_for NAME FILE: that one alone
key_for() {
	ceph-authtool --create-keyring "$2" -n "$1" \
		-a "$(ceph-authtool "$ceph/keyring" -p -n "$1")"
}

# The monitor takes all of them with its first start. The gateways have what
# Ceph's manual gives them.
cluster_keys() {
	ceph-authtool --create-keyring "$ceph/keyring"
	cluster_key mon. --cap mon 'allow *'
	cluster_key client.admin --cap mon 'allow *' --cap osd 'allow *' \
		--cap mgr 'allow *'
	cluster_key client.tcmu --cap mon 'profile rbd' --cap osd 'profile rbd' \
		--cap mgr 'profile rbd'
	cluster_key mgr.a --cap mon 'allow profile mgr' --cap osd 'allow *'
	cluster_key osd.0 --cap mon 'allow profile osd' \
		--cap mgr 'allow profile osd' --cap osd 'allow *'
	key_for mgr.a "$ceph/mgr/keyring"
	key_for osd.0 "$ceph/osd/keyring"
	key_for client.admin "$ceph/client/keyring"
	ceph-authtool "$ceph/client/keyring" -n client.tcmu \
		-a "$(ceph-authtool "$ceph/keyring" -p -n client.tcmu)"
}

# cluster_daemon WHAT ID: in the background; its pid goes into $daemons
cluster_daemon() {
	"ceph-$1" -f -i "$2" >"$ceph/log/$1.out" 2>&1 </dev/null &
	daemons+=($!)
}

cluster_mon() {
	local fsid

	fsid=$(sed -n 's/^fsid = //p' "$CEPH_CONF")
	monmaptool --create --fsid "$fsid" --clobber \
		--addv a "[v2:$address:3300,v1:$address:6789]" "$ceph/monmap"
	ceph-mon --mkfs -i a --monmap "$ceph/monmap" --keyring "$ceph/keyring"
	cluster_daemon mon a
}

cluster_osd() {
	local uuid

	uuid=$(</proc/sys/kernel/random/uuid)
	[ "$(ceph osd create "$uuid")" = 0 ]
	ceph osd crush add osd.0 1.0 host=tcmu root=default
	ceph-osd -i 0 --mkfs --osd-uuid "$uuid"
	cluster_daemon osd 0
}

osd_is_up() {
	ceph osd stat | grep -q '1 up'
}

mgr_is_up() {
	ceph mgr stat | grep -q '"available": true'
}

# up_in SECONDS COMMAND: until it succeeds
up_in() {
	local end=$((SECONDS + $1))

	until "$2"; do
		[ $SECONDS -lt "$end" ] || {
			tail -n 20 "$ceph"/log/*
			return 1
		}
		sleep 0.5
	done
}

cluster_start() {
	rm -rf "$ceph"
	mkdir -p "$ceph"/{client,log,mon,mgr,osd}
	unset CEPH_ARGS CEPH_KEYRING
	export CEPH_CONF=$ceph/ceph.conf
	daemons=()
	cluster_conf "$ceph/keyring" >"$CEPH_CONF"
	sed 's|^keyring = .*|keyring = /etc/ceph/keyring|' "$CEPH_CONF" \
		>"$ceph/client/ceph.conf"
	daemons_conf >>"$CEPH_CONF"
	cluster_keys
	cluster_mon
	cluster_daemon mgr a
	cluster_osd
	up_in 60 osd_is_up
	up_in 60 mgr_is_up
	ceph osd pool create rbd 8 8
	rbd pool init rbd
}

cluster_stop() {
	[ ${#daemons[@]} -eq 0 ] || kill "${daemons[@]}"
	wait "${daemons[@]}" || true
	rm -rf "$ceph"/{mon,mgr,osd,client,keyring}
}
