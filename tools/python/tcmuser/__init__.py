# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A program serves SCSI disks, by libtcmuser: tcmuser(7).

A RAM disk in ten lines:

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

It serves every device whose dev_config begins with "pyram". Disk tells which
other methods there are, Context what serve() is made of.
"""

from ._command import NOT_HANDLED, Command, Sense, Status
from ._context import Context, Event, EventType, serve
from ._device import Device, Feature, Level
from ._disk import Disk
from ._version import __version__

__all__ = ["Command", "Context", "Device", "Disk", "Event", "EventType",
           "Feature", "Level", "NOT_HANDLED", "Sense", "Status",
           "library_version", "serve", "__version__"]


def library_version() -> str:
    """The version of the libtcmuser that is used."""
    from . import _lib
    return _lib.library().tcmuser_version().decode()
