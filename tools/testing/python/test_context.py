# SPDX-License-Identifier: GPL-2.0-only
"""Contexts: devices that come and go, events, signals, the end."""

import ctypes
import errno
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import unittest

import tcmuser
from fake import READ, Device, FakeTest, lib
from tcmuser import _lib


class Null(tcmuser.Disk):
    name = "null"

    def read(self, buf, off):
        pass

    def write(self, buf, off):
        pass


class Life(FakeTest):
    def disk(self, dev):
        return self.context._glue[0]._disks[dev.ptr.value]

    def test_device(self):
        """device: open() knows it, and says what it can do"""
        class Know(Null):
            def open(self):
                dev = self.dev
                self.known = (dev.name, dev.config, dev.size, dev.block_size,
                              dev.max_transfer, dev.nr_queues)
                dev.features = (tcmuser.Feature.CAN_FUA |
                                tcmuser.Feature.READ_ONLY)
                dev.set_limits(4096, 65536, 1 << 20)

        dev = self.device(Know, "null/some/config")
        self.assertEqual(self.disk(dev).known,
                         ("3/fake", "some/config", 1 << 20, 512, 65536, 2))
        self.assertEqual(self.disk(dev).dev.features,
                         tcmuser.Feature.CAN_FUA | tcmuser.Feature.READ_ONLY)

    def test_set_size(self):
        """device: set_size(), and what it refuses"""
        dev = self.device(Null)
        self.disk(dev).dev.set_size(1 << 21)
        self.assertEqual(self.disk(dev).dev.size, 1 << 21)
        with self.assertRaises(OSError) as caught:
            self.disk(dev).dev.set_size(17)
        self.assertEqual(caught.exception.errno, errno.EINVAL)

    def test_refused(self):
        """device: an exception of open() refuses it, and says why"""
        for error, number in ((OSError(errno.ENOENT, "no file"),
                               errno.ENOENT),
                              (ValueError("bad config"), errno.EINVAL),
                              (KeyError("mistake"), errno.EIO)):
            class Refuse(Null):
                def open(self, error=error):
                    raise error

            dev = self.device(Refuse)
            self.assertEqual(dev.opened, -number)
            self.assertIn(str(error.args[-1]), self.log.text)
            self.assertEqual(self.context._glue[0]._disks, {})

    def test_close(self):
        """device: close() is called once, and then it is nobody's"""
        closed = []

        class Close(Null):
            def close(self):
                closed.append(self.dev.name)

        dev = self.device(Close)
        disk = self.disk(dev)
        self.context.free()
        self.context.free()
        self.assertEqual(closed, ["3/fake"])
        with self.assertRaises(ValueError):
            disk.dev.size

    def test_resize(self):
        """device: resize() takes the new size or refuses it"""
        class Grow(Null):
            def resize(self, size):
                if size > 1 << 22:
                    raise OSError(errno.ENOSPC, "too large")
                self.told = size

        dev = self.device(Grow)
        self.assertEqual(lib.fake_resize(dev.ptr, 1 << 21), 0)
        self.assertEqual(self.disk(dev).told, 1 << 21)
        self.assertEqual(lib.fake_resize(dev.ptr, 1 << 23), -errno.ENOSPC)
        self.assertIn("too large", self.log.text)

    def test_reconfig(self):
        """device: reconfig() takes the new config or refuses it"""
        class Change(Null):
            def reconfig(self, config):
                if config == "bad":
                    raise ValueError("not that")
                self.told = config

        dev = self.device(Change)
        self.assertEqual(lib.fake_reconfig(dev.ptr, b"new"), 0)
        self.assertEqual(self.disk(dev).told, "new")
        self.assertEqual(lib.fake_reconfig(dev.ptr, b"bad"), -errno.EINVAL)
        self.context.free()
        self.assertEqual(lib.fake_reconfig(self.device(Null).ptr, b"new"),
                         -errno.EOPNOTSUPP)

    def test_check(self):
        """device: check() says why it would not take a config"""
        class Check(Null):
            @classmethod
            def check(cls, config):
                if config != "good":
                    raise ValueError(f"{config}? good it should be")

        self.device(Check)
        why = ctypes.create_string_buffer(b"?" * 12, 12)
        ptr = self.context._ptr
        self.assertEqual(lib.fake_check(ptr, b"good", why, 12), 0)
        self.assertEqual(lib.fake_check(ptr, b"bad", why, 12), -errno.EINVAL)
        self.assertEqual(why.raw, b"bad? good i\0")
        self.assertEqual(lib.fake_check(ptr, b"bad", None, 0), -errno.EINVAL)

    def test_handler(self):
        """handler: has the callbacks that the class has, and no others"""
        class Some(Null):
            """For people"""
            threads = 7

            def flush(self):
                pass

        glue = tcmuser._context.Glue(None, Some)
        have = {name for name, kind in _lib.Handler._fields_
                if issubclass(kind, ctypes._CFuncPtr)
                and getattr(glue.handler, name)}
        self.assertEqual(have, {"open", "close", "read", "write", "flush"})
        self.assertEqual((glue.handler.threads, glue.handler.desc),
                         (7, b"For people"))

    def test_bad_handler(self):
        """handler: one without a name, or that does nothing, is refused"""
        class Nameless(Null):
            name = ""

        class Nothing(tcmuser.Disk):
            name = "nothing"

        for disk in (Nameless, Nothing):
            with self.assertRaises(OSError) as caught:
                tcmuser.Context(disk)
            self.assertEqual(caught.exception.errno, errno.EINVAL)

    def test_log(self):
        """log: the library's messages go to logging, with their level"""
        dev = self.device(Null)
        self.disk(dev).dev.log(tcmuser.Level.WARNING, "100%s of it\0")
        self.disk(dev).dev.log(tcmuser.Level.DEBUG, "too small")
        self.assertEqual(self.log.text, "100%s of it?\n")
        logging.getLogger("tcmuser").setLevel(logging.DEBUG)
        self.addCleanup(logging.getLogger("tcmuser").setLevel, logging.NOTSET)
        dev = self.device(Null)
        self.disk(dev).dev.log(tcmuser.Level.DEBUG, "heard")
        self.assertEqual(self.log.text, "100%s of it?\nheard\n")

    def test_flags(self):
        """context: what it is made with"""
        for how, flags in (({}, 1), ({"answers": False}, 0),
                           ({"refuses": True}, 9), ({"reset": False}, 3),
                           ({"events": False}, 5)):
            with tcmuser.Context(Null, **how) as context:
                self.assertEqual(lib.fake_flags(context._ptr), flags)

    def test_after_free(self):
        """context: of no use after it is freed"""
        with tcmuser.Context(Null) as context:
            pass
        context.stop()
        for call in (context.start, context.fileno, context.dispatch,
                     context.run):
            self.assertRaises(ValueError, call)

    def test_start_fails(self):
        """context: says what to do when it cannot start"""
        for number, advice in ((errno.ENODEV, "modprobe"),
                               (errno.EPERM, "root")):
            os.environ["FAKE_START"] = str(number)
            try:
                with self.assertRaisesRegex(OSError, advice) as caught:
                    with tcmuser.Context(Null) as context:
                        context.run()
            finally:
                del os.environ["FAKE_START"]
            self.assertEqual(caught.exception.errno, number)

    def test_events(self):
        """context: on_event() hears of all"""
        heard = []
        with tcmuser.Context() as context:
            context.on_event(heard.append)
            for event in (_lib.CEvent(1, b"tcm-user/1/a/null", 7, 12, None,
                                      False, 0, -1),
                          _lib.CEvent(3, b"tcm-user/1/a/null", 7, 12, b"null/x",
                                      False, 0, -1),
                          _lib.CEvent(3, b"tcm-user/1/a/null", 7, -1, None,
                                      True, 4096, 0),
                          _lib.CEvent(4, None, 0, 0, None, False, 0, -1)):
                lib.fake_event(context._ptr, event)
        kind = tcmuser.EventType
        name = "tcm-user/1/a/null"
        self.assertEqual(heard, [
            tcmuser.Event(kind.ADDED, name, 7, 12, None, None, None),
            tcmuser.Event(kind.RECONFIG, name, 7, 12, "null/x", None, None),
            tcmuser.Event(kind.RECONFIG, name, 7, -1, None, 4096, False),
            tcmuser.Event(kind.LOST, "", 0, 0, None, None, None)])

    def test_event_mistake(self):
        """context: a mistake in on_event() is logged"""
        with tcmuser.Context() as context:
            context.on_event(lambda event: 1 / 0)
            lib.fake_event(context._ptr, _lib.CEvent(1, b"x"))
        self.assertIn("ZeroDivisionError", self.log.text)

    def test_stop(self):
        """context: stop() by another thread ends run()"""
        with tcmuser.Context(Null) as context:
            threading.Timer(0.05, context.stop).start()
            context.run()

    def test_run_in_thread(self):
        """context: run() in another thread than the main one"""
        with tcmuser.Context(Null) as context:
            thread = threading.Thread(target=context.run)
            thread.start()
            time.sleep(0.05)
            context.stop()
            thread.join(10)
            self.assertFalse(thread.is_alive())

    def test_interrupt_in_open(self):
        """context: KeyboardInterrupt in a method reaches the program"""
        class Interrupted(Null):
            def open(self):
                raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            self.device(Interrupted)


