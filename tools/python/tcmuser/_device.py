# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A device that the program serves."""

from __future__ import annotations

import enum
from typing import Any

from . import _lib


class Level(enum.IntEnum):
    """How important a message is, as syslog has it."""
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6
    DEBUG = 7


class Feature(enum.IntFlag):
    """What a disk can do; the first four follow from the callbacks it has."""
    CAN_FLUSH = 0x01
    CAN_DISCARD = 0x02
    CAN_ZERO = 0x04
    CAN_TMR = 0x08
    CAN_FUA = 0x10
    READ_ONLY = 0x20
    ROTATIONAL = 0x40
    DISCARD_ZEROES = 0x80
    FILLS = 0x100
    NAPS = 0x200


class Device:
    """A device: Disk.dev, from open() to close()."""

    __slots__ = ("_ptr",)

    def __init__(self, ptr: int):
        self._ptr = ptr

    def _ask(self, name: str, *args: Any) -> Any:
        if not self._ptr:
            raise ValueError("the device is closed")
        return getattr(_lib.library(), "tcmuser_dev_" + name)(self._ptr,
                                                              *args)

    @property
    def name(self) -> str:
        """HOST/NAME, of /sys/kernel/config/target/core/user_HOST/NAME."""
        return self._ask("name").decode(errors="surrogateescape")

    @property
    def config(self) -> str:
        """What follows the disk's name and '/' in dev_config."""
        return self._ask("config").decode(errors="surrogateescape")

    @property
    def size(self) -> int:
        """Bytes."""
        return self._ask("size")

    @property
    def block_size(self) -> int:
        """Bytes of a logical block."""
        return self._ask("block_size")

    @property
    def max_transfer(self) -> int:
        """The most bytes of one read or write."""
        return self._ask("max_transfer")

    @property
    def nr_queues(self) -> int:
        """Rings that are served side by side."""
        return self._ask("nr_queues")

    @property
    def features(self) -> Feature:
        """What the disk can do. To be set in open() only."""
        return Feature(self._ask("features"))

    @features.setter
    def features(self, features: int) -> None:
        self._ask("set_features", int(features))

    def set_limits(self, physical_block: int = 0, io_opt: int = 0,
                   discard_granularity: int = 0) -> None:
        """What suits the disk, in bytes; 0 says nothing. In open() only."""
        self._ask("set_limits", physical_block, io_opt, discard_granularity)

    def set_size(self, size: int) -> None:
        """The disk has another size than its creator said, or has grown."""
        if not self._ptr:
            raise ValueError("the device is closed")
        _lib.call("dev_set_size", self._ptr, size)

    def log(self, level: int, message: str) -> None:
        """Say something, with the device's name."""
        self._ask("log", level, b"%s", _text(message))

    def error(self, message: str) -> None:
        """Say what went wrong, with the device's name."""
        self.log(Level.ERROR, message)

    def __repr__(self) -> str:
        return f"<tcmuser.Device {self.name if self._ptr else 'closed'}>"


def _text(message: str) -> bytes:
    return message.replace("\0", "?").encode(errors="replace")
