"""Sentences and tiles of the reports about PCs: the hours of a period, and what their agents delivered."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from telltale import wording
from telltale.activity import claims
from telltale.activity.claims.days import PC, known_days, pcs_of
from telltale.activity.words.page import active_tile, in_hours, longest_tile, share_tile, unknown_tile
from telltale.activity.words.ranges import hours
from telltale.frames import local, rows
from telltale.page import said
from telltale.page.claims import About, Claim
from telltale.page.pieces import Footer, Sentence, Table, Tile, Tiles
from telltale.page.said import say

if TYPE_CHECKING:
    from telltale.workbench.periods import Period

_IN_PERIOD = "in the period"
_GAP_S = 600.0


def hours_tiles(strips: Any, totals: Any, when: "Period", about: About = claims.ANY) -> Tiles:
    """Active, per day, longest stretch, unknown, active share.

    Args:
        strips: of the period.
        totals: of the period, by day.
        when: what `tt.period` gave.
        about: what the claims share.
    """
    pcs = pcs_of(strips, when.timezone)
    days, mean = claims.recorded_days(about, pcs), claims.per_day(about, pcs)
    note: str = "no day has a record"
    if days.value:
        note = say("mean of {} with records", said.count(days, "day")) + (", today so far" if when.running else "")
    per_day = Tile("Active per day and PC", in_hours(mean) if days.value else "–", "h", note)
    return Tiles(
        (
            active_tile(pcs, pcs, totals, _IN_PERIOD, about),
            per_day,
            longest_tile(pcs, _IN_PERIOD, about),
            unknown_tile(pcs, pcs, _IN_PERIOD, about),
            share_tile(pcs, pcs, _IN_PERIOD, about, about),
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


def agents_sentence(arrived: Claim, pcs: Claim, of: Claim, rejected: Claim, over: str) -> Sentence:
    """`**7,120 records** of **3 of 4 PCs** arrived; every row could be decoded.`.

    Args:
        arrived: records.
        pcs: of how many PCs.
        of: how many are known or listed.
        rejected: rows that could not be decoded.
        over: the line above.
    """
    if not arrived.value:
        return Sentence("**Nothing arrived** of any PC in this period. Start the agent: telltale collect idle.", over)
    among = said.count(pcs, "PC")
    if pcs.value != of.value:
        among = say("{} of {}", said.number(pcs), said.count(of, "PC"))
    aside: str = "every row could be decoded"
    if rejected.value:
        aside = say("**{}** could not be decoded", said.count(rejected, "row"))
    return Sentence(say("**{}** of **{}** arrived; {}.", said.count(arrived, "record"), among, aside), over)


def agents_tiles(
    totals: Any,
    strips: Any,
    *,
    arrived: Claim,
    by_day: Sequence[float],
    rejected: Claim,
    reason: str,
    late: Claim,
    about: About = claims.ANY,
) -> Tiles:
    """Records kept, samples, gaps inside a day, rejected rows, how late they came.

    Args:
        totals: samples (`tt.activity.totals`).
        strips: of the same period (`tt.activity.strips`): unknown stretches between records of a day are gaps.
        arrived: records.
        by_day: the same by day.
        rejected: rows that could not be decoded.
        reason: why, most often.
        late: the median time from a sample to its receipt.
        about: what the claims share.
    """
    gaps = _gaps(strips)
    longest = max(gaps, key=lambda gap: gap[1], default=None)
    note: str = "none over 10 min within a day" if _is_known(strips) else "nothing is known"
    if longest:
        note = say("longest **{}**, {}", said.duration(claims.longest_gap(about, longest[1], _GAP_S)), longest[0].name)
    middle = said.duration(late) if late.value is not None else "–"
    why = f"most often {reason}" if rejected.value else "nothing was rejected"
    return Tiles(
        (
            Tile("Records kept", said.number(arrived), "", "one a minute and PC", by_day[-31:], bars=True),
            Tile("Samples", said.number(claims.samples(about, totals)), "", "each counted once"),
            Tile("Gaps within a day", said.number(claims.gap_count(about, len(gaps), _GAP_S)), "", note),
            Tile("Rows rejected", said.number(rejected), "", why),
            Tile("From sample to store", middle, "", "half of the samples came sooner"),
        )
    )


def agents_title(strips: Any, about: About = claims.ANY) -> str:
    """How long the longest gap within a day is."""
    gaps = _gaps(strips)
    if not _is_known(strips):
        return "Records of PCs"
    if not gaps:
        return f"No gap over {wording.duration(_GAP_S)} between the records of a day"
    pc, seconds = max(gaps, key=lambda gap: gap[1])
    longest = said.duration(claims.longest_gap(about, seconds, _GAP_S))
    return say("The longest gap within a day is {}, of {}", longest, pc.name)


def agents_table(totals: Any, strips: Any, about: About = claims.ANY) -> Table:
    """Each PC: samples, known and unknown time within its days, gaps.

    Args:
        totals: name, samples (`tt.activity.totals`).
        strips: of the same period (`tt.activity.strips`).
        about: what the claims share.
    """
    samples: dict[str, int] = {}
    for row in rows(totals, "device_id", "samples"):
        samples[row["device_id"]] = samples.get(row["device_id"], 0) + row["samples"]
    gaps, body = _gaps(strips), []
    for pc in pcs_of(strips, "UTC"):
        own = [seconds for of, seconds in gaps if of.device_id == pc.device_id]
        body.append(
            [
                pc.name,
                wording.number(samples.get(pc.device_id, 0)),
                str(len(known_days([pc]))),
                hours(claims.recorded(about, [pc], pc)),
                hours(claims.unknown(about, [pc], pc)),
                said.number(claims.gap_count(about, len(own), _GAP_S, pc)),
            ]
        )
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


def _is_known(strips: Any) -> bool:
    return bool(known_days(pcs_of(strips, "UTC")))


def _gaps(strips: Any) -> list[tuple[PC, float]]:
    pcs = pcs_of(strips, "UTC")
    return [(pc, gap.lasted_s) for pc in pcs for day in pc.days for gap in claims.gaps_of(day, _GAP_S)]
