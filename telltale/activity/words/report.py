"""Sentences and tiles of the reports about PCs: the hours of a period, and what their agents delivered."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from telltale import wording
from telltale.activity.charts.panels import known_days, pcs_of
from telltale.activity.words.page import (
    active_tile,
    activity_text,
    hours,
    longest_tile,
    share_tile,
    sums_of,
    team_text,
    unknown_tile,
)
from telltale.frames import local, rows
from telltale.page.pieces import Footer, Sentence, Table, Tile, Tiles
from telltale.wording import is_known

if TYPE_CHECKING:
    from telltale.workbench.periods import Period

_IN_PERIOD = "in the period"
_GAP_S = 600.0


def hours_sentence(
    strips: Any, daily: Any, team: Any, when: "Period", *, single: bool, k: int, people: int, name: str = ""
) -> Sentence:
    """The hours of a period in a sentence: of the PCs, or where single ones may not be shown, of the team.

    Args:
        strips: see `activity_text`.
        daily: see there.
        team: by day (`tt.activity.team`).
        when: what `tt.period` gave.
        single: whether single PCs may be shown (`tt.activity.shows_single`).
        k: people of the smallest team that is told of.
        people: how many were ever heard.
        name: of the site.
    """
    over = f"{when.head} · {name}" if name else when.head
    if single:
        text = activity_text(strips, daily, now=when.now, period=_IN_PERIOD, timezone=when.timezone)
    else:
        text = team_text(team, k=k, people=people, period=_IN_PERIOD, timezone=when.timezone)
    return Sentence(text, over)


def hours_tiles(strips: Any, daily: Any, when: "Period") -> Tiles:
    """Active, per day, longest stretch, unknown, active share.

    Args:
        strips: of the period.
        daily: of the period, by day.
        when: what `tt.period` gave.
    """
    pcs = pcs_of(strips, when.timezone)
    days = sum(day.is_known for pc in pcs for day in pc.days)
    mean = sums_of(pcs).active / days if days else None
    note = f"mean of {wording.count(days, 'day')} with records" if days else "no day has a record"
    per_day = Tile("Active per day and PC", wording.number(mean / 3600, 1) if mean is not None else "–", "h", note)
    return Tiles(
        (
            active_tile(pcs, pcs, daily, _IN_PERIOD),
            per_day,
            longest_tile(pcs, _IN_PERIOD),
            unknown_tile(pcs, pcs, _IN_PERIOD),
            share_tile(pcs, pcs, _IN_PERIOD),
        )
    )


def hours_footer(daily: Any, sources: Any, records: Any, *, name: str, timezone: str) -> Footer:
    """What a report on hours rests on: data until, records, decoders."""
    table = rows(records, "records", "last_at")
    newest = max((row["last_at"] for row in table), default=None)
    used = sum(row["samples"] for row in rows(daily, "samples"))
    told = ("pc_idle", "sigfox")
    decoders = [
        f"{row['source']} {row['decoder']}" for row in rows(sources, "source", "decoder") if row["source"] in told
    ]
    return Footer(
        {
            "Site": name or "–",
            "Data until": wording.full_moment(local(newest, timezone)) if newest else "no record yet",
            "Days": f"local days in {timezone}",
            "Records": f"{wording.number(used)} samples, levels, minutes, imported stretches and corrections",
            "Decoders": wording.joined(decoders) or "none used",
        }
    )


def agents_sentence(
    arrived: Any, messages: Any, rejects: Sequence[Mapping[str, Any]], when: "Period", name: str = ""
) -> Sentence:
    """`**7,120 records** of **3 PCs** arrived; every row could be decoded.`.

    Args:
        arrived: records (`tt.report.arrived`).
        messages: device_id, source (`tt.activity.messages`).
        rejects: reason and rejects (`rejects_of`).
        when: what `tt.period` gave.
        name: of the site.
    """
    over = f"{when.head} · {name}" if name else when.head
    records = sum(int(row["records"]) for row in rows(arrived, "records"))
    if not records:
        return Sentence("**Nothing arrived** of any PC in this period. Start the agent: telltale collect idle.", over)
    pcs = {row["device_id"] for row in rows(messages, "device_id", "source") if row["source"] == "pc_idle"}
    refused = sum(int(one["rejects"]) for one in rejects)
    aside = f"**{wording.count(refused, 'row')}** could not be decoded" if refused else "every row could be decoded"
    return Sentence(
        f"**{wording.count(records, 'record')}** of **{wording.count(len(pcs), 'PC')}** arrived; {aside}.", over
    )


def agents_tiles(arrived: Any, daily: Any, gaps: Any, rejects: Sequence[Mapping[str, Any]], lateness_s: Any) -> Tiles:
    """Records kept, samples, gaps inside a day, rejected rows, how late they came.

    Args:
        arrived: records (`tt.report.arrived`).
        daily: samples (`tt.activity.daily`).
        gaps: strips (`tt.activity.strips`): unknown stretches between records of a day.
        rejects: reason and rejects.
        lateness_s: seconds from a record's newest sample to its receipt.
    """
    by_day = [float(row["records"]) for row in rows(arrived, "records")]
    samples = sum(row["samples"] for row in rows(daily, "samples"))
    found = _gaps(gaps)
    refused = sum(int(one["rejects"]) for one in rejects)
    reason = f"most often {rejects[0]['reason']}" if rejects else "nothing was rejected"
    late = sorted(float(one) for one in lateness_s if is_known(one))
    middle = wording.duration(late[len(late) // 2]) if late else "–"
    longest = max(found, key=lambda one: one[1], default=None)
    note = f"longest **{wording.duration(longest[1])}**, {longest[0]}" if longest else "none over 10 min within a day"
    return Tiles(
        (
            Tile("Records kept", wording.number(sum(by_day)), "", "one a minute and PC", by_day[-31:], bars=True),
            Tile("Samples", wording.number(samples), "", "each counted once"),
            Tile("Gaps within a day", str(len(found)), "", note),
            Tile("Rows rejected", wording.number(refused), "", reason),
            Tile("From sample to store", middle, "", "half of the records came sooner"),
        )
    )


def agents_title(gaps: Any) -> str:
    """How many gaps there are within days."""
    found = _gaps(gaps)
    if not found:
        return "Within each day the records are without a gap"
    name, seconds = max(found, key=lambda one: one[1])
    return f"The longest gap within a day is {wording.duration(seconds)}, of {name}"


def agents_table(daily: Any, strips: Any) -> Table:
    """Each PC: samples, known and unknown time within its days, gaps.

    Args:
        daily: name, samples (`tt.activity.daily`).
        strips: of the same period (`tt.activity.strips`).
    """
    samples: dict[str, int] = {}
    for row in rows(daily, "name", "samples"):
        samples[row["name"]] = samples.get(row["name"], 0) + row["samples"]
    found = _gaps(strips)
    body = []
    for pc in pcs_of(strips, "UTC"):
        sums = sums_of([pc])
        own = [seconds for name, seconds in found if name == pc.name]
        told = [wording.number(samples.get(pc.name, 0)), str(len(known_days([pc]))), hours(sums.recorded)]
        body.append([pc.name, *told, hours(sums.unknown), str(len(own))])
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


def rejects_of(rejected: Any, *, source: str = "pc_idle") -> list[dict[str, Any]]:
    """Rejects by reason, most frequent first.

    Args:
        rejected: source, reason, received_at (`tt.load("reject")`).
        source: of which.
    """
    found: dict[str, dict[str, Any]] = {}
    for row in rows(rejected, "source", "reason", "received_at"):
        if row["source"] == source:
            one = found.setdefault(
                row["reason"], {"reason": row["reason"], "rejects": 0, "last_seen": row["received_at"]}
            )
            one["rejects"] += 1
            one["last_seen"] = max(one["last_seen"], row["received_at"])
    return sorted(found.values(), key=lambda one: (-one["rejects"], one["reason"]))


def _gaps(strips: Any) -> list[tuple[str, float]]:
    return [
        (pc.name, piece.lasted_s)
        for pc in pcs_of(strips, "UTC")
        for day in pc.days
        if day.is_known
        for piece in day.pieces
        if piece.state == "unknown" and piece.lasted_s >= _GAP_S
    ]
