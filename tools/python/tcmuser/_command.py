# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A command on its way: its buffer, its end, and who is working on it."""

from __future__ import annotations

import ctypes
import errno
import threading
from typing import Any, Callable, Optional

from . import _lib

# Not Python's function, but it is the one that makes a view of an address
_view_of = ctypes.pythonapi.PyMemoryView_FromMemory
_view_of.restype = ctypes.py_object
_view_of.argtypes = (ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int)
_READ, _WRITE = 0x100, 0x200

# Above that no kernel has an errno
_MAX_ERRNO = 4095


class Sense(Exception):
    """CHECK CONDITION with this sense: raise it, or give it to complete().

    key is a sense key of SPC-4, 3 for MEDIUM ERROR; asc_ascq the additional
    sense code and its qualifier, 0x1100 for UNRECOVERED READ ERROR.
    """

    def __init__(self, key: int, asc_ascq: int):
        if not 0 <= key <= 0xf or not 0 <= asc_ascq <= 0xffff:
            raise ValueError("a sense key has 4 bits, a code 16")
        super().__init__(f"sense {key:x}/{asc_ascq >> 8:02x}/"
                         f"{asc_ascq & 0xff:02x}")
        self.key = key
        self.asc_ascq = asc_ascq


class Status(Exception):
    """Another SAM status, without sense: 8 is BUSY. Used as Sense is."""

    def __init__(self, status: int):
        if not 0 <= status <= 0xff:
            raise ValueError("a SAM status has 8 bits")
        super().__init__(f"status {status:02x}")
        self.status = status


class _NotHandled:
    def __repr__(self) -> str:
        return "tcmuser.NOT_HANDLED"


NOT_HANDLED = _NotHandled()


def errno_of(error: BaseException) -> int:
    """The errno that an exception stands for; 0 if for none."""
    if isinstance(error, OSError):
        number = error.errno or 0
        return number if 0 < number <= _MAX_ERRNO else errno.EIO
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    return 0


class Buffer:
    """The pieces of a command's data as one memoryview."""

    __slots__ = ("view", "_iov", "_cnt", "_fill", "_joined")

    def __init__(self, iov: Any, cnt: int, length: int, fill: bool,
                 take: bool):
        self._iov, self._cnt, self._fill = iov, cnt, fill
        self._joined: Optional[bytearray] = None
        if cnt == 1 and iov[0].iov_len >= length > 0:
            self.view = _view_of(iov[0].iov_base, length,
                                 _WRITE if fill else _READ)
            return
        self._joined = bytearray(length)
        if take and length:
            memory = (ctypes.c_char * length).from_buffer(self._joined)
            _lib.library().tcmuser_iov_get(iov, cnt, 0, memory, length)
            del memory
        self.view = memoryview(self._joined)
        if not fill:
            self.view = self.view.toreadonly()

    def finish(self) -> None:
        """Into the pieces with it; the view is of no use any more."""
        if self._fill and self._joined:
            memory = (ctypes.c_char * len(self._joined)).from_buffer(
                self._joined)
            _lib.library().tcmuser_iov_put(self._iov, self._cnt, 0, memory,
                                           len(self._joined))
            del memory
        try:
            self.view.release()
        except BufferError:     # somebody has made an array of it
            pass


