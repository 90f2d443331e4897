# SPDX-License-Identifier: GPL-2.0-only
"""Disks: what their methods get, and what becomes of what they do."""

import asyncio
import concurrent.futures
import errno
import threading
import unittest

import tcmuser
from fake import (CDB, DISCARD, FLUSH, READ, READ_THEN_WRITE, SIZE, WRITE,
                  ZERO, FakeTest, lib)


class Ram(tcmuser.Disk):
    """As in the module's docstring"""
    name = "pyram"

    def open(self):
        self.data = bytearray(self.dev.size)

    def read(self, buf, off):
        buf[:] = self.data[off:off + len(buf)]

    def write(self, buf, off):
        self.data[off:off + len(buf)] = buf


def failing(error):
    """A class of disks that raise it."""
    class Bad(Ram):
        def read(self, buf, off):
            raise error

    return Bad


class Data(FakeTest):
    def test_round(self):
        """disk: what is written is read again"""
        dev = self.device(Ram)
        data = bytes(range(256)) * 16
        self.ends(dev.send(WRITE, data, off=8192)[0])
        end, got = dev.send(READ, length=4096, off=8192)
        self.ends(end)
        self.assertEqual(got, data)

    def test_pieces(self):
        """disk: ... also when it is in pieces"""
        dev = self.device(Ram)
        data = bytes(range(251)) * 10
        for pieces in (2, 3, 7):
            self.ends(dev.send(WRITE, data, off=512, pieces=pieces)[0])
            end, got = dev.send(READ, length=len(data), off=512,
                                pieces=pieces + 1)
            self.ends(end)
            self.assertEqual(got, data)

    def test_no_copy(self):
        """disk: one piece is the memory itself, several are joined"""
        class Look(Ram):
            def read(self, buf, off):
                self.view = buf
                self.kind = (buf.readonly, buf.format, buf.contiguous,
                             type(buf.obj))

            def write(self, buf, off):
                self.kind = (buf.readonly, buf.format, buf.contiguous,
                             type(buf.obj))

        dev = self.device(Look)
        disk = self.context._glue[0]._disks[dev.ptr.value]
        dev.send(READ, length=512)
        self.assertEqual(disk.kind, (False, "B", True, type(None)))
        dev.send(READ, length=512, pieces=2)
        self.assertEqual(disk.kind, (False, "B", True, bytearray))
        dev.send(WRITE, length=512)
        self.assertEqual(disk.kind, (True, "B", True, type(None)))
        dev.send(WRITE, length=512, pieces=2)
        self.assertEqual(disk.kind, (True, "B", True, bytearray))

    def test_released(self):
        """disk: a buffer cannot be used after its command has ended"""
        class Keep(Ram):
            def read(self, buf, off):
                self.kept = buf

        dev = self.device(Keep)
        disk = self.context._glue[0]._disks[dev.ptr.value]
        for pieces in (1, 2):
            dev.send(READ, length=512, pieces=pieces)
            with self.assertRaises(ValueError):
                disk.kept[0] = 1

    def test_empty(self):
        """disk: a buffer of no bytes"""
        dev = self.device(Ram)
        self.ends(dev.send(READ, length=0, pieces=0)[0])
        self.ends(dev.send(WRITE, length=0, pieces=1)[0])

    def test_others(self):
        """disk: flush, discard and zero"""
        calls = []

        class More(Ram):
            def flush(self):
                calls.append("flush")

            def discard(self, off, length):
                calls.append(("discard", off, length))

            def zero(self, off, length):
                calls.append(("zero", off, length))

        dev = self.device(More)
        self.ends(dev.send(FLUSH, length=0)[0])
        self.ends(dev.send(DISCARD, length=1 << 33, off=1 << 40)[0])
        self.ends(dev.send(ZERO, length=512, off=1024)[0])
        self.assertEqual(calls, ["flush", ("discard", 1 << 40, 1 << 33),
                                 ("zero", 1024, 512)])

    def test_cdb(self):
        """disk: cdb() sees the command, fills its buffer, says how much"""
        class Any(tcmuser.Disk):
            name = "any"

            def cdb(self, cmd):
                cmd.data[:4] = cmd.cdb[:4]
                cmd.set_read_len(4)

        dev = self.device(Any)
        for pieces in (1, 3):
            end, got = dev.send(CDB, length=96, pieces=pieces)
            self.ends(end)
            self.assertEqual((got[:6], end.read_len),
                             (b"\xc1\1\2\3\0\0", 4))

    def test_cdb_write(self):
        """disk: cdb() reads the buffer of a command that writes"""
        got = []

        class Any(Ram):
            def cdb(self, cmd):
                got.append(bytes(cmd.data))
                return tcmuser.NOT_HANDLED

        dev = self.device(Any)
        for pieces in (1, 3):
            end, _ = dev.send(CDB, b"abcdefgh", pieces=pieces)
            self.assertEqual(end.result, 3)
        self.assertEqual(got, [b"abcdefgh"] * 2)

    def test_cmd(self):
        """disk: cmd tells the queue, and whether data has to be safe"""
        got = []

        class Ask(Ram):
            def write(self, buf, off):
                got.append((self.cmd.fua, self.cmd.queue))

        dev = self.device(Ask)
        dev.send(WRITE, length=512)
        dev.send(WRITE, length=512, flags=1)
        self.assertEqual(got, [(False, 1), (True, 1)])
        with self.assertRaises(RuntimeError):
            self.context._glue[0]._disks[dev.ptr.value].cmd