PROGRAM = """
import ctypes, os, sys, threading
import tcmuser
from fake import Device, READ

class Null(tcmuser.Disk):
    name = "null"
    def read(self, buf, off):
        pass
    write = read
    def close(self):
        print("closed", flush=True)

original = tcmuser.Context.run
def run(self):
    self.start()
    Device(self, "null")
    print("runs", flush=True)
    original(self)
tcmuser.Context.run = run
"""


class Signals(unittest.TestCase):
    """Programs of their own"""

    def program(self, code):
        # the shell may have told it to ignore SIGINT
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM + code], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT,
                                             signal.default_int_handler))

    def end(self, code, number, status, last):
        with self.program(code) as program:
            self.assertEqual(program.stdout.readline(), "runs\n")
            program.send_signal(number)
            out, err = program.communicate(timeout=20)
        self.assertEqual((program.returncode, out), (status, last), err)
        return err

    def test_serve(self):
        """signals: SIGTERM and Ctrl-C end serve(), devices are closed"""
        for number in (signal.SIGTERM, signal.SIGINT):
            self.end("tcmuser.serve(Null); print('over')", number, 0,
                     "closed\nover\n")

    def test_handlers_are_restored(self):
        """signals: serve() gives back the handlers that it found"""
        self.end("""
import signal
before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
tcmuser.serve(Null)
after = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
print(before == after)
""", signal.SIGTERM, 0, "closed\nTrue\n")

    def test_run(self):
        """signals: Ctrl-C raises KeyboardInterrupt of run()"""
        err = self.end("""
try:
    with tcmuser.Context(Null) as context:
        context.run()
except KeyboardInterrupt:
    print("interrupted")
""", signal.SIGINT, 0, "closed\ninterrupted\n")
        self.assertEqual(err, "")

    def test_exit(self):
        """signals: a program that forgets free() still closes its devices"""
        with self.program("""
context = tcmuser.Context(Null)
context.start()
Device(context, "null")
""") as program:
            out, err = program.communicate(timeout=20)
        self.assertEqual((program.returncode, out), (0, "closed\n"), err)


class Threads(FakeTest):
    def test_thread_of_library(self):
        """threads: methods for commands run in the library's"""
        class Where(Null):
            def read(self, buf, off):
                self.thread = threading.get_ident()

        dev = self.device(Where)
        dev.send(READ, length=512)
        disk = self.context._glue[0]._disks[dev.ptr.value]
        self.assertNotEqual(disk.thread, threading.get_ident())

    def test_two_devices(self):
        """threads: each device has a Disk of its own"""
        first = self.device(Null, "null/a")
        second = Device(self.context, "null/b", nr=1)
        disks = self.context._glue[0]._disks
        self.assertEqual([disks[dev.ptr.value].dev.config
                          for dev in (first, second)], ["a", "b"])
