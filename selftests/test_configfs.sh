#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every configfs file of a backstore: that it is there, its format, what it
# takes, what it refuses and how.
# timeout: 300

. "$(dirname "$0")/lib.sh"

# ---- files ----------------------------------------------------------------------

mode() {
	lun_new
	is "$(stat -c %a "$dev/$1")" "$2" "mode of $1"
}

attributes_are() {
	lun_new
	is "$(cd "$dev/attrib" && echo [a-fh-z]*)" "$(echo "$@")" "attributes"
}

# default FILE TEXT: before and after enable
default() {
	lun_new
	is "$(cat "$dev/$1")" "$2" "$1 before enable"
	lun_enable
	is "$(cat "$dev/$1")" "$2" "$1 after enable"
}

# numbers FILE WRITTEN=READ...
numbers() {
	local file=$dev/$1 pair

	lun_new
	shift
	for pair; do
		put "$file" "${pair%%=*}"
		is "$(cat "$file")" "${pair#*=}" "after '${pair%%=*}'"
	done
}

# refuses FILE ERRNO FORMAT...: and keeps its value
refuses() {
	local file=$dev/$1 errno=$2 old bad

	lun_new
	old=$(cat "$file")
	shift 2
	for bad; do
		refused "$errno" "$file" "$bad"
	done
	is "$(cat "$file")" "$old" "value afterwards"
}

# takes_own_text FILE...: rtslib restores what it has read, without newline
takes_own_text() {
	local file text

	lun_new
	lun_enable
	for file in "$dev"/attrib/*; do
		case $(stat -c %a "$file") in
		644) ;;
		*) continue ;;
		esac
		text=$(cat "$file")
		put "$file" "$text" || fail "${file##*/} does not take '$text'"
		put "$file" "$text\0" || fail "${file##*/}: '$text' and a NUL"
		put "$file" "$text\n" || fail "${file##*/}: '$text' and a newline"
		is "$(cat "$file")" "$text" "${file##*/} afterwards"
	done
}

# ---- info -----------------------------------------------------------------------

info_exact() {
	lun_new "dev_config=rbd/pool/img,dev_size=1073741824,hw_max_sectors=128"
	put "$dev/control" "hw_block_size=512"
	is "$(cat "$dev/info"; echo .)" "$(
		printf 'Status: DEACTIVATED  Max Queue Depth: 0  '
		printf 'SectorSize: 0  HwMaxSectors: 128\n        '
		printf 'Config: rbd/pool/img Size: 1073741824 MaxDataAreaMB: '
		printf '1024 DataPagesPerBlk: 1 CmdRingSizeMB: 8\n.'
	)" "info"
}

info_enabled() {
	lun_new "dev_config=rbd/pool/img,dev_size=1073741824"
	lun_enable
	is "$(cat "$dev/info"; echo .)" "$(
		printf 'Status: DEACTIVATED  Max Queue Depth: 128  '
		printf 'SectorSize: 512  HwMaxSectors: 128\n        '
		printf 'Config: rbd/pool/img Size: 1073741824 MaxDataAreaMB: '
		printf '1024 DataPagesPerBlk: 1 CmdRingSizeMB: 8\n.'
	)" "info"
}

# info_says LABEL TEXT CONTROL: as rtslib looks for it, in the last place
info_says() {
	lun_new "$3"
	is "$(tr -s '\n ' '  ' <"$dev/info" |
		sed -E "s/.*$1: ([^: ]+).*/\1/")" "$2" "$1"
}

# as libtcmu looks for it
info_has_size() {
	lun_new "dev_config=a/b,dev_size=18446744073709551615"
	is "$(grep -o ' Size: [0-9]*' "$dev/info")" \
		" Size: 18446744073709551615" "size"
}

# ---- control --------------------------------------------------------------------

# sets FORMAT ATTRIBUTE VALUE: by control, before enable
sets() {
	lun_new
	put "$dev/control" "$1"
	is "$(cat "$dev/attrib/$2")" "$3" "$2"
}

# also after enable
sets_live() {
	lun_new
	lun_enable
	put "$dev/control" "$1"
	is "$(cat "$dev/attrib/$2")" "$3" "$2"
}

control_refuses() {
	local errno=$1 bad before

	shift
	lun_new
	before=$(cat "$dev/info")
	for bad; do
		refused "$errno" "$dev/control" "$bad"
	done
	is "$(cat "$dev/info")" "$before" "info afterwards"
}

control_ignores() {
	local text before

	lun_new
	before=$(cat "$dev/info")
	for text; do
		put "$dev/control" "$text"
	done
	is "$(cat "$dev/info")" "$before" "info afterwards"
}

control_stops_at_error() {
	lun_new
	refused EINVAL "$dev/control" \
		"max_data_area_mb=64,hw_block_size=0,cmd_ring_size_mb=2"
	is "$(cat "$dev/attrib/max_data_area_mb")" 64 "what is before the error"
	is "$(cat "$dev/attrib/cmd_ring_size_mb")" 8 "what is after the error"
}

control_several() {
	lun_new
	put "$dev/control" \
		"dev_size=4096,,max_data_area_mb=16\ncmd_ring_size_mb=3,async=1\n"
	matches "$(cat "$dev/info")" \
		'Size: 4096 MaxDataAreaMB: 16 DataPagesPerBlk: 1 CmdRingSizeMB: 3'
}

control_config_255() {
	lun_new
	put "$dev/control" "dev_config=$(printf 'x%.0s' {1..255})"
	is "$(wc -c <"$dev/attrib/dev_config")" 256 "length with newline"
	refused EINVAL "$dev/control" "dev_config=$(printf 'y%.0s' {1..256})"
	is "$(head -c 1 "$dev/attrib/dev_config")" x "dev_config afterwards"
}

