# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A program's connection to the driver: handlers, events, the loop."""

from __future__ import annotations

import atexit
import ctypes
import enum
import errno
import logging
import os
import select
import signal
import socket
import threading
import weakref
from dataclasses import dataclass
from typing import Any, Callable, List, Optional, Type

from . import _lib
from ._disk import Disk, logger
from ._handler import Glue, _text


class EventType(enum.IntEnum):
    """What has happened to a device."""
    ADDED = 1
    REMOVED = 2
    RECONFIG = 3
    #: Some events have not been received; the rest of this one says nothing
    LOST = 4


@dataclass(frozen=True)
class Event:
    """What the driver has said of a device: see tcmuser_on_event(3)."""
    type: EventType
    name: str
    uio: int
    dev_id: int
    config: Optional[str]
    size: Optional[int]
    write_cache: Optional[bool]


def _event(event: Any) -> Event:
    config = event.config
    return Event(EventType(event.type), _text(event.name), event.uio,
                 event.dev_id, None if config is None else _text(config),
                 event.dev_size if event.has_size else None,
                 None if event.write_cache < 0 else bool(event.write_cache))


_levels = {3: logging.ERROR, 4: logging.WARNING, 5: logging.INFO,
           6: logging.INFO, 7: logging.DEBUG}


def _log(_priv: Any, level: int, message: bytes) -> None:
    logger.log(_levels.get(level, logging.ERROR), "%s", _text(message))


def _least_level() -> int:
    return max((number for number, level in _levels.items()
                if logger.isEnabledFor(level)), default=3)


_log_callback = _lib.LOG(_log)
_contexts: weakref.WeakSet[Context] = weakref.WeakSet()


@atexit.register
def _free_all() -> None:
    # or its threads would call into a Python that is no more
    for context in list(_contexts):
        context.free()


class _Signals:
    """A signal ends poll(), also one that comes just before it.

    Python's own handlers run between two steps of Python in the main thread:
    there is nothing to be done in others.
    """

    def __enter__(self) -> _Signals:
        self.reader: Optional[socket.socket] = None
        if threading.current_thread() is threading.main_thread():
            self.reader, self._writer = socket.socketpair()
            self.reader.setblocking(False)
            self._writer.setblocking(False)
            self._old = signal.set_wakeup_fd(self._writer.fileno(),
                                             warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: Any) -> None:
        if self.reader is not None:
            signal.set_wakeup_fd(self._old)
            self.reader.close()
            self._writer.close()

    def forget(self) -> None:
        try:
            while self.reader is not None and self.reader.recv(64):
                pass
        except BlockingIOError:
            pass


class Context:
    """Serves devices of some classes of disks; a context manager.

    answers: whoever makes, changes or removes a device waits for its Disk.
    refuses: ... and a device that no class here serves is refused.
    reset: commands that another program left are ended with BUSY at first.
    events: hear of devices that are made later.
    Messages of the library go to the logger "tcmuser" of logging, whose level
    is looked at here.
    """

    def __init__(self, *disks: Type[Disk], answers: bool = True,
                 refuses: bool = False, reset: bool = True,
                 events: bool = True):
        self._ptr = ctypes.c_void_p()
        self._glue: List[Glue] = []
        self._on_event: Any = None
        self._started = False
        self._interrupt: Optional[BaseException] = None
        # stop() may be called by a signal handler in the midst of free()
        self._lock = threading.RLock()
        flags = ((_lib.ANSWERS if answers else 0)
                 | (_lib.REFUSES if refuses else 0)
                 | (0 if reset else _lib.NO_RESET)
                 | (0 if events else _lib.NO_EVENTS))
        _lib.call("new", ctypes.byref(self._ptr), flags)
        _contexts.add(self)
        _lib.library().tcmuser_set_log(self._ptr, _log_callback, None,
                                       _least_level())
        try:
            for disk in disks:
                self.add_handler(disk)
        except BaseException:
            self.free()
            raise

    def __enter__(self) -> Context:
        return self

    def __exit__(self, *_: Any) -> None:
        self.free()

    def _address(self) -> ctypes.c_void_p:
        if not self._ptr:
            raise ValueError("the context is freed")
        return self._ptr

    def add_handler(self, disk: Type[Disk]) -> None:
        """Serve devices of one more class. Before start()."""
        glue = Glue(self, disk)
        _lib.call("add_handler", self._address(), ctypes.byref(glue.handler))
        self._glue.append(glue)

    def on_event(self, function: Callable[[Event], Any]) -> None:
        """Hear of all events, of whatever device. Before start()."""
        def callback(_priv: Any, event: Any) -> None:
            try:
                function(_event(event.contents))
            except Exception:
                logger.exception("on_event()")
            except BaseException as error:
                self._interrupt = error

        self._on_event = _lib.EVENT(callback)
        _lib.library().tcmuser_on_event(self._address(), self._on_event, None)

    def start(self) -> None:
        """Listen to events, and take the devices that exist."""
        if self._started:
            return
        try:
            _lib.call("start", self._address())
        except OSError as error:
            raise OSError(error.errno, _advice(error)) from None
        finally:
            self._reraise()
        self._started = True

    def fileno(self) -> int:
        """What a program's own loop waits for until it is readable."""
        return _lib.call("fd", self._address())

    def dispatch(self) -> bool:
        """Deal with the events that have come. False after stop()."""
        result = _lib.library().tcmuser_dispatch(self._address())
        self._reraise()
        if result == -errno.ECANCELED:
            return False
        if result < 0:
            raise OSError(-result, os.strerror(-result))
        return True

    def run(self) -> None:
        """Start, unless that was done, and dispatch until stop() is called.

        In the main thread Ctrl-C raises KeyboardInterrupt, as everywhere.
        """
        self.start()
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        with _Signals() as signals:
            if signals.reader is not None:
                poll.register(signals.reader, select.POLLIN)
            while self.dispatch():
                poll.poll()
                signals.forget()

    def stop(self) -> None:
        """Let run() return. By any thread."""
        with self._lock:
            if self._ptr:
                _lib.library().tcmuser_stop(self._ptr)

    def free(self) -> None:
        """Hand the devices over, and end: commands are answered first."""
        with self._lock:
            ptr, self._ptr = self._ptr, ctypes.c_void_p()
        if ptr:
            _lib.library().tcmuser_free(ptr)
        self._glue.clear()
        _contexts.discard(self)

    def _reraise(self) -> None:
        error, self._interrupt = self._interrupt, None
        if error is not None:
            raise error


def _advice(error: OSError) -> str:
    if error.errno == errno.ENODEV:
        return "modprobe target_core_user first"
    if error.errno in (errno.EPERM, errno.EACCES):
        return "only root serves disks"
    return error.strerror


def serve(*disks: Type[Disk]) -> None:
    """Be the daemon for these classes of disks, until SIGTERM or SIGINT."""
    with Context(*disks) as context:
        old = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                old[number] = signal.signal(number,
                                            lambda *_: context.stop())
        try:
            context.run()
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)
