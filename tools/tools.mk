# SPDX-License-Identifier: GPL-2.0-only
#
# Included by each Makefile below tools/: how programs are built, where they go.
#
#	O=<dir>		built there instead of in build/tools
#	PREFIX=/usr/local DESTDIR= LIBDIR= ...	where they are installed
#	SANITIZE=address,undefined

TOP := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)
O ?= $(TOP)/build/tools
ifeq ($(origin CC),default)
CC := gcc
endif

# The version of the module, the library and the programs is one
VERSION := $(shell sed -n 's/^MODULE_VERSION("\(.*\)");/\1/p' \
	$(TOP)/target_core_user.c)

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
INSTALL ?= install

PKG_CONFIG ?= pkg-config
CPPFLAGS += -I$(TOP)/include/uapi -I$(TOP)/tools/lib -D_GNU_SOURCE \
	-DTCMU_TOOLS_VERSION='"$(VERSION)"' -MMD -MP
CFLAGS ?= -O2 -g
# As kbuild does it: the ABI's packed structures are known to be aligned
CFLAGS += -std=gnu11 -fvisibility=hidden -Wall -Wextra -Wstrict-prototypes \
	-Wmissing-prototypes -Wno-unused-parameter -Wno-address-of-packed-member \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
LDFLAGS += $(if $(SANITIZE),-fsanitize=$(SANITIZE))

LIB_STATIC := $(O)/lib/libtcmuser.a
LIB_SHARED := $(O)/lib/libtcmuser.so

# Not on stdout: that is for those who asked for something. V=1 shows all.
Q := $(if $(V),,@)
say = @echo "tools: $(patsubst $(O)/%,%,$@)" >&2

MAKEFLAGS += -r
.DEFAULT_GOAL := all
