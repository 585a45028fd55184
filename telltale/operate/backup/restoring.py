"""Put a backup into a project whose store and lake are empty: on another host, and into another kind of store.

1 the parts of the backup, then the lake's files, raw records first, each compared with its SHA-256: a damaged one that
can be made again is left out, any other ends it, and the lake is as it was; 2 spools and settings files that are not
there; 3 all tables in one transaction, counted and compared. Stopped before that, the store is empty still, and it can
be run again.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from telltale import private
from telltale.contract import ConfigError, StoreError, did_you_mean
from telltale.lake import RAW_TABLE
from telltale.lake.damage import REMEDY
from telltale.lake.files import Root
from telltale.landing import Store
from telltale.landing.schema import LEASE, META
from telltale.landing.spool import note_name
from telltale.lockfile import hold
from telltale.operate.backup.keys import Locker, PutBack, opened, put_back, refuse_other_lists
from telltale.operate.backup.making import KEYS_LEFT_OUT
from telltale.operate.backup.place import BACKUPS, FILES, STORE, Kept, Manifest, Place, Unfit, below
from telltale.operate.backup.removing import RESTORING, STAGED
from telltale.operate.moving.copying import copy, counted
from telltale.operate.moving.held import held
from telltale.operate.project_lock import only_one
from telltale.settings import SETTINGS_FILE, Settings
from telltale.wording import count
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
    differing: tuple[str, ...] = ()
    """Settings files that were there already, are not as in the backup, and stay as they are."""
    settings_at: str = ""
    """Where at the place the backup's own settings lie."""
    has_its_settings: bool = True
    """Whether the settings that hold now are those of the backup: by others retention may remove what was put back."""
    again: int = 0
    """Files of the lake that are missing or damaged at the place, left out, and to be made again from raw records."""


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
        name: which backup; empty is the one of this project that was made last.
        now_us: the present.
        despite_expiry: take one whose time is over; whoever calls removes at once what must not be kept.
        locker: the file of keys written with it; None brings none back.
        progress: told what is copied, and how much of how much.

    Raises:
        ConfigError: there is no such backup, or several projects' are there; its time is over; "up" or "upkeep" runs;
            keys do not open.
        StoreError: the store is not empty, or others have it open; its store or a file of raw records is damaged.
            Nothing is in the store then.
    """
    place, settings = Place(where, project.settings.object_access), project.settings
    manifest, unread = _chosen(place, name, settings.site.name)
    if not despite_expiry:
        _refuse_expired(place, manifest, now_us)
    with ExitStack() as stack:
        stack.enter_context(only_one(settings, "up"))
        stack.enter_context(only_one(settings, "upkeep"))
        stack.enter_context(hold(settings.data / RESTORING))
        for left in settings.data.glob(f"{STAGED[1]}*"):  # of one that was killed
            shutil.rmtree(left, ignore_errors=True)
        Store(settings.store_url).close()
        _check_empty(project.store)
        locked = {}
        if locker is not None:
            locked = opened(locker)
            refuse_other_lists(project, locker, locked)
        private.folder(settings.data)
        folder = Path(stack.enter_context(TemporaryDirectory(dir=settings.data, prefix=STAGED[1])))
        left_out = _parts(place, manifest, folder)
        again = _files(project, place, manifest, now_us, progress)
        returned = None if locker is None else put_back(project, locked, now_us=now_us)
        project.close()
        # The store last: what is not empty is restored into no more, and a spool that is there twice is stored once.
        _spools(settings, folder)
        written, differing = _settings(settings, folder / "settings")
        is_own = not differing and (folder / "settings" / SETTINGS_FILE).is_file()
        rows = _store(settings, manifest, folder / STORE, progress)
    not_in_it = (*(manifest.left_out or [KEYS_LEFT_OUT]), *left_out, *_to_make_again(again))
    return Restored(
        manifest.name, manifest.at, len(manifest.lake) - len(again), rows, tuple(written),
        (*not_in_it, *(f"another backup of that place: {each}" for each in unread)), returned, tuple(differing),
        f"{place.shown}/{BACKUPS}/{manifest.name}/settings", is_own, len(again),
    )  # fmt: skip


def _refuse_expired(place: Place, manifest: Manifest, now_us: int) -> None:
    if manifest.expires_at is not None and manifest.expires_at <= now_us:
        raise ConfigError(
            f"restore {place.shown} {manifest.name}: it holds rows about people whose time is over; "
            "with --expired it is put back and they are removed at once"
        )


def _to_make_again(files: list[str]) -> list[str]:
    """What is to be said of files that were left out."""
    if not files:
        return []
    return [
        (
            f"{count(len(files), 'file')} of decoded rows, missing or damaged at the place ({files[0]}): once "
            f"data/keys is back, {REMEDY}, which makes again what the raw records allow"
        )
    ]


def _chosen(place: Place, name: str, site: str) -> tuple[Manifest, list[str]]:
    """The backup that is meant, and what is to be said of those that cannot be read."""
    manifests, unread = place.read()
    there = {manifest.name: manifest for manifest in manifests}
    if why := next((each.why for each in unread if each.name == name or not there), ""):
        raise StoreError(why)
    if not there:
        raise ConfigError(f"restore {place.shown}: there is no backup; name the place one was made into")
    if name and name not in there:
        raise ConfigError(
            f'restore {place.shown}: no backup "{name}"; there are {", ".join(there)}{did_you_mean(name, there)}'
        )
    said = [each.why for each in unread]
    if name:
        return there[name], said
    own = manifests
    if len({each.origin for each in own}) > 1:
        own = [each for each in manifests if each.project == site]
    if len({each.origin for each in own}) != 1:
        newest = {each.origin: each for each in manifests}.values()
        named = ", ".join(f"{each.name} ({each.project})" for each in newest)
        raise ConfigError(
            f"restore {place.shown}: backups of {len(newest)} projects are there; say which with --backup NAME, the "
            f"newest of each: {named}"
        )
    return own[-1], said


def _check_empty(store: Store) -> None:
    with store.reader() as connection:
        rows = {name: count for name, count in counted(connection).items() if count and name != META.name}
    if rows:
        raise StoreError(
            f"restore: {store.shown} holds {sum(rows.values()):,} rows, {next(iter(rows))} among them; "
            "restore into a new project, or move data/ away first"
        )


def _files(project: Project, place: Place, manifest: Manifest, now_us: int, progress: Progress) -> list[str]:
    """Copy the files of the lake; those that are left out, since they can be made again.

    Raises:
        StoreError: a file of raw records is missing or damaged, or the disk is full; the lake is as it was.
    """
    root = project.lake.root
    total, done, size = sum(each.bytes for each in manifest.lake), 0, 0
    batch, left_out = dict[str, pa.Buffer](), list[str]()
    with _all_or_none(root) as written:
        for each in sorted(manifest.lake, key=lambda each: not _is_raw(each)):
            done += each.bytes
            progress("files", done, total)
            try:
                batch[each.path] = place.content(f"{FILES}/{each.path}", each)
            except Unfit:
                if _is_raw(each):
                    raise
                left_out.append(each.path)
                continue
            size += each.bytes
            if size >= _BATCH_BYTES:
                written.extend(batch)
                _write(root, batch, now_us)
                batch, size = {}, 0
        written.extend(batch)
        _write(root, batch, now_us)
    return left_out


def _write(root: Root, batch: dict[str, pa.Buffer], now_us: int) -> None:
    try:
        root.write(batch, lambda _step: None, at_us=now_us)
    except OSError as error:
        raise StoreError(f"restore {root.shown}: {error}; free its disk, and run it again") from error


def _is_raw(each: Kept) -> bool:
    return each.path.startswith(f"{RAW_TABLE}/")


@contextmanager
def _all_or_none(root: Root) -> Iterator[list[str]]:
    """Take back the files that the block has written, should it end early."""
    there = {found.path for found in root.walk()}
    written: list[str] = []
    try:
        yield written
    except BaseException:
        with suppress(OSError, StoreError):
            root.delete_all([path for path in written if path not in there])
        raise


def _parts(place: Place, manifest: Manifest, folder: Path) -> list[str]:
    """Fetch store, spools and settings; what is left out, since it is damaged.

    Raises:
        StoreError: the store is missing or damaged.
    """
    left_out = []
    (folder / "settings").mkdir(mode=private.FOLDER)
    for part in manifest.parts:
        target = folder / part.path
        try:
            content = place.content(f"{BACKUPS}/{manifest.name}/{part.path}", part)
        except Unfit:
            if part.path == STORE:
                raise
            left_out.append(f"{part.path}, missing or damaged at the place; an earlier backup may have it")
            continue
        private.folder(target.parent)
        private.new_file(target)
        target.write_bytes(content)
    return left_out


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


def _spools(settings: Settings, folder: Path) -> None:
    spools = folder / "spool"
    for path in sorted(spools.iterdir()) if spools.is_dir() else ():
        private.folder(settings.spools)
        note_name(path)  # before it may get another number: by it the store knows what it has
        with (
            closing(sqlite3.connect(path)) as source,
            closing(sqlite3.connect(_free(settings.spools, path.stem))) as target,
        ):
            source.backup(target)


def _settings(settings: Settings, folder: Path) -> tuple[list[str], list[str]]:
    """Put settings files back; those that were written, and those that are there, differ, and stay."""
    written, differing = [], []
    for name, content in below(folder):
        target = settings.root / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            written.append(name)
        elif not (target.is_file() and target.read_bytes() == content.to_pybytes()):
            differing.append(name)
    return written, differing


def _free(folder: Path, stem: str) -> Path:
    """The name of a spool that is not there yet."""
    name, _, number = stem.rpartition("-")
    there = {path.stem for path in folder.glob("*.db")}
    free = next(n for n in range(int(number), int(number) + 1_000) if f"{name}-{n}" not in there)
    path = folder / f"{name}-{free}.db"
    private.new_file(path)
    return path