class Errors(FakeTest):
    def test_errno(self):
        """errors: OSError is its errno, MemoryError ENOMEM"""
        for error, number in ((OSError(errno.ENOSPC, "full"), errno.ENOSPC),
                              (FileNotFoundError(errno.ENOENT, "x"),
                               errno.ENOENT),
                              (OSError("says nothing"), errno.EIO),
                              (OSError(0, "none"), errno.EIO),
                              (OSError(1 << 40, "none"), errno.EIO),
                              (OSError(-5, "none"), errno.EIO),
                              (MemoryError(), errno.ENOMEM)):
            dev = self.device(failing(error))
            self.ends(dev.send(READ, length=512)[0], -number)
        self.assertEqual(self.log.text, "")

    def test_sense(self):
        """errors: Sense is that sense, Status that status"""
        dev = self.device(failing(tcmuser.Sense(3, 0x1100)))
        self.ends(dev.send(READ, length=512)[0], 2, 2, 3, 0x1100)
        dev = self.device(failing(tcmuser.Status(8)))
        self.ends(dev.send(READ, length=512)[0], 2, 8)

    def test_sense_bounds(self):
        """errors: a sense or status that does not exist is refused"""
        for call in (lambda: tcmuser.Sense(16, 0),
                     lambda: tcmuser.Sense(-1, 0),
                     lambda: tcmuser.Sense(3, 0x10000),
                     lambda: tcmuser.Status(256)):
            self.assertRaises(ValueError, call)

    def test_mistake(self):
        """errors: any other exception is EIO, and logged with its traceback"""
        dev = self.device(failing(ZeroDivisionError("mistake")))
        self.ends(dev.send(READ, length=512)[0], -errno.EIO)
        self.assertIn("3/fake", self.log.text)
        self.assertIn("Traceback", self.log.text)
        self.assertIn("raise error", self.log.text)

    def test_odd_result(self):
        """errors: a method that returns something is told so"""
        class Odd(Ram):
            def read(self, buf, off):
                return len(buf)

        dev = self.device(Odd)
        self.ends(dev.send(READ, length=512)[0], -errno.EIO)
        self.assertIn("a callback returned 512", self.log.text)


