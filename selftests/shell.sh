#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make shell: the guest of the tests, with a prompt.
set -euo pipefail
. "$(dirname "$0")/qemu/lib.sh"

job=$build/job-shell
[ -t 0 ] || die "this wants a terminal"
"$top/selftests/build.sh" "$job"
cat >"$job/job" <<'END'
stty rows 40 cols 132 2>/dev/null
cat <<'MOTD'

This is the guest: nothing that you do here stays. Try
	modprobe target_core_user; modinfo target_core_user
	. /t/clients.sh; runner_start /tmp/runner.log; targetcli
The tests are in /t. 'exit' switches the machine off.

MOTD
bash -i
END
exec "$top/selftests/qemu/boot.sh" -n shell -i "$job"
