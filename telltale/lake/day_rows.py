"""Rows of days that can be computed again at any time, kept in the catalog's database so that nobody has to.

A day is some kilobytes: as files, a year of them would cost more to open than to compute. Each is kept with its basis,
a hash of all that it depends on; whoever reads it compares. So no reader needs to know when or by whom it was made, a
kept day never has to be removed in time, and writing one changes nothing that a snapshot shows.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from telltale.lake.catalog import pieces
from telltale.landing.schema import DAY_ROWS
from telltale.landing.store import Store

_CODEC = "zstd"


class KeptDay(NamedTuple):
    """The rows of one local day, and what they were computed from."""

    day: date
    basis: str
    rows: pa.Table


def kept_days(store: Store, table_name: str, wanted: Mapping[date, str]) -> dict[date, pa.Table]:
    """The rows of those days that are kept, and whose basis is the one wanted; none of what cannot be read."""
    if not wanted:
        return {}
    columns = (DAY_ROWS.c.day, DAY_ROWS.c.basis, DAY_ROWS.c.content)
    within = (DAY_ROWS.c.day >= min(wanted), DAY_ROWS.c.day <= max(wanted))
    with store.reader() as connection:
        found = connection.execute(sa.select(*columns).where(DAY_ROWS.c.table_name == table_name, *within)).all()
    read = {day: _read(content) for day, basis, content in found if wanted.get(day) == basis}
    return {day: rows for day, rows in read.items() if rows is not None}


def bases(store: Store, table_name: str) -> dict[date, str]:
    """The basis of every kept day of a table."""
    query = sa.select(DAY_ROWS.c.day, DAY_ROWS.c.basis).where(DAY_ROWS.c.table_name == table_name)
    with store.reader() as connection:
        return {row.day: row.basis for row in connection.execute(query)}


def keep_days(store: Store, table_name: str, days: Iterable[KeptDay], *, now_us: int) -> None:
    """Keep these days, in place of what was kept of them; all of them or, should it fail, none."""
    made = list(days)
    rows = [
        {"table_name": table_name, "day": day, "basis": basis, "content": _written(table), "made_at": now_us}
        for day, basis, table in made
    ]
    if not rows:
        return
    with store.writer() as connection:
        _remove(connection, table_name, [each.day for each in made])
        connection.execute(DAY_ROWS.insert(), rows)


def drop_days(store: Store, table_name: str, days: Collection[date]) -> None:
    """Keep nothing of these days any more."""
    if days:
        with store.writer() as connection:
            _remove(connection, table_name, days)


def drop_days_that(store: Store, are_due: Callable[[pa.Table], bool], *, is_trial: bool = False) -> int:
    """Keep nothing of the days whose rows are due, or cannot be read, and return how many; a trial counts them only."""
    query = sa.select(DAY_ROWS.c.table_name, DAY_ROWS.c.day, DAY_ROWS.c.content)
    with store.reader() as connection:
        found = connection.execute(query).all()
    due: dict[str, list[date]] = {}
    for name, day, content in found:
        rows = _read(content)
        if rows is None or are_due(rows):
            due.setdefault(name, []).append(day)
    if not is_trial:
        for name, days in due.items():
            drop_days(store, name, days)
    return sum(map(len, due.values()))


def _remove(connection: sa.Connection, table_name: str, days: Collection[date]) -> None:
    for piece in pieces(days):
        connection.execute(DAY_ROWS.delete().where(DAY_ROWS.c.table_name == table_name, DAY_ROWS.c.day.in_(piece)))


def _written(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, _CODEC) as packed, pa.ipc.new_stream(packed, rows.schema) as stream:
        stream.write_table(rows.combine_chunks())
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _read(content: bytes) -> pa.Table | None:
    """The rows; None where the bytes are damaged: the day is computed as if it were not kept."""
    try:
        with pa.CompressedInputStream(pa.BufferReader(content), _CODEC) as packed, pa.ipc.open_stream(packed) as stream:
            return stream.read_all()
    except (pa.ArrowException, OSError):
        return None
