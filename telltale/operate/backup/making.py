"""Make a backup of one moment while everything runs.

1 a lease keeps gc from removing files; 2 spools: what is drained from then on is in the store's copy too, whose notes
say so, and is not stored twice; 3 one read transaction of the store: all tables are copied, and the list of files is
theirs; 4 the files that are not at the place yet are copied, each compared with its SHA-256; 5 settings; 6 the
manifest, last. Stopped anywhere, there is no new backup, and the next goes on with the files that are there; what then
is in no backup it removes.
"""

import datetime as dt
import os
import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from telltale import private
from telltale.lake import Changed, File, Lake
from telltale.lake.catalog import listed
from telltale.lake.damage import is_listed, seen_by_reading
from telltale.lake.gc import leased
from telltale.lake.lake import retried
from telltale.landing import Store, spool_files
from telltale.landing.schema import LEASE, RAW, REFUSED, SUPERSEDED
from telltale.operate.backup import keys, ledger
from telltale.operate.backup.apart import check_apart
from telltale.operate.backup.claims import LEASE_US, claimed
from telltale.operate.backup.expiry import expires_at
from telltale.operate.backup.place import BACKUPS, FILES, MANIFEST, STORE, Kept, Manifest, Place, below, kept
from telltale.operate.backup.removing import MAKING, STAGED, clear, expire, refuse_while_removing
from telltale.operate.moving.copying import copy
from telltale.operate.moving.held import held
from telltale.privacy.files import shred
from telltale.settings import DEVICES_FILE, SETTINGS_FILE, Settings
from telltale.workbench.project import Project

Progress = Callable[[str, int, int], None]
_BATCH_BYTES = 64 << 20
REPORTS_LEFT_OUT = (
    "reports that were made, and data/recipes.key, by which one is verified, are left out: copy them yourself where "
    'they must last, or make reports again with "telltale report"'
)
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
    again: int = 0
    """Files that were at the place, damaged, and were copied again."""


class _Task(NamedTuple):
    project: Project
    place: Place
    name: str
    now_us: int
    keys_due_us: int | None
    """When the first key that is written beside it is due."""
    left_out: tuple[str, ...]
    """Sentences about what is in no backup, and about what lies at the place."""


