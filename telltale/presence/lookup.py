"""Sightings looked up on the page: of a typed station, of a node, by level; or invented ones, to see how they look.

A typed address comes by the page's own line, is turned into its pseudonyms, and goes no further: it is in no address
bar, no answer, no log and no list of choices.

Source: the routes `/`, `/filter` and `/test` of wire/presence.md section 4.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from telltale import address, wording
from telltale.contract import ConfigError
from telltale.frames import local, rows
from telltale.page.board import Finder
from telltale.presence.kept_days import ages
from telltale.presence.stations import sample_rows, sightings_page
from telltale.workbench.project import Project
from telltale.workbench.tidy import shown
from telltale.workbench.view import View, answered

RECENT_H = 48
AHEAD_S = 300
"""Beyond it a stamp is of a clock that is ahead (`clock_ahead`)."""
MOST = 200
"""Rows at once."""
HEADS = ("Last seen", "Node", "Device", "Address", "Frames", "Weakest", "Mean", "Strongest", "Joined", "Flags")
_NAMES = (
    *("last_seen", "node_id", "device", "address_kind", "frames"),
    *("rssi_min_dbm", "rssi_avg_dbm", "rssi_max_dbm", "associated", "flags"),
)


def finder(project: Project, zone: str) -> Finder:
    """The part of the page where sightings are looked up, under a sentence about those that are kept."""
    nodes = {row["device_id"]: row["name"] for row in project.device_info().to_pylist() if row["role"] == "node"}
    return Finder(kept(project, zone), nodes)


def kept(project: Project, zone: str) -> str:
    """`5 sightings of 2016, outside the last 48 h`: how many are kept, and of when those are that no chart shows."""

    def ask(view: View) -> tuple[dict[str, Any], dt.datetime]:
        since_us, until_us = view.now_us - RECENT_H * 3600 * 10**6, view.now_us + AHEAD_S * 10**6
        return ages(view, since_us, until_us), local(dt.datetime.fromtimestamp(view.now_us / 1e6, dt.UTC), zone)

    found, now = answered(project, ask)
    total, recent = found["total"], found["recent"]
    last = f"the last {RECENT_H}{wording.NBSP}h"
    if not total:
        return "No sighting is kept; each goes some hours after its day closed ([site] sighting_retention_h)"
    if total == recent:
        return f"{wording.count(total, 'sighting')} in {last}"
    of = _of(local(found["set_at"] or found["first_at"], zone), local(found["last_at"], zone), now)
    if found["set_at"] and found["unset"]:
        of += f" ({wording.number(found['unset'])} by a clock that was never set)"
    if not recent:
        return f"{wording.count(total, 'sighting')} {of}, outside {last}"
    return f"{wording.count(recent, 'sighting')} in {last}, and {wording.number(total - recent)} {of}"


def _of(first: dt.datetime, last: dt.datetime, now: dt.datetime) -> str:
    """`of 2016`, `of 2016 to 2018`, `of Fri 20 Nov`: of when they are, as briefly as it is plain."""
    if first.year != last.year:
        return f"of {first.year} to {last.year}"
    if first.year != now.year:
        return f"of {first.year}"
    days = [wording.short_date(day) for day in dict.fromkeys((first.date(), last.date()))]
    return f"of {' to '.join(days)}"


def looked_up(project: Project, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What was looked up, as JSON-able data.

    Args:
        project: whose.
        fields: of the form: `station` (an address in any spelling, or a pseudonym), `node`, `limit`, `min_dbm` and
            `avg_dbm` (the weakest frame, the mean: at least so strong), `sample` for invented ones.

    Returns:
        `columns`, `rows` of text, `said`: what they are, without what was typed.

    Raises:
        TelltaleError: an address or a number that is none; the sentence does not repeat it.
    """
    zone = project.zone()
    limit = _whole("limit", fields, 1, MOST) or 25
    if fields.get("sample"):
        found = sample_rows(limit)
        return _told(found, {}, zone, f"{wording.count(found.num_rows, 'invented sighting')}; nothing is stored")
    station, node = str(fields.get("station") or "").strip(), str(fields.get("node") or "").strip()
    if node and address.station(node) == address.BAD:
        raise ConfigError("node: expected the six octets of an access point, such as ac:86:74:11:22:33")
    page = sightings_page(
        project,
        limit=limit,
        station=station or None,
        node=node or None,
        min_dbm=_whole("min_dbm", fields, -120, 0),
        avg_dbm=_whole("avg_dbm", fields, -120, 0),
    )
    names = {row["device_id"]: row["name"] for row in project.device_info().to_pylist() if row["name"]}
    if not page.total:
        said = "No sighting kept matches; removed ones, and those under a destroyed key, cannot be found again"
    else:
        of = f"the newest {wording.number(page.rows.num_rows)} of " if page.total > page.rows.num_rows else ""
        said = f"{of}{wording.count(page.total, 'sighting')}{' of this station' if station else ''}, the newest first"
    return _told(page.rows, names, zone, wording.sentence_case(said))


def _told(found: pa.Table, names: Mapping[str, str], zone: str, said: str) -> dict[str, Any]:
    cells = [
        [
            f"{local(row['last_seen'], zone):%Y-%m-%d %H:%M:%S}",
            names.get(row["node_id"], row["node_id"]),
            row["device"],
            row["address_kind"],
            wording.number(row["frames"]),
            *(wording.quantity(row[name], "dBm") for name in ("rssi_min_dbm", "rssi_avg_dbm", "rssi_max_dbm")),
            "yes" if row["associated"] else "no",
            row["flags"] or "–",
        ]
        for row in rows(shown(found), *_NAMES)
    ]
    return {"columns": list(HEADS) if cells else [], "rows": cells, "said": said}


def _whole(name: str, fields: Mapping[str, Any], low: int, high: int) -> int | None:
    """A whole number of the form; None where the field is empty."""
    text = str(fields.get(name) or "").strip().replace("\N{MINUS SIGN}", "-")
    if not text:
        return None
    try:
        number = int(text[:10])
    except ValueError:
        number = high + 1
    if not low <= number <= high:
        raise ConfigError(f"{name}: expected a whole number from {low} to {high}")
    return number
