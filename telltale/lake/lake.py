"""The lake: one object in front of its jobs, each of which is a module of this folder."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pyarrow as pa

from telltale.arrow import Decode
from telltale.contract import Raw
from telltale.lake import derived as _derived
from telltale.lake import gc as _gc
from telltale.lake import purge as _purge
from telltale.lake import retained as _retained
from telltale.lake import snapshot as _snapshot
from telltale.lake.catalog import File
from telltale.lake.context import Context
from telltale.lake.derived import ClosedDay
from telltale.lake.files import Root
from telltale.lake.gc import Collected
from telltale.lake.merge import Merged, merge
from telltale.lake.records import Purged, raw_record
from telltale.lake.redecode import Progress, Redecoded, redecode
from telltale.lake.settle import Settled, check_root, is_due, settle
from telltale.lake.snapshot import Snapshot
from telltale.landing.store import Store


class Lake:
    """Files of raw and decoded rows, and the catalog that lists them.

    Args:
        store: the database of hot rows and of the catalog.
        root: folder or pyarrow file system URL of the files.
        decode: turns raw records of a source into tables; `telltale.pipeline.batch` makes one.
        versions: the present decoder version of each source.
        personal_sources: sources whose bodies hold addresses of people's devices.
        on_step: told the name of each step of a job; tests stop there.
        lock_wait_s: how long a job waits for another process's.
    """

    def __init__(
        self,
        store: Store,
        root: Path | str,
        decode: Decode,
        versions: Mapping[str, int],
        *,
        personal_sources: Collection[str] = (),
        on_step: Callable[[str], None] = lambda _name: None,
        lock_wait_s: float = 30.0,
    ) -> None:
        self.store = store
        self.root = Root(root)
        personal = frozenset(personal_sources)
        self._context = Context(store, self.root, decode, dict(versions), personal, on_step, lock_wait_s)

    def snapshot(self) -> Snapshot:
        """The listed files and hot records of this moment, in memory."""
        return _snapshot.snapshot(self.store)

    def change(self) -> int:
        """`snapshot().change`, without reading the records."""
        return _snapshot.change(self.store)

    def path(self, file: File) -> str:
        """The path or URL another program opens a file by."""
        return self.root.absolute(file.path)

    def raw(self, raw_id: int) -> Raw | Purged | None:
        """The raw record of that id, or when it was purged; None when there never was one."""
        return raw_record(self.store, self.root, raw_id)

    def check_root(self) -> None:
        """Raise StoreError when another host has listed files that are not below this local root."""
        check_root(self._context)

    def due(self, now_us: int, *, rows: int = 5_000, age_s: int = 600) -> bool:
        """Whether so many records are hot, or the oldest for so long, that settling is worth its files."""
        return is_due(self.store, now_us, rows=rows, age_s=age_s)

    def settle(self, *, now_us: int, max_rows: int = 20_000, max_bytes: int = 64 << 20) -> Settled:
        """Move the oldest hot records into files; nothing was hot when `raws` is 0."""
        return settle(self._context, now_us=now_us, max_rows=max_rows, max_bytes=max_bytes)

    def settle_all(self, *, now_us: int, max_rows: int = 20_000, max_bytes: int = 64 << 20) -> Settled:
        """Settle until nothing is hot, and return the sums."""
        total, rows = Settled(0, {}, 0, 0), Counter[str]()
        while (part := self.settle(now_us=now_us, max_rows=max_rows, max_bytes=max_bytes)).raws:
            rows.update(part.rows)
            total = Settled(total.raws + part.raws, dict(rows), total.rejects + part.rejects, total.files + part.files)
        return total

    def merge(self, *, now_us: int, many: int = 16) -> Merged:
        """Make one file of each closed day, and of days with `many` files; call it hourly or after a backfill."""
        return merge(self._context, now_us=now_us, many=many)

    def redecode(
        self,
        *,
        since_day: date | None = None,
        until_day: date | None = None,
        source: str | None = None,
        now_us: int,
        progress: Progress = lambda _done, _of: None,
    ) -> Redecoded:
        """Rebuild what was received on since_day <= day <= until_day (UTC) with the present decoder."""
        return redecode(
            self._context, since_day=since_day, until_day=until_day, source=source, now_us=now_us, progress=progress
        )

    def gc(self, *, now_us: int, grace_s: int = 3600) -> Collected:
        """Remove files that have been off the list, or were never on it, for the grace."""
        return _gc.gc(self._context, now_us=now_us, grace_s=grace_s)

    def lease(self, name: str, *, until_us: int) -> AbstractContextManager[None]:
        """Keep gc from removing anything during the block, at most until a moment; a backup holds one."""
        return _gc.leased(self.store, name, until_us=until_us)

    def drop(self, files: Sequence[File], *, now_us: int, freeze: bool) -> None:
        """Un-list files and remove them at once; `freeze` notes that retention did, so that decode leaves the rest.

        Raises:
            Changed: one was merged or decoded again meanwhile; nothing is removed, take a new snapshot.
        """
        _purge.drop(self._context, files, now_us=now_us, freeze=freeze)

    def trim(self, file: File, rows: pa.Table, *, now_us: int) -> None:
        """List the rows that are left of a decoded or derived file in its place, and remove it at once.

        Raises:
            Changed: it was merged or decoded again meanwhile; nothing is removed, take a new snapshot.
        """
        _purge.trim(self._context, file, rows, now_us=now_us)

    def kept_from(self) -> dict[tuple[str, str], int]:
        """By (table, site): rows of before this moment may have been removed."""
        return _retained.kept_from(self.store)

    def keep_from(self, table_name: str, site: str, at_us: int) -> None:
        """Note, before it is done, that a site's rows of before a moment are removed."""
        _retained.keep_from(self.store, table_name, site, at_us)

    def purge_hot(self, source: str, before_us: int, *, now_us: int) -> int:
        """Delete a source's hot records received before a moment; settle first, or their rows never come to be."""
        return _purge.purge_hot(self._context, source, before_us, now_us=now_us)

    def scrub(self) -> bool:
        """Empty the store's write-ahead log of what was deleted; False when a reader kept it from that."""
        return self.store.scrub()

    def replace_derived(self, table_name: str, site: str, day: date, rows: pa.Table, *, now_us: int) -> None:
        """List these rows as a derived table's only rows of a site's local day; none is a valid outcome."""
        _derived.replace_derived(self._context, table_name, site, day, rows, now_us=now_us)

    def closed_days(self) -> dict[tuple[str, date], ClosedDay]:
        """Every closed day by site and local day."""
        return _derived.closed_days(self.store)

    def mark_closed(self, site: str, day: date, *, now_us: int, late: int = 0) -> None:
        """Note that a site's local day is closed, or how many late rows a closed day has by now."""
        _derived.mark_closed(self.store, site, day, now_us=now_us, late=late)

    def late_counted_through(self) -> int:
        """The last raw record whose late rows are counted in `closed_days`."""
        return _retained.late_counted_through(self.store)

    def add_late(self, counts: Mapping[tuple[str, date], int], *, through_id: int) -> None:
        """Add late rows to their closed days, and note how far was counted."""
        _retained.add_late(self.store, counts, through_id=through_id)
