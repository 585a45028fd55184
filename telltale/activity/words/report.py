"""Sentences and tiles of the reports about PCs: the hours of a period, and what their agents delivered."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from telltale import wording
from telltale.activity.words.page import (
    active_tile,
    hours,
    longest_tile,
    share_tile,
    sums_of,
    unknown_tile,
)
from telltale.activity.words.pcs import known_days, pcs_of
from telltale.frames import local, rows
from telltale.page.pieces import Footer, Sentence, Table, Tile, Tiles

if TYPE_CHECKING:
    from telltale.workbench.periods import Period

_IN_PERIOD = "in the period"
_GAP_S = 600.0


def hours_tiles(strips: Any, totals: Any, when: "Period") -> Tiles:
    """Active, per day, longest stretch, unknown, active share.

    Args:
        strips: of the period.
        totals: of the period, by day.
        when: what `tt.period` gave.
    """
    pcs = pcs_of(strips, when.timezone)
    days = sum(day.is_known for pc in pcs for day in pc.days)
    mean = sums_of(pcs).active / days if days else None
    note = f"mean of {wording.count(days, 'day')} with records" if days else "no day has a record"
    per_day = Tile("Active per day and PC", wording.number(mean / 3600, 1) if mean is not None else "–", "h", note)
    return Tiles(
        (
            active_tile(pcs, pcs, totals, _IN_PERIOD),
            per_day,
            longest_tile(pcs, _IN_PERIOD),
            unknown_tile(pcs, pcs, _IN_PERIOD),
            share_tile(pcs, pcs, _IN_PERIOD),
        )
    )


def hours_footer(totals: Any, sources: Any, kept: Any, *, name: str, timezone: str) -> Footer:
    """What a report on hours rests on: data until, records, decoders.

    Args:
        totals: samples (`tt.activity.totals`).
        sources: source, decoder; of those that tell of activity (`tt.sources`).
        kept: records, last_at (`tt.activity.kept`).
        name: of the site.
        timezone: the site's zone.
    """
    newest = max((row["last_at"] for row in rows(kept, "records", "last_at")), default=None)
    used = sum(row["samples"] for row in rows(totals, "samples"))
    decoders = [f"{row['source']} {row['decoder']}" for row in rows(sources, "source", "decoder")]
    return Footer(
        {
            "Site": name or "–",
            "Data until": wording.full_moment(local(newest, timezone)) if newest else "no record yet",
            "Days": f"local days in {timezone}",
            "Records": f"{wording.number(used)} samples, levels, minutes, imported stretches and corrections",
            "Decoders": wording.joined(decoders) or "none used",
        }
    )


def agents_sentence(arrived: Any, pcs: int, rejects: Sequence[Mapping[str, Any]], over: str) -> Sentence:
    """`**7,120 records** of **3 PCs** arrived; every row could be decoded.`.

    Args:
        arrived: records, by day.
        pcs: of how many PCs.
        rejects: reason and rejects.
        over: the line above.
    """
    records = sum(int(row["records"]) for row in rows(arrived, "records"))
    if not records:
        return Sentence("**Nothing arrived** of any PC in this period. Start the agent: telltale collect idle.", over)
    refused = sum(int(row["rejects"]) for row in rejects)
    aside = f"**{wording.count(refused, 'row')}** could not be decoded" if refused else "every row could be decoded"
    return Sentence(f"**{wording.count(records, 'record')}** of **{wording.count(pcs, 'PC')}** arrived; {aside}.", over)


def agents_tiles(
    arrived: Any, totals: Any, strips: Any, rejects: Sequence[Mapping[str, Any]], lateness_s: Sequence[float]
) -> Tiles:
    """Records kept, samples, gaps inside a day, rejected rows, how late they came.

    Args:
        arrived: records, by day.
        totals: samples (`tt.activity.totals`).
        strips: of the same period (`tt.activity.strips`): unknown stretches between records of a day are gaps.
        rejects: reason and rejects.
        lateness_s: seconds from a record's newest sample to its receipt.
    """
    by_day = [float(row["records"]) for row in rows(arrived, "records")]
    samples = sum(row["samples"] for row in rows(totals, "samples"))
    gaps = _gaps(strips)
    refused = sum(int(row["rejects"]) for row in rejects)
    reason = f"most often {rejects[0]['reason']}" if rejects else "nothing was rejected"
    late = sorted(lateness_s)
    middle = wording.duration(late[len(late) // 2]) if late else "–"
    longest = max(gaps, key=lambda gap: gap[1], default=None)
    note = f"longest **{wording.duration(longest[1])}**, {longest[0]}" if longest else "none over 10 min within a day"
    return Tiles(
        (
            Tile("Records kept", wording.number(sum(by_day)), "", "one a minute and PC", by_day[-31:], bars=True),
            Tile("Samples", wording.number(samples), "", "each counted once"),
            Tile("Gaps within a day", str(len(gaps)), "", note),
            Tile("Rows rejected", wording.number(refused), "", reason),
            Tile("From sample to store", middle, "", "half of the records came sooner"),
        )
    )


def agents_title(strips: Any) -> str:
    """How long the longest gap within a day is."""
    gaps = _gaps(strips)
    if not gaps:
        return "Within each day the records are without a gap"
    name, seconds = max(gaps, key=lambda gap: gap[1])
    return f"The longest gap within a day is {wording.duration(seconds)}, of {name}"


def agents_table(totals: Any, strips: Any) -> Table:
    """Each PC: samples, known and unknown time within its days, gaps.

    Args:
        totals: name, samples (`tt.activity.totals`).
        strips: of the same period (`tt.activity.strips`).
    """
    samples: dict[str, int] = {}
    for row in rows(totals, "name", "samples"):
        samples[row["name"]] = samples.get(row["name"], 0) + row["samples"]
    gaps = _gaps(strips)
    body = []
    for pc in pcs_of(strips, "UTC"):
        sums = sums_of([pc])
        own = [seconds for name, seconds in gaps if name == pc.name]
        known = [wording.number(samples.get(pc.name, 0)), str(len(known_days([pc]))), hours(sums.recorded)]
        body.append([pc.name, *known, hours(sums.unknown), str(len(own))])
    return Table(("PC", "Records", "Days", "Known", "Unknown", "Gaps"), body, right=(1, 2, 3, 4, 5))


def heard_of(intervals: Any) -> pa.Table:
    """When something is known of each PC, as the strip below a chart of arrivals takes it.

    Args:
        intervals: device_id, name, state, start, end (`tt.activity.intervals`), in order.

    Returns:
        node_id, name, zone (its name), start, end; stretches that touch are one.
    """
    made: list[dict[str, Any]] = []
    for row in rows(intervals, "device_id", "name", "state", "start", "end"):
        if row["state"] == "unknown":
            continue
        if made and made[-1]["node_id"] == row["device_id"] and made[-1]["end"] == row["start"]:
            made[-1]["end"] = row["end"]
        else:
            named = {"node_id": row["device_id"], "name": row["name"], "zone": row["name"]}
            made.append({**named, "start": row["start"], "end": row["end"]})
    texts = [(name, pa.string()) for name in ("node_id", "name", "zone")]
    shape = pa.schema([*texts, *((name, pa.timestamp("us", "UTC")) for name in ("start", "end"))])
    return pa.Table.from_pylist(made, shape)


def _gaps(strips: Any) -> list[tuple[str, float]]:
    return [
        (pc.name, piece.lasted_s)
        for pc in pcs_of(strips, "UTC")
        for day in pc.days
        if day.is_known
        for piece in day.pieces
        if piece.state == "unknown" and piece.lasted_s >= _GAP_S
    ]
