"""The sources as wholes: sentence and tiles over all of them, their table, what a page rests on."""

from collections.abc import Mapping, Sequence
from typing import Any

from telltale import wording
from telltale.frames import local
from telltale.health.words.devices import STATES, clock_tile, health_text, lines
from telltale.health.words.tiles import on_time_tile, received_tile
from telltale.page.pieces import Table, Tile, Tiles
from telltale.wording import is_known


def health_sentence(attention: Any, health: Any, rejects: Any) -> str:
    """Who is silent, or that nobody is, and what could not be decoded.

    Args:
        attention: what is silent (`tt.health.attention`).
        health: each device (`tt.health.devices`).
        rejects: by source and reason (`tt.health.rejects`).
    """
    count = rejected(rejects)
    text = health_text(attention, health)
    return f"{text} **{wording.count(count, 'row')}** could not be decoded." if count else text


def rejected(rejects: Any) -> int:
    """How many rows could not be decoded."""
    return sum(int(row["rejects"]) for row in lines(rejects))


def health_tiles(health: Any, sources: Any, rejects: Any, missing: Any) -> Tiles:
    """Sources delivering, devices on time, messages received, rejects, clocks."""
    return Tiles(
        (
            _sources_tile(lines(sources)),
            on_time_tile(health),
            received_tile(missing),
            _rejects_tile(lines(rejects), lines(sources)),
            clock_tile(health),
        )
    )


def _sources_tile(sources: Sequence[Mapping[str, Any]]) -> Tile:
    if not sources:
        return Tile("Sources delivering", "–", "", "nothing has been heard")
    silent = [one for one in sources if one["state"] == "silent"]
    gaps = sum(one["gap_s"] or 0 for one in sources)
    note = f"without any device **{wording.duration(gaps)}**" if gaps else "no silence of a whole source"
    if silent:
        note = f"{wording.joined([one['title'] for one in silent])} silent"
    count = str(len(sources) - len(silent))
    return Tile("Sources delivering", count, f"of {len(sources)}", note, state="alarm" if silent else "")


def _rejects_tile(rejects: Sequence[Mapping[str, Any]], sources: Sequence[Mapping[str, Any]]) -> Tile:
    count, reports = (
        sum(int(one[name]) for one in told) for told, name in ((rejects, "rejects"), (sources, "reports"))
    )
    note = f"most often {rejects[0]['reason']}" if rejects else f"of {wording.number(reports)} messages"
    return Tile("Rows rejected", wording.number(count), "", note)


def sources_table(sources: Any, *, timezone: str = "UTC") -> Table:
    """Every source: devices heard of known, messages, time without any of its devices, lost, late, rejects."""
    body = [
        [
            one["title"],
            f"!!{STATES['silent']}!!" if one["state"] == "silent" else STATES[one["state"]],
            wording.short_moment(local(one["last_seen"], timezone)),
            f"{one['heard']} of {one['devices']}" if one["heard"] < one["devices"] else str(one["devices"]),
            wording.number(one["reports"]),
            wording.duration(one["gap_s"]) if one["gap_s"] else "0",
            wording.number(one["missing"]) if is_known(one["missing"]) else "–",
            wording.number(one["late"]),
            wording.number(one["rejects"]),
        ]
        for one in lines(sources)
    ]
    heads = ("Source", "State", "Newest", "Devices", "Messages", "Without any", "Lost", "Late", "Rejects")
    return Table(heads, body, right=(3, 4, 5, 6, 7, 8), wide=(2, 5, 6, 7))