class _Copied(NamedTuple):
    present: list[Kept]
    """All that are in the backup."""
    new: int
    again: int
    left_out: list[str]


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
        Busy: earlier backups are being removed; make it again.
    """
    place = Place(where, project.settings.object_access)
    check_apart(project.settings, project.lake.root, place, locker)
    expired = tuple(expire(project, place, now_us))
    moment = f"{dt.datetime.fromtimestamp(now_us / 1e6, dt.UTC):%Y-%m-%dT%H%M%SZ}"
    lease = f"{MAKING}{place.shown} {secrets.token_hex(4)}"  # its own: another one may be made there meanwhile
    with leased(project.store, lease, until_us=now_us + LEASE_US):
        refuse_while_removing(project.store, now_us)
        with claimed(place, moment, now_us) as name:
            due_us = None if locker is None else keys.lock_up(project, locker, backup=name, now_us=now_us)
            secret = KEYS_LEFT_OUT if locker is None else f"pseudonym keys are in {locker.file}; secrets are left out"
            damaged = [f"an earlier backup: {each.why}" for each in place.read()[1]]
            task = _Task(project, place, name, now_us, due_us, (secret, REPORTS_LEFT_OUT, *damaged))
            try:
                made = retried(lambda: _attempt(task, progress))
            except BaseException:
                if locker is not None:
                    shred(locker.file)  # of a backup that is none
                raise
    clear(project, place, now_us)
    return made._replace(expired=expired)


def _attempt(task: _Task, progress: Progress) -> Made:
    project, place, name, now_us = task.project, task.place, task.name, task.now_us
    data = project.settings.data
    private.folder(data)
    origin = ledger.origin(project.store)
    with TemporaryDirectory(dir=data, prefix=STAGED[0]) as made:
        folder = Path(made)
        damaged = _spools(project.settings, folder / "spool", progress)
        snapshot = _copied_store(project.store, folder / STORE, progress)
        has_hot = snapshot.hot + snapshot.refused > 0 or any((folder / "spool").glob("*"))
        until = [expires_at(project.settings, snapshot.files, has_hot=has_hot, now_us=now_us), task.keys_due_us]
        expires = min((each for each in until if each is not None), default=None)
        begun = ledger.Backup(place.shown, name, now_us, ledger.UNFINISHED, 0, expires, None)
        ledger.note(project.store, begun)  # before anything of it is there: retention and forgetting know of it
        copied = _copied_files(project.lake, place, snapshot, now_us, progress)
        left_out = [*task.left_out, *copied.left_out, *damaged]
        left_out += _settings(project.settings, folder / "settings")
        parts = []
        for path, content in below(folder):
            place.put({f"{BACKUPS}/{name}/{path}": content}, now_us=now_us)
            parts.append(kept(path, content))
    site, lake = project.settings.site.name, copied.present
    number = max((each.number for each in place.manifests()), default=0) + 1
    manifest = Manifest(name, site, now_us, expires, lake, parts, snapshot.tables, left_out, origin, number)
    place.put({f"{BACKUPS}/{name}/{MANIFEST}": pa.py_buffer(manifest.text())}, now_us=now_us)
    size = sum(each.bytes for each in lake)
    ledger.note(project.store, begun._replace(files=len(lake), bytes=size))
    return Made(
        place.shown, name, len(lake), copied.new, size, snapshot.hot, expires, (), tuple(left_out), copied.again
    )


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


def _copied_files(lake: Lake, place: Place, snapshot: _Snapshot, now_us: int, progress: Progress) -> _Copied:
    """Copy the lake's files that are not there yet, or damaged there."""
    wanted = [Kept(file.path, file.bytes, file.sha256) for file in snapshot.files]
    total, done = sum(each.bytes for each in wanted), 0
    present, left_out, batch, size = [], list[str](), dict[str, pa.Buffer](), 0
    states = Counter[str]()
    for file, each in zip(snapshot.files, wanted, strict=True):
        done += each.bytes
        progress("files", done, total)
        if (state := place.state(each)) != "there":
            if what := seen_by_reading(lake.root, file):
                if not is_listed(lake.store, file):
                    raise Changed(f"backup: {file.path} was purged meanwhile; make it again")
                left_out.append(f'{file.path} {what}: run "telltale check --repair", and make a backup again')
                continue
            batch[f"{FILES}/{each.path}"] = lake.root.content(each.path)
            size += each.bytes
        states[state] += 1
        present.append(each)
        if size >= _BATCH_BYTES:
            place.put(batch, now_us=now_us)
            batch, size = {}, 0
    for path in (each.path for each in snapshot.superseded):
        if lake.root.exists(path):
            content = lake.root.content(path)
            each = kept(path, content)
            if (state := place.state(each)) != "there":
                batch[f"{FILES}/{path}"] = content
            states[state] += 1
            present.append(each)
    if batch:
        place.put(batch, now_us=now_us)
    return _Copied(present, states["missing"], states["damaged"], left_out)


def _spools(settings: Settings, folder: Path, progress: Progress) -> list[str]:
    """Copy what waits in spools, each at one moment, while its collector may add to it; what is left out."""
    left_out, paths = [], spool_files(settings.spools)
    for done, path in enumerate(paths, 1):
        private.folder(folder)
        private.new_file(folder / path.name)
        try:
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(folder / path.name)) as target:
                source.backup(target)
                target.execute("PRAGMA journal_mode=DELETE").fetchall()
        except sqlite3.DatabaseError as error:
            if path.is_file():
                said = f'{path} is damaged ({error}): run "telltale check --repair", and make a backup again'
            else:
                said = f"{path} is no spool ({error}): move it away, and make a backup again"
            left_out.append(said)
            (folder / path.name).unlink()
        progress("spools", done, len(paths))
    return left_out


def _settings(settings: Settings, folder: Path) -> list[str]:
    """Copy telltale.toml and the lists, each by its path in the project; what is left out.

    One that holds the store's password is, and one that lies elsewhere.
    """
    private.folder(folder)
    left_out, root = [], settings.root.resolve()
    for name in dict.fromkeys((SETTINGS_FILE, DEVICES_FILE, settings.arp.allow_list)):
        path = settings.root / name
        if not path.is_file():
            continue
        if name == SETTINGS_FILE and settings.paths.store_url and sa.make_url(settings.paths.store_url).password:
            left_out.append(f"{name} is left out: it holds the password of the store")
            continue
        target = Path(os.path.normpath(folder / name))
        if Path(name).is_absolute() or not target.is_relative_to(folder):
            left_out.append(f"{name} is left out: it lies outside of {root}; copy it yourself")
            continue
        private.folder(target.parent)
        private.new_file(target)
        target.write_bytes(path.read_bytes())
    return left_out
