"""Activity in titles, notes and tables: what a chart shows, what it leaves out, what is kept of whom."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from telltale import wording
from telltale.activity import claims
from telltale.activity.claims.days import PC, known_days, passed, pcs_of
from telltale.activity.words.page import in_hours
from telltale.activity.words.ranges import SAME_S, hours, ranges_of
from telltale.frames import local, rows
from telltale.page import said
from telltale.page.claims import About
from telltale.page.pieces import Table
from telltale.page.said import say
from telltale.wording import NBSP

_MUCH_S = 900.0
_FEWEST_DAYS = 3
"""Of fewer days no median is told."""
_NAMED_GAPS = 3
_NAMED = 2


def strips_title(strips: Any, *, timezone: str, about: About = claims.ANY) -> str:
    """Which PC was not recorded for a while between its first and last record of a day, or that none was."""
    pcs = _known(strips, timezone)
    lacking = [pc for pc in pcs if any(claims.gaps_of(day, _MUCH_S) for day in pc.days)]
    if not pcs:
        return "Activity by hour of day"
    if not lacking:
        return f"No gap over {wording.duration(_MUCH_S)} between first and last record of a day"
    if len(lacking) == 1:
        (pc,) = lacking
        days = claims.gap_days(about, pc, _MUCH_S)
        parts = (
            say("parts of {} days", said.in_words(days)) if days.value != 1 else said.claimed(days, "a part of a day")
        )
        others = f"; no other PC has a gap over {wording.duration(_MUCH_S)}" if len(pcs) > 1 else ""
        return say("{} was not recorded for {}{}", pc.name, parts, others)
    if len(lacking) <= _NAMED < len(pcs):
        return f"{wording.joined([pc.name for pc in lacking])} have gaps between first and last record of a day"
    count = said.sentence_case(said.in_words(claims.gap_pcs(about, len(lacking), _MUCH_S)))
    of = said.in_words(claims.known_pcs(about, pcs))
    return say("{} of {} recorded PCs have gaps between first and last record of a day", count, of)


def strips_note(strips: Any, *, timezone: str, about: About = claims.ANY) -> str:
    """That unknown is not away, and when nothing was recorded."""
    gaps = [
        (pc, piece) for pc in _known(strips, timezone) for day in pc.days for piece in claims.gaps_of(day, _MUCH_S)
    ]  # fmt: skip
    longest = sorted(gaps, key=lambda gap: -gap[1].lasted_s)[:_NAMED_GAPS]
    times = [
        say("{} {}", pc.name, said.claimed(claims.began(about, pc, gap), wording.clock_span(gap.start, gap.end)))
        for pc, gap in longest
    ]
    text = "Unknown is never counted as away"
    return say("{}: longest without a record were {}.", text, said.joined(times)) if times else f"{text}."


def missing_days_note(strips: Any, *, timezone: str, about: About = claims.ANY) -> str:
    """Which PCs have whole days without a record, among the days of which anything is known."""
    pcs = pcs_of(strips, timezone)
    labels = [day.isoformat() for day in known_days(pcs)]
    lost = [(pc, claims.days_without(about, pc, labels)) for pc in pcs]
    texts = [say("{} {}", pc.name, said.count(days, "day")) for pc, days in lost if days.value]
    return say("Whole days without a record are in no sum: {}.", said.joined(texts)) if texts else ""


def hours_title(strips: Any, *, today: dt.date, timezone: str, about: About = claims.ANY) -> str:
    """For how many hours a PC is in use on its full days; today is none yet."""
    full = claims.full_days(about, _known(strips, timezone), today)
    if claims.value_of(full["count"]) < _FEWEST_DAYS:
        return "Hours of each PC by day"
    low, middle, high = (in_hours(full[how]) for how in ("min", "median", "max"))
    days = said.count(full["count"], "full day")
    return say("On {} a PC was in use for {} to {}{}h, {}{}h in the median", days, low, high, NBSP, middle, NBSP)


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
        return f"Where recorded, the active time is known to {wording.duration(SAME_S)} a day"
    if len(bounded) == len(ranges) == 1:
        return "The active time can only be bounded"
    who = wording.joined([pc.name for pc in bounded]) if len(bounded) <= _NAMED_GAPS else "several PCs"
    return f"The active time of {who} can only be bounded"


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


def corrections_note(intervals: Any, *, about: About = claims.ANY) -> str:
    """How much was entered by hand, or imported.

    Args:
        intervals: name, basis, lasted_s (`tt.activity.intervals`).
        about: what the claims share.
    """
    words = {"correction": "corrected by hand", "interval": "imported"}
    told = [(claims.by_basis(about, intervals, basis), text) for basis, text in words.items()]
    parts = [say("{} are {}", said.duration(claim), text) for claim, text in told if claim.value]
    whole = said.sentence_case(said.joined(parts))
    return say("{}; the measured records stay beside them.", whole) if parts else ""


def reasons_note(totals: Any, *, about: About = claims.ANY) -> str:
    """How much of the away time was behind a locked screen, and how much of the unknown time the PC slept.

    Args:
        totals: locked_s, suspended_s, a row per day (`tt.activity.totals`).
        about: what the claims share.
    """
    words = {
        "locked_s": "For {} of the away time the screen was known to be locked.",
        "suspended_s": "For {} of the unknown time the PC was suspended.",
    }
    told = [(claims.total(about, totals, column), text) for column, text in words.items()]
    return said.together([say(text, hours(claim)) for claim, text in told if claim.value])


def levels_title(levels: Any, *, now: dt.datetime, late_s: float, about: About = claims.ANY) -> str:
    """The newest level and how old it is; older than `late_s` it is no longer that of now."""
    table = rows(levels, "device_id", "name", "observed_at", "score_pct", "source")
    if not table:
        return "Newest levels"
    last = max(table, key=lambda row: row["observed_at"])
    level = said.quantity(claims.level(about, last))
    ago = said.claimed(claims.newest_level(about, last["observed_at"]), wording.ago(last["observed_at"], now))
    verb = "is" if passed(last["observed_at"], now).total_seconds() < late_s else "was"
    return say("{} {} at {}, {}", last["name"], verb, level, ago)


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


def kept_title(kept: Any, *, about: About = claims.ANY) -> str:
    """How many records are kept."""
    count = claims.kept(about, kept)
    return (
        say("{} are kept about what is shown here", said.count(count, "row")) if count.value else "Nothing is recorded"
    )


def kept_table(kept: Any, *, timezone: str) -> Table:
    """What is kept about each PC: table, kind, how many, since when, until when.

    Args:
        kept: name, person, table, kind, records, first_at, last_at (`tt.activity.kept`).
        timezone: the site's zone.
    """
    table = rows(kept, "name", "person", "table", "kind", "records", "first_at", "last_at")
    newest = max((local(row["last_at"], timezone) for row in table), default=None)
    body = [
        [
            row["name"],
            row["person"] or "–",
            f"{row['table']}: {_KINDS.get(row['kind'], row['kind'])}" if row["kind"] else row["table"],
            wording.number(row["records"]),
            wording.dated_moment(local(row["first_at"], timezone), newest or row["first_at"]),
            wording.dated_moment(local(row["last_at"], timezone), newest or row["last_at"]),
        ]
        for row in table
    ]
    return Table(("PC", "Person", "What", "Rows", "Since", "Until"), body, right=(3,), wide=(1, 5))


_KINDS = {
    "sample": "seconds since the last input",
    "level": "levels",
    "locked": "looks at a locked screen",
    "suspended": "times the PC slept",
    "bitmap": "minutes with or without input",
    "interval": "imported stretches",
    "correction": "corrections by hand",
}


def kept_note(away_after_s: float) -> str:
    """What is not recorded, and for how long the rest is kept."""
    return (
        "Recorded is how long ago the last input was, and whether the screen was locked or the PC slept; nothing else: "
        "no keys, no window titles, no screen. "
        "Rows stay until they are removed; none is overwritten, and a correction is a row of its own. "
        f"Away begins after {wording.duration(away_after_s)} without input."
    )


def hours_table(totals: Any, *, timezone: str, rule: str = "input", about: About = claims.ANY) -> Table:
    """The hours report: each day of each PC with its start, end, active time and what is left out.

    Args:
        totals: of `tt.activity.totals`, by day.
        timezone: the site's zone.
        rule: by which they are.
        about: what the claims share.
    """
    columns = ("active_s", "away_s", "active_lo_s", "active_hi_s", "first_active_at", "last_active_at")
    body = [
        _hours_row(row, timezone, rule, about)
        for row in rows(totals, "device_id", "name", "label", "start", *columns)
        if row["active_s"] + (row["away_s"] or 0)
    ]
    return Table(("PC", "Day", "Start", "End", "Active", "Between"), body, right=(2, 3, 4, 5))


def _hours_row(row: Mapping[str, Any], timezone: str, rule: str, about: About) -> list[str]:
    first, last = (
        said.claimed(claims.of_day(about, row, name, rule=rule), wording.clock(local(row[name], timezone)))
        if row[name]
        else "–"
        for name in ("first_active_at", "last_active_at")
    )
    low, high = row["active_lo_s"], row["active_hi_s"]
    bounds: str = "–"
    if high is not None and high - low > SAME_S:
        least, most = (
            said.claimed(claims.of_day(about, row, name, "s", rule=rule), wording.number(row[name] / 3600, 1))
            for name in ("active_lo_s", "active_hi_s")
        )
        bounds = say("{}{}{}{}h", least, wording.DASH, most, NBSP)
    active = said.duration(claims.of_day(about, row, "active_s", "s", rule=rule))
    return [row["name"], wording.short_date(local(row["start"], timezone)), first, last, active, bounds]


def _known(strips: Any, timezone: str) -> list[PC]:
    return [pc for pc in pcs_of(strips, timezone) if any(day.is_known for day in pc.days)]


def _moment(moment: dt.datetime, now: dt.datetime) -> str:
    clock = f"{moment:%H:%M:%S}"
    return clock if moment.date() == now.date() else f"{wording.short_date(moment)}, {clock}"
