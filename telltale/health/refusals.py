"""What was refused at the door: a wrong secret, an unknown network, bytes of another format."""

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from telltale import wording
from telltale.contract import Remedy
from telltale.landing import refused_counts
from telltale.landing.refused import RefusedCount
from telltale.page import said
from telltale.page.attention import Notice
from telltale.page.claims import About, Claim, Subject
from telltale.page.lists import Concern
from telltale.page.said import say
from telltale.sources import BY_NAME, SOURCES
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.tidy import tidy
from telltale.workbench.times import When

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 20
"""Fewer in a day are somebody who knocks at every door; a sender of ours with a wrong secret comes back all day."""
DAY = dt.timedelta(hours=24)
COLUMNS = pa.schema(
    [
        *(("source", pa.string()), ("reason", pa.string()), ("refused", pa.int64())),
        *(("first_at", pa.timestamp("us", "UTC")), ("last_at", pa.timestamp("us", "UTC"))),
        *((name, pa.string()) for name in ("detail", "remedy", "line", "file")),
    ]
)
FOREIGN_HOST = "foreign_host"
"""The reason of requests that may be a web page's, where no secret proves the sender."""
OTHER_NAME = (
    "It came under a name that is none of ours, as through a proxy or a tunnel, or from a web page. With a secret it "
    "is let in under any name; without one only under the names of telltale.toml [webhooks] hosts."
)
TITLES = {source.name: source.short_title or source.title for source in SOURCES}


def refused(
    since: When = "24h", until: When = None, *, source: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """Requests that were refused, by source and reason, the most frequent first.

    Columns: source, reason, refused (at least so many: of more than 100 a second not all are noted), first_at, last_at,
    detail (of the newest), remedy (what to do; empty where only the bytes tell), line (to paste), file (where it goes).

    Args:
        since: beginning of the stretch, by the moment of receipt.
        until: its end, exclusive; None is now.
        source: one source; None is all.
        project: another project than the one found from here.
    """
    return tidy(refused_table(project or here(), since, until, source=source))


def refused_table(project: Project, since: When = "24h", until: When = None, *, source: str | None = None) -> pa.Table:
    """As `refused`, without pandas."""
    stretch = project.span(since, until)
    counts = refused_counts(project.store, stretch.since_us, min(stretch.until_us, project.came_until_us))
    rows = [_row(each) for each in counts if source in {None, each.source}]
    return pa.table({name: pa.array([row[name] for row in rows], COLUMNS.field(name).type) for name in COLUMNS.names})


def remedy_of(source: str, reason: str, detail: str) -> Remedy | None:
    """What its source says puts a refusal or a reject right."""
    known = BY_NAME.get(source)
    if known is None or known.remedy is None:
        return None
    if reason != FOREIGN_HOST:
        return known.remedy(reason, detail)
    secret = known.remedy("no_secret", "")
    return Remedy("sent under another name", OTHER_NAME, secret.line if secret else "", secret.file if secret else "")


def _row(each: RefusedCount) -> dict[str, Any]:
    remedy = remedy_of(each.source, each.reason, each.detail)
    told = {"remedy": "", "line": "", "file": ""}
    if remedy is not None:
        told = {"remedy": remedy.text, "line": remedy.line, "file": remedy.file}
    return each._asdict() | {"first_at": each.first_us, "last_at": each.last_us} | told


def concerns(project: Project, *, now: dt.datetime) -> list[Notice]:
    """The sources that refused many requests in 24 hours: a sender's secret is wrong, or its format has changed.

    Args:
        project: whose.
        now: the present on the site's clock.
    """
    notices = []
    for row in refused_table(project, now - DAY, now).to_pylist():
        if row["refused"] < FEWEST:
            continue
        count = said.count(count_claim(row, now), "request")
        title, reason = TITLES.get(row["source"], row["source"]), row["reason"]
        known = remedy_of(row["source"], reason, row["detail"])
        concern = Concern(
            "warning", say("{}: at least {} refused", title, count),
            f"{known.name}; what to do stands on Health" if known else f"{reason}; see telltale rejected --at door",
            f"last 24{wording.NBSP}h", "a sender's secret, or its format", "health",
        )  # fmt: skip
        phrase = say("!!{}!! to {} were refused ({})", count, title, reason)
        notices.append(Notice(concern, phrase, row["last_at"].astimezone(now.tzinfo)))
    return notices


def count_claim(row: Mapping[str, Any], now: dt.datetime) -> Claim:
    """How many requests of a row were refused."""
    source = row["source"]
    about = About("health", now - DAY, now)
    where = {"source": source, "reason": row["reason"]}
    return about.claim(
        Subject("source", source, TITLES.get(source, source)), "refused", row["refused"], call="refused", where=where,
        column="refused",
    )  # fmt: skip
