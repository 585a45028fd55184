"""Make a backup of one moment while everything runs.

1 a lease keeps gc from removing files; 2 one read transaction of the store: all tables are copied, and the list of
files is theirs; 3 the files that are not at the place yet are copied, each compared with its SHA-256; 4 spools and
settings; 5 the manifest, last. Stopped anywhere, there is no new backup, and the next goes on with the files that are
there.
"""

import datetime as dt
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from telltale import private
from telltale.contract import ConfigError
from telltale.lake import Changed, File, Lake
from telltale.lake.catalog import listed
from telltale.lake.damage import is_listed, seen_by_reading
from telltale.lake.gc import leased
from telltale.lake.lake import retried
from telltale.landing import Store, spool_files
from telltale.landing.schema import LEASE, RAW, REFUSED, SUPERSEDED
from telltale.operate.backup import keys, ledger
from telltale.operate.backup.expiry import expires_at
from telltale.operate.backup.place import BACKUPS, FILES, MANIFEST, STORE, Kept, Manifest, Place, below, kept
from telltale.operate.backup.removing import expire
from telltale.operate.moving.copying import copy
from telltale.operate.moving.held import held
from telltale.privacy.files import shred
from telltale.settings import DEVICES_FILE, SETTINGS_FILE, Settings
from telltale.workbench.project import Project

Progress = Callable[[str, int, int], None]
_LEASE_US = 6 * 3600 * 10**6
"""Longer than a backup takes; should its process die, gc goes on then."""
_BATCH_BYTES = 64 << 20
KEYS_LEFT_OUT = "pseudonym keys and secrets are left out: copy data/keys and secrets.toml yourself where they must last"


class Made(NamedTuple):
    """What a backup came to."""

    place: str
    name: str
    files: int
    """Of the lake, all of them."""
    new_files: int
    """That were not at the place before."""
    bytes: int
    """Of all files of the lake."""
    records: int
    """That were not settled yet."""
    expires_at: int | None
    """Microseconds UTC; None where it may be kept for ever."""
    expired: tuple[str, ...]
    """Earlier backups at the place that were removed, because their time was over."""
    left_out: tuple[str, ...]


class _Task(NamedTuple):
    project: Project
    place: Place
    name: str
    now_us: int
    keys_due_us: int | None
    """When the first key that is written beside it is due."""
    secret: str
    """The sentence about keys and secrets."""


class _Snapshot(NamedTuple):
    files: list[File]
    superseded: list[Kept]
    hot: int
    refused: int
    tables: dict[str, list[object]]


def make(
    project: Project,
    where: str,
    *,
    now_us: int,
    locker: keys.Locker | None = None,
    progress: Progress = lambda *_: None,
) -> Made:
    """Make a backup of this moment.

    Args:
        project: whose.
        where: a folder, or a URL that pyarrow opens.
        now_us: the present.
        locker: the file that the pseudonym keys are written into, encrypted; None leaves them out.
        progress: told what is copied, and how much of how much.

    Raises:
        ConfigError: the place is none, or lies within the project's data; a file of keys that is there, or
            lies with one of them.
        StoreError: the place is full, or the store is away; there is no new backup.
        Changed: files kept being purged; make it again.
    """
    place = Place(where, project.settings.object_access)
    _check_apart(project.settings, place, locker)
    expired = tuple(expire(project.store, place, now_us))
    name = f"{dt.datetime.fromtimestamp(now_us / 1e6, dt.UTC):%Y-%m-%dT%H%M%SZ}"
    with leased(project.store, f"backup {place.shown}", until_us=now_us + _LEASE_US):
        due_us = None if locker is None else keys.lock_up(project, locker, backup=name, now_us=now_us)
        secret = KEYS_LEFT_OUT if locker is None else f"pseudonym keys are in {locker.file}; secrets are left out"
        task = _Task(project, place, name, now_us, due_us, secret)
        try:
            made = retried(lambda: _attempt(task, progress))
        except BaseException:
            if locker is not None:
                shred(locker.file)  # of a backup that is none
            raise
    return made._replace(expired=expired)


