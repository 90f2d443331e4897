# SPDX-License-Identifier: GPL-2.0-only
"""What fake.h offers: devices and commands without a kernel."""

import ctypes
import errno
import logging
import unittest
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint, c_uint64, c_void_p

import tcmuser
from tcmuser import _lib

READ, WRITE, FLUSH, DISCARD, ZERO, CDB, READ_THEN_WRITE = range(7)
SIZE = 1 << 20


class End(ctypes.Structure):
    _fields_ = [("result", c_int), ("status", c_uint), ("key", c_uint),
                ("asc_ascq", c_uint), ("read_len", c_size_t),
                ("calls", c_uint)]


lib = _lib.library()
lib.fake_add.argtypes = (c_void_p, c_char_p, c_uint64)
lib.fake_flags.argtypes = (c_void_p,)
lib.fake_opened.argtypes = (c_void_p, c_int, POINTER(c_void_p))
lib.fake_event.argtypes = (c_void_p, POINTER(_lib.CEvent))
lib.fake_check.argtypes = (c_void_p, c_char_p, c_char_p, c_size_t)
lib.fake_resize.argtypes = (c_void_p, c_uint64)
lib.fake_reconfig.argtypes = (c_void_p, c_char_p)
lib.fake_tmr.argtypes = (c_void_p, c_int)
lib.fake_command.argtypes = (c_void_p, c_int, c_char_p, c_int, c_size_t,
                             c_uint64, c_uint, POINTER(End))


class Log(logging.Handler):
    """Keeps what is logged."""

    def __init__(self):
        super().__init__()
        self.text = ""

    def emit(self, record):
        self.text += self.format(record) + "\n"


class Device:
    """A device of the fake's, opened by a context; what a kernel would send."""

    def __init__(self, context, config, nr=0, size=SIZE):
        # the fake keeps the address alone
        self._config = ctypes.create_string_buffer(config.encode())
        lib.fake_add(context._ptr, ctypes.cast(self._config, c_char_p), size)
        self.going_on = context.dispatch()
        self.ptr = c_void_p()
        self.opened = lib.fake_opened(context._ptr, nr,
                                      ctypes.byref(self.ptr))

    def send(self, op, data=None, off=0, length=None, pieces=1, flags=0):
        """How a command has ended, and its data afterwards."""
        length = len(data) if length is None else length
        memory = None
        if op in (READ, WRITE, CDB, READ_THEN_WRITE):
            memory = ctypes.create_string_buffer(bytes(data or length),
                                                 length + 1)
        end = End()
        error = lib.fake_command(self.ptr, op, memory, pieces, length, off,
                                 flags, ctypes.byref(end))
        if error:
            raise TimeoutError(f"the command does not end: {error}")
        return end, memory.raw[:length] if memory else b""


class FakeTest(unittest.TestCase):
    def setUp(self):
        self.log = Log()
        logging.getLogger("tcmuser").addHandler(self.log)
        logging.getLogger("tcmuser").propagate = False

    def tearDown(self):
        logging.getLogger("tcmuser").removeHandler(self.log)

    def device(self, disk, config=None, size=SIZE, **how):
        """A device of this class, whose context ends with the test."""
        context = tcmuser.Context(disk, **how)
        self.addCleanup(context.free)
        self.context = context
        context.start()
        return Device(context, config or disk.name, size=size)

    def ends(self, end, result=0, status=0, key=0, asc_ascq=0):
        self.assertEqual((end.result, end.status, end.key, end.asc_ascq),
                         (result, status, key, asc_ascq))


__all__ = ["CDB", "DISCARD", "Device", "FLUSH", "FakeTest", "READ",
           "READ_THEN_WRITE", "SIZE", "WRITE", "ZERO", "errno", "lib"]
