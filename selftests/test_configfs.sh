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

# default FILE TEXT: before and after enable
default() {
	lun_new
	is "$(<"$dev/$1")" "$2" "$1 before enable"
	lun_enable
	is "$(<"$dev/$1")" "$2" "$1 after enable"
}

# numbers FILE WRITTEN=READ...
numbers() {
	local file=$dev/$1 pair

	lun_new
	shift
	for pair; do
		put "$file" "${pair%%=*}"
		is "$(<"$file")" "${pair#*=}" "after '${pair%%=*}'"
	done
}

# refuses FILE ERRNO FORMAT...: and keeps its value
refuses() {
	local file=$dev/$1 errno=$2 old bad

	lun_new
	old=$(<"$file")
	shift 2
	for bad; do
		refused "$errno" "$file" "$bad"
	done
	is "$(<"$file")" "$old" "value afterwards"
}

# takes_own_text MODE: rtslib restores what it has read, without newline
takes_own_text() {
	local file text

	lun_new "dev_config=raw//disk,dev_size=16777216,mode=$1"
	lun_enable
	nl_listen
	for file in "$dev"/attrib/*; do
		case $(stat -c %a "$file") in
		644) ;;
		*) continue ;;
		esac
		text=$(<"$file")
		put "$file" "$text" || fail "${file##*/} does not take '$text'"
		put "$file" "$text\0" || fail "${file##*/}: '$text' and a NUL"
		put "$file" "$text\n" || fail "${file##*/}: '$text' and a newline"
		is "$(<"$file")" "$text" "${file##*/} afterwards"
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
		printf 'Status: DEACTIVATED  Max Queue Depth: 0  '
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
	is "$(<"$dev/attrib/$2")" "$3" "$2"
}

# also after enable
sets_live() {
	lun_new
	lun_enable
	put "$dev/control" "$1"
	is "$(<"$dev/attrib/$2")" "$3" "$2"
}

control_refuses() {
	local errno=$1 bad before

	shift
	lun_new
	before=$(<"$dev/info")
	for bad; do
		refused "$errno" "$dev/control" "$bad"
	done
	is "$(<"$dev/info")" "$before" "info afterwards"
}

control_ignores() {
	local text before

	lun_new
	before=$(<"$dev/info")
	for text; do
		put "$dev/control" "$text"
	done
	is "$(<"$dev/info")" "$before" "info afterwards"
}

control_stops_at_error() {
	lun_new
	refused EINVAL "$dev/control" \
		"max_data_area_mb=64,hw_block_size=0,cmd_ring_size_mb=2"
	is "$(<"$dev/attrib/max_data_area_mb")" 64 "what is before the error"
	is "$(<"$dev/attrib/cmd_ring_size_mb")" 8 "what is after the error"
}

control_several() {
	lun_new
	printf 'dev_size=4096,,max_data_area_mb=16\ncmd_ring_size_mb=3,a=1\n' |
		dd of="$dev/control" bs=4k iflag=fullblock conv=notrunc \
			status=none
	matches "$(<"$dev/info")" \
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
	matches "$(<"$dev/info")" "SectorSize: 512  HwMaxSectors: 64"
}

area_clamped() {
	lun_new
	put "$PARAM/global_max_data_area_mb" 128
	put "$dev/control" "max_data_area_mb=129"
	put "$PARAM/global_max_data_area_mb" 2048
	is "$(<"$dev/attrib/max_data_area_mb")" 128 "max_data_area_mb"
}

blocks_of_the_area() {
	lun_new "max_data_area_mb=1"
	put "$dev/control" "data_pages_per_blk=256"
	refused EINVAL "$dev/control" "data_pages_per_blk=257"
	put "$dev/control" "max_data_area_mb=2,data_pages_per_blk=512"
	refused EINVAL "$dev/control" "max_data_area_mb=1"
	is "$(<"$dev/attrib/max_data_area_mb")" 2 "max_data_area_mb"
	lun_enable
}

size_below_a_block() {
	lun_new "dev_size=$1"
	lun_enable
	nl_listen
	put "$dev/attrib/dev_size" "$1"
	is "$(<"$dev/attrib/dev_size")" "$1" "dev_size"
}

