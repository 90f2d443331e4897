#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is in the corpora of ../fuzz, as one program of these.
set -euo pipefail

exec make --no-print-directory -C ../fuzz check T=
