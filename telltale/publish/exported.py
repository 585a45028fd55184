"""Files that hold rows about people: each is named in the store with the time until which it may be kept.

Retention removes rows from the lake, and cannot follow a file that somebody wrote elsewhere. So each is noted before it
appears; once it is past, `telltale purge` and `telltale doctor` name it until it is deleted. A file that is gone is
noted so and named no more.
"""

from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from telltale.landing import Store
from telltale.landing.schema import EXPORTED


class Exported(NamedTuple):
    """One file that was written; times in microseconds UTC."""

    path: str
    what: str
    rows: int
    at: int
    expires_at: int


def note(store: Store, exported: Exported) -> None:
    """Note a file that is about to be written; one of the same path before it is forgotten."""
    with store.writer() as connection:
        connection.execute(EXPORTED.delete().where(EXPORTED.c.path == exported.path))
        connection.execute(EXPORTED.insert().values(**exported._asdict()))


def past(store: Store, *, now_us: int) -> list[Exported]:
    """The files that are there still though their time is over, the oldest first; a gone one is forgotten."""
    due = (EXPORTED.c.expires_at <= now_us) & EXPORTED.c.gone_at.is_(None)
    chosen = sa.select(*(EXPORTED.c[name] for name in Exported._fields)).where(due).order_by(EXPORTED.c.expires_at)
    with store.reader() as connection:
        found = [Exported(*row) for row in connection.execute(chosen)]
    gone = [one.path for one in found if not Path(one.path).exists()]
    if gone:
        with store.writer() as connection:
            connection.execute(EXPORTED.update().where(EXPORTED.c.path.in_(gone)).values(gone_at=now_us))
    return [one for one in found if one.path not in gone]


def reminder(files: list[Exported]) -> str:
    """What is to be said of files whose time is over; empty where there is none."""
    if not files:
        return ""
    named = ", ".join(one.path for one in files[:MOST_NAMED])
    more = f" and {len(files) - MOST_NAMED:,} more" if len(files) > MOST_NAMED else ""
    hold = "1 exported file holds" if len(files) == 1 else f"{len(files):,} exported files hold"
    return f"{hold} rows about people past their time: {named}{more}; delete them"


MOST_NAMED = 3
