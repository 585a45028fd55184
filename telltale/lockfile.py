"""Files that one process at a time may hold: one `telltale up` for a project, one agent for a PC.

The system lets a lock go with its process, however that ends, so a file left by a dead one is no lock. The file itself
stays: removed, it would let two processes hold two files of one name. On a network file system a lock reaches other
machines only where the system passes it on (NFS 4, SMB; not every NFS 3); where it has no locks at all, nothing is
held, since refusing would leave such a project without anything.
"""

import errno
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from telltale import private
from telltale.contract import ConfigError

_TAKEN = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}
_LOCKED_BYTE = 1 << 30
"""Windows locks bytes, and lets nobody read them: far behind the text."""


class Held(ConfigError):
    """Another process holds the file; `holder` says which, such as "pid 12"."""

    def __init__(self, path: Path, holder: str) -> None:
        super().__init__(f"{path} is held by another process ({holder}); stop that one first")
        self.holder = holder


def hold(path: Path) -> IO[str]:
    """Hold a file until it is closed or the process ends; the text in it names the process.

    Raises:
        Held: another process holds it.
        OSError: it cannot be written.
    """
    private.folder(path.parent)
    private.new_file(path)
    file = path.open("a+", encoding="utf-8")
    try:
        _lock(file)
    except OSError as error:
        if error.errno in _TAKEN:
            holder = _holder(file)
            file.close()
            raise Held(path, holder) from error
    with suppress(OSError):  # on a full disk it is held all the same, without a name
        os.ftruncate(file.fileno(), 0)
        os.write(file.fileno(), f"pid {os.getpid()} on {socket.gethostname()}\n".encode())
    return file


def is_held(path: Path) -> bool:
    """Whether another process holds a file; nothing is made or written."""
    if not path.exists():
        return False
    with path.open("r+", encoding="utf-8") as file:
        try:
            _lock(file)
        except OSError as error:
            return error.errno in _TAKEN
    return False


def _holder(file: IO[str]) -> str:
    """Who wrote into the file; the machine is named where it is another."""
    with suppress(OSError, ValueError):
        file.seek(0)
        return file.read(200).strip().removesuffix(f" on {socket.gethostname()}") or "unknown"
    return "unknown"


def _lock(file: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
