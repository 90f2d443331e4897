#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A bug that is planted fails what runs: a mutex is taken under a spinlock. By
# itself, since lockdep is silent after its first report.
# kernel: debug
# root: root

. "$(dirname "$0")/planted.sh"

echo 1..1
fails_claim sleep_in_atomic "Invalid wait context|sleeping function called"
end_planted
