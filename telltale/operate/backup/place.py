"""Where backups lie: a folder, or the URL of an object store."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from telltale.contract import ConfigError, StoreError
from telltale.lake.files import Root
from telltale.lake.objects import ObjectRoot
from telltale.settings.objects import ObjectAccess

FILES, BACKUPS, MANIFEST, STORE = "files", "backups", "manifest.json", "store.db"
VERSION = 1


class Kept(NamedTuple):
    """A file of a backup; the path is relative to where its kind lies."""

    path: str
    bytes: int
    sha256: str


class Manifest(NamedTuple):
    """What a backup holds."""

    name: str
    project: str
    """Name of its site."""
    at: int
    """The moment it is of, microseconds UTC."""
    expires_at: int | None
    lake: list[Kept]
    parts: list[Kept]
    """The store, spools and settings, relative to the backup's own folder."""
    tables: dict[str, list[Any]]
    """Of each table of the store its rows and their digest."""
    left_out: list[str]
    """What is not in it, a sentence each."""

    def text(self) -> bytes:
        """As JSON."""
        return json.dumps({"version": VERSION, **self._asdict()}, indent=1).encode()


class Place:
    """A folder or URL of backups.

    Args:
        place: as it was named; a folder is made with the first backup.
        access: how an object store is reached.

    Raises:
        ConfigError: it is none.
    """

    def __init__(self, place: str, access: ObjectAccess) -> None:
        try:
            self.root = ObjectRoot(place, access) if "://" in place else Root(Path(place).expanduser())
        except (pa.ArrowException, OSError, ValueError) as error:
            raise ConfigError(
                f"backup {place}: {error}; expected a folder, or a URL such as s3://bucket/path"
            ) from error
        self.shown = self.root.shown

    def put(self, contents: dict[str, pa.Buffer], *, now_us: int) -> None:
        """Make files durable.

        Raises:
            StoreError: the place is full or away.
        """
        try:
            self.root.write(contents, lambda _step: None, at_us=now_us)
        except OSError as error:
            raise StoreError(f"backup {self.shown}: {error}; free its disk, and make the backup again") from error

    def has(self, kept: Kept) -> bool:
        """Whether a file of the lake is there already: its name is the hash of what it holds."""
        return self.root.size(f"{FILES}/{kept.path}") == kept.bytes

    def content(self, path: str, kept: Kept) -> pa.Buffer:
        """The bytes of a file.

        Raises:
            StoreError: it is missing, or not what was written.
        """
        try:
            content = self.root.content(path)
        except OSError as error:
            raise StoreError(f"backup {self.shown}: {path} cannot be read ({error}); take an earlier backup") from error
        if hashlib.sha256(content).hexdigest() != kept.sha256:
            raise StoreError(f"backup {self.shown}: {path} is not what was written; take an earlier backup")
        return content

    def manifests(self) -> list[Manifest]:
        """The backups that are there, oldest first."""
        paths = (found.path for found in self.root.walk())
        return [self._manifest(path) for path in sorted(paths) if path.startswith(BACKUPS) and path.endswith(MANIFEST)]

    def remove(self, manifest: Manifest) -> None:
        """Remove a backup, and the lake's files that no other one has; the manifest goes first."""
        folder = f"{BACKUPS}/{manifest.name}"
        self.root.delete(f"{folder}/{MANIFEST}")
        with suppress(FileNotFoundError):
            self.root.system.delete_dir(folder)
        needed = {kept.path for other in self.manifests() for kept in other.lake}
        for kept in manifest.lake:
            if kept.path not in needed:
                self.root.delete(f"{FILES}/{kept.path}")

    def _manifest(self, path: str) -> Manifest:
        try:
            read = json.loads(self.root.content(path).to_pybytes())
            if (version := read.pop("version")) != VERSION:
                raise StoreError(f"backup {self.shown}: {path} is of version {version}, expected {VERSION}")
            lake, parts = ([Kept(*each) for each in read.pop(name)] for name in ("lake", "parts"))
            return Manifest(**read, lake=lake, parts=parts)
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(f"backup {self.shown}: {path} is no manifest; delete its folder") from error


def kept(path: str, content: pa.Buffer) -> Kept:
    """What a manifest says of a file."""
    return Kept(path, content.size, hashlib.sha256(content).hexdigest())


def below(folder: Path) -> Iterator[tuple[str, pa.Buffer]]:
    """The files of a folder by their relative path."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), pa.py_buffer(path.read_bytes())
