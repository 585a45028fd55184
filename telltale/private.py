"""What a project keeps is its owner's only: how it is created, what lies there, and how that is put right.

Folders are 700 and files 600, whatever the shell's umask is: a command sets its own (`owner_only`), and what is created
before or without that, the store and the lake, is made so where it is made (`folder`, `new_file`). Where a file system
has no modes, nothing is asked of it.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

FOLDER, FILE = 0o700, 0o600
OTHERS = 0o077
"""The bits of group and others."""
HAS_MODES = os.name == "posix"
_shells: list[int] = []
"""The umask the shell gave us, once it is changed."""


def owner_only() -> None:
    """Let this process and all it starts create files for their owner only."""
    before = os.umask(OTHERS)
    if not _shells:
        _shells.append(before)


@contextmanager
def as_the_shell_says() -> Iterator[None]:
    """Create for those the shell's umask lets in: settings that a service of another user has to read."""
    if not _shells:
        yield
        return
    os.umask(_shells[0])
    try:
        yield
    finally:
        os.umask(OTHERS)


def folder(path: Path) -> Path:
    """A folder, made with those above it where they are missing; each new one is its owner's only.

    Raises:
        OSError: it cannot be made.
    """
    missing = [each for each in (path, *path.parents) if not each.exists()]
    for each in reversed(missing):
        with suppress(FileExistsError):  # another process was faster
            each.mkdir(FOLDER)
    if not path.is_dir():
        raise NotADirectoryError(20, "Not a directory", str(path))
    return path


def new_file(path: Path) -> None:
    """Create an empty file, its owner's only, where none is.

    Raises:
        OSError: it cannot be created.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE))


def is_loose(path: Path, bits: int = OTHERS) -> bool:
    """Whether others than its owner may open it; a link is what it leads to, and elsewhere than here no matter."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return HAS_MODES and not stat.S_ISLNK(mode) and bool(mode & bits)


def loose(top: Path) -> Iterator[Path]:
    """The folders and files from `top` downwards that others than their owner may open."""
    top = top.resolve()
    if is_loose(top):
        yield top
    for parent, folders, files in os.walk(top):
        yield from (path for name in (*folders, *files) if is_loose(path := Path(parent) / name))


class Mended(NamedTuple):
    """How many paths are their owner's only now, and how many are still not, being somebody else's."""

    closed: int
    left: int


def mend(top: Path) -> Mended:
    """Take the rights of others away, from `top` downwards."""
    closed = left = 0
    for path in loose(top):
        try:
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~OTHERS)
            closed += 1
        except FileNotFoundError:
            continue
        except OSError:
            left += 1
    return Mended(closed, left)
