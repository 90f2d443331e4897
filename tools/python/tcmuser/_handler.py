# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A class of disks as a struct tcmuser_handler."""

from __future__ import annotations

import ctypes
import errno
from typing import Any, Callable, Dict, List, Optional, Tuple, Type

from . import _lib
from ._command import Buffer, Command, carry_out, errno_of
from ._device import Device
from ._disk import Disk, has, logger


def _text(data: Optional[bytes]) -> str:
    return (data or b"").decode(errors="surrogateescape")


class Glue:
    """The C callbacks of one class, for one context. Keeps both in place."""

    def __init__(self, context: Any, cls: Type[Disk]):
        self._context = context
        self._cls = cls
        self._disks: Dict[int, Disk] = {}
        self._keep: List[Any] = []
        desc = cls.desc or cls.__doc__ or ""
        if cls.__doc__ is Disk.__doc__:
            desc = cls.desc
        self.handler = _lib.Handler(
            size=ctypes.sizeof(_lib.Handler), name=cls.name.encode(),
            desc=desc.encode(), threads=cls.threads,
            open=self._hold(_lib.OPEN(self._open)),
            close=self._hold(_lib.CLOSE(self._close)))
        self._add_callbacks()

    def _hold(self, callback: Any) -> Any:
        self._keep.append(callback)
        return callback

    def _add_callbacks(self) -> None:
        table: List[Tuple[str, Any, Callable[..., Any]]] = [
            ("read", _lib.DATA, self._read),
            ("write", _lib.DATA, self._write),
            ("flush", _lib.PLAIN, self._flush),
            ("discard", _lib.RANGE, self._discard),
            ("zero", _lib.RANGE, self._zero),
            ("cdb", _lib.PLAIN, self._cdb),
            ("check", _lib.CHECK, self._check),
            ("resize", _lib.RESIZE, self._resize),
            ("reconfig", _lib.RECONFIG, self._reconfig),
            ("tmr", _lib.TMR, self._tmr),
            ("submit", _lib.SUBMIT, self._submit)]
        for name, kind, function in table:
            if has(self._cls, name):
                setattr(self.handler, name, self._hold(kind(function)))

    # ---- a device comes, changes and goes -----------------------------------

    def _control(self, say: Callable[[str], None],
                 function: Callable[..., Any], *args: Any) -> int:
        """0, or -errno of an exception, about which something is said."""
        try:
            function(*args)
            return 0
        except (OSError, MemoryError) as error:
            say(str(error) or repr(error))
            return -errno_of(error)
        except ValueError as error:
            say(str(error) or repr(error))
            return -errno.EINVAL
        except Exception as error:
            logger.exception("%s: %r", self._cls.name, error)
            return -errno.EIO
        except BaseException as error:
            self._context._interrupt = error
            return -errno.ECANCELED

    def _check(self, _handler: Any, config: Any, why: int, size: int) -> int:
        def say(message: str) -> None:
            if not size:
                return
            text = message.encode(errors="replace").replace(b"\0", b"?")
            text = text[:size - 1] + b"\0"
            ctypes.memmove(why, text, len(text))

        return self._control(say, self._cls.check, _text(config))

    def _make(self, dev: Device, ptr: int) -> None:
        disk = self._cls(dev)
        disk.dev = dev
        disk._commands = {}
        disk._context = self._context
        self._disks[ptr] = disk
        disk.open()

    def _open(self, ptr: int) -> int:
        dev = Device(ptr)
        result = self._control(dev.error, self._make, dev, ptr)
        if result:
            self._disks.pop(ptr, None)
            dev._ptr = 0
        return result

    def _close(self, ptr: int) -> None:
        disk = self._disks[ptr]
        self._control(disk.dev.error, disk.close)
        del self._disks[ptr]
        disk.dev._ptr = 0

    def _resize(self, ptr: int, size: int) -> int:
        disk = self._disks[ptr]
        return self._control(disk.dev.error, disk.resize, size)

    def _reconfig(self, ptr: int, config: Any) -> int:
        disk = self._disks[ptr]
        return self._control(disk.dev.error, disk.reconfig, _text(config))

    # ---- commands ------------------------------------------------------------

    def _disk_of(self, cmd: int) -> Disk:
        return self._disks[_lib.library().tcmuser_cmd_dev(cmd)]

    def _read(self, cmd: int, iov: Any, cnt: int, length: int,
              off: int) -> int:
        disk = self._disk_of(cmd)
        buffer = Buffer(iov, cnt, length, fill=True, take=False)
        return carry_out(disk, cmd, buffer, disk.read, buffer.view, off)

    def _write(self, cmd: int, iov: Any, cnt: int, length: int,
               off: int) -> int:
        disk = self._disk_of(cmd)
        buffer = Buffer(iov, cnt, length, fill=False, take=True)
        return carry_out(disk, cmd, buffer, disk.write, buffer.view, off)

    def _flush(self, cmd: int) -> int:
        disk = self._disk_of(cmd)
        return carry_out(disk, cmd, None, disk.flush)

    def _discard(self, cmd: int, off: int, length: int) -> int:
        disk = self._disk_of(cmd)
        return carry_out(disk, cmd, None, disk.discard, off, length)

    def _zero(self, cmd: int, off: int, length: int) -> int:
        disk = self._disk_of(cmd)
        return carry_out(disk, cmd, None, disk.zero, off, length)

    def _cdb(self, cmd: int) -> int:
        disk = self._disk_of(cmd)
        return carry_out(disk, cmd, None,
                         lambda: disk.cdb(disk.cmd))

    def _tmr(self, ptr: int, kind: int, cmds: Any, count: int) -> None:
        disk = self._disks[ptr]
        # those that have no entry any more are ending right now
        found: List[Optional[Command]] = [disk._commands.get(cmds[i])
                                          for i in range(count)]
        self._control(disk.dev.error, disk.tmr, kind,
                      [cmd for cmd in found if cmd is not None])

    def _submit(self, ptr: int, queue: int) -> None:
        disk = self._disks[ptr]
        self._control(disk.dev.error, disk.submit, queue)
