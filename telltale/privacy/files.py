"""Small files only their owner may read: folders 700, files 600, whole or not there at all, durable when written."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from telltale.contract import ConfigError

KEY_BYTES = 32


def private_folder(folder: Path) -> None:
    """Make the folder, and what is missing above it, for its owner alone."""
    if folder.is_dir():
        return
    private_folder(folder.parent)
    # Without exist_ok, a process that is late would be told so; it is welcome to find the folder made.
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    sync_folder(folder.parent)


def key_in(path: Path) -> bytes:
    """The key in a file; where there is none, a new random one that all processes asking at once agree on.

    Raises:
        ConfigError: the file holds something else.
    """
    if not path.exists():
        _make_key(path)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{path}: {len(key)} bytes, expected a key of {KEY_BYTES}; bring back the file as it was")
    return key


def replace(path: Path, content: bytes) -> None:
    """Put the content in place of the file, in one step."""
    private_folder(path.parent)
    _written_aside(path, content).replace(path)
    sync_folder(path.parent)


def shred(path: Path) -> None:
    """Overwrite a small file and remove it; a file another process removed first is gone as well."""
    with suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system lets a folder be opened."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _make_key(path: Path) -> None:
    private_folder(path.parent)
    written = _written_aside(path, secrets.token_bytes(KEY_BYTES))
    # A hard link fails where another process was first, whose key then counts; nobody ever reads half a key.
    with suppress(FileExistsError):
        os.link(written, path)
    written.unlink()
    sync_folder(path.parent)


def _written_aside(path: Path, content: bytes) -> Path:
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return aside
