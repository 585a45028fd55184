"""What was refused or could not be decoded in 24 hours, by source and reason, each with what puts it right.

No sender's address stands here: the pages of all show it.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from telltale import wording
from telltale.contract import Remedy
from telltale.frames import local
from telltale.health.refusals import DAY, TITLES, count_claim, refused_table, remedy_of
from telltale.health.words.rejects import REASONS, SOUND
from telltale.landing import TOO_MANY
from telltale.page import said
from telltale.page.claims import About, Subject
from telltale.page.lines import Lines, Need
from telltale.page.pieces import Card
from telltale.page.said import say
from telltale.sources import BY_NAME
from telltale.tables import REJECT
from telltale.workbench.project import Project
from telltale.workbench.question import question

FIXED = ("no_payload_config", "not_a_number")
"""Reasons of sound records that a setting puts right; those beside them in `SOUND` need nobody."""
GROUPS = """
select source, reason, excerpt, last_at, rejects from (
  select source, reason, excerpt,
    max(received_at) over (partition by source, reason) as last_at,
    count(*) over (partition by source, reason) as rejects,
    row_number() over (partition by source, reason order by received_at desc, raw_id desc, part) as age
  from reject
) told where age = 1 order by rejects desc, source, reason
"""
Level = Literal["alarm", "warning"]
MOST = 6
"""More groups than this are a list for the command line."""


def needs(project: Project, *, now: dt.datetime) -> list[Need]:
    """What was refused, the most frequent first, then what could not be decoded.

    Args:
        project: whose.
        now: the present on the site's clock.
    """
    refused = [_refused(row, now) for row in refused_table(project, now - DAY, now).to_pylist()]
    return [*refused, *(_undecoded(row, now) for row in _rejects(project, now))]


def card(project: Project, *, now: dt.datetime) -> Card:
    """The same as a card."""
    found = needs(project, now=now)
    more = len(found) - MOST
    return Card(
        "Refused, or not understood" if found else "Nothing was refused, and all could be decoded",
        Lines(found[:MOST]),
        "By source and reason, last 24 hours; what is refused is not stored, what is not understood is",
        [say("{} more reasons: telltale rejected, telltale rejected --at door.", str(more))] if more > 0 else [],
        empty="Every request of the last 24 hours was taken in, and every record could be decoded.",
    )


def _rejects(project: Project, now: dt.datetime) -> list[dict[str, Any]]:
    asked = question(project.view(), now - DAY, None)
    rows = {"reject": asked.view.table(REJECT.name, asked.span)}
    groups: list[dict[str, Any]] = asked.engine.run(GROUPS, rows).arrow().to_pylist()
    return [row for row in groups if row["reason"] in FIXED or not row["reason"].startswith(SOUND)]


def _refused(row: Mapping[str, Any], now: dt.datetime) -> Need:
    source, reason = row["source"], row["reason"]
    remedy = remedy_of(source, reason, row["detail"])
    noun = BY_NAME[source].noun if source in BY_NAME else "request"
    count = said.count(count_claim(row, now), noun)
    what = say("{} refused: {}", count, remedy.name if remedy else _plain(reason))
    otherwise = f"What was seen: telltale rejected {source} --at door."
    if reason == TOO_MANY:
        otherwise = "More of senders that were refused too often; they are only counted."
    return _need(what, row, remedy, otherwise, now=now, level="alarm" if remedy else "warning")


def _undecoded(row: Mapping[str, Any], now: dt.datetime) -> Need:
    source, reason = row["source"], row["reason"]
    remedy = remedy_of(source, reason, row["excerpt"])
    where = {"source": source, "reason": reason}
    about = About("health", now - DAY, now, so_far=True)
    claim = about.claim(
        Subject("source", source, TITLES.get(source, source)), "rejects", row["rejects"], call="rejects", where=where,
        column="rejects",
    )  # fmt: skip
    count = said.count(claim, "row")
    how = "gave no reading" if reason in FIXED else "could not be decoded"
    what = say("{} {}: {}", count, how, remedy.name if remedy else _plain(reason))
    meaning = wording.sentence_case(REASONS.get(reason, "the bytes are kept"))
    return _need(what, row, remedy, f"{meaning}: telltale rejected {source}.", now=now, level="warning")


def _need(
    what: str, row: Mapping[str, Any], remedy: Remedy | None, otherwise: str, *, now: dt.datetime, level: Level
) -> Need:
    newest = wording.ago(local(row["last_at"], str(now.tzinfo)), now)
    title = TITLES.get(row["source"], row["source"])
    text = f"{title}, newest {newest}. {remedy.text if remedy else otherwise}"
    return Need(what, text, remedy.line if remedy else "", remedy.file if remedy else "", level)


def _plain(reason: str) -> str:
    return reason.replace("_", " ").partition(":")[0]
