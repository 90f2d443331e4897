# SPDX-License-Identifier: GPL-2.0-only
#
# What a person calls: see README.md. Each installs what it needs.

# make check T="group group" runs some groups; KO=dist the distribution's module
check:
	@scripts/deps.sh
	@T="$(T)" KO="$(KO)" selftests/run.sh

# the host's part of it
unit:
	@scripts/deps.sh
	@$(MAKE) --no-print-directory -C tools/testing/unit check

run:
	@scripts/deps.sh
	@KO="$(KO)" selftests/demo.sh

shell:
	@scripts/deps.sh
	@KO="$(KO)" selftests/shell.sh

lint:
	@scripts/deps.sh
	@scripts/check.sh

.PHONY: check unit run shell lint
