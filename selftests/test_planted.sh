#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Bugs that are planted fail what runs: memory, arithmetic, lists, leaks, a module
# that does not go.
# kernel: debug
# root: root

. "$(dirname "$0")/planted.sh"

echo 1..7
fails_claim abba "possible circular locking"
fails_claim out_of_bounds "BUG: KASAN: .*out-of-bounds.* \[planted\]"
fails_claim use_after_free "BUG: KASAN: .*use-after-free.* \[planted\]"
fails_claim shift "UBSAN: shift-out-of-bounds"
fails_claim list_corruption "list_del corruption"

planted leak
dmesg --clear
fails_group leaks "kmemleak: [1-9]"
result "a leak fails the group it happens in"
rmmod planted
dmesg --clear

planted stays
dmesg --clear
fails_group goes "planted cannot be unloaded" planted
result "a module that cannot be unloaded fails the group"
end_planted