# ---- enable ---------------------------------------------------------------------

enable_takes() {
	lun_new
	is "$(<"$dev/enable")" 0 "enable before"
	put "$dev/enable" "$1"
	is "$(<"$dev/enable")" 1 "enable after"
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
	is "$(<"$dev/attrib/dev_config")" "" "dev_config"
	matches "$(<"$dev/info")" 'Config: NULL Size: 0 '
}

enable_rounds_sectors() {
	lun_new "hw_max_sectors=$1,hw_block_size=$2"
	lun_enable
	is "$(<"$dev/attrib/hw_max_sectors")" "$3" "hw_max_sectors"
	is "$(<"$dev/attrib/hw_block_size")" "$2" "hw_block_size"
	is "$(<"$dev/attrib/hw_queue_depth")" 128 "hw_queue_depth"
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
	is "$(<"$dev/attrib/dev_config")" one/a "after control"
	put "$dev/attrib/dev_config" "two/b"
	matches "$(<"$dev/info")" 'Config: two/b '
	put "$dev/attrib/dev_size" 12345
	matches "$(<"$dev/info")" ' Size: 12345 '
}

# A LUN without a nexus: no initiator looks at it, and no daemon is needed
exported() {
	lun_new
	lun_enable
	mkdir -p "$LOOP/$wwn/tpgt_1/lun/lun_0"
	ln -s "$dev" "$LOOP/$wwn/tpgt_1/lun/lun_0/disk"
}

exported_keeps_timeout() {
	exported
	refused EINVAL "$dev/attrib/cmd_time_out" 5
	put "$dev/attrib/qfull_time_out" 5
	matches "$(<"$dev/info")" 'Status: ACTIVATED '
	rm "$LOOP/$wwn/tpgt_1/lun/lun_0/disk"
	put "$dev/attrib/cmd_time_out" 5
}

exported_stays() {
	exported
	if rmdir "$dev" 2>/dev/null; then
		fail "a device with a LUN can be removed"
	fi
}

# ---- mode -----------------------------------------------------------------------

mode_is() {
	lun_new "dev_config=raw//disk,dev_size=16777216${1:+,$1}"
	is "$(<"$dev/attrib/mode")" "$2" "mode"
	lun_enable
	is "$(<"$dev/attrib/mode")" "$2" "mode after enable"
}

mode_refused() {
	lun_new
	refused EINVAL "$dev/control" "$1"
	is "$(<"$dev/attrib/mode")" passthrough "mode"
}

mode_is_fixed() {
	lun_new
	lun_enable
	refused EINVAL "$dev/control" mode=io
	put "$dev/control" mode=passthrough
	is "$(<"$dev/attrib/mode")" passthrough "mode"
}

mode_in_info() {
	lun_new
	matches "$(<"$dev/info")" ' DataPagesPerBlk: 1 CmdRing'
	put "$dev/control" mode=io
	matches "$(<"$dev/info")" ' DataPagesPerBlk: 1,mode=io CmdRing'
}

# All that the core's own disks have are there, and writable where theirs are
has_the_cores_attributes() {
	local brd=$CORE/rd_mcp_9/disk file name missing=''

	lun_new
	mkdir -p "$brd"
	for file in "$brd"/attrib/*; do
		name=${file##*/}
		[[ -e $dev/attrib/$name || $name == atomic_* ]] ||
			missing+=" $name"
	done
	rmdir "$brd" "${brd%/*}"
	is "$missing" "" "what is missing"
}

core_attributes_are_fixed() {
	local name

	lun_new
	lun_enable
	for name in emulate_tpu emulate_caw block_size max_write_same_len; do
		refused EINVAL "$dev/attrib/$name" 4096
	done
}

core_attributes_work() {
	lun_new "dev_config=raw//disk,dev_size=16777216,mode=io"
	lun_enable
	put "$dev/attrib/emulate_tpu" 1
	is "$(<"$dev/attrib/emulate_tpu")" 1 emulate_tpu
	put "$dev/attrib/max_write_same_len" 99
	is "$(<"$dev/attrib/max_write_same_len")" 99 max_write_same_len
	refused EINVAL "$dev/attrib/block_size" 4096
}

