"""A doubt next to its number: what a figure leaves out, in a sentence; an empty text where there is nothing to say."""

import datetime as dt
from typing import Any

from telltale import wording
from telltale.frames import local, rows
from telltale.health.words.silences import Silence, reporting
from telltale.presence.words.gaps import without_records
from telltale.wording import is_known

MOST_GAPS = 2
"""More gaps than this are counted, not listed."""


def address_kinds(summary: Any) -> str:
    """That a device is not a person, with the share of randomised addresses."""
    table = {row["address_kind"]: row["visitors"] for row in rows(summary, "address_kind", "visitors")}
    randomised, all_kinds = table.get("local"), table.get("all")
    if randomised is None or not all_kinds or not is_known(randomised) or not is_known(all_kinds):
        return "Devices, not people: a phone may use several addresses."
    share = wording.share_of(randomised, all_kinds)
    return f"Devices, not people: {share} of visitors used a randomised address."


def keys(summary: Any, *, days: int) -> str:
    """What changing keys mean for figures of several days."""
    rotation = _of_all(summary, "rotation")
    if rotation == "never" or rotation is None or (rotation == "day" and days == 1):
        return ""
    if rotation == "day":
        return (
            "A device counts anew each day: keys change each night at 04:00, so it cannot be followed, "
            "and one seen on both sides of 04:00 counts twice that day."
        )
    return f"Keys change each {rotation}: a device cannot be followed over the change."


def gaps(bins: Any, nodes: Any, *, timezone: str = "UTC") -> str:
    """When no node reported at all."""
    spans = without_records(bins, nodes)
    if not spans:
        return ""
    listed = "; ".join(_span(a, b, timezone) for a, b in spans[:MOST_GAPS])
    more = f" and {wording.in_words(len(spans) - MOST_GAPS)} more" if len(spans) > MOST_GAPS else ""
    return f"**{'Gap' if len(spans) == 1 else 'Gaps'}** {listed}{more}: no node reported. A gap is not a zero."


def silent_nodes(nodes: Any, *, timezone: str = "UTC") -> str:
    """Which nodes were silent while others reported."""
    found = reporting(nodes)
    if not found.silences:
        return ""
    first = found.silences[0]
    same = [silence for silence in found.silences if _alike(silence, first)]
    names = wording.joined([silence.name for silence in same])
    who = f"{'Node' if len(same) == 1 else 'Nodes'} {names}"
    if len(same) > 4:
        who = f"{wording.sentence_case(wording.in_words(len(same)))} nodes"
    others = len(found.silences) - len(same)
    more = f" {wording.sentence_case(wording.in_words(others))} more had a gap of an hour or longer." if others else ""
    return (
        f"**{who}** {'was' if len(same) == 1 else 'were'} silent "
        f"{_span(first.start, first.end, timezone)}: counts there are a lower bound.{more}"
    )


def definition(thresholds: Any, gap: str = "") -> str:
    """What counts as a visit and what ends it.

    Args:
        thresholds: visit_min, visit_dbm and gap_min (`[presence]` of telltale.toml).
        gap: the silence that ends a visit where this page uses another.
    """
    return (
        f"Visit = {_minutes(thresholds.visit_min)} or more and "
        f"{wording.quantity(thresholds.visit_dbm, 'dBm')} or stronger, or associated. "
        f"Silence of more than {gap or _minutes(thresholds.gap_min)} ends it."
    )


def resolution(visits: Any) -> str:
    """How much longer the true stay may be than the one shown: a phone is silent between its probes."""
    longest = sorted(row["silence_max_s"] for row in rows(visits, "silence_max_s") if is_known(row["silence_max_s"]))
    if not longest:
        return ""
    return (
        f"A device is silent for up to {wording.duration(longest[len(longest) // 2])} within a visit (median), "
        "and may be as long before the first and after the last frame: stays are a little too short."
    )


def open_visits(visits: Any, *, k: int) -> str:
    """How many visits are left out because they may not have ended."""
    count = sum(bool(row["open"]) for row in rows(visits, optional=("open",)))
    if not count:
        return ""
    if count < k:
        return f"Fewer than {k} visits may not have ended and are left out."
    return f"{wording.count(count, 'visit')} may not have ended and {'is' if count == 1 else 'are'} left out."


def left_out(summary: Any) -> str:
    """Staff and fixed devices removed before counting."""
    fixed, staff = (_whole(_of_all(summary, name)) for name in ("fixed", "staff"))
    parts = [wording.count(count, noun) for count, noun in ((fixed, "fixed device"), (staff, "staff device")) if count]
    return f"{wording.sentence_case(wording.joined(parts))} removed before counting." if parts else ""


def withheld(k: int) -> str:
    """That small cells are not published."""
    return f"Cells of fewer than {k} devices are not published (<{k})."


def hysteresis(thresholds: Any) -> str:
    """What counts as a move."""
    return f"A move needs a lead of {wording.quantity(thresholds.hysteresis_db, 'dB')} over the last zone."


def set_aside(summary: Any) -> str:
    """Records rejected, late, or with a wrong clock."""
    counts = {name: _whole(_of_all(summary, name)) for name in ("rejected", "flagged", "late")}
    return (
        f"{wording.number(counts['rejected'])} rows rejected, {wording.number(counts['flagged'])} with a wrong clock "
        f"left out, {wording.number(counts['late'])} came after their day had closed."
    )


def _of_all(summary: Any, name: str) -> Any:
    """A value that is the same for every address kind; that of all kinds together, where it is there."""
    table = rows(summary, "address_kind", name)
    whole = [row for row in table if row["address_kind"] == "all"] or table
    return whole[0][name] if whole else None


def _whole(value: float | None) -> int:
    return int(value) if is_known(value) and value is not None else 0


def _minutes(minutes: float) -> str:
    return wording.duration(60 * minutes)


def _alike(one: Silence, other: Silence) -> bool:
    near = dt.timedelta(minutes=5)
    return abs(one.start - other.start) <= near and abs(one.end - other.end) <= near


def _span(start: dt.datetime, end: dt.datetime, zone: str) -> str:
    return wording.clock_span(local(start, zone), local(end, zone))
