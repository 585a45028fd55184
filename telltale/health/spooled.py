"""Records that wait on this machine for a store that was away, and those that waited for too long."""

import datetime as dt
from typing import TYPE_CHECKING

import pyarrow as pa

from telltale import wording
from telltale.health import claims
from telltale.landing import spools_in
from telltale.page import said
from telltale.page.attention import Notice
from telltale.page.claims import PROJECT
from telltale.page.lists import Concern
from telltale.page.said import claimed, say
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.tidy import tidy

if TYPE_CHECKING:
    import pandas as pd

SETTLED_S = 60
"""What has waited for less is on its way: a collector stores what waits within seconds once the store is back."""
COLUMNS = pa.schema(
    [
        *(("spool", pa.string()), ("is_used", pa.bool_()), ("records", pa.int64()), ("bytes", pa.int64())),
        *(("since", pa.timestamp("us", "UTC")), ("expired", pa.int64())),
    ]
)


def spools(*, project: Project | None = None) -> "pd.DataFrame":
    """What waits on this machine for the store, one row for each spool of a collector; empty without [landing] spool.

    Columns: spool (its file's name), is_used (a collector that runs uses it), records, bytes (that wait), since (when
    the oldest of them was received), expired (records removed unstored, ever: the store was away for longer than they
    may be kept). Of one that cannot be read records, bytes and expired are null: telltale check says why.

    Args:
        project: another project than the one found from here.
    """
    return tidy(spools_table(project or here()))


def spools_table(project: Project) -> pa.Table:
    """As `spools`, without pandas."""
    rows = [
        {
            "spool": each.path.stem,
            "is_used": each.is_owned,
            "records": None if each.trouble else each.waiting.records,
            "bytes": None if each.trouble else each.waiting.bytes,
            "since": each.waiting.since_us,
            "expired": None if each.trouble else each.waiting.expired,
        }
        for each in spools_in(project.settings.spools)
    ]
    return pa.Table.from_pylist(rows, COLUMNS)


def concerns(project: Project, *, now: dt.datetime) -> list[Notice]:
    """A line for each spool in which records have waited for more than a minute.

    Args:
        project: whose; of a moment that has passed nothing is known.
        now: the present on the site's clock.
    """
    if project.as_of is not None:
        return []
    rows = [row for row in spools_table(project).to_pylist() if row["records"]]
    return [_notice(row, now) for row in rows if (now - row["since"]).total_seconds() > SETTLED_S]


def _notice(row: dict[str, object], now: dt.datetime) -> Notice:
    where = {"spool": row["spool"]}
    oldest = row["since"]
    assert isinstance(oldest, dt.datetime)  # noqa: S101 a record waits, and has a time
    since = oldest.astimezone(now.tzinfo)
    count = said.count(
        claims.now(PROJECT, "records", row["records"], now, call="health.spools", column="records", where=where),
        "record",
    )
    begun = claims.now(PROJECT, "since", since, now, call="health.spools", column="since", where=where)
    concern = Concern(
        "warning",
        say("{} not in the store yet", count),
        "they wait on this machine, and are stored once the store is back: telltale doctor",
        claimed(begun, f"since {wording.short_moment(since)}"),
        "a store that was away, or a collector that was not started again",
        "health",
    )
    return Notice(concern, say("!!{}!! not in the store yet", count), since)
