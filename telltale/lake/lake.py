"""The lake: its store, its files and its decoder, and what every job on it works with.

A job is a module of this folder and takes a `Lake`: `settle_all(lake, now_us=…)`.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from telltale.arrow import Decode
from telltale.contract import StoreError
from telltale.lake import damage
from telltale.lake import retained as _retained
from telltale.lake.catalog import RAW_TABLE, Changed, File, writable
from telltale.lake.files import Root, encode
from telltale.lake.lock import HOST
from telltale.lake.objects import ObjectRoot
from telltale.lake.retained import ClosedDay
from telltale.lake.rows import Draft, path_of
from telltale.lake.snapshot import Snapshot, Snapshots
from telltale.landing.schema import FILES
from telltale.landing.store import Store
from telltale.settings.objects import ObjectAccess

_TRIES = 5
_T = TypeVar("_T")


class Lake:
    """Files of raw and decoded rows, and the catalog that lists them.

    Args:
        store: the database of hot rows and of the catalog.
        root: folder of the files, or its URL (`s3://bucket/path`).
        decode: turns raw records of a source into tables and fails for no record; `telltale.pipeline` makes one.
        versions: the present decoder version of each source.
        personal_sources: sources whose bodies hold addresses of people's devices.
        keeps_bodies: whether those bodies are kept for ever: nothing drops them by the hour.
        on_step: told the name of each step of a job before the next begins; a test stops there.
        lock_wait_s: how long a job waits for another process's.
        keeps_superseded: whether decoding again keeps the files it replaces.
        access: how an object store is reached.
    """

    def __init__(
        self,
        store: Store,
        root: Path | str,
        decode: Decode,
        versions: Mapping[str, int],
        *,
        personal_sources: Collection[str] = (),
        keeps_bodies: bool = False,
        on_step: Callable[[str], None] = lambda _name: None,
        lock_wait_s: float = 30.0,
        keeps_superseded: bool = False,
        access: ObjectAccess | None = None,
    ) -> None:
        self.store = store
        is_url = "://" in str(root) and not str(root).startswith("file://")
        self.root = ObjectRoot(str(root), access or ObjectAccess()) if is_url else Root(root)
        self.decode = decode
        self.versions = dict(versions)
        self.step = on_step
        self.lock_wait_s = lock_wait_s
        self.keeps_superseded = keeps_superseded
        self.withheld: Counter[str] = Counter()
        """By source, the records the last settling left hot because their key was refused."""
        self._personal = frozenset(personal_sources)
        self.keeps_bodies = keeps_bodies
        self._snapshots = Snapshots(store)
        self._left_out: dict[str, str] = {}

    def leave_out(self, damaged: damage.Damaged) -> None:
        """Note a damaged file that a job goes on without."""
        self._left_out[damaged.file.path] = str(damaged)

    def left_out(self) -> dict[str, str]:
        """The damaged files that jobs went on without since this was asked last, by path, each with a sentence."""
        found, self._left_out = self._left_out, {}
        return found

    def is_personal(self, source: str) -> bool:
        """Whether its raw files hold one received hour each, so that purge can drop them in time.

        So do those of a source nobody lists any more: what its bodies hold is not known.
        """
        return source in self._personal or source not in self.versions

    def snapshot(self, *, pinned: bool = True) -> Snapshot:
        """The listed files and hot records of this moment, in memory.

        Args:
            pinned: see `Snapshots.take`.
        """
        return self._snapshots.take(pinned=pinned)

    def path(self, file: File) -> str:
        """The path or URL another program opens a file by."""
        return self.root.absolute(file.path, file.bytes)

    def closed_days(self) -> dict[tuple[str, date], ClosedDay]:
        """Every closed day by site and local day."""
        with self.store.reader() as connection:
            return _retained.closed_days(connection)

    def kept_from(self) -> dict[tuple[str, str], int]:
        """By (table, site): rows of before this moment may have been removed."""
        return _retained.kept_from(self.store)


def write(lake: Lake, job: str, drafts: Sequence[Draft], *, now_us: int) -> list[File]:
    """Write drafts as durable files, not yet listed; a file's name is the hash of its content (see `writable`).

    Raises:
        StoreError: the disk is full or the root away; what was written is not listed, gc removes it.
    """
    files, contents = [], {}
    for draft in drafts:
        content = encode(draft.rows, raw=draft.table_name == RAW_TABLE)
        digest = hashlib.sha256(content).hexdigest()
        path = path_of(draft, digest)
        contents[path] = content
        files.append(
            File(
                path,
                draft.table_name,
                draft.source,
                draft.site,
                draft.day,
                draft.rows.num_rows,
                content.size,
                digest,
                draft.first_raw_id,
                draft.last_raw_id,
                draft.min_time,
                draft.max_time,
                draft.decoder_version,
                draft.is_unique,
                draft.is_frozen,
                now_us,
                HOST,
            )
        )
    named = writable(lake.store, contents)
    contents = {named[path]: content for path, content in contents.items()}
    files = [file._replace(path=named[file.path]) for file in files]
    try:
        lake.root.write(contents, lambda step: lake.step(f"{job}:3 {step}"), at_us=now_us)
    except OSError as error:
        raise StoreError(f"lake {lake.root.shown}: {error}; free its disk, nothing was changed") from error
    return files


def read(lake: Lake, file: File, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a listed file; of all columns only if its bytes are those that were written.

    So a job that writes what it has read never gives a flipped byte a new checksum.

    Raises:
        Changed: it was purged since it was listed.
        Damaged: it is not what was written.
        StoreError: the object store of the lake is away.
    """
    try:
        with damage.named(lake.root, lake.store, file):
            return lake.root.read(file.path, columns) if columns else _verified(lake, file)
    except FileNotFoundError as error:
        raise Changed(f"lake {lake.root.shown}: {file.path} was purged since it was listed; start again") from error


def lost(lake: Lake, files: Iterable[File]) -> bool:
    """Whether one of the files of a moment is gone; on an object store only those off the list by now are looked for.

    Raises:
        StoreError: the object store of the lake is away.
    """
    paths = list(dict.fromkeys(file.path for file in files))
    if lake.root.folder is None:
        with lake.store.reader() as connection:
            present = set(connection.scalars(sa.select(FILES.c.path)))
        paths = [path for path in paths if path not in present]
    return bool(lake.root.missing(paths))


def _verified(lake: Lake, file: File) -> pa.Table:
    content = lake.root.content(file.path)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise OSError("the bytes are not those that were written")
    return pq.ParquetFile(pa.BufferReader(content)).read()


def retried(attempt: Callable[[], _T]) -> _T:
    """The outcome of an attempt, begun again when what it had read was changed before it could commit.

    Raises:
        Changed: that happened five times in a row; nothing was changed by this job.
    """
    for _ in range(_TRIES - 1):
        try:
            return attempt()
        except Changed:
            continue
    return attempt()


def going_on(now_us: int) -> Callable[[], int]:
    """The caller's present, going on while a job works: a file went when it was un-listed, not when its job began."""
    began_ns = time.monotonic_ns()
    return lambda: now_us + (time.monotonic_ns() - began_ns) // 1000
