"""The health page as the owner of the data sees it, with what other subjects tell of their devices; and an operator."""

import datetime as dt
from dataclasses import replace
from functools import partial

from telltale import wording
from telltale.frames import local, rows
from telltale.health import page as health
from telltale.kanban import cards as kanban
from telltale.kanban.answers import answers as buttons
from telltale.page.board import Ask, Board, Cell, Control
from telltale.page.pieces import Card, Table
from telltale.presence import lookup
from telltale.presence.stations import sightings_page
from telltale.publish import cards as scheduled
from telltale.publish.alerts import card as alerts
from telltale.workbench.tidy import shown

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
    board = health.page(ask)
    if not board.rows:
        return board
    zone, number = board.freshness.timezone, ask.chosen(SIGHTINGS)
    return replace(
        board,
        rows=(
            *_alerts(ask, zone, is_owners=True),
            *board.rows,
            *_captures(ask),
            *_reports(ask, zone),
            (Cell("sightings", 12, "Newest sightings", partial(_sightings, ask, int(number), zone)),),
        ),
        controls=[*board.controls, SIGHTINGS],
        choice={**board.choice, SIGHTINGS.name: number},
    )


def operators(ask: Ask) -> Board:
    """The page for operators: without what is under pseudonyms, and without raw ids."""
    board = health.page(ask, is_owners=False)
    if not board.rows:
        return board
    return replace(board, rows=(*_alerts(ask, board.freshness.timezone, is_owners=False), *board.rows))


def _alerts(ask: Ask, zone: str, *, is_owners: bool) -> tuple[tuple[Cell, ...], ...]:
    """A row for alerts, where any is set."""
    if not ask.project.settings.alerts:
        return ()
    return ((Cell("alerts", 12, "Alerts", partial(alerts.card, ask.project, zone, is_owners=is_owners)),),)


def _captures(ask: Ask) -> tuple[tuple[Cell, ...], ...]:
    """A row for the capture of buttons, where there is one."""
    heard = buttons("7d", project=ask.project)
    return (
        ((Cell("captures", 12, "The capture of buttons", partial(kanban.capture, heard)),),)
        if heard.capture.num_rows
        else ()
    )


def _reports(ask: Ask, zone: str) -> tuple[tuple[Cell, ...], ...]:
    """A row for what became of the scheduled reports, where there are any."""
    if not ask.project.settings.reports:
        return ()
    return ((Cell("reports", 12, "Scheduled reports", partial(scheduled.reports, ask.project, zone)),),)


def _sightings(ask: Ask, number: int, zone: str) -> Card:
    found = sightings_page(ask.project, limit=ROWS, page=number, since=RECENT)
    is_recent = bool(found.total)
    if not is_recent:  # such as those of a sample, which are of long ago
        found = sightings_page(ask.project, limit=ROWS, page=number)
    nodes = {row["device_id"]: row["name"] for row in ask.project.device_info().to_pylist() if row["name"]}
    body = [
        [
            _moment(local(row["last_seen"], zone), has_year=not is_recent),
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
        lookup.kept(ask.project, zone) if found.total else "Newest sightings",
        Table(heads, body, right=(5, 6), wide=(3, 4, 5, 7)),
        f"Sightings{' of the last 48 hours' if is_recent else ''}, {of}. "
        "A device is a pseudonym, valid for one key period",
        empty="No sighting is kept on this page of the list.",
    )


_SIGHTING = ("last_seen", "node_id", "device", "address_kind", "associated", "frames", "rssi_max_dbm", "flags")


def _moment(moment: dt.datetime, *, has_year: bool) -> str:
    year = f"{wording.NBSP}{moment.year}" if has_year else ""
    return f"{wording.short_date(moment)}{year}, {moment:%H:%M:%S}"
