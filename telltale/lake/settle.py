"""Settle: hot raw records become listed files, raw and decoded together, or stay hot.

1 read hot rows and remember their exact ids; 2 decode them; 3 write the raw and the decoded files; 4 in one
transaction delete exactly those ids and list all new files. A crash before the commit leaves every record hot and
some files nobody lists, which gc removes; a crash after it leaves them listed.

A record whose pseudonyms need a key that is refused stays hot until that is mended or retention removes it; it holds
up no other.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from telltale.arrow import Tables, raws_to_arrow
from telltale.contract import Raw, StoreError
from telltale.lake import damage, orphans
from telltale.lake.catalog import Changed, File, bump, enlist, listed, pieces
from telltale.lake.lake import Lake, retried, write
from telltale.lake.lock import HOST, locked
from telltale.lake.rows import Draft, drafts, key_refused, raw_drafts
from telltale.landing.schema import FILES, RAW
from telltale.landing.store import Store
from telltale.tables import REJECT, TABLES


class Settled(NamedTuple):
    """What one settle did; all zero when nothing was hot."""

    raws: int
    rows: dict[str, int]
    """Rows written by table, rejects included."""
    rejects: int
    files: int
    withheld: int = 0
    """Records left hot because their key is refused."""


def settle(lake: Lake, *, now_us: int, max_rows: int = 20_000, max_bytes: int = 64 << 20) -> Settled:
    """Move the oldest hot records into files and list them; nothing was hot when `raws` is 0.

    Raises:
        Busy: another settle or gc is running and does not end.
        StoreError: the store is away or full, or this lake root is not the one its catalog lists; nothing changed.
    """
    with locked(lake.store, "settle", wait_s=lake.lock_wait_s):
        check_root(lake)
        return retried(lambda: _attempt(lake, now_us, max_rows, max_bytes))


def settle_all(lake: Lake, *, now_us: int, max_rows: int = 20_000, max_bytes: int = 64 << 20) -> Settled:
    """Settle until nothing is hot, and return the sums."""
    total, rows = Settled(0, {}, 0, 0), Counter[str]()
    while (part := settle(lake, now_us=now_us, max_rows=max_rows, max_bytes=max_bytes)).raws:
        rows.update(part.rows)
        total = Settled(total.raws + part.raws, dict(rows), total.rejects + part.rejects, total.files + part.files)
    return total._replace(withheld=part.withheld)


def is_due(
    store: Store, now_us: int, *, rows: int = 5_000, age_s: int = 600, total_bytes: int = 64 << 20, withheld: int = 0
) -> bool:
    """Whether `rows` records are hot, or so many bytes, or the oldest for `age_s` seconds: settling is worth its files.

    By bytes, because every page reads what is hot: a few thousand records of megabytes each would hold it up. One that
    bears a moment so far in the future came while a clock was ahead: how long ago nobody knows, so it is due. As many
    of the oldest as were left hot by the last settling, `withheld`, do not count.
    """
    oldest = sa.select(RAW.c.received_at).order_by(RAW.c.id).offset(withheld).limit(1)
    size = sa.select(sa.func.sum(sa.func.length(RAW.c.body)))
    if withheld:
        others = sa.select(RAW.c.body).order_by(RAW.c.id).offset(withheld).subquery()
        size = sa.select(sa.func.sum(sa.func.length(others.c.body)))
    beyond = sa.select(RAW.c.id).order_by(RAW.c.id).offset(withheld + rows - 1).limit(1)
    with store.reader() as connection:
        since = connection.scalar(oldest)
        many = connection.scalar(beyond) is not None or (connection.scalar(size) or 0) >= total_bytes
    return many or (since is not None and abs(now_us - since) >= age_s * 1_000_000)


def check_root(lake: Lake) -> None:
    """Refuse a local lake root when another host has listed files in this catalog that are not below it.

    A project that was moved or shared whole passes: its files are there.

    Raises:
        StoreError: the files of another host are missing here, or this store has listed none of those that are.
    """
    if lake.root.folder is None:
        return
    if orphans.is_of_a_lost_store(lake):
        raise StoreError(
            f"lake {lake.root.shown}: it holds raw records, and the store lists none: its own file was lost; put it "
            f"back, or {damage.REMEDY.replace('run', 'stop what runs and run')}"
        )
    with lake.store.reader() as connection:
        others = listed(connection, FILES.c.path.in_(_newest_of_others()))
    for file in others:
        if not lake.root.exists(file.path):
            raise StoreError(
                f"lake {lake.root.shown}: host {file.host} has listed {file.path}, which is not here; "
                "let all hosts use one lake root that they share"
            )


def _attempt(lake: Lake, now_us: int, max_rows: int, max_bytes: int) -> Settled:
    raws, made = _read(lake, max_rows, max_bytes)
    if not raws:
        return Settled(0, {}, 0, 0, lake.withheld.total())
    lake.step("settle:2 decoded")
    files = write(lake, "settle", made, now_us=now_us)
    _commit(lake, raws, files)
    lake.step("settle:4 committed")
    return _settled(raws, files, lake.withheld.total())


def _read(lake: Lake, max_rows: int, max_bytes: int) -> tuple[list[Raw], list[Draft]]:
    """The oldest hot records that can be settled, and their drafts; any that cannot are counted."""
    after = 0
    lake.withheld.clear()
    while True:
        raws = _hot(lake, max_rows, max_bytes, after)
        lake.step("settle:1 read")
        if not raws:
            return [], []
        ready, made = _drafts(lake, raws)
        lake.withheld += Counter(raw.source for raw in raws) - Counter(raw.source for raw in ready)
        if ready:
            return ready, made
        after = raws[-1].id


def _newest_of_others() -> sa.Select[tuple[str]]:
    """One file of each other host: the last by path is as good as any, and what is listed is never removed."""
    return sa.select(sa.func.max(FILES.c.path)).where(FILES.c.host != HOST).group_by(FILES.c.host)


def _hot(lake: Lake, max_rows: int, max_bytes: int, after: int) -> list[Raw]:
    """The oldest hot rows after an id, at least one if there is any, until either limit is reached."""
    query = sa.select(*(RAW.c[name] for name in Raw._fields)).where(RAW.c.id > after)
    query = query.order_by(RAW.c.id).limit(max_rows)
    raws: list[Raw] = []
    size = 0
    with lake.store.reader() as connection, connection.execute(query.execution_options(yield_per=500)) as rows:
        for row in rows:
            raw = Raw(*row)
            size += len(raw.body)
            if raws and size > max_bytes:
                break
            raws.append(raw)
    return raws


def _drafts(lake: Lake, raws: Sequence[Raw]) -> tuple[list[Raw], list[Draft]]:
    """The records that can be settled, and what becomes of them."""
    ready: list[Raw] = []
    made: list[Draft] = []
    source_of = attrgetter("source")
    for source, group in groupby(sorted(raws, key=source_of), source_of):
        batch = list(group)  # sorting is stable: still in the order of ids
        version = lake.versions.get(source, 0)
        by_hour = lake.is_personal(source)
        tables = lake.decode(source, batch)
        if refused := key_refused(tables):
            batch = [raw for raw in batch if raw.id not in refused]
            tables = _without(tables, refused)
        if batch:
            made += raw_drafts(source, raws_to_arrow(batch), by_hour=by_hour, version=version)
        for name, rows in tables.items():
            made += drafts(TABLES[name], source, rows, version=version)
        ready += batch
    return ready, made


def _without(tables: Tables, ids: frozenset[int]) -> Tables:
    """The rows of other records."""
    left_out = pa.array(sorted(ids), pa.int64())
    others = {name: rows.filter(pc.invert(pc.is_in(rows["raw_id"], left_out))) for name, rows in tables.items()}
    return {name: rows for name, rows in others.items() if rows.num_rows}


def _commit(lake: Lake, raws: Sequence[Raw], files: Sequence[File]) -> None:
    with lake.store.writer() as connection:
        # Hot rows count for one change each (see snapshot): the counter takes over what leaves them.
        bump(connection, len(raws) + 1)
        gone = 0
        for ids in pieces(raw.id for raw in raws):
            gone += connection.execute(RAW.delete().where(RAW.c.id.in_(ids))).rowcount
        if gone != len(raws):
            raise Changed(f"settle: {gone} of {len(raws)} records were still hot; take what is left")
        lake.step("settle:4 deleted")
        enlist(connection, lake.root, files)
        lake.step("settle:4 listed")


def _settled(raws: Sequence[Raw], files: Sequence[File], withheld: int) -> Settled:
    rows: dict[str, int] = defaultdict(int)
    for file in files:
        if file.table_name in TABLES:
            rows[file.table_name] += file.rows
    return Settled(len(raws), dict(rows), rows.get(REJECT.name, 0), len(files), withheld)