class Later(FakeTest):
    """Commands that end after their method has returned"""

    def test_complete(self):
        """pending: another thread ends the command"""
        class Slow(Ram):
            def read(self, buf, off):
                cmd = self.pending()

                def work():
                    buf[:] = b"x" * len(buf)
                    cmd.complete()

                threading.Timer(0.05, work).start()

        dev = self.device(Slow)
        for pieces in (1, 4):
            end, got = dev.send(READ, length=2048, pieces=pieces)
            self.ends(end)
            self.assertEqual(got, b"x" * 2048)

    def test_complete_errors(self):
        """pending: ... with an error, sense or status"""
        for outcome, expected in (
                (OSError(errno.EAGAIN, "later"), (-errno.EAGAIN,)),
                (tcmuser.Sense(4, 0x4400), (2, 2, 4, 0x4400)),
                (tcmuser.Status(0x28), (2, 0x28))):
            class Slow(Ram):
                def read(self, buf, off, outcome=outcome):
                    cmd = self.pending()
                    threading.Thread(target=cmd.complete,
                                     args=(outcome,)).start()

            dev = self.device(Slow)
            self.ends(dev.send(READ, length=512)[0], *expected)

    def test_before_return(self):
        """pending: the command may end before the method returns"""
        class Fast(Ram):
            def write(self, buf, off):
                self.pending().complete()

        self.ends(self.device(Fast).send(WRITE, length=512)[0])

    def test_raise_after_pending(self):
        """pending: an exception ends the command, unless it has ended"""
        class First(Ram):
            def read(self, buf, off):
                self.pending()
                raise OSError(errno.ENOSPC, "full")

            def write(self, buf, off):
                self.pending().complete()
                raise OSError(errno.ENOSPC, "full")

        dev = self.device(First)
        self.ends(dev.send(READ, length=512)[0], -errno.ENOSPC)
        self.assertEqual(self.log.text, "")
        self.ends(dev.send(WRITE, length=512)[0])
        self.assertIn("full", self.log.text)

    def test_twice(self):
        """pending: only the first of many complete() counts"""
        failed = []

        class Twice(Ram):
            def read(self, buf, off):
                cmd = self.pending()
                threads = [threading.Thread(target=self.end, args=(cmd,))
                           for _ in range(8)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()

            def end(self, cmd):
                try:
                    cmd.complete()
                except ValueError as error:
                    failed.append(error)

        dev = self.device(Twice)
        for _ in range(20):
            failed.clear()
            self.ends(dev.send(READ, length=512)[0])
            self.assertEqual(len(failed), 7)

    def test_not_pending(self):
        """pending: complete() without pending() is a mistake that is told"""
        class Wrong(Ram):
            def read(self, buf, off):
                self.cmd.complete()

        dev = self.device(Wrong)
        self.ends(dev.send(READ, length=512)[0], -errno.EIO)
        self.assertIn("without Disk.pending()", self.log.text)

    def test_future(self):
        """pending: a Future ends the command, or its exception does"""
        pool = concurrent.futures.ThreadPoolExecutor(2)
        self.addCleanup(pool.shutdown)

        class Pool(Ram):
            def read(self, buf, off):
                return pool.submit(Ram.read, self, buf, off)

            def write(self, buf, off):
                def fail():
                    raise tcmuser.Sense(3, 0x0c00)
                return pool.submit(fail)

        dev = self.device(Pool)
        for pieces in (1, 3):
            end, got = dev.send(READ, b"x" * 512, pieces=pieces)
            self.ends(end)
            self.assertEqual(got, bytes(512))
        self.ends(dev.send(WRITE, length=512)[0], 2, 2, 3, 0x0c00)

    def test_cancelled(self):
        """pending: a Future that is cancelled is ECANCELED"""
        class Cancelled(Ram):
            def read(self, buf, off):
                future = concurrent.futures.Future()
                future.cancel()
                future.set_running_or_notify_cancel()
                return future

        self.ends(self.device(Cancelled).send(READ, length=512)[0],
                  -errno.ECANCELED)

    def test_asyncio(self):
        """pending: coroutines of an asyncio loop"""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        self.addCleanup(loop.close)
        self.addCleanup(thread.join)
        self.addCleanup(loop.call_soon_threadsafe, loop.stop)

        class Loop(Ram):
            async def fetch(self, buf, off):
                await asyncio.sleep(0.01)
                buf[:] = b"y" * len(buf)

            def read(self, buf, off):
                return asyncio.run_coroutine_threadsafe(
                    self.fetch(buf, off), loop)

        end, got = self.device(Loop).send(READ, length=512)
        self.ends(end)
        self.assertEqual(got, b"y" * 512)

    def test_next_step(self):
        """pending: complete() may call back for the next step"""
        order = []

        class Steps(Ram):
            def read(self, buf, off):
                order.append("read")
                cmd = self.pending()
                threading.Timer(0.01, cmd.complete).start()

            def write(self, buf, off):
                order.append(("write", self.cmd.disk is self))

        end, _ = self.device(Steps).send(READ_THEN_WRITE, length=512)
        self.ends(end)
        self.assertEqual((order, end.calls), (["read", ("write", True)], 2))

    def test_tmr(self):
        """pending: tmr() gets the commands that are being worked on"""
        class Aborted(Ram):
            def read(self, buf, off):
                self.waiting = self.pending()
                began.set()

            def tmr(self, kind, cmds):
                self.told = (kind, cmds == [self.waiting])
                for cmd in cmds:
                    cmd.complete(OSError(errno.ECANCELED, "aborted"))

        began = threading.Event()
        dev = self.device(Aborted)
        disk = self.context._glue[0]._disks[dev.ptr.value]

        def abort():
            began.wait()
            lib.fake_tmr(dev.ptr, 1)

        thread = threading.Thread(target=abort)
        thread.start()
        self.ends(dev.send(READ, length=512)[0], -errno.ECANCELED)
        thread.join()
        self.assertEqual(disk.told, (1, True))
        self.assertEqual(disk._commands, {})

    def test_many(self):
        """pending: many at once, each ends once, and none is kept"""
        pool = concurrent.futures.ThreadPoolExecutor(4)
        self.addCleanup(pool.shutdown)

        class Pool(Ram):
            def read(self, buf, off):
                return pool.submit(Ram.read, self, buf, off)

        dev = self.device(Pool)

        def some(seed):
            for i in range(50):
                off = (seed * 50 + i) * 512 % SIZE
                data = bytes([seed, i]) * 256
                self.ends(dev.send(WRITE, data, off=off)[0])
                end, got = dev.send(READ, length=512, off=off)
                self.ends(end)
                self.assertEqual(got, data)

        with concurrent.futures.ThreadPoolExecutor(4) as senders:
            for done in [senders.submit(some, seed) for seed in range(4)]:
                done.result()
        disk = self.context._glue[0]._disks[dev.ptr.value]
        self.assertEqual(disk._commands, {})


if __name__ == "__main__":
    unittest.main()
