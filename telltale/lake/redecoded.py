"""What was decoded again, and when: so that whoever asks about a moment before learns that rows were others then."""

from datetime import date

import sqlalchemy as sa

from telltale.arrow import DAY_US
from telltale.landing.schema import REDECODED
from telltale.landing.store import Store


def note_redecoded(connection: sa.Connection, source: str, day: date, *, version: int, at: int) -> None:
    """Note, in the transaction that does it, that what a source received on a day is decoded again."""
    connection.execute(REDECODED.insert().values(source=source, day=day, version=version, at=at))


def redecoded_since(store: Store, moment_us: int) -> dict[str, list[int]]:
    """When records of before a moment were decoded again after it, by source."""
    query = sa.select(REDECODED.c.source, REDECODED.c.day, REDECODED.c.at).where(REDECODED.c.at > moment_us)
    found: dict[str, list[int]] = {}
    with store.reader() as connection:
        for row in connection.execute(query.order_by(REDECODED.c.id)):
            if (row.day - date(1970, 1, 1)).days * DAY_US <= moment_us:
                found.setdefault(row.source, []).append(row.at)
    return found