after_enable() {
	lun_new
	lun_enable
	refused EINVAL "$dev/control" "$1"
}

after_enable_latched() {
	lun_new
	lun_enable
	put "$dev/control" "hw_block_size=4096,hw_max_sectors=64"
	is "$(cat "$dev/attrib/hw_block_size")" 512 "block size of the core"
}

area_clamped() {
	lun_new
	put "$PARAM/global_max_data_area_mb" 128
	put "$dev/control" "max_data_area_mb=129"
	put "$PARAM/global_max_data_area_mb" 2048
	is "$(cat "$dev/attrib/max_data_area_mb")" 128 "max_data_area_mb"
}

blocks_of_the_area() {
	lun_new "max_data_area_mb=1"
	put "$dev/control" "data_pages_per_blk=256"
	refused EINVAL "$dev/control" "data_pages_per_blk=257"
	put "$dev/control" "max_data_area_mb=2,data_pages_per_blk=512"
	refused EINVAL "$dev/control" "max_data_area_mb=1"
	is "$(cat "$dev/attrib/max_data_area_mb")" 2 "max_data_area_mb"
	lun_enable
}

size_below_a_block() {
	lun_new "dev_size=$1"
	lun_enable
	put "$dev/attrib/dev_size" "$1"
	is "$(cat "$dev/attrib/dev_size")" "$1" "dev_size"
}

# ---- enable ---------------------------------------------------------------------

enable_takes() {
	lun_new
	is "$(cat "$dev/enable")" 0 "enable before"
	put "$dev/enable" "$1"
	is "$(cat "$dev/enable")" 1 "enable after"
}

enable_once() {
	lun_new
	lun_enable
	refused EEXIST "$dev/enable" 1
}

enable_without_config() {
	module_load
	mkdir -p "$dev"
	lun_enable
	is "$(cat "$dev/attrib/dev_config")" "" "dev_config"
	matches "$(cat "$dev/info")" 'Config: NULL Size: 0 '
}

enable_rounds_sectors() {
	lun_new "hw_max_sectors=$1,hw_block_size=$2"
	lun_enable
	is "$(cat "$dev/attrib/hw_max_sectors")" "$3" "hw_max_sectors"
	is "$(cat "$dev/attrib/hw_block_size")" "$2" "hw_block_size"
	is "$(cat "$dev/attrib/hw_queue_depth")" 128 "hw_queue_depth"
}

# ---- attrib ---------------------------------------------------------------------

config_by_attrib() {
	lun_new
	put "$dev/attrib/dev_config" "$1"
	is "$(cat "$dev/attrib/dev_config"; echo .)" "$2"$'\n.' "dev_config"
}

config_255() {
	lun_new
	put "$dev/attrib/dev_config" "$(printf 'x%.0s' {1..255})"
	put "$dev/attrib/dev_config" "$(printf 'x%.0s' {1..255})\n"
	refused EINVAL "$dev/attrib/dev_config" "$(printf 'y%.0s' {1..256})"
	is "$(wc -c <"$dev/attrib/dev_config")" 256 "length with newline"
}

same_by_both() {
	lun_new
	put "$dev/control" "dev_config=one/a"
	is "$(cat "$dev/attrib/dev_config")" one/a "after control"
	put "$dev/attrib/dev_config" "two/b"
	matches "$(cat "$dev/info")" 'Config: two/b '
	put "$dev/attrib/dev_size" 12345
	matches "$(cat "$dev/info")" ' Size: 12345 '
}

exported_keeps_timeout() {
	local tpg=$LOOP/$wwn/tpgt_1

	lun_new
	lun_enable
	mkdir -p "$tpg/lun/lun_0"
	ln -s "$dev" "$tpg/lun/lun_0/disk"
	refused EINVAL "$dev/attrib/cmd_time_out" 5
	put "$dev/attrib/qfull_time_out" 5
	matches "$(cat "$dev/info")" 'Status: ACTIVATED '
	rm "$tpg/lun/lun_0/disk"
	put "$dev/attrib/cmd_time_out" 5
}

exported_stays() {
	local tpg=$LOOP/$wwn/tpgt_1

	lun_new
	lun_enable
	mkdir -p "$tpg/lun/lun_0"
	ln -s "$dev" "$tpg/lun/lun_0/disk"
	if rmdir "$dev" 2>/dev/null; then
		fail "a device with a LUN can be removed"
	fi
}

# ---- action ---------------------------------------------------------------------

needs_enable() {
	lun_new
	refused EINVAL "$dev/action/$1" "$2"
}

block_takes() {
	lun_new
	lun_enable
	is "$(cat "$dev/action/block_dev")" unblocked "at first"
	put "$dev/action/block_dev" 1
	is "$(cat "$dev/action/block_dev")" blocked "after 1"
	is "$(cat "$dev/attrib/ring_state")" blocked "ring_state after 1"
	put "$dev/action/block_dev" '1\0'
	is "$(cat "$dev/action/block_dev")" blocked "after a second 1"
	put "$dev/action/block_dev" '0\n'
	is "$(cat "$dev/action/block_dev")" unblocked "after 0"
	is "$(cat "$dev/attrib/ring_state")" ok "ring_state after 0"
}

action_takes() {
	lun_new
	lun_enable
	put "$dev/action/$1" "$2"
}

action_refuses() {
	local file=$dev/action/$1 errno=$2 bad

	lun_new
	lun_enable
	shift 2
	for bad; do
		refused "$errno" "$file" "$bad"
	done
}

# shellcheck source=selftests/test_configfs.claims
. "$here/test_configfs.claims"
