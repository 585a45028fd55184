"""Put a backup into a project whose store and lake are empty: on another host, and into another kind of store.

1 the lake's files, each compared with its SHA-256; 2 spools and settings files that are not there; 3 all tables in one
transaction, counted and compared. Stopped before that, the store is empty still, and it can be run again.
"""

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from telltale import private
from telltale.contract import ConfigError, StoreError, did_you_mean
from telltale.landing import Store
from telltale.landing.schema import LEASE, META
from telltale.operate.backup.keys import Locker, PutBack, opened, put_back
from telltale.operate.backup.making import KEYS_LEFT_OUT
from telltale.operate.backup.place import BACKUPS, FILES, STORE, Manifest, Place
from telltale.operate.moving.copying import copy, counted
from telltale.operate.moving.held import held
from telltale.operate.project_lock import only_one
from telltale.settings import Settings
from telltale.workbench.project import Project

Progress = Callable[[str, int, int], None]
_BATCH_BYTES = 64 << 20


class Restored(NamedTuple):
    """What was put back."""

    name: str
    at: int
    """The moment the backup is of, microseconds UTC."""
    files: int
    rows: dict[str, int]
    """By table of the store; each was counted and compared."""
    settings: tuple[str, ...]
    """Settings files that were put back; those that were there stay as they are."""
    not_in_it: tuple[str, ...]
    """What the backup does not hold, a sentence each."""
    keys: PutBack | None = None
    """Where a file of keys was given."""


def restore(
    project: Project,
    where: str,
    *,
    name: str = "",
    now_us: int,
    despite_expiry: bool = False,
    locker: Locker | None = None,
    progress: Progress = lambda *_: None,
) -> Restored:
    """Put a backup back.

    Args:
        project: whose store and lake are empty.
        where: the folder or URL.
        name: which backup; empty is the newest.
        now_us: the present.
        despite_expiry: take one whose time is over; whoever calls removes at once what must not be kept.
        locker: the file of keys written with it; None brings none back.
        progress: told what is copied, and how much of how much.

    Raises:
        ConfigError: there is no such backup, or its time is over; "up" or "upkeep" runs; keys do not open.
        StoreError: the store is not empty, or others have it open; a part of the backup is damaged. Nothing is in the
            store then.
    """
    place = Place(where, project.settings.object_access)
    manifest = _chosen(place, name)
    if manifest.expires_at is not None and manifest.expires_at <= now_us and not despite_expiry:
        raise ConfigError(
            f"restore {place.shown} {manifest.name}: it holds rows about people whose time is over; "
            "with --expired it is put back and they are removed at once"
        )
    settings = project.settings
    with ExitStack() as stack:
        stack.enter_context(only_one(settings, "up"))
        stack.enter_context(only_one(settings, "upkeep"))
        Store(settings.store_url).close()
        _check_empty(project.store)
        locked = {} if locker is None else opened(locker)
        _files(project, place, manifest, now_us, progress)
        private.folder(settings.data)
        folder = Path(stack.enter_context(TemporaryDirectory(dir=settings.data, prefix=".restore-")))
        _parts(place, manifest, folder)
        returned = None if locker is None else put_back(project, locked, now_us=now_us)
        project.close()
        rows = _store(settings, manifest, folder / STORE, progress)
        written = _spools_and_settings(settings, folder)
    not_in_it = manifest.left_out or [KEYS_LEFT_OUT]
    return Restored(manifest.name, manifest.at, len(manifest.lake), rows, tuple(written), tuple(not_in_it), returned)


def _chosen(place: Place, name: str) -> Manifest:
    there = {manifest.name: manifest for manifest in place.manifests()}
    if not there:
        raise ConfigError(f"restore {place.shown}: there is no backup; name the place one was made into")
    if name and name not in there:
        raise ConfigError(
            f'restore {place.shown}: no backup "{name}"; there are {", ".join(there)}{did_you_mean(name, there)}'
        )
    return there[name or max(there)]


def _check_empty(store: Store) -> None:
    with store.reader() as connection:
        rows = {name: count for name, count in counted(connection).items() if count and name != META.name}
    if rows:
        raise StoreError(
            f"restore: {store.shown} holds {sum(rows.values()):,} rows, {next(iter(rows))} among them; "
            "restore into a new project, or move data/ away first"
        )


def _files(project: Project, place: Place, manifest: Manifest, now_us: int, progress: Progress) -> None:
    root = project.lake.root
    total, done, batch, size = sum(each.bytes for each in manifest.lake), 0, dict[str, pa.Buffer](), 0
    for each in manifest.lake:
        done += each.bytes
        progress("files", done, total)
        batch[each.path] = place.content(f"{FILES}/{each.path}", each)
        size += each.bytes
        if size >= _BATCH_BYTES:
            root.write(batch, lambda _step: None, at_us=now_us)
            batch, size = {}, 0
    if batch:
        root.write(batch, lambda _step: None, at_us=now_us)


def _parts(place: Place, manifest: Manifest, folder: Path) -> None:
    for part in manifest.parts:
        target = folder / part.path
        private.folder(target.parent)
        private.new_file(target)
        target.write_bytes(place.content(f"{BACKUPS}/{manifest.name}/{part.path}", part))


def _store(settings: Settings, manifest: Manifest, file: Path, progress: Progress) -> dict[str, int]:
    """Copy every table into the project's store, in one transaction; the rows of each."""
    source_url = f"sqlite:///{file}"
    Store(source_url).close()  # tables that came after it was made
    with held(source_url) as source, held(settings.store_url) as target:
        contents = copy(source, target, progress)
        for name, (rows, digest) in manifest.tables.items():
            if name in contents and (contents[name].rows, contents[name].digest) != (rows, digest):
                raise StoreError(
                    f"restore: {name} has {contents[name].rows:,} rows, expected the {rows:,} of the backup; nothing "
                    "is in the store, take an earlier backup"
                )
        target.execute(sa.delete(LEASE))
    return {name: content.rows for name, content in contents.items()}


def _spools_and_settings(settings: Settings, folder: Path) -> list[str]:
    spools = folder / "spool"
    for path in sorted(spools.iterdir()) if spools.is_dir() else ():
        private.folder(settings.spools)
        with (
            closing(sqlite3.connect(path)) as source,
            closing(sqlite3.connect(_free(settings.spools, path.stem))) as target,
        ):
            source.backup(target)
    written = []
    for path in sorted((folder / "settings").iterdir()):
        target_path = settings.root / path.name
        if not target_path.exists():
            target_path.write_bytes(path.read_bytes())
            written.append(path.name)
    return written


def _free(folder: Path, stem: str) -> Path:
    """The name of a spool that is not there yet."""
    name, _, number = stem.rpartition("-")
    there = {path.stem for path in folder.glob("*.db")}
    free = next(n for n in range(int(number), int(number) + 1_000) if f"{name}-{n}" not in there)
    path = folder / f"{name}-{free}.db"
    private.new_file(path)
    return path
