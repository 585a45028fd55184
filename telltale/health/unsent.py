"""Reports and alerts that did not reach anybody: given up, or tried again and again."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa

from telltale import wording
from telltale.health import claims
from telltale.landing.schema import MESSAGE
from telltale.page import said
from telltale.page.attention import Notice
from telltale.page.claims import PROJECT, Claim
from telltale.page.lists import Concern
from telltale.page.said import say
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.tidy import tidy
from telltale.workbench.times import DAY

if TYPE_CHECKING:
    import pandas as pd

NEWEST_D = 7
"""What was given up longer ago than this has been seen or never will be."""
MANY_TRIES = 4
"""Tries at 0, 1, 6 and 31 min: what has failed so often will not pass by itself."""
COLUMNS = pa.schema(
    [
        *(("id", pa.int64()), ("recipient", pa.string()), ("subject", pa.string()), ("state", pa.string())),
        *(("tries", pa.int64()), ("decided_at", pa.timestamp("us", "UTC")), ("why", pa.string())),
    ]
)


def undelivered(*, project: Project | None = None) -> "pd.DataFrame":
    """Messages of seven days that did not leave although they were tried: reports and alerts, the oldest first.

    Columns: id, recipient, subject, state (`failed`: given up, refused for good or after a day of tries; `waiting`: it
    is tried again), tries (so many failed), decided_at, why (of the newest try).

    Args:
        project: another project than the one found from here.
    """
    return tidy(undelivered_table(project or here()))


def undelivered_table(project: Project) -> pa.Table:
    """As `undelivered`, without pandas."""
    query = (
        sa.select(MESSAGE)
        .where(MESSAGE.c.state != "sent", MESSAGE.c.attempts > 0)
        .where(MESSAGE.c.created_at > project.now_us() - NEWEST_D * DAY)
        .order_by(MESSAGE.c.id)
    )
    with project.store.reader() as connection:
        found = connection.execute(query).all()
    rows: list[dict[str, Any]] = [
        {
            "id": row.id,
            "recipient": row.recipient,
            "subject": row.subject,
            "state": "failed" if row.state == "failed" else "waiting",
            "tries": row.attempts,
            "decided_at": row.created_at,
            "why": row.last_error,
        }
        for row in found
    ]
    return pa.Table.from_pylist(rows, COLUMNS)


def concerns(project: Project, *, now: dt.datetime) -> list[Notice]:
    """What was given up, and what has been tried in vain for half an hour; never to whom, or what it says.

    Args:
        project: whose.
        now: the present on the site's clock.
    """
    rows = undelivered_table(project).to_pylist()
    failed = [row for row in rows if row["state"] == "failed"]
    late = [row for row in rows if row["state"] == "waiting" and row["tries"] >= MANY_TRIES]
    found = []
    if failed:
        count = said.count(_count(failed, now), "message")
        found.append(_notice("alarm", say("{} could not be sent", count), failed, now))
    if late:
        count = said.count(_count(late, now), "message")
        found.append(_notice("warning", say("{} tried in vain so far", count), late, now))
    return found


def _notice(level: Any, what: str, rows: list[dict[str, Any]], now: dt.datetime) -> Notice:
    since = rows[0]["decided_at"].astimezone(now.tzinfo)
    concern = Concern(
        level,
        what,
        'to whom and why: telltale publish --list; once it is put right: "telltale publish --again"',
        f"last {NEWEST_D}{wording.NBSP}d",
        "a mail server, an address, or a password",
        "health",
    )
    return Notice(concern, say("!!{}!!", what), since)


def _count(rows: list[dict[str, Any]], now: dt.datetime) -> Claim:
    ids = [row["id"] for row in rows]
    state = rows[0]["state"]
    return claims.now(
        PROJECT, f"messages_{state}", len(rows), now, call="health.undelivered", how="count",
        where={"state": state, "id": ids},
    )  # fmt: skip
