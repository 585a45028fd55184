"""What was lost to damage: rows of a file that nothing can make again, by number and time."""

from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from telltale.contract import TelltaleError
from telltale.lake.catalog import RAW_TABLE, File
from telltale.landing.schema import LOST
from telltale.landing.store import Store


class Lost(NamedTuple):
    """Rows of one damaged file, or of one stretch of it."""

    path: str
    table_name: str
    source: str
    site: str
    day: date
    rows: int
    first_raw_id: int
    last_raw_id: int
    first_at: int
    """Microseconds UTC, of the time they are filed under; of raw records when they were received."""
    last_at: int
    at: int
    """When that was found."""


class LostRecord(TelltaleError):
    """The bytes of a raw record lay in a file that was damaged."""


def of_file(file: File, rows: int, *, now_us: int) -> Lost:
    """So many rows of a file, which ones is not known."""
    ids, times = (file.first_raw_id, file.last_raw_id), (file.min_time, file.max_time)
    return Lost(file.path, file.table_name, file.source, file.site, file.day, rows, *ids, *times, now_us)


def note(connection: sa.Connection, losses: list[Lost]) -> None:
    """Note, in the transaction that takes their file off the list, what is lost."""
    if losses:
        connection.execute(LOST.insert(), [lost._asdict() for lost in losses])


def losses(store: Store, table_name: str = "") -> list[Lost]:
    """All that was ever lost, the oldest find first; of all tables without a name."""
    query = sa.select(*(LOST.c[name] for name in Lost._fields)).order_by(LOST.c.id)
    if table_name:
        query = query.where(LOST.c.table_name == table_name)
    with store.reader() as connection:
        return [Lost(*row) for row in connection.execute(query)]


def lost_record(store: Store, raw_id: int) -> Lost | None:
    """The loss that a raw record of that id belongs to, as far as numbers tell; None where there is none."""
    of_raw = losses(store, RAW_TABLE)
    return next((lost for lost in of_raw if lost.first_raw_id <= raw_id <= lost.last_raw_id), None)
