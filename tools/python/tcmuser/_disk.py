# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The class that a program derives its disks from."""

from __future__ import annotations

import logging
from typing import Any, ClassVar, Dict, List, Optional

from ._command import Command, running
from ._device import Device

logger = logging.getLogger("tcmuser")


class Disk:
    """A disk: derive from it, give it a name, and methods for what it can do.

    An object of it is made for each device whose dev_config is "name" or
    "name/config". read() and write() are needed, or cdb(); the disk can do what
    it has methods for. A method for a command ends it by returning None, or by
    an exception: OSError becomes sense data as tcmuser_sense(7) says, and Sense
    and Status say it themselves. Anything else is logged with its traceback,
    and the initiator gets what EIO stands for.

    A method that returns a Future (concurrent.futures, asyncio) has its command
    ended with the Future; one that calls self.pending() ends it later itself.

    Methods for commands are called in threads of the library, one at a time
    for each queue of the device if threads is 0, or in so many threads.
    """

    #: Serves devices whose dev_config begins with it; no '/'
    name: ClassVar[str] = ""
    #: For people; the class's docstring if it is empty
    desc: ClassVar[str] = ""
    #: Methods that wait for something want more than 0; 256 at most
    threads: ClassVar[int] = 0

    dev: Device

    def __init__(self, dev: Device):
        self.dev = dev

    # ---- a device comes, changes and goes -----------------------------------

    @classmethod
    def check(cls, config: str) -> None:
        """Raise ValueError or OSError if open() would not take this config."""

    def open(self) -> None:
        """A device has come up: self.dev. An exception refuses it."""

    def close(self) -> None:
        """It goes. No command is being worked on any more."""

    def resize(self, size: int) -> None:
        """The size shall become so many bytes. An exception refuses it."""

    def reconfig(self, config: str) -> None:
        """The config shall become another one. An exception refuses it."""
        raise NotImplementedError

    # ---- commands ------------------------------------------------------------

    def read(self, buf: memoryview, off: int) -> Any:
        """Fill buf from byte off of the disk.

        buf is the memory that is shared with the kernel, unless the data is in
        several pieces: use nothing of it after the command has ended.
        """
        raise NotImplementedError

    def write(self, buf: memoryview, off: int) -> Any:
        """Store buf from byte off of the disk. See read() for buf."""
        raise NotImplementedError

    def flush(self) -> Any:
        """What was written before has to be on stable storage."""
        raise NotImplementedError

    def discard(self, off: int, length: int) -> Any:
        """These bytes are not needed any more."""
        raise NotImplementedError

    def zero(self, off: int, length: int) -> Any:
        """These bytes read as zeroes from now on."""
        raise NotImplementedError

    def cdb(self, cmd: Command) -> Any:
        """Sees every command first: cmd.cdb, cmd.data.

        Returns NOT_HANDLED for those that it leaves to the library.
        """
        raise NotImplementedError

    def tmr(self, kind: int, cmds: List[Command]) -> None:
        """An initiator wants these commands to end soon."""
        raise NotImplementedError

    def submit(self, queue: int) -> None:
        """All commands that were found have been called for; threads is 0."""
        raise NotImplementedError

    # ---- for the methods ---------------------------------------------------

    @property
    def cmd(self) -> Command:
        """The command that the running method is called for."""
        cmd = running.cmd
        if cmd is None or cmd.disk is not self:
            raise RuntimeError("not in a method for a command")
        return cmd

    def pending(self) -> Command:
        """The method only begins: the command ends by complete() of this."""
        cmd = self.cmd
        cmd._pending = True
        return cmd

    # ---- for the module ------------------------------------------------------

    # by address: those that are being worked on
    _commands: Dict[int, Command]
    _context: Any

    def _unexpected(self, error: Optional[BaseException]) -> None:
        """An exception that stands for no errno is a mistake to be mended."""
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            self._context._interrupt = error
        elif error is not None:
            logger.error("%s: %r", self.dev.name, error, exc_info=error)


def has(cls: type, method: str) -> bool:
    """Does a class bring its own?"""
    owner = next(base for base in cls.__mro__ if method in base.__dict__)
    return owner is not Disk
