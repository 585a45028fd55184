"""Health: is every device heard as it should be, and what is missing, late or could not be decoded? For the owner."""

import datetime as dt
from functools import partial
from typing import Any

from telltale import charts, findings, wording
from telltale.dashboard import concerns
from telltale.dashboard.concerns import PAGE_OF
from telltale.dashboard.operations import TITLES, sources_card
from telltale.frames import local, rows
from telltale.health.deliveries import Delivered, delivered
from telltale.kanban import page_answers as kanban_figures
from telltale.page import attention, common
from telltale.page.board import Ask, Board, Cell, Control, Freshness
from telltale.page.lists import Attention
from telltale.page.pieces import Card, Sentence, Table
from telltale.presence.stations import sightings_page
from telltale.sensors.page_answers import health, missing, trends
from telltale.workbench.tidy import shown
from telltale.workbench.times import local_time

PERIOD = Control("period", "Period", {"24h": "24 hours", "7d": "7 days"}, "toggle")
ROWS = 20
PAGES = 10
SIGHTINGS = Control(
    "sightings",
    "Sightings",
    {"1": f"Newest {ROWS}"} | {str(n): wording.number_range((n - 1) * ROWS + 1, n * ROWS) for n in range(2, PAGES + 1)},
)
RECENT = "48h"
"""How far back the list of sightings goes."""


def page(ask: Ask) -> Board:
    """The page."""
    sources = delivered(ask.project)
    if not sources:
        return common.nothing_yet(ask, "Health")
    settings = ask.project.settings
    zone = settings.site.timezone
    now = local_time(ask.project.now_us(), zone)
    controls = [PERIOD, SIGHTINGS]
    choice = {control.name: ask.chosen(control) for control in controls}
    told = health(ask, choice["period"])
    silent = findings.silent_devices(told.attrs["attention"], told, now=now, pages=PAGE_OF)
    lost = missing(ask)
    return Board(
        Sentence(_said(told, sources), common.head("Health", now, settings.site.name)),
        findings.health_tiles(told, told.attrs["sources"], told.attrs["rejects"], lost),
        (
            (
                Cell("sources", 7, "What the sources deliver", partial(sources_card, sources, now)),
                Cell("attention", 5, "What is silent", partial(_silent, silent)),
            ),
            (
                Cell("missing", 7, "Messages missing by device and day", partial(_missing, lost, told, zone)),
                Cell("rejects", 5, "Rows that could not be decoded", partial(_rejects, told, choice["period"], zone)),
            ),
            (Cell("devices", 12, "Devices by their messages", partial(_devices, told, choice["period"], zone)),),
            *_batteries(trends(ask)),
            *_captures(ask, zone, now),
            (Cell("sightings", 12, "Newest sightings", partial(_sightings, ask, int(choice["sightings"]), zone)),),
        ),
        f"{common.foot(zone)} Devices are late after three of their intervals and silent after six. "
        "This page is for the owner of the data: it shows single sightings, under pseudonyms.",
        _freshness(sources, told, zone),
        controls,
        choice,
        concerns.badges(ask),
    )


def _said(told: Any, sources: list[Delivered]) -> str:
    if len(told):
        return findings.health_text(told.attrs["attention"], told)
    names = wording.joined([f"**{one.title}**" for one in sources])
    return f"{names} {'has' if len(sources) == 1 else 'have'} records; no device is due at an interval."


def _silent(found: list[attention.Found]) -> Card:
    return Card(
        attention.list_title(found) if found else "No device is silent",
        Attention([one.concern for one in found], TITLES),
        "One line where many devices have one cause; late ones are not told here",
        empty="Every device that is known is heard. One that is late is in the table below.",
    )


def _missing(lost: Any, told: Any, zone: str) -> Card:
    return Card(
        findings.missing_title(lost),
        charts.missing_by_day(lost, timezone=zone),
        "Missing messages, % of those due, by device and day. Pale: none missing",
        [findings.due_note(told)],
    )


