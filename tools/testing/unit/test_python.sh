#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The tests of the Python module in ../python, as one program of these.
set -euo pipefail

exec make --no-print-directory -C ../python check T=
