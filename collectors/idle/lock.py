"""Files that one process at a time may hold: one agent for a PC, one program for a modem's port."""

import hashlib
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from telltale.contract import ConfigError


@contextmanager
def only_one(folder: Path, name: str) -> Iterator[None]:
    """Hold a name until the end of the block; the system lets it go with the process, however that ends.

    Raises:
        ConfigError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Readable, and different for names that differ only in what a file name cannot hold.
    plain = f"{re.sub(r'[^A-Za-z0-9.-]+', '_', name).strip('_')[:60]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    path = folder / f"{plain}.lock"
    with path.open("a+", encoding="ascii") as file:
        try:
            _lock(file)
        except OSError as error:
            raise ConfigError(f"{name} is used by another process ({_holder(file)}); stop that one first") from error
        file.seek(0)
        file.truncate()
        file.write(f"pid {os.getpid()}\n")
        file.flush()
        yield


def _holder(file: IO[str]) -> str:
    """Who wrote into the file; Windows lets nobody else read what is locked."""
    with suppress(OSError):
        file.seek(0)
        return file.read().strip() or "unknown"
    return "unknown"


def _lock(file: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