def _rejects(told: Any, stretch: str, zone: str) -> Card:
    rejects = told.attrs["rejects"]
    count = sum(int(one["rejects"]) for one in rejects)
    title = f"{wording.count(count, 'row')} could not be decoded" if count else "Everything could be decoded"
    return Card(
        title,
        findings.rejects_table(rejects, timezone=zone),
        f"Last {PERIOD.options[stretch]}, by reason, most frequent first",
        ["The bytes are kept: telltale rejects shows them."] if count else [],
        empty="Every row of this stretch could be decoded.",
    )


def _devices(told: Any, stretch: str, zone: str) -> Card:
    return Card(
        findings.devices_title(told),
        findings.devices_table(told, timezone=zone),
        f"Last {PERIOD.options[stretch]}: newest, messages, usual interval, longest gap, numbers left out "
        "(of all it sent), median RSSI and how often the network called the link weak, clock",
        [findings.interval_note(told)],
    )


def _batteries(found: Any) -> tuple[tuple[Cell, ...], ...]:
    """A row for batteries and signals, where any device tells of them."""
    if not len(found):
        return ()
    return ((Cell("batteries", 12, "Batteries and signals", partial(_trends, found)),),)


def _captures(ask: Ask, zone: str, now: dt.datetime) -> tuple[tuple[Cell, ...], ...]:
    """A row for the capture of buttons, where there is one."""
    found = kanban_figures.capture(ask)
    if not found.num_rows:
        return ()
    return ((Cell("captures", 12, "The capture of buttons", partial(_capture, found, zone, now)),),)


def _capture(found: Any, zone: str, now: dt.datetime) -> Card:
    told = findings.coverage(found, until=now)
    return Card(
        findings.capture_title(told),
        findings.capture_table(found, timezone=zone, most=8),
        "Last 7 days, newest stretch first: interface, until when it listened, frames kept, of others, lost",
        [findings.capture_note(told, timezone=zone)],
    )


def _trends(found: Any) -> Card:
    return Card(
        findings.trends_title(found),
        findings.trends_table(found),
        "By the trend of the last 30 days, twenty at most; left: days until 3.0 V or −110 dBm",
        ["Said only where it goes one way for a week at least. A new battery begins anew."],
    )


def _sightings(ask: Ask, number: int, zone: str) -> Card:
    found = sightings_page(ask.project, limit=ROWS, page=number, since=RECENT)
    nodes = {row["device_id"]: row["name"] for row in ask.project.device_info().to_pylist() if row["name"]}
    body = [
        [
            _moment(local(row["last_seen"], zone)),
            nodes.get(row["node_id"], row["node_id"]),
            row["device"],
            row["address_kind"],
            "yes" if row["associated"] else "no",
            wording.number(row["frames"]),
            wording.quantity(row["rssi_max_dbm"], "dBm"),
            row["flags"] or "–",
        ]
        for row in rows(shown(found.rows), *_SIGHTING)
    ]
    heads = ("Last seen", "Node", "Device", "Address", "Joined", "Frames", "Strongest", "Flags")
    last = (number - 1) * ROWS + len(body)
    of = f"{(number - 1) * ROWS + 1:,} to {last:,} of {found.total:,}" if body else f"none of {found.total:,}"
    return Card(
        "Newest sightings",
        Table(heads, body, right=(5, 6), wide=(3, 4, 5, 7)),
        f"Sightings of the last 48 hours, {of}. A device is a pseudonym, valid for one key period",
        empty="No sighting of the last 48 hours is kept on this page of the list.",
    )


_SIGHTING = ("last_seen", "node_id", "device", "address_kind", "associated", "frames", "rssi_max_dbm", "flags")


def _moment(moment: dt.datetime) -> str:
    return f"{wording.short_date(moment)}, {moment:%H:%M:%S}"


def _freshness(sources: list[Delivered], told: Any, zone: str) -> Freshness:
    """Of the newest record of any source; drooping where a device is silent."""
    newest = max((one.newest_us for one in sources if one.newest_us is not None), default=None)
    usual_s = min((one.interval_s for one in sources if one.interval_s), default=0.0)
    late_s = max(common.SHORTEST_LATE_S, common.PATIENCE * usual_s)
    silent = bool((told["state"] == "silent").any())
    return Freshness(newest, late_s, max(common.SILENT_S, 2 * late_s), silent, zone)
