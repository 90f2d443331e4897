# SPDX-License-Identifier: GPL-2.0-only
#
# What the folders of test programs have in common. Each program is built with
# AddressSanitizer and UndefinedBehaviorSanitizer; those with threads of their own
# (*_threads) with ThreadSanitizer, which excludes the others.
#
# Included first. The folder then sets ASAN and TSAN, the programs' names; OUT, where
# they go, by compiler; CPPFLAGS; and has rules with 'compile' for each of asan and
# tsan. Last of all it says $(eval $(programs)).

TOP := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/../../..)
UNIT := $(TOP)/tools/testing/unit
O ?= $(TOP)/build/unit
ifeq ($(origin CC),default)
CC := gcc
endif
PKG_CONFIG ?= pkg-config

# Objects are per compiler, so that CC may change between two runs
COMPILER := $(notdir $(firstword $(CC)))
# As kbuild does it: -std=gnu11, and the ABI's packed structures are known to be
# aligned
CFLAGS := -std=gnu11 -g -O1 -fno-omit-frame-pointer -pthread \
	-Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Werror \
	-Wno-address-of-packed-member
asan_CFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all
tsan_CFLAGS := -fsanitize=thread

# Not on stdout: that is for TAP. V=1 shows the whole commands.
Q := $(if $(V),,@)
say = @echo "unit: $(patsubst $(O)/%,%,$@)" >&2

# $(call compile,asan): the source to an object
define compile
$(say)
$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $($(1)_CFLAGS) -c -o $@ $<
endef

define link
$(say)
$(Q)$(CC) $(CFLAGS) $($(1)_CFLAGS) -o $@ $(filter %.o,$^) $(LIBS)
endef

define programs
PROGS := $$(ASAN:%=$$(OUT)/asan/test_%) $$(TSAN:%=$$(OUT)/tsan/test_%)

check: $$(PROGS) $$(PARTS)
	@CC="$$(CC)" $$(UNIT)/run.sh "$$(TOP)" "$$(OUT)" \
		$$(or $$(T),$$(ASAN) $$(TSAN) $$(SHELL_TESTS))

build: $$(PROGS) $$(PARTS)

$$(OUT)/asan $$(OUT)/tsan:
	$$(Q)mkdir -p $$@

-include $$(wildcard $$(OUT)/*/*.d)
endef

# Builtin rules would make .d files from .d.o
MAKEFLAGS += -r

.SECONDARY:
.PHONY: check build clean
.DEFAULT_GOAL := check
