# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""tcmuser.h for ctypes: the library, its structures, its functions."""

import ctypes
import os
from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char_p, c_int,
                    c_int64, c_size_t, c_uint, c_uint8, c_uint16, c_uint32,
                    c_uint64, c_void_p)
from typing import Any

PENDING = 1
SENSE = 2
NOT_HANDLED = 3

ANSWERS = 0x01
NO_RESET = 0x02
NO_EVENTS = 0x04
REFUSES = 0x08

FUA = 0x01


class iovec(Structure):
    _fields_ = [("iov_base", c_void_p), ("iov_len", c_size_t)]


# A device or a command is an address and nothing else
IOV = POINTER(iovec)
CHECK = CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p, c_size_t)
OPEN = CFUNCTYPE(c_int, c_void_p)
CLOSE = CFUNCTYPE(None, c_void_p)
DATA = CFUNCTYPE(c_int, c_void_p, IOV, c_int, c_size_t, c_uint64)
PLAIN = CFUNCTYPE(c_int, c_void_p)
RANGE = CFUNCTYPE(c_int, c_void_p, c_uint64, c_uint64)
RESIZE = CFUNCTYPE(c_int, c_void_p, c_uint64)
RECONFIG = CFUNCTYPE(c_int, c_void_p, c_char_p)
TMR = CFUNCTYPE(None, c_void_p, c_int, POINTER(c_void_p), c_size_t)
SUBMIT = CFUNCTYPE(None, c_void_p, c_uint)


class Handler(Structure):
    """struct tcmuser_handler"""
    _fields_ = [
        ("size", c_size_t),
        ("name", c_char_p),
        ("desc", c_char_p),
        ("threads", c_uint),
        ("check", CHECK),
        ("open", OPEN),
        ("close", CLOSE),
        ("read", DATA),
        ("write", DATA),
        ("flush", PLAIN),
        ("discard", RANGE),
        ("zero", RANGE),
        ("cdb", PLAIN),
        ("resize", RESIZE),
        ("reconfig", RECONFIG),
        ("tmr", TMR),
        ("submit", SUBMIT),
        ("priv", c_void_p),
    ]


class CEvent(Structure):
    """struct tcmuser_event"""
    _fields_ = [
        ("type", c_int),
        ("name", c_char_p),
        ("uio", c_uint32),
        ("dev_id", c_int64),
        ("config", c_char_p),
        ("has_size", c_bool),
        ("dev_size", c_uint64),
        ("write_cache", c_int),
    ]


LOG = CFUNCTYPE(None, c_void_p, c_int, c_char_p)
EVENT = CFUNCTYPE(None, c_void_p, POINTER(CEvent))

# Those that are called: what each returns and takes. What follows the format of
# dev_log is left out: it is called with "%s" and a string.
FUNCTIONS = {
    "new": (c_int, POINTER(c_void_p), c_uint),
    "add_handler": (c_int, c_void_p, POINTER(Handler)),
    "start": (c_int, c_void_p),
    "fd": (c_int, c_void_p),
    "dispatch": (c_int, c_void_p),
    "stop": (None, c_void_p),
    "free": (None, c_void_p),
    "set_log": (None, c_void_p, LOG, c_void_p, c_int),
    "version": (c_char_p,),
    "on_event": (None, c_void_p, EVENT, c_void_p),
    "dev_name": (c_char_p, c_void_p),
    "dev_config": (c_char_p, c_void_p),
    "dev_size": (c_uint64, c_void_p),
    "dev_block_size": (c_uint32, c_void_p),
    "dev_max_transfer": (c_uint32, c_void_p),
    "dev_nr_queues": (c_uint, c_void_p),
    "dev_set_features": (None, c_void_p, c_uint32),
    "dev_features": (c_uint32, c_void_p),
    "dev_set_limits": (None, c_void_p, c_uint32, c_uint32, c_uint32),
    "dev_set_size": (c_int, c_void_p, c_uint64),
    "dev_log": (None, c_void_p, c_int, c_char_p),
    "cmd_complete": (None, c_void_p, c_int),
    "cmd_sense": (c_int, c_void_p, c_uint8, c_uint16),
    "cmd_status": (c_int, c_void_p, c_uint8),
    "cmd_flags": (c_uint, c_void_p),
    "cmd_dev": (c_void_p, c_void_p),
    "cmd_queue": (c_uint, c_void_p),
    "cmd_cdb": (POINTER(c_uint8), c_void_p, POINTER(c_size_t)),
    "cmd_iov": (IOV, c_void_p, POINTER(c_int), POINTER(c_size_t)),
    "cmd_set_read_len": (None, c_void_p, c_size_t),
    "iov_put": (c_size_t, IOV, c_int, c_size_t, c_void_p, c_size_t),
    "iov_get": (c_size_t, IOV, c_int, c_size_t, c_void_p, c_size_t),
}

_lib: Any = None


def _open_library() -> Any:
    name = os.environ.get("TCMUSER_LIBRARY", "libtcmuser.so.0")
    try:
        return ctypes.CDLL(name)
    except OSError as error:
        raise ImportError(f"{error}: install libtcmuser, or let "
                          "TCMUSER_LIBRARY name its file") from None


def library() -> Any:
    """The library, opened when it is first asked for."""
    global _lib
    if _lib is None:
        lib = _open_library()
        for name, (result, *args) in FUNCTIONS.items():
            try:
                function = getattr(lib, "tcmuser_" + name)
            except AttributeError as error:
                raise ImportError(f"{error}: this libtcmuser is too old for "
                                  "the Python module") from None
            function.restype = result
            function.argtypes = args
        _lib = lib
    return _lib


def call(name: str, *args: Any) -> int:
    """tcmuser_NAME(), whose result is an errno if it is negative."""
    result = getattr(library(), "tcmuser_" + name)(*args)
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result
