"""Damaged files: listed in the catalog, and no longer the bytes that were written.

A file is written once and its SHA-256 is in the catalog, so that a cut, flipped or missing one is told from one that
was purged. Whoever meets one leaves it out and says so; `telltale.operate.repair` sets it aside and makes it again.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pyarrow as pa

from telltale.contract import TelltaleError
from telltale.lake.catalog import File, listed
from telltale.lake.files import Root
from telltale.landing.schema import FILES
from telltale.landing.store import Store

REMEDY = 'run "telltale check --repair"'
UNREADABLE = (OSError, pa.ArrowException, ValueError, OverflowError, MemoryError)
"""What reading a damaged file raises: its end says where and how much to read, and in which words."""
MISSING = "is missing"
_PIECE = 8 << 20
_NAMED = 32
"""A file's name is so many digits of its SHA-256."""


class Damaged(TelltaleError):
    """A listed file is not what was written; says which, what is seen, and what to do."""

    def __init__(self, root: Root, file: File, what: str) -> None:
        rows = f"{file.rows:,} rows of {file.table_name}, {file.day}"
        super().__init__(f"lake {root.shown}: {file.path} {what}, which held {rows}; {REMEDY}")
        self.file = file
        self.what = what
        self.is_missing = what == MISSING


def seen_from_outside(root: Root, file: File) -> str:
    """What is wrong with a file by its name and size; empty where nothing is.

    Raises:
        OSError: the root is away.
    """
    size = root.size(file.path)
    if size is None:
        return "is a folder" if root.is_folder(file.path) else MISSING
    return "" if size == file.bytes else f"has {size:,} bytes of {file.bytes:,}"


def seen_by_reading(root: Root, file: File) -> str:
    """What is wrong with a file, all of whose bytes are read; empty where nothing is.

    Raises:
        NotReadable: it is there, and a right is missing.
        OSError: the disk fails.
    """
    if what := seen_from_outside(root, file):
        return what
    digest = hashlib.sha256()
    with root.readable(file.path), root.system.open_input_stream(file.path) as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
    return "" if digest.hexdigest() == file.sha256 else "holds other bytes than were written"


def is_of_its_name(root: Root, path: str) -> bool:
    """Whether a file's name is the hash of what it holds, or that with a number, as `catalog.writable` gives it."""
    digest = hashlib.sha256(root.content(path)).hexdigest()
    name = path.rpartition("/")[2].removesuffix(".parquet")
    return name.partition("-")[0] == digest[:_NAMED]


def is_listed(store: Store, file: File) -> bool:
    """Whether a file is on the list now: one that is missing was purged where it is not."""
    with store.reader() as connection:
        return bool(listed(connection, FILES.c.path == file.path))


def met(root: Root, store: Store, files: Iterable[File], error: Exception) -> Damaged | None:
    """The damaged file among those a question was about that explains an error; None where none does.

    Names and sizes of all of them are looked at; the bytes of those only that the error names.
    """
    if not isinstance(error, UNREADABLE) and type(error).__module__ != "_duckdb":
        return None
    said = str(error)
    for file in files:
        what = seen_from_outside(root, file) or (seen_by_reading(root, file) if file.path in said else "")
        if what and is_listed(store, file):
            return Damaged(root, file, what)
    return None


@contextmanager
def named(root: Root, store: Store, file: File) -> Iterator[None]:
    """An error of reading a file inside the block names it, where the file is at fault.

    Raises:
        Damaged: it is.
    """
    try:
        yield
    except UNREADABLE as error:
        if (what := seen_by_reading(root, file)) and is_listed(store, file):
            raise Damaged(root, file, what) from error
        raise
