"""Activity in titles, notes and tables: what a chart shows, what it leaves out, what is kept of whom."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from telltale import wording
from telltale.activity.words.pcs import PC, SAME_S, Piece, known_days, pcs_of, ranges_of
from telltale.frames import local, rows
from telltale.page.pieces import Table

_MUCH_S = 900.0
_FULL_DAY_S = 4 * 3600.0
"""Fewer recorded hours are no full day."""
_NAMED_GAPS = 3
_NAMED = 2


def strips_title(strips: Any, *, timezone: str) -> str:
    """Which PC was not recorded for a while, or that all are nearly complete."""
    pcs = _known(strips, timezone)
    lost = {pc.name: len([day for day in pc.days if day.sum_s("unknown") >= _MUCH_S]) for pc in pcs}
    lacking = {name: days for name, days in lost.items() if days}
    if not pcs:
        return "Activity by hour of day"
    if not lacking:
        return "Nearly every hour is recorded" if len(pcs) > 1 else "Nearly every hour of the PC is recorded"
    if len(lacking) == 1 and len(pcs) > 1:
        ((name, days),) = lacking.items()
        parts = f"parts of {wording.in_words(days)} days" if days > 1 else "a part of a day"
        return f"{name} was not recorded for {parts}; the others are nearly complete"
    if len(lacking) <= _NAMED < len(pcs):
        return f"{wording.joined(list(lacking))} were not recorded all the time"
    count = wording.sentence_case(wording.in_words(len(lacking)))
    return f"{count} of {wording.in_words(len(pcs))} PCs were not recorded all the time"


def strips_note(strips: Any, *, timezone: str) -> str:
    """That unknown is not away, and when nothing was recorded."""
    gaps: list[tuple[str, Piece]] = [
        (pc.name, piece)
        for pc in _known(strips, timezone)
        for day in pc.days
        if day.is_known
        for piece in day.pieces
        if piece.state == "unknown" and piece.lasted_s >= _MUCH_S
    ]
    longest = sorted(gaps, key=lambda gap: -gap[1].lasted_s)[:_NAMED_GAPS]
    times = [f"{name} {wording.clock_span(piece.start, piece.end)}" for name, piece in longest]
    text = "Unknown is never counted as away"
    return f"{text}: longest without a record were {wording.joined(times)}." if times else f"{text}."


def missing_days_note(strips: Any, *, timezone: str) -> str:
    """Which PCs have whole days without a record, among the days of which anything is known."""
    pcs = pcs_of(strips, timezone)
    days = set(known_days(pcs))
    lost = {pc.name: sum(day.date in days and not day.is_known for day in pc.days) for pc in pcs}
    days_lost = [f"{name} {wording.count(count, 'day')}" for name, count in lost.items() if count]
    return f"Whole days without a record are in no sum: {wording.joined(days_lost)}." if days_lost else ""


def hours_title(strips: Any, *, now: dt.datetime, timezone: str) -> str:
    """Between how many hours a PC is in use on a full day; today is none yet."""
    active = [
        day.sum_s("active") / 3600
        for pc in _known(strips, timezone)
        for day in pc.days
        if day.date != now.date() and day.sum_s("active") + day.sum_s("away") >= _FULL_DAY_S
    ]
    if len(active) < 3:
        return "Hours of each PC by day"
    low, high = _quartiles(active)
    if round(low) == round(high):
        return f"On most full days a PC is in use for about {wording.quantity(round(low), 'hours')}"
    return f"On most full days a PC is in use for {wording.number(low)} to {wording.quantity(high, 'hours')}"


def hours_note(away_after_s: float) -> str:
    """What active means."""
    return (
        f"Active = no pause of {wording.duration(away_after_s)} or more between two inputs, so shorter ones stay "
        "active. The three parts add up to the time between first and last record."
    )


def ranges_title(totals: Any) -> str:
    """How many PCs can only be bounded."""
    ranges = ranges_of(totals)
    bounded = [pc for pc in ranges if not pc.is_point]
    if not ranges:
        return "Possible hours per day"
    if not bounded:
        return "The active time is known to the minute" if len(ranges) == 1 else "The active time of all PCs is known"
    if len(bounded) == len(ranges) == 1:
        return "The active time can only be bounded"
    count = wording.sentence_case(wording.in_words(len(bounded)))
    return f"{count} of {wording.in_words(len(ranges))} PCs can only be bounded"


def ranges_note(intervals: Any) -> str:
    """Why there is a range.

    Args:
        intervals: name, basis (`tt.activity.intervals`).
    """
    by_basis: dict[str, set[str]] = {}
    for row in rows(intervals, "name", "basis"):
        by_basis.setdefault(row["basis"], set()).add(row["name"])
    why = []
    if "level" in by_basis:
        why.append(f"{wording.joined(sorted(by_basis['level']))}: one level each 10 min allows a range, not a point")
    if "bitmap" in by_basis:
        why.append(f"{wording.joined(sorted(by_basis['bitmap']))}: known by the minute")
    return f"{'. '.join(why)}. Unknown hours are in no range." if why else ""


def corrections_note(intervals: Any) -> str:
    """How much was entered by hand, or imported.

    Args:
        intervals: name, basis, lasted_s (`tt.activity.intervals`).
    """
    seconds: dict[str, float] = {}
    for row in rows(intervals, "basis", "lasted_s"):
        seconds[row["basis"]] = seconds.get(row["basis"], 0.0) + row["lasted_s"]
    words = {"correction": "corrected by hand", "interval": "imported"}
    parts = [f"{wording.duration(seconds[basis])} are {text}" for basis, text in words.items() if seconds.get(basis)]
    return f"{wording.sentence_case(wording.joined(parts))}; the measured records stay beside them." if parts else ""


def levels_title(levels: Any, *, now: dt.datetime) -> str:
    """The newest level and how old it is."""
    table = rows(levels, "name", "observed_at", "score_pct")
    if not table:
        return "Newest levels"
    last = max(table, key=lambda row: row["observed_at"])
    level = wording.quantity(last["score_pct"], "%")
    return f"{last['name']} is at {level}, {wording.ago(last['observed_at'], now)}"


def messages_table(messages: Any, *, now: dt.datetime, agent: str, newest: int, skip: int = 0) -> Table:
    """The messages, the newest first: when, from whom, what it says, its level, from where.

    Args:
        messages: observed_at, name, text, score_pct, source (`tt.activity.messages`).
        now: the present on the site's clock.
        agent: the source of what the PCs' own agents sent; anything else came from a modem.
        newest: how many rows.
        skip: so many newer ones before them.
    """
    table = rows(messages, "observed_at", "name", "data", "text", "score_pct", "source")
    shown = table[::-1][skip : skip + newest]
    body = [
        [
            _moment(local(row["observed_at"], str(now.tzinfo)), now),
            row["name"],
            row["text"],
            row["data"] or "–",
            "–" if row["score_pct"] is None or row["score_pct"] != row["score_pct"] else f"{row['score_pct']:.0f}",
            "agent" if row["source"] == agent else "modem",
        ]
        for row in shown
    ]
    return Table(("When", "PC", "Says", "Payload", "Level", "By"), body, right=(4,), wide=(3, 5))


def kept_title(kept: Any) -> str:
    """How many records are kept."""
    count = sum(row["records"] for row in rows(kept, "records"))
    return f"{wording.count(count, 'row')} are kept about what is shown here" if count else "Nothing is recorded"


def kept_table(kept: Any, *, timezone: str) -> Table:
    """What is kept about each PC: table, kind, how many, since when, until when.

    Args:
        kept: name, person, table, kind, records, first_at, last_at (`tt.activity.kept`).
        timezone: the site's zone.
    """
    body = [
        [
            row["name"],
            row["person"] or "–",
            f"{row['table']}: {_KINDS.get(row['kind'], row['kind'])}" if row["kind"] else row["table"],
            wording.number(row["records"]),
            wording.short_moment(local(row["first_at"], timezone)),
            wording.short_moment(local(row["last_at"], timezone)),
        ]
        for row in rows(kept, "name", "person", "table", "kind", "records", "first_at", "last_at")
    ]
    return Table(("PC", "Person", "What", "Rows", "Since", "Until"), body, right=(3,), wide=(1, 5))


_KINDS = {
    "sample": "seconds since the last input",
    "level": "levels",
    "bitmap": "minutes with or without input",
    "interval": "imported stretches",
    "correction": "corrections by hand",
}


def kept_note(away_after_s: float) -> str:
    """What is not recorded, and for how long the rest is kept."""
    return (
        "Recorded is how long ago the last input was, nothing else: no keys, no window titles, no screen. "
        "Rows stay until they are removed; none is overwritten, and a correction is a row of its own. "
        f"Away begins after {wording.duration(away_after_s)} without input."
    )


def hours_table(totals: Any, *, timezone: str) -> Table:
    """The hours report: each day of each PC with its start, end, active time and what is left out.

    Args:
        totals: of `tt.activity.totals`, by day.
        timezone: the site's zone.
    """
    names = ("name", "start", "active_s", "away_s", "active_lo_s", "active_hi_s", "first_active_at", "last_active_at")
    body = []
    for row in rows(totals, *names):
        if not row["active_s"] + (row["away_s"] or 0):
            continue
        first, last = (
            wording.clock(local(row[name], timezone)) if row[name] else "–"
            for name in ("first_active_at", "last_active_at")
        )
        low, high = row["active_lo_s"], row["active_hi_s"]
        bounds = (
            "–"
            if high is None or high - low <= SAME_S
            else f"{wording.number_range(low / 3600, high / 3600, 1)}{wording.NBSP}h"
        )
        day = wording.short_date(local(row["start"], timezone))
        body.append([row["name"], day, first, last, wording.duration(row["active_s"]), bounds])
    return Table(("PC", "Day", "Start", "End", "Active", "Between"), body, right=(2, 3, 4, 5))


def _known(strips: Any, timezone: str) -> list[PC]:
    return [pc for pc in pcs_of(strips, timezone) if any(day.is_known for day in pc.days)]


def _quartiles(values: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(values)
    return ordered[len(ordered) // 4], ordered[(3 * len(ordered)) // 4]


def _moment(moment: dt.datetime, now: dt.datetime) -> str:
    clock = f"{moment:%H:%M:%S}"
    return clock if moment.date() == now.date() else f"{wording.short_date(moment)}, {clock}"
