"""The files of a SQLite store: whether what a connection has open still lies there, and whether it can be written.

Files are looked at by their name only: opening and closing one would drop the locks this process holds on it.
"""

import os
import shutil
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

LEAST_FREE_BYTES = 16 << 20
"""A transaction of landing needs a few MiB, the write-ahead log four more."""


class Identity(NamedTuple):
    """Which file a name stands for."""

    device: int
    number: int


class Place:
    """Where a SQLite store lies.

    Args:
        path: of the database file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._names = (path, f"{path}-wal", f"{path}-shm")

    def files(self) -> tuple[Identity | None, ...]:
        """The database file, its write-ahead log and the log's index that lie there now; None where there is none."""
        return tuple(map(_identity, self._names))

    def uri(self) -> str:
        """The address that opens the file and never makes one."""
        return f"file:{quote(os.path.abspath(self.path))}?mode=rw"  # noqa: PTH100 resolve() would follow a link

    def lost(self) -> str:
        """What is said where the file is missing."""
        return (
            f"store: {self.path} is gone; put it back with its -wal file, or a backup without one, and what runs goes "
            "on with it; started again, it begins with an empty one"
        )

    def trouble(self) -> str:
        """Why no record can be stored there, as far as one sees without writing; empty where nothing is in the way."""
        if self.files()[0] is None:
            return self.lost()
        for path in (self.path, Path(self.path).parent):
            if not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
                return f"store: {path} is read-only; let this user write it, or mount its disk for writing"
        free = shutil.disk_usage(Path(self.path).parent).free
        if free < LEAST_FREE_BYTES:
            return f"store: {free >> 20} MiB are free on the disk of {self.path}, which is full; free some space"
        return ""


def _identity(path: str) -> Identity | None:
    try:
        found = os.stat(path)  # noqa: PTH116 asked for each transaction
    except OSError:
        return None
    return Identity(found.st_dev, found.st_ino)
