#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A slow RAM disk that other threads work for: Documentation/target/tutorial.rst"""
import concurrent.futures
import time

import tcmuser

pool = concurrent.futures.ThreadPoolExecutor(16)


class Slow(tcmuser.Disk):
    name = "pyslow"

    def open(self):
        self.data = bytearray(self.dev.size)

    def copy_out(self, buf, off):
        time.sleep(0.05)
        buf[:] = self.data[off:off + len(buf)]

    def read(self, buf, off):
        return pool.submit(self.copy_out, buf, off)

    def write(self, buf, off):
        cmd = self.pending()
        self.data[off:off + len(buf)] = buf
        cmd.complete()


tcmuser.serve(Slow)
