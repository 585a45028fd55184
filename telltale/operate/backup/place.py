"""Where backups lie: a folder, or the URL of an object store."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from telltale.contract import ConfigError, StoreError
from telltale.lake.files import Root
from telltale.lake.objects import ObjectRoot
from telltale.settings.objects import ObjectAccess

FILES, BACKUPS, MANIFEST, STORE = "files", "backups", "manifest.json", "store.db"
VERSION = 1
_PIECE = 8 << 20


class Unfit(StoreError):
    """A file at the place is missing, or not what was written."""


class Unread(NamedTuple):
    """A backup whose manifest nobody can read."""

    name: str
    why: str
    """A sentence that names the manifest."""


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
    origin: int = 0
    """The project, as its store knows itself; 0 where nothing says it."""
    number: int = 0
    """By the order they were made in, whatever the clock said."""

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
        if not place.strip():
            raise ConfigError('backup "": it names no place; expected a folder, or a URL such as s3://bucket/path')
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

    def state(self, kept: Kept) -> Literal["there", "missing", "damaged"]:
        """What is there of a file of the lake, whose name is the hash of what it holds.

        On a disk all its bytes are read. Of an object store its size is asked: it guards what it holds by sums of its
        own, and reading all of it anew for every backup costs what a copy does.
        """
        path = f"{FILES}/{kept.path}"
        size = self.root.size(path)
        if size is None:
            return "missing"
        if size != kept.bytes:
            return "damaged"
        if self._is_near and self._digest(path) != kept.sha256:
            return "damaged"
        return "there"

    @property
    def _is_near(self) -> bool:
        return self.root.folder is not None or self.shown.startswith("file://")

    def _digest(self, path: str) -> str:
        digest = hashlib.sha256()
        try:
            with self.root.system.open_input_stream(path) as source:
                while piece := source.read(_PIECE):
                    digest.update(piece)
        except OSError:  # a disk that fails there
            return ""
        return digest.hexdigest()

    def content(self, path: str, kept: Kept) -> pa.Buffer:
        """The bytes of a file.

        Raises:
            Unfit: it is missing, or not what was written.
            StoreError: the place is away.
        """
        try:
            content = self.root.content(path)
        except OSError as error:
            raise Unfit(f"backup {self.shown}: {path} cannot be read ({error}); take an earlier backup") from error
        if hashlib.sha256(content).hexdigest() != kept.sha256:
            raise Unfit(f"backup {self.shown}: {path} is not what was written; take an earlier backup")
        return content

    def manifests(self) -> list[Manifest]:
        """The backups that are there and whose manifest can be read, in the order they were made in."""
        return self.read()[0]

    def read(self) -> tuple[list[Manifest], list[Unread]]:
        """The backups that are there, in the order they were made in, and those whose manifest nobody can read."""
        manifests, unread = [], []
        for path in sorted(found.path for found in self.root.walk()):
            if not (path.startswith(f"{BACKUPS}/") and path.endswith(f"/{MANIFEST}")):
                continue
            try:
                manifests.append(self._manifest(path))
            except Unfit as error:
                unread.append(Unread(path.split("/")[1], str(error)))
        return sorted(manifests, key=lambda each: (each.number, each.at, each.name)), unread

    def remove(self, manifest: Manifest) -> None:
        """Remove a backup, and the lake's files that no other one has.

        The manifest goes last: while it is there, whoever comes back knows what was to go.

        Raises:
            StoreError: something of it cannot be removed, or the place is away.
        """
        folder = f"{BACKUPS}/{manifest.name}"
        others, unread = self.read()
        if unread:
            raise StoreError(f"{unread[0].why}: nobody knows which files it needs, so none is removed until then")
        needed = {kept.path for other in others if other.name != manifest.name for kept in other.lake}
        going = [f"{FILES}/{kept.path}" for kept in manifest.lake if kept.path not in needed]
        going += [f"{folder}/{part.path}" for part in manifest.parts]
        for paths in (going, [f"{folder}/{MANIFEST}"]):
            self.delete(paths)
        self.drop(manifest.name)

    def delete(self, paths: list[str]) -> None:
        """Remove files.

        Raises:
            StoreError: one of them cannot be removed, or the place is away.
        """
        self.root.delete_all(paths)
        missing = set(self.root.missing(paths))
        if left := [path for path in paths if path not in missing]:
            raise StoreError(
                f"backup {self.shown}: {left[0]} cannot be removed, nor {len(left) - 1:,} others; expected the "
                "right to delete there: remove it by hand, or run it again"
            )

    def drop(self, name: str) -> None:
        """Remove the folder of a backup whose files are gone."""
        with suppress(OSError):
            self.root.system.delete_dir(f"{BACKUPS}/{name}")

    def _manifest(self, path: str) -> Manifest:
        name = path.split("/")[1]
        try:
            read = json.loads(self.root.content(path).to_pybytes())
            version = read.pop("version")
            if version == VERSION:
                lake, parts = ([Kept(*each) for each in read.pop(kind)] for kind in ("lake", "parts"))
                manifest = Manifest(**read, lake=lake, parts=parts)
                if manifest.name == name and all(_stays_below(each.path) for each in (*lake, *parts)):
                    return manifest
        except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
            raise Unfit(f"backup {self.shown}: {path} is no manifest; delete its folder") from error
        if version != VERSION:
            raise Unfit(
                f"backup {self.shown}: {path} is of version {version}, expected {VERSION}; take a telltale of it"
            )
        raise Unfit(f"backup {self.shown}: {path} is no manifest; delete its folder")


def _stays_below(path: str) -> bool:
    return not path.startswith("/") and ".." not in path.split("/")


def kept(path: str, content: pa.Buffer) -> Kept:
    """What a manifest says of a file."""
    return Kept(path, content.size, hashlib.sha256(content).hexdigest())


def below(folder: Path) -> Iterator[tuple[str, pa.Buffer]]:
    """The files of a folder by their relative path."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), pa.py_buffer(path.read_bytes())
