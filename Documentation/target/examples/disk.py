#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A RAM disk in Python, explained in Documentation/target/tutorial.rst"""
import tcmuser


class Ram(tcmuser.Disk):
    name = "pyram"

    def open(self):
        self.data = bytearray(self.dev.size)

    def read(self, buf, off):
        buf[:] = self.data[off:off + len(buf)]

    def write(self, buf, off):
        self.data[off:off + len(buf)] = buf


tcmuser.serve(Ram)
