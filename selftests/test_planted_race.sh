#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Bugs that are planted fail what runs: a data race, and a sleep under a spinlock.
# kernel: kcsan
# root: root

. "$(dirname "$0")/planted.sh"

echo 1..2
fails_claim race "BUG: KCSAN: data-race in racer \[planted\]"
fails_claim sleep_in_atomic "Invalid wait context|sleeping function called"
end_planted
