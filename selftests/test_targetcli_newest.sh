#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The claims of the group targetcli with Debian's next release: targetcli 3.0,
# rtslib 2.2, Python 3.14, and their tcmu-runner.
# timeout: 600
# image: newest

# Called for each claim, once it runs
client_ready() {
	[ -b /dev/vdc ] || skip "Debian's next release could not be had"
	[ -e /newest/bin ] || newest_root /newest
	client=(chroot /newest)
}

. "$(dirname "$0")/test_targetcli.sh"
