"""The lake's files: written once, durable before they are listed, named by their content.

A local root is written with temporary name, fsync, rename, fsync of the folder and of every new parent, and its files
bear the time of the job's present. Any other root is a URL: see `telltale.lake.objects`.
"""

import errno
import os
import shlex
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq

from telltale import private
from telltale.contract import StoreError

_T = TypeVar("_T")
_R = TypeVar("_R")

_ROW_GROUP = 122_880
_RAW_ROW_GROUP = 4_096  # one raw record is looked up by id: a group is what has to be read for it
_TEMPORARY = ".tmp"


class NotReadable(StoreError):
    """A file of the lake is there, and this user may not read it."""


class Found(NamedTuple):
    """A file lying below the root."""

    path: str
    written_at: int
    """Microseconds UTC: the present of the job that wrote it; by its own clock on a root that is no folder."""
    bytes: int


class Root:
    """A lake's folder; all paths are relative to it and use `/`."""

    folder: Path | None
    shown: str
    """Its path, or its URL; no credentials stand in it."""

    def __init__(self, root: Path | str) -> None:
        folder = Path(str(root).removeprefix("file://")).absolute()
        private.folder(folder)
        self.folder, self.shown = folder, str(folder)

    @cached_property
    def system(self) -> pa.fs.FileSystem:
        """What its files are read through."""
        return pa.fs.SubTreeFileSystem(Path(self.shown).as_posix(), pa.fs.LocalFileSystem())

    def absolute(self, path: str, size: int | None = None) -> str:  # noqa: ARG002 - a URL's root wants it
        """The path or URL another program opens; its size in bytes, where it is known."""
        return f"{self.shown}/{path}"

    def read(self, path: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a file; FileNotFoundError when it was purged meanwhile."""
        with self.readable(path), self.system.open_input_file(path) as source:
            return pq.ParquetFile(source).read(columns=columns)

    @contextmanager
    def readable(self, path: str) -> Iterator[None]:
        """Reading a file in the block says in a sentence that this user may not.

        Raises:
            NotReadable: so it is.
        """
        try:
            yield
        except PermissionError as error:
            whole = self.absolute(path)
            raise NotReadable(
                f"{whole} cannot be read: {os.strerror(errno.EACCES)}; let this user read it, "
                f'such as "sudo chown $USER {shlex.quote(whole)}"'
            ) from error

    def each(self, do: Callable[[_T], _R], items: Iterable[_T]) -> list[_R]:
        """What `do` gives for each, such as reading it: one after the other, where files are near."""
        return [do(item) for item in items]

    def read_where(self, path: str, name: str, value: object) -> pa.Table:
        """The rows of a file whose column `name` is `value`; other row groups are not read."""
        with self.readable(path):
            return pq.read_table(path, filesystem=self.system, filters=[(name, "=", value)], partitioning=None)

    def content(self, path: str) -> pa.Buffer:
        """The bytes of a file; FileNotFoundError when it was purged meanwhile."""
        with self.readable(path), self.system.open_input_file(path) as source:
            return source.read_buffer()

    def write(self, contents: Mapping[str, pa.Buffer], step: Callable[[str], None], *, at_us: int) -> None:
        """Make files durable, all of them, as written at a moment; `step` is told how far it came."""
        folder = Path(self.shown)
        _write_durably({folder / path: content for path, content in contents.items()}, step, at_us)
        step("written")

    def exists(self, path: str) -> bool:
        """Whether the file is there."""
        return self.size(path) is not None

    def size(self, path: str) -> int | None:
        """The bytes of a file; None where it is not there."""
        with self.readable(path):
            info = self.system.get_file_info(path)
        return int(info.size) if info.type == pa.fs.FileType.File else None

    def is_folder(self, path: str) -> bool:
        """Whether a folder lies where a file should."""
        return self.folder is not None and (self.folder / path).is_dir()

    def missing(self, paths: Sequence[str]) -> list[str]:
        """Those of these files that are not there."""
        return [path for path in paths if not self.exists(path)]

    def delete(self, path: str) -> bool:
        """Remove a file; False when it was gone already or is held open (Windows), then gc comes back for it."""
        try:
            self.system.delete_file(path)
        except OSError:
            return False
        return True

    def delete_all(self, paths: Sequence[str]) -> list[str]:
        """Remove files, and return those that are gone by it."""
        return [path for path in paths if self.delete(path)]

    def walk(self) -> Iterator[Found]:
        """Every file below the root, temporary ones included."""
        for info in self.system.get_file_info(pa.fs.FileSelector("", recursive=True, allow_not_found=True)):
            if info.type == pa.fs.FileType.File:
                yield Found(info.path, (info.mtime_ns or 0) // 1000, info.size)


def encode(rows: pa.Table, *, raw: bool) -> pa.Buffer:
    """The Parquet bytes of rows; the same rows give the same bytes with the same pyarrow."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows.combine_chunks(),  # where pages end depends on the chunks
        sink,
        row_group_size=_RAW_ROW_GROUP if raw else _ROW_GROUP,
        compression="zstd",
        compression_level=3,
        write_page_checksum=raw,  # of a damaged file of raw records those groups are kept that are proven to be whole
    )
    return sink.getvalue()


def _write_durably(contents: Mapping[Path, pa.Buffer], step: Callable[[str], None], at_us: int) -> None:
    touched: set[Path] = set()
    temporary: dict[Path, Path] = {}
    for target, content in contents.items():
        touched |= _make_folder(target.parent)
        temporary[target] = target.with_name(f".{target.name}.{uuid.uuid4().hex}{_TEMPORARY}")
        private.new_file(temporary[target])
        with temporary[target].open("r+b") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.utime(temporary[target], ns=(at_us * 1000, at_us * 1000))
    step("temporary")
    for target, name in temporary.items():
        name.replace(target)
    step("renamed")
    for folder in sorted(touched):
        _sync_folder(folder)


def _make_folder(folder: Path) -> set[Path]:
    """Create a folder and return what must be synced for its files to be found: itself, and parents of new folders."""
    touched = {folder}
    new = folder
    while not new.exists():
        new = new.parent
        touched.add(new)
    private.folder(folder)
    return touched


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows has no handle of a folder to sync
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
