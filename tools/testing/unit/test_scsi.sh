#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The tests of libtcmuser in ../scsi, as one program of these.
set -euo pipefail

exec make --no-print-directory -C ../scsi check T=
