# SPDX-License-Identifier: GPL-2.0-only
ifneq ($(KERNELRELEASE),)

ifneq ($(KBUILD_EXTMOD),)
CONFIG_TCM_USER2 := m
# Ahead of the kernel's own copy of the UAPI header, which ccflags-y would not be
LINUXINCLUDE := -I$(src)/include -I$(src)/include/uapi $(LINUXINCLUDE)
endif

# A path of the source. In a tree, kernels before 6.10 have one that is relative to
# it; by itself it may be '.', which the tree has, too.
here := $(if $(KBUILD_EXTMOD),$(src),$(firstword \
	$(wildcard $(srctree)/$(src)) $(src)))

obj-$(CONFIG_TCM_USER2) += target_core_user.o
target_core_user-y := $(addprefix tcmu/, target_core_user.o \
	area.o attrs.o configfs.o control.o copy.o coreattrs.o device.o \
	discard.o drain.o entry.o event.o fill.o iomode.o netlink.o nl_event.o nl_params.o \
	pace.o pages.o plug.o queue.o queues.o reclaim.o recover.o replay.o resize.o ring.o ringmem.o \
	slot.o statattrs.o submit.o timeout.o tmr.o trace.o uio.o wait.o)

# A composite may not list its own name; a static pattern rule (not an explicit
# one) keeps $* set, and with it KBUILD_MODNAME.
$(obj)/tcmu/target_core_user.o: $(obj)/%.o: $(src)/target_core_user.c FORCE
	$(call if_changed_rule,cc_o_c)
	$(call cmd,force_checksrc)

# What compat.h asks of the kernel's headers
quiet_cmd_probe = PROBE   $@
      cmd_probe = $(here)/tcmu/probe.sh $(CC) $(NOSTDINC_FLAGS) $(LINUXINCLUDE) \
	$(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS) $(KBUILD_CFLAGS_MODULE) >$@
$(obj)/tcmu/probes.h: $(src)/tcmu/probe.sh FORCE
	$(call if_changed,probe)
$(addprefix $(obj)/tcmu/,discard.o event.o iomode.o reclaim.o uio.o): $(obj)/tcmu/probes.h
# and where <trace/define_trace.h> finds trace.h again
ccflags-y += -I$(obj)/tcmu -I$(here)/tcmu
targets += tcmu/probes.h
clean-files := tcmu/probes.h

else

KDIR ?= /lib/modules/$(shell uname -r)/build
# The kernel that is built against; what 'make kernelrelease' says is another
# name with Debian's headers
KREL = $(shell sed -n 's/^.define UTS_RELEASE "\(.*\)"/\1/p' \
	$(KDIR)/include/generated/utsrelease.h)
# Where modules go that are preferred to the distribution's
MODDIR = $(INSTALL_MOD_PATH)/lib/modules/$(KREL)/updates
# kbuild does it only where there is a System.map
DEPMOD = PATH=$$PATH:/sbin:/usr/sbin depmod \
	$(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) $(KREL)

modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

install: modules
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_DIR=updates modules_install
	$(DEPMOD)

uninstall:
	rm -f $(MODDIR)/target_core_user.ko*
	$(DEPMOD)

clean:
	$(MAKE) -C $(KDIR) M=$(CURDIR) clean
	rm -rf build

-include selftests/targets.mk

.DEFAULT_GOAL := modules
.PHONY: modules install uninstall clean

endif