def _attempt(task: _Task, progress: Progress) -> Made:
    project, place, name, now_us = task.project, task.place, task.name, task.now_us
    data = project.settings.data
    private.folder(data)
    with TemporaryDirectory(dir=data, prefix=".backup-") as made:
        folder = Path(made)
        snapshot = _copied_store(project.store, folder / STORE, progress)
        lake, new, left_out = _copied_files(project.lake, place, snapshot, now_us, progress)
        _spools(project.settings, folder / "spool")
        left_out += _settings(project.settings, folder / "settings")
        parts = []
        for path, content in below(folder):
            place.put({f"{BACKUPS}/{name}/{path}": content}, now_us=now_us)
            parts.append(kept(path, content))
    has_hot = snapshot.hot + snapshot.refused > 0 or any(part.path.startswith("spool/") for part in parts)
    until = [expires_at(project.settings, snapshot.files, has_hot=has_hot, now_us=now_us), task.keys_due_us]
    expires = min((each for each in until if each is not None), default=None)
    site = project.settings.site.name
    left_out = [task.secret, *left_out]
    manifest = Manifest(name, site, now_us, expires, lake, parts, snapshot.tables, left_out)
    place.put({f"{BACKUPS}/{name}/{MANIFEST}": pa.py_buffer(manifest.text())}, now_us=now_us)
    size = sum(each.bytes for each in lake)
    ledger.note(project.store, ledger.Backup(place.shown, name, now_us, len(lake), size, expires, None))
    return Made(place.shown, name, len(lake), new, size, snapshot.hot, expires, (), tuple(left_out))


def _check_apart(settings: Settings, place: Place, locker: keys.Locker | None) -> None:
    folder = place.root.folder
    if folder is not None and folder.resolve().is_relative_to(settings.data.resolve()):
        raise ConfigError(f"backup {folder}: it lies within {settings.data}, which is what it is of; name another disk")
    if locker is None:
        return
    for near in (settings.data, folder):
        if near is not None and locker.file.resolve().is_relative_to(near.resolve()):
            raise ConfigError(f"--keys {locker.file}: it lies within {near}; keep it apart from what it opens")


def _copied_store(store: Store, file: Path, progress: Progress) -> _Snapshot:
    """Copy every table as it is at one moment, and what the catalog lists then."""
    url = f"sqlite:///{file}"
    Store(url).close()  # its tables
    with held(url) as target, store.reader(patience_s=3600.0) as source:
        contents = copy(source, target, progress)
        files = listed(source)
        columns = SUPERSEDED.c
        superseded = [row.path for row in source.execute(sa.select(columns.path).order_by(columns.path))]
        hot, refused = (contents[table.name].rows for table in (RAW, REFUSED))
        target.execute(LEASE.delete())  # of the one who made the backup
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE").fetchall()  # one file, whole
    tables = {name: [content.rows, content.digest] for name, content in contents.items() if name != LEASE.name}
    return _Snapshot(files, [Kept(path, 0, "") for path in superseded], hot, refused, tables)


def _copied_files(
    lake: Lake, place: Place, snapshot: _Snapshot, now_us: int, progress: Progress
) -> tuple[list[Kept], int, list[str]]:
    """Copy the lake's files that are not there yet; all that are in the backup, how many are new, what is left out."""
    wanted = [Kept(file.path, file.bytes, file.sha256) for file in snapshot.files]
    total, done, new = sum(each.bytes for each in wanted), 0, 0
    present, left_out, batch, size = [], list[str](), dict[str, pa.Buffer](), 0
    for file, each in zip(snapshot.files, wanted, strict=True):
        done += each.bytes
        progress("files", done, total)
        if not place.has(each):
            if what := seen_by_reading(lake.root, file):
                if not is_listed(lake.store, file):
                    raise Changed(f"backup: {file.path} was purged meanwhile; make it again")
                left_out.append(f'{file.path} {what}: run "telltale check --repair", and make a backup again')
                continue
            batch[f"{FILES}/{each.path}"] = lake.root.content(each.path)
            new, size = new + 1, size + each.bytes
        present.append(each)
        if size >= _BATCH_BYTES:
            place.put(batch, now_us=now_us)
            batch, size = {}, 0
    for path in (each.path for each in snapshot.superseded):
        if lake.root.exists(path):
            each = kept(path, lake.root.content(path))
            if not place.has(each):
                batch[f"{FILES}/{path}"] = lake.root.content(path)
                new += 1
            present.append(each)
    if batch:
        place.put(batch, now_us=now_us)
    return present, new, left_out


def _spools(settings: Settings, folder: Path) -> None:
    """Copy what waits in spools, each at one moment, while its collector may add to it."""
    for path in spool_files(settings.spools):
        private.folder(folder)
        private.new_file(folder / path.name)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(folder / path.name)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE").fetchall()


def _settings(settings: Settings, folder: Path) -> list[str]:
    """Copy telltale.toml and the lists; one that holds the store's password is left out."""
    private.folder(folder)
    left_out = []
    for name in (SETTINGS_FILE, DEVICES_FILE, settings.arp.allow_list):
        path = settings.root / name
        if not path.is_file():
            continue
        if name == SETTINGS_FILE and settings.paths.store_url and sa.make_url(settings.paths.store_url).password:
            left_out.append(f"{name} is left out: it holds the password of the store")
            continue
        private.new_file(folder / path.name)
        (folder / path.name).write_bytes(path.read_bytes())
    return left_out