class Command:
    """A command that a callback works on.

    Disk.cmd is the one of the running callback. After Disk.pending() it stays
    until complete() is called.
    """

    __slots__ = ("disk", "_ptr", "_buffer", "_open", "_pending")

    def __init__(self, disk: Any, ptr: int, buffer: Optional[Buffer] = None):
        self.disk = disk
        self._ptr = ptr
        self._buffer = buffer
        # pop() is what one thread alone succeeds in
        self._open = [True]
        self._pending = False

    # ---- what it is ----------------------------------------------------

    def _address(self) -> int:
        if not self._open:
            raise ValueError("the command has ended")
        return self._ptr

    @property
    def fua(self) -> bool:
        """The data has to be on stable storage when this write ends."""
        flags = _lib.library().tcmuser_cmd_flags(self._address())
        return bool(flags & _lib.FUA)

    @property
    def queue(self) -> int:
        """Which queue of the device it came by."""
        return _lib.library().tcmuser_cmd_queue(self._address())

    @property
    def cdb(self) -> bytes:
        """The command's own bytes."""
        length = ctypes.c_size_t()
        cdb = _lib.library().tcmuser_cmd_cdb(self._address(),
                                             ctypes.byref(length))
        return ctypes.string_at(cdb, length.value)

    @property
    def data(self) -> memoryview:
        """For Disk.cdb(): the data buffer, to be read or to be filled.

        Which of them, the CDB tells. What was written into it counts when the
        command ends.
        """
        if self._buffer is None:
            cnt, length = ctypes.c_int(), ctypes.c_size_t()
            iov = _lib.library().tcmuser_cmd_iov(
                self._address(), ctypes.byref(cnt), ctypes.byref(length))
            self._buffer = Buffer(iov, cnt.value, length.value, True, True)
        return self._buffer.view

    def set_read_len(self, length: int) -> None:
        """Only the first bytes of the buffer are data."""
        if length < 0:
            raise ValueError("a length below 0")
        _lib.library().tcmuser_cmd_set_read_len(self._address(), length)

    # ---- how it ends ---------------------------------------------------

    def complete(self, outcome: Optional[BaseException] = None) -> None:
        """End a command for which a callback has called Disk.pending().

        outcome is None for success, or an exception that the callback would
        have raised. Any thread may call it, once. Neither the command nor its
        buffer may be used afterwards.
        """
        if not self._pending:
            raise ValueError("complete() without Disk.pending()")
        if not self._claim():
            raise ValueError("the command has ended already")
        _lib.library().tcmuser_cmd_complete(self._ptr, self._end(outcome))

    def _claim(self) -> bool:
        try:
            self._open.pop()
        except IndexError:
            return False
        self.disk._commands.pop(self._ptr, None)
        return True

    def _end(self, outcome: Any) -> int:
        """The library's word for an outcome, once the command is claimed."""
        if self._buffer is not None:
            self._buffer.finish()
        if outcome is None:
            return 0
        if outcome is NOT_HANDLED:
            return _lib.NOT_HANDLED
        if isinstance(outcome, Sense):
            return _lib.library().tcmuser_cmd_sense(self._ptr, outcome.key,
                                                    outcome.asc_ascq)
        if isinstance(outcome, Status):
            return _lib.library().tcmuser_cmd_status(self._ptr,
                                                     outcome.status)
        if not isinstance(outcome, BaseException):
            outcome = TypeError(f"a callback returned {outcome!r}")
        number = errno_of(outcome)
        if not number:
            self.disk._unexpected(outcome)
        return -(number or errno.EIO)

    def _future_done(self, future: Any) -> None:
        try:
            error = future.exception()
        except BaseException as cancelled:  # of its own kind in each library
            error = OSError(errno.ECANCELED, str(cancelled))
        self.complete(error)

    def _returned(self, outcome: Any) -> int:
        """What the C callback returns when the Python one has returned."""
        if hasattr(outcome, "add_done_callback"):
            self._pending = True
            outcome.add_done_callback(self._future_done)
            return _lib.PENDING
        if self._pending and outcome is None:
            return _lib.PENDING
        if not self._claim():
            # it was completed, and failed afterwards
            self.disk._unexpected(outcome)
            return _lib.PENDING
        return self._end(outcome)


class _Running(threading.local):
    cmd: Optional[Command] = None


running = _Running()


def carry_out(disk: Any, ptr: int, buffer: Optional[Buffer],
              function: Callable[..., Any], *args: Any) -> int:
    """Call a callback for a command. Never raises."""
    cmd = Command(disk, ptr, buffer)
    disk._commands[ptr] = cmd
    # complete() of one command may call back for the next step of it
    outer, running.cmd = running.cmd, cmd
    try:
        outcome = function(*args)
    except BaseException as error:
        outcome = error
    finally:
        running.cmd = outer
    return cmd._returned(outcome)
