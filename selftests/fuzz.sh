#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make fuzz: the group 'hostile' on the kernel with sanitizers, until that has taken
# as many lies for answers as were wanted, and what there was of them.
#
#	ANSWERS=n	so many, a million if not said
#	SOAK=seconds	at the most
#	SEED=n		the lies of another run once more
#	KERNEL=series	another kernel, as of run.sh
set -euo pipefail
. "$(dirname "$0")/qemu/lib.sh"

export KERNEL=${KERNEL:-debug} ANSWERS=${ANSWERS:-1000000} SOAK=${SOAK:-3600}
export SEED=${SEED:-$((RANDOM << 30 | RANDOM << 15 | RANDOM))}
export GUESTS=1 T=hostile

say "SEED=$SEED ANSWERS=$ANSWERS SOAK=$SOAK"
status=0 start=$SECONDS
"$top/selftests/run.sh" || status=$?
awk -v seconds=$((SECONDS - start)) -v wanted="$ANSWERS" -v seed="$SEED" '
	/^# result: / { taken += $4 }
	END {
		printf "fuzz: %d of %d lies were taken for answers in %d s, SEED=%s\n",
			taken, wanted, seconds, seed
		exit taken < wanted
	}
' "$build/check-$KERNEL/hostile.tap" || status=1
exit "$status"
