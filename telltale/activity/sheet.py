"""The work-hours sheet: of each day first and last input, and how long the PC was in use, as far as is known."""

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from telltale import wording
from telltale.activity import claims
from telltale.activity.answers import Answers, period_of
from telltale.activity.claims.days import pcs_of
from telltale.frames import local, rows
from telltale.page import said
from telltale.page.claims import About
from telltale.page.pieces import Card
from telltale.page.table import Table
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.tidy import tidy

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = wording.UNKNOWN
NOBODYS = (
    "**Nothing is shown here**: a work-hours sheet is one person's, and shown to nobody else. Say whose: "
    "telltale report work_hours -p person=NAME, a person of devices.csv."
)
_KEPT = ("device_id", "name", "person", "label", "first_active_at", "last_active_at")
_KNOWN = ("active_s", "away_s")


def work_hours(period: str = "7d", person: str = "", *, project: Project | None = None) -> "pd.DataFrame":
    """The hours of each day of a period: first and last input, in use, away, and not known.

    Columns: device_id, name, person, label (the local day), first_active_at, last_active_at (empty where no input is
    known), active_s, away_s, unknown_s (between the first and the last record of the day), so_far (the day is running).
    Of a day without any record all of them are empty: what was not recorded is unknown, never 0.

    Args:
        period: `2026-W47`, `2026-11-20`, `2026-11`, `2026-11-09/2026-11-15`, or `7d`: today and the six days before.
        person: a person of devices.csv, and so all PCs of theirs, or a PC by id or name; empty is all.
        project: another project than the one found from here.

    Raises:
        ConfigError: no such PC or person, or a period that cannot be read.
    """
    project = project or here()
    return tidy(sheet(Answers(project, period_of(period, project), of=person)))


def sheet(answers: Answers) -> pa.Table:
    """As `work_hours`, without pandas; by name, device_id, day."""
    totals = answers.totals
    is_recorded = totals["is_recorded"]
    made = totals.select(list(_KEPT))
    for name in _KNOWN:
        values = pc.if_else(is_recorded, totals[name], pa.scalar(None, totals.schema.field(name).type))
        made = made.append_column(name, values)
    unknown = _unknown_s(answers.strips)
    ids, labels, known = (column.to_pylist() for column in (totals["device_id"], totals["label"], is_recorded))
    within = [unknown.get((i, d), 0.0) if k else None for i, d, k in zip(ids, labels, known, strict=True)]
    made = made.append_column("unknown_s", pa.array(within, pa.float64()))
    return made.append_column("so_far", totals["so_far"])


def card(answers: Answers) -> Card:
    """The sheet as a card; the caller has asked whether single PCs may be shown."""
    return Card(
        "Hours of each day",
        table(answers.totals, answers.strips, timezone=answers.zone, about=answers.about),
        "First and last input of each day by the site's clock; in use, away, and not known between its first and last "
        "record",
        [
            f"In use: from input to input, unless a pause exceeds {wording.duration(answers.rules.away_after_s)}.",
            "A day without a record is unknown: the PC was off, or nothing arrived. Work elsewhere is not seen.",
        ],
        empty="No PC has told of its activity in this period.",
    )


def table(totals: Any, strips: Any, *, timezone: str, about: About = claims.ANY) -> Table:
    """The rows of the sheet, one a day and PC.

    Args:
        totals: of `tt.activity.totals`, by day.
        strips: of the same period (`tt.activity.strips`).
        timezone: the site's zone.
        about: what the claims share.
    """
    pcs = pcs_of(strips, timezone)
    unknown = _unknown_s(strips)
    names = {device.device_id: device.name for device in pcs}
    wanted = ("first_active_at", "last_active_at", *_KNOWN, "is_recorded", "so_far")
    body = []
    for row in rows(totals, "device_id", "name", "label", "start", *wanted):
        day = wording.short_date(local(row["start"], timezone)) + (", so far" if row["so_far"] else "")
        cells = [_cell(row, name, timezone, about) for name in ("first_active_at", "last_active_at", *_KNOWN)]
        lost_s = unknown.get((row["device_id"], row["label"]), 0.0)
        missing = said.duration(claims.unknown_of_day(about, row, lost_s)) if row["is_recorded"] else UNKNOWN
        body.append([day, *cells, missing, *([names[row["device_id"]]] if len(pcs) > 1 else [])])
    heads = ("Day", "First", "Last", "In use", "Away", "Not known", *(["PC"] if len(pcs) > 1 else []))
    return Table(heads, body, right=(1, 2, 3, 4, 5))


def _cell(row: dict[str, Any], name: str, timezone: str, about: About) -> str:
    if not row["is_recorded"]:
        return UNKNOWN
    if name in _KNOWN:
        return said.duration(claims.of_day(about, row, name, "s"))
    if row[name] is None:
        return "–"
    return said.claimed(claims.of_day(about, row, name), wording.clock(local(row[name], timezone)))


def _unknown_s(strips: pa.Table) -> dict[tuple[str, str], float]:
    """Seconds of which nothing is known between the first and the last record, by PC and day."""
    wanted = ("device_id", "label", "state", "lasted_s", "is_recorded")
    found: dict[tuple[str, str], float] = {}
    for row in rows(strips, *wanted):
        if row["state"] == "unknown" and row["is_recorded"]:
            key = (row["device_id"], row["label"])
            found[key] = found.get(key, 0.0) + row["lasted_s"]
    return found
