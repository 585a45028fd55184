"""What arrived and what did not, in sentences, tiles and tables: the owner's page, not one for publication."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from telltale import wording
from telltale.frames import arrow, local, rows
from telltale.page.pieces import Sentence, Table, Tile, Tiles
from telltale.presence.words.gaps import Reporting, reporting
from telltale.wording import is_known

CLOCK_S = 60
"""A node's clock this far off shifts its visits; wire/presence.md R8 flags rows long before that hurts."""


def ingest_sentence(arrived: Any, rejects: Sequence[Mapping[str, Any]], nodes: Any, period: Any) -> Sentence:
    """`**80,640 reports** from **4 nodes** arrived; **12 rows** could not be decoded …`.

    Args:
        arrived: records, repeated (`tt.report.arrived`).
        rejects: reason and rejects, most frequent first (`tt.health.devices().attrs["rejects"]`).
        nodes: when each node reported (`tt.presence.nodes`).
        period: what `tt.period` gave.
    """
    over = f"{period.head} · {period.site}" if period.site else period.head
    records, found = _sum(arrived, "records"), reporting(nodes)
    if not records and not found.known:
        return Sentence("**Nothing arrived** in this period.", over)
    silent = ""
    if found.now:
        verb = "is" if len(found.now) == 1 else "are"
        silent = f"!!{len(found.now)} of {found.known} nodes!! {verb} silent. "
    refused = sum(int(one["rejects"]) for one in rejects)
    set_aside = f"**{wording.count(refused, 'row')}** could not be decoded" if refused else "every row could be decoded"
    gap = f"; the longest silence of a node was **{_lasting(found.silences[0])}**" if found.silences else ""
    nodes_text = wording.count(found.known, "node")
    return Sentence(
        f"{silent}**{wording.count(records, 'report')}** from **{nodes_text}** arrived; {set_aside}{gap}.", over
    )


def ingest_tiles(arrived: Any, rejects: Sequence[Mapping[str, Any]], health: Any, nodes: Any) -> Tiles:
    """Reports, rejected rows, repeats, longest silence, clocks."""
    found = reporting(nodes)
    by_day = [float(row["records"]) for row in rows(arrived, "records")]
    refused = sum(int(one["rejects"]) for one in rejects)
    return Tiles(
        (
            Tile("Reports kept", wording.number(sum(by_day)), "", _volume(arrived), by_day[-31:], bars=True),
            Tile("Rows rejected", wording.number(refused), "", _first_reason(rejects)),
            Tile("Sent again", wording.number(_sum(arrived, "repeated")), "", "same sightings twice, counted once"),
            _silence(found),
            _clocks(health, nodes),
        )
    )


def _silence(found: Reporting) -> Tile:
    if not found.silences:
        return Tile("Longest silence", "–", "", "no node was silent for an hour")
    longest = found.silences[0]
    value, unit = _two(_lasting(longest))
    return Tile("Longest silence", value, unit, longest.name, state="warning" if found.now else "")


def _clocks(health: Any, nodes: Any) -> Tile:
    offsets = [(abs(row["clock_offset_s"]), row["node_id"]) for row in _offsets(health)]
    if not offsets:
        return Tile("Largest clock offset", "–", "", "no report to compare")
    worst, node = max(offsets)
    value, unit = _two(wording.duration(worst))
    if worst < CLOCK_S:
        return Tile("Largest clock offset", value, unit, "all within a minute")
    return Tile("Largest clock offset", value, unit, _names(nodes).get(node) or node, state="warning")


def _offsets(health: Any) -> list[dict[str, Any]]:
    return [row for row in rows(health, "node_id", "clock_offset_s") if is_known(row["clock_offset_s"])]


def rejects_table(rejects: Sequence[Mapping[str, Any]], *, timezone: str = "UTC") -> Table:
    """Why rows could not be decoded: reason, what it means, how many, the newest."""
    body = [
        [
            str(one["reason"]),
            REASONS.get(str(one["reason"]), "see telltale rejects"),
            wording.number(one["rejects"]),
            wording.short_moment(local(one["last_seen"], timezone)),
        ]
        for one in rejects
    ]
    return Table(("Reason", "What it means", "Rows", "Newest"), body, right=(2,))


