# SPDX-License-Identifier: GPL-2.0-only
#
# What a person calls: see README.md. Each installs what it needs.

# make check T="group group" runs some groups; KO=dist the distribution's module;
# KERNEL=6.12 or 7.2 another kernel than 6.1, for all that boots a guest
bench bench-gate check check-all conformance diff kills races run shell soak: export KERNEL := $(KERNEL)
check check-all run shell soak: export KO := $(KO)
check check-all: export T := $(T)

check:
	@scripts/deps.sh
	@selftests/run.sh

# the same with every kernel
check-all:
	@scripts/deps.sh
	@KERNELS="$(KERNELS)" selftests/check-all.sh

# what a command costs, in instructions; T="rr-qd32 ..." some workloads, or growth,
# TARGETS="nullio null ublk-null" on some targets, ROUNDS=, PROFILE=1 by function,
# BASE=commit compared to that of another commit, WALL=1 by the clock, on two
# processors; KERNEL=7.2 with ublk, too
bench:
	@scripts/deps.sh
	@T="$(T)" TARGETS="$(TARGETS)" ROUNDS="$(ROUNDS)" PROFILE="$(PROFILE)" \
		BASE="$(BASE)" WALL="$(WALL)" selftests/bench.sh

# two workloads of it: has our module become dearer? UPDATE=1: it is as it should be
bench-gate:
	@scripts/deps.sh
	@UPDATE="$(UPDATE)" selftests/bench.sh gate

# iscsi-test-cu on the distribution's module and on ours, on fileio and on I/O mode;
# MODES="passthrough io"
conformance:
	@scripts/deps.sh
	@UPDATE="$(UPDATE)" MODES="$(MODES)" selftests/conformance.sh

# what is seen of the distribution's module and of ours
diff:
	@scripts/deps.sh
	@selftests/diff.sh

# stress-ng on file systems that are striped over our disks; SOAK=seconds
soak: export SOAK := $(or $(SOAK),600)
soak: export T := volumes
soak:
	@scripts/deps.sh
	@selftests/run.sh

# kill -9 of a daemon under load; KILLS=500, KILLS_SEED= as the last time
kills: export KILLS := $(or $(KILLS),500)
kills: export KILLS_SEED := $(KILLS_SEED)
kills: export T := kills
kills:
	@scripts/deps.sh
	@selftests/run.sh

# everything that may be done to a device, each against each; RACES=seconds, SEED= as
# the last time
races: export RACES := $(or $(RACES),600)
races: export SEED := $(SEED)
races: export T := races
races:
	@scripts/deps.sh
	@selftests/run.sh

# the host's part of it
unit:
	@scripts/deps.sh
	@$(MAKE) --no-print-directory -C tools/testing/unit check

# spin on what the barriers are for, and on the life of a command; T="ring life"
model:
	@scripts/deps.sh model
	@T="$(T)" tools/testing/model/run.sh

# libFuzzer on the rooms that know nothing of the kernel; SECONDS=20 for each, T="ring area"
fuzz-host:
	@scripts/deps.sh fuzz
	@$(MAKE) --no-print-directory -C tools/testing/fuzz fuzz T="$(T)" \
		SECONDS=$(or $(SECONDS),20) UPDATE="$(UPDATE)"

# a hostile daemon on the kernel with sanitizers: a million lies, some twenty minutes;
# SEED= the same ones again, ANSWERS=, SECONDS= at the most
fuzz:
	@scripts/deps.sh
	@KERNEL="$(KERNEL)" SEED="$(SEED)" ANSWERS="$(ANSWERS)" \
		SOAK=$(or $(SECONDS),3600) selftests/fuzz.sh

# libtcmuser, tcmud, tcmuctl: built in build/tools; PREFIX=, DESTDIR=
tools install-tools uninstall-tools:
	@scripts/deps.sh
	@$(MAKE) --no-print-directory -C tools $(or $(filter install uninstall,$(@:-tools=)),all)

# Debian packages of all of it
deb:
	@scripts/deps.sh deb
	@scripts/deb.sh

# the packages, in a guest that has DKMS and a compiler
check-deb: export T := deb
check-deb check-ceph: export KERNEL := $(KERNEL)
check-deb:
	@scripts/deps.sh
	@selftests/run.sh

# a Ceph cluster beside the guest: its images as disks, and one of them by two
# gateways, of which one ends; T="ceph_gateways" that alone
check-ceph: export T := $(or $(T),ceph ceph_gateways)
check-ceph:
	@scripts/deps.sh ceph
	@selftests/ceph.sh

# scripts/to-tree.sh: does its series build and work in a kernel's source
check-tree:
	@scripts/deps.sh
	@scripts/check-tree.sh $(if $(FORCE),-f) $(KERNEL)

run:
	@scripts/deps.sh
	@selftests/demo.sh

shell:
	@scripts/deps.sh
	@selftests/shell.sh

lint:
	@scripts/deps.sh
	@scripts/check.sh

.PHONY: bench bench-gate check check-all check-ceph check-deb check-tree conformance \
	deb diff fuzz fuzz-host kills model races soak unit run shell lint \
	tools install-tools uninstall-tools
