"""Give up, once the sockets are open, every right that storing records does not need (Linux).

What is left are the rights over files that root has, and none for anyone else. A program started from here cannot gain
any back.

Source: capabilities(7), prctl(2) PR_SET_NO_NEW_PRIVS; wire/kanban.md 6.4.
"""

import ctypes
import struct
import sys

_VERSION = 0x20080522
_SETS = struct.Struct("=6I")
"""Effective, permitted, inheritable: the lower 32 bits of each, then the upper."""
_FILES = 0b11111
"""CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID."""
_NO_NEW_PRIVS = 38


def give_up() -> None:
    """Drop the rights of this thread and of those it starts; where a system lacks the calls, nothing happens."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "capset"):
        return
    header = struct.pack("=Ii", _VERSION, 0)
    sets = ctypes.create_string_buffer(_SETS.size)
    if libc.capget(header, sets) == 0:
        _effective, permitted, *_ = _SETS.unpack(sets.raw)
        left = permitted & _FILES
        libc.capset(header, _SETS.pack(left, left, 0, 0, 0, 0))
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