REASONS = {
    "bad_address": "not six octets",
    "bad_associated": "neither associated nor not",
    "bad_count": "the number of frames is not a whole number of one or more",
    "bad_json": "the body is not a JSON object",
    "bad_stamp": "a time outside 1970 to 2100",
    "bad_value": "a value of the wrong kind, or one that does not fit",
    "decoder_failed": "the decoder gave up; the bytes are kept, see telltale rejects",
    "group_address": "a group address is never one station's",
    "key_destroyed": "came after the key of its day was destroyed; it cannot be counted any more",
    "not_an_object": "a row that is no JSON object",
    "opted_out": "devices on the opt-out list: dropped unseen",
    "stamp_order": "first seen after last seen",
    "unknown_source": "came from a source this telltale does not list; the bytes are kept",
    "zero_address": "the address is all zeros",
}
"""What the reasons of rejects mean (wire/presence.md R6)."""


def nodes_table(health: Any, nodes: Any, *, timezone: str = "UTC") -> Table:
    """How each node reported: reports, usual interval, longest gap, newest, clock."""
    names = _names(nodes)
    body = [
        [
            names.get(row["node_id"]) or row["node_id"],
            wording.number(row["reports"]),
            wording.duration(row["interval_s"]) if is_known(row["interval_s"]) else "–",
            wording.duration(row["longest_gap_s"]) if is_known(row["longest_gap_s"]) else "–",
            wording.short_moment(local(row["last_seen"], timezone)),
            wording.quantity(row["clock_offset_s"], "s", signed=True) if is_known(row["clock_offset_s"]) else "–",
        ]
        for row in rows(health, *_HEALTH)
    ]
    heads = ("Node", "Reports", "Usual interval", "Longest gap", "Newest", "Clock behind ours")
    return Table(heads, body, right=(1, 2, 3, 5))


_HEALTH = ("node_id", "reports", "interval_s", "longest_gap_s", "last_seen", "clock_offset_s")


def arrivals_title(nodes: Any) -> str:
    """`All 4 nodes reported all through`, or how many were silent for an hour."""
    found = reporting(nodes)
    if not found.known:
        return "Reports received"
    if not found.silences:
        return "The node reported all through" if found.known == 1 else f"All {found.known} nodes reported all through"
    silent = wording.sentence_case(wording.in_words(len(found.silences)))
    return f"{silent} of {wording.in_words(found.known)} nodes had a silence of an hour or more"


def lateness_title(sightings: Any) -> str:
    """`99 % of rows came within five minutes of their last frame`."""
    table = arrow(sightings)
    if table.num_rows < 100:
        return "How late rows came"
    ages = pc.subtract(table.column("received_at"), table.column("last_seen"))
    quick = pc.sum(pc.less(ages, pa.scalar(dt.timedelta(minutes=5)))).as_py() / table.num_rows
    return f"{wording.percent(quick)} of rows came within five minutes of their last frame"


def _names(nodes: Any) -> dict[str, str | None]:
    return {row["node_id"]: row["name"] for row in rows(nodes, "node_id", optional=("name",))}


def _lasting(silence: Any) -> str:
    return wording.duration((silence.end - silence.start).total_seconds())


def _two(text: str) -> tuple[str, str]:
    value, _, unit = text.rpartition(wording.NBSP)
    return (value, unit) if value else (text, "")


def _volume(arrived: Any) -> str:
    return f"{wording.quantity(_sum(arrived, 'bytes') / 1e6, 'MB', 1)} as received"


def _first_reason(rejects: Sequence[Mapping[str, Any]]) -> str:
    return f"most often {rejects[0]['reason']}" if rejects else "every row could be decoded"


def _sum(frame: Any, name: str) -> int:
    return sum(int(row[name]) for row in rows(frame, name))
