#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A disk with a bad spot that gets full: Documentation/target/tutorial.rst"""
import errno

import tcmuser

MIB = 1 << 20


class Bad(tcmuser.Disk):
    name = "bad"

    @classmethod
    def check(cls, config):
        if not config.isdigit():
            raise ValueError("bad/N: the spot is at N MiB")

    def open(self):
        self.check(self.dev.config)
        self.spot = int(self.dev.config) * MIB
        self.data = bytearray(self.dev.size)

    def read(self, buf, off):
        if off <= self.spot < off + len(buf):
            raise tcmuser.Sense(3, 0x1100)
        buf[:] = self.data[off:off + len(buf)]

    def write(self, buf, off):
        if off + len(buf) > self.dev.size // 2:
            raise OSError(errno.ENOSPC, "the upper half is not for writing")
        self.data[off:off + len(buf)] = buf


tcmuser.serve(Bad)