# ---- action ---------------------------------------------------------------------

needs_enable() {
	lun_new
	refused EINVAL "$dev/action/$1" "$2"
}

block_takes() {
	lun_new
	lun_enable
	is "$(<"$dev/action/block_dev")" unblocked "at first"
	put "$dev/action/block_dev" 1
	is "$(<"$dev/action/block_dev")" blocked "after 1"
	is "$(<"$dev/attrib/ring_state")" blocked "ring_state after 1"
	put "$dev/action/block_dev" '1\0'
	is "$(<"$dev/action/block_dev")" blocked "after a second 1"
	put "$dev/action/block_dev" '0\n'
	is "$(<"$dev/action/block_dev")" unblocked "after 0"
	is "$(<"$dev/attrib/ring_state")" ok "ring_state after 0"
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

# ---- claims ---------------------------------------------------------------------

for file in info:444 control:200 enable:644 alias:644 udev_path:644 \
	alua_lu_gp:644 attrib/cmd_time_out:644 attrib/qfull_time_out:644 \
	attrib/max_data_area_mb:444 attrib/data_pages_per_blk:444 \
	attrib/cmd_ring_size_mb:444 attrib/dev_config:644 \
	attrib/dev_size:644 attrib/emulate_write_cache:644 \
	attrib/tmr_notification:644 attrib/nl_reply_supported:644 \
	attrib/ring_state:444 attrib/hw_block_size:444 \
	attrib/hw_max_sectors:444 attrib/hw_queue_depth:444 \
	attrib/hw_pi_prot_type:444 attrib/emulate_pr:644 \
	attrib/alua_support:644 attrib/pgr_support:644 \
	attrib/enforce_pr_isids:644 attrib/force_pr_aptpl:644 \
	action/block_dev:644 action/reset_ring:200 action/free_kept_buf:200; do
	claim "mode of ${file%:*} is ${file#*:}" mode "${file%:*}" "${file#*:}"
done

for value in cmd_time_out=30 qfull_time_out=-1 max_data_area_mb=1024 \
	data_pages_per_blk=1 cmd_ring_size_mb=8 dev_config=raw//disk \
	dev_size=16777216 emulate_write_cache=0 tmr_notification=0 \
	nl_reply_supported=0 ring_state=ok alua_support=1 pgr_support=1; do
	claim "default of attrib/${value%=*} is ${value#*=}" \
		default "attrib/${value%=*}" "${value#*=}"
done

claim "info has the known format before enable" info_exact
claim "info has the known format after enable" info_enabled
claim "rtslib finds the size in info" \
	info_says Size 12345 "dev_config=x/y,dev_size=12345"
claim "rtslib finds the config in info" \
	info_says Config x/y "dev_config=x/y"
claim "rtslib finds the data area in info" \
	info_says MaxDataAreaMB 7 "dev_config=x/y,max_data_area_mb=7"
claim "rtslib finds the block size in info" \
	info_says DataPagesPerBlk 4 "dev_config=x/y,data_pages_per_blk=4"
claim "rtslib finds the status in info" \
	info_says Status DEACTIVATED "dev_config=x/y"
claim "libtcmu finds the size in info" info_has_size

claim "control sets dev_config" sets "dev_config=a/b=c" dev_config "a/b=c"
claim "control sets dev_size" sets "dev_size=0x1000" dev_size 4096
claim "control sets hw_block_size before enable" \
	enable_rounds_sectors 128 4096 128
claim "hw_max_sectors is rounded down to whole pages" \
	enable_rounds_sectors 15 512 8
claim "control sets max_data_area_mb" \
	sets "max_data_area_mb=010" max_data_area_mb 8
claim "control sets data_pages_per_blk" \
	sets "data_pages_per_blk=16" data_pages_per_blk 16
claim "control sets cmd_ring_size_mb" \
	sets "cmd_ring_size_mb=3" cmd_ring_size_mb 3
claim "cmd_ring_size_mb above 8 is taken as 8" \
	sets "cmd_ring_size_mb=9" cmd_ring_size_mb 8
claim "max_data_area_mb above the global limit is taken as that" area_clamped
claim "control sets nl_reply_supported" \
	sets "nl_reply_supported=-1" nl_reply_supported -1
claim "control takes a NUL at the end" \
	sets 'dev_size=4097\0' dev_size 4097
claim "control takes a newline at the end" \
	sets 'dev_size=4098\n' dev_size 4098
claim "control takes several settings, separated by commas and newlines" \
	control_several
claim "control changes dev_size after enable" \
	sets_live "dev_size=8192" dev_size 8192
claim "control takes hw_block_size after enable, the core keeps its own" \
	after_enable_latched
claim "control passes over unknown keys and values that are no numbers" \
	control_ignores "async=1" "" "\n" "," "nonsense" "=" "=5" "dev_config=" \
	"dev_size=" "max_data_area_mb=64M" "cmd_ring_size_mb=x" \
	" max_data_area_mb=64" "max_data_area_mb =64" "MAX_DATA_AREA_MB=64" \
	"hw_max_sectors=1 2" "xmax_data_area_mb=64" "max_data_area_mbx=64"
claim "control refuses a dev_size that is no number: -EINVAL" \
	control_refuses EINVAL "dev_size=junk" "dev_size=-1" "dev_size=12M"
claim "control refuses a dev_size above 64 bits: -ERANGE" \
	control_refuses ERANGE "dev_size=18446744073709551616"
claim "control refuses numbers that fit no int: -ERANGE" \
	control_refuses ERANGE "max_data_area_mb=2147483648" \
	"hw_block_size=4294967296" "cmd_ring_size_mb=-2147483649" \
	"hw_max_sectors=99999999999999999999"
claim "control refuses numbers that are not above 0: -EINVAL" \
	control_refuses EINVAL hw_block_size=0 hw_block_size=-512 \
	hw_max_sectors=0 hw_max_sectors=-1 max_data_area_mb=0 \
	max_data_area_mb=-1 cmd_ring_size_mb=0 cmd_ring_size_mb=-1 \
	data_pages_per_blk=0 data_pages_per_blk=-1
claim "control stops at the first error and keeps what came before" \
	control_stops_at_error
claim "control refuses a dev_config above 255 bytes" control_config_255
claim "a block cannot be larger than the data area" blocks_of_the_area
for key in max_data_area_mb=64 data_pages_per_blk=2 cmd_ring_size_mb=4; do
	claim "control refuses ${key%=*} after enable: -EINVAL" \
		after_enable "$key"
done

claim "enable takes 1" enable_takes 1
claim "enable takes 1 and a newline" enable_takes '1\n'
claim "enable refuses 0 and junk: -EINVAL" refuses enable EINVAL 0 yes '\n'
claim "a second enable is -EEXIST" enable_once
claim "a device without dev_config and size can be enabled" \
	enable_without_config
claim "a device smaller than a block can be enabled" size_below_a_block 511
claim "a device of size 0 can be enabled" size_below_a_block 0

claim "attrib/cmd_time_out takes seconds" numbers attrib/cmd_time_out \
	0=0 '5\n=5' '0x10\0=16' 4294967295=4294967295
claim "attrib/cmd_time_out refuses what is no number: -EINVAL" \
	refuses attrib/cmd_time_out EINVAL x -1 5s '\n' ' 5'
claim "attrib/cmd_time_out refuses more than 32 bits: -ERANGE" \
	refuses attrib/cmd_time_out ERANGE 4294967296
claim "attrib/cmd_time_out cannot be changed while exported" \
	exported_keeps_timeout
claim "an exported device cannot be removed" exported_stays
claim "attrib/qfull_time_out takes -1, 0 and seconds" \
	numbers attrib/qfull_time_out 0=0 -1=-1 60=60 2147483647=2147483647
claim "attrib/qfull_time_out refuses other negatives and junk: -EINVAL" \
	refuses attrib/qfull_time_out EINVAL -2 -2147483648 x
claim "attrib/qfull_time_out refuses more than an int: -ERANGE" \
	refuses attrib/qfull_time_out ERANGE 2147483648
claim "attrib/dev_config takes a string" config_by_attrib 'a/b c,d' 'a/b c,d'
claim "attrib/dev_config takes off a newline" config_by_attrib 'a/b\n' a/b
claim "attrib/dev_config takes off a NUL" config_by_attrib 'a/b\0' a/b
claim "attrib/dev_config refuses an empty string: -EINVAL" \
	refuses attrib/dev_config EINVAL '\n'
claim "attrib/dev_config has at most 255 bytes" config_255
claim "attrib and control change the same values" same_by_both
claim "attrib/dev_size takes 64 bits" numbers attrib/dev_size \
	0=0 0x200=512 18446744073709551615=18446744073709551615
claim "attrib/dev_size refuses what is no number: -EINVAL" \
	refuses attrib/dev_size EINVAL x -1 1k
claim "attrib/dev_size refuses more than 64 bits: -ERANGE" \
	refuses attrib/dev_size ERANGE 18446744073709551616
claim "attrib/emulate_write_cache takes 0 and what is not" \
	numbers attrib/emulate_write_cache 1=1 0=0 255=1
claim "attrib/emulate_write_cache refuses junk: -EINVAL" \
	refuses attrib/emulate_write_cache EINVAL x yes
claim "attrib/emulate_write_cache refuses more than 8 bits: -ERANGE" \
	refuses attrib/emulate_write_cache ERANGE 256
claim "attrib/tmr_notification takes 0 and 1" \
	numbers attrib/tmr_notification 1=1 0=0 '1\n=1'
claim "attrib/tmr_notification refuses others: -EINVAL" \
	refuses attrib/tmr_notification EINVAL 2 255 x
claim "attrib/tmr_notification refuses more than 8 bits: -ERANGE" \
	refuses attrib/tmr_notification ERANGE 256
claim "attrib/nl_reply_supported takes 8 bits with a sign" \
	numbers attrib/nl_reply_supported 1=1 -1=-1 0=0 127=127
claim "attrib/nl_reply_supported refuses more: -ERANGE" \
	refuses attrib/nl_reply_supported ERANGE 128 -129
claim "attrib/nl_reply_supported refuses junk: -EINVAL" \
	refuses attrib/nl_reply_supported EINVAL x
for mode in passthrough io; do
	claim "each writable attribute takes back what it shows, mode=$mode" \
		takes_own_text $mode
done

claim "action/block_dev needs an enabled device" needs_enable block_dev 1
claim "action/reset_ring needs an enabled device" needs_enable reset_ring 1
claim "action/free_kept_buf needs an enabled device" \
	needs_enable free_kept_buf 1
claim "action/block_dev blocks and unblocks" block_takes
claim "action/block_dev refuses others: -EINVAL" \
	action_refuses block_dev EINVAL 2 x
claim "action/block_dev refuses more than 8 bits: -ERANGE" \
	action_refuses block_dev ERANGE 256
claim "action/reset_ring takes 1" action_takes reset_ring '1\n'
claim "action/reset_ring takes 2" action_takes reset_ring '2\0'
claim "action/reset_ring refuses others: -EINVAL" \
	action_refuses reset_ring EINVAL 0 3 x
claim "action/free_kept_buf refuses ids that are not kept: -EINVAL" \
	action_refuses free_kept_buf EINVAL 0 1 65535 x
claim "action/free_kept_buf refuses more than 16 bits: -ERANGE" \
	action_refuses free_kept_buf ERANGE 65536

claim "the mode is passthrough unless it is set" mode_is "" passthrough
claim "mode=io is I/O mode" mode_is mode=io io
claim "mode=passthrough is passthrough mode" mode_is mode=passthrough passthrough
claim "mode=junk is refused" mode_refused mode=junk
claim "mode cannot be changed after enable" mode_is_fixed
claim "info has the mode where rtslib saves it" mode_in_info
claim "each attribute of the core's disks is there" has_the_cores_attributes
claim "in passthrough mode the core's attributes are fixed" \
	core_attributes_are_fixed
claim "in I/O mode the core's attributes can be set" core_attributes_work

run_claims "$@"
