#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The tests of tcmud in ../tcmud, as one program of these.
set -euo pipefail

exec make --no-print-directory -C ../tcmud check T=
