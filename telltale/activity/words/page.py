"""Activity in sentences and tiles: how long were the PCs in use, who is away, what is not known."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from telltale import wording
from telltale.activity.words.pcs import PC, pcs_of
from telltale.frames import local, rows
from telltale.page.pieces import Tile, Tiles
from telltale.page.usual import usual_by_now

_AWAY_LONG = dt.timedelta(hours=1)
"""Shorter absences at the end are not worth a sentence."""
_UNKNOWN_S = 900.0
_LIKE = 0.05
"""Within this share of a usual day it is "as on" one."""
_COURSE_DAYS = 14


class Sums(NamedTuple):
    """Seconds of each state, over PCs and days."""

    active: float
    away: float
    unknown: float

    @property
    def recorded(self) -> float:
        """What is known."""
        return self.active + self.away


def activity_text(
    strips: Any, totals: Any, *, now: dt.datetime, period: str, history: Any = None, timezone: str
) -> str:
    """The page in a sentence: time in use of the time recorded, against a usual day, who is away, what is unknown.

    Args:
        strips: of the period (`tt.activity.strips`).
        totals: device_id, active_lo_s, active_hi_s of the same days (`tt.activity.totals`).
        now: the present on the site's clock.
        period: such as `today` or `in the last 7 days`.
        history: strips of earlier weeks, for a running day only.
        timezone: the site's zone.
    """
    pcs = [pc for pc in pcs_of(strips, timezone) if any(day.is_known for day in pc.days)]
    if not pcs:
        return f"**Nothing is known** of any PC {period}: no sample, level or minute has arrived."
    sums = sums_of(pcs)
    subject = pcs[0].name if len(pcs) == 1 else f"The {wording.in_words(len(pcs))} PCs"
    verb = "was" if len(pcs) == 1 else "were"
    most = "at most " if is_bounded(totals) else ""
    text = (
        f"{subject} {verb} in use for {most}**{hours(sums.active)}** of the "
        f"**{hours(sums.recorded)}** recorded {period}"
    )
    text += _as_usual(history, now, timezone) + "."
    rest = [*_away_now(pcs, now), *_unknown(pcs)]
    return f"{text} {wording.sentence_case('; '.join(rest))}." if rest else text


def activity_tiles(
    strips: Any,
    totals: Any,
    history: Any,
    levels: Any,
    *,
    now: dt.datetime,
    timezone: str,
    period: str,
) -> Tiles:
    """Active so far, active share, longest stretch, unknown, PCs reporting.

    Args:
        strips: of the period.
        totals: of the period, by day.
        history: strips of the last weeks, today included.
        levels: of the last day (`tt.activity.levels`): the newest says who reports.
        now: the present on the site's clock.
        timezone: the site's zone.
        period: what the figures are of.
    """
    pcs, past = pcs_of(strips, timezone), pcs_of(history, timezone)
    return Tiles(
        (
            active_tile(pcs, past, totals, period),
            share_tile(pcs, past, period),
            longest_tile(pcs, period),
            unknown_tile(pcs, past, period),
            _reporting_tile(pcs, levels, now),
        )
    )


def sums_of(pcs: Sequence[PC]) -> Sums:
    """The three sums, between first and last record of each day."""
    return Sums(*(sum(pc.sum_s(state) for pc in pcs) for state in ("active", "away", "unknown")))


def hours(seconds: float) -> str:
    """`12 h 36 min`; from 48 h on `121.7 h`, since days of work are no days."""
    return wording.duration(seconds) if seconds < 48 * 3600 else wording.quantity(seconds / 3600, "h", 1)


def is_bounded(totals: Any) -> bool:
    """Whether what is active is partly only possible: levels and minutes bound it."""
    table = rows(totals, "active_lo_s", "active_hi_s")
    return sum((row["active_hi_s"] or 0) - (row["active_lo_s"] or 0) for row in table) > 300


def active_by_now(history: Any, now: dt.datetime, timezone: str) -> dict[dt.date, float]:
    """Seconds of activity of each day up to the clock of `now`, all PCs together; days without a record left out."""
    by_day: dict[dt.date, float] = {}
    for pc in pcs_of(history, timezone):
        for day in pc.days:
            if not day.is_known:
                continue
            by_day.setdefault(day.date, 0.0)
            end = dt.datetime.combine(day.date, now.time(), now.tzinfo)
            for piece in day.pieces:
                if piece.state == "active" and piece.start < end:
                    by_day[day.date] += (min(piece.end, end) - piece.start).total_seconds()
    return by_day


def _as_usual(history: Any, now: dt.datetime, timezone: str) -> str:
    if history is None:
        return ""
    by_day = active_by_now(history, now, timezone)
    usual = usual_by_now({day: round(seconds) for day, seconds in by_day.items()}, now, k=0)
    today = by_day.get(now.date())
    if usual is None or today is None:
        return ""
    change = today - usual.value
    if abs(change) <= max(_LIKE * usual.value, 60):
        return f", as on {usual.basis}"
    return f", **{wording.duration(abs(change))}** {'more' if change > 0 else 'less'} than on {usual.basis}"


def _away_now(pcs: Sequence[PC], now: dt.datetime) -> list[str]:
    """The PC that is away for longest, if it is for an hour and still heard."""
    ends = [
        (day.pieces[-1].start, pc.name)
        for pc in pcs
        for day in pc.days[-1:]
        if day.is_known and day.date == now.date() and day.pieces[-1].state == "away"
        if now - day.pieces[-1].end < _AWAY_LONG <= day.pieces[-1].end - day.pieces[-1].start
    ]
    if not ends or (len(pcs) == 1 and not ends):
        return []
    since, name = min(ends)
    return [f"{name} has been away since **{wording.clock(since)}**"]


def _unknown(pcs: Sequence[PC]) -> list[str]:
    seconds, name = max((pc.sum_s("unknown"), pc.name) for pc in pcs)
    if seconds < _UNKNOWN_S:
        return []
    of = f" of {name}" if len(pcs) > 1 else ""
    return [f"**{hours(seconds)}**{of} are unknown"]


def _course(past: Sequence[PC], state: str) -> list[float | None]:
    """Hours of a state by day, all PCs together, of the last two weeks."""
    days = sorted({day.date for pc in past for day in pc.days})[-_COURSE_DAYS:]
    by_date = {date: [day for pc in past for day in pc.days if day.date == date and day.is_known] for date in days}
    return [sum(day.sum_s(state) for day in own) / 3600 if own else None for own in by_date.values()]


def active_tile(pcs: Sequence[PC], past: Sequence[PC], totals: Any, period: str) -> Tile:
    """Hours of activity, with the lower bound where they are bounded."""
    seconds = sums_of(pcs).active
    note = f"of **{wording.quantity(sums_of(pcs).recorded / 3600, 'h', 1)}** recorded"
    if is_bounded(totals):
        low = sum(row["active_lo_s"] or 0 for row in rows(totals, "active_lo_s"))
        note = f"at most; at least **{wording.quantity(low / 3600, 'h', 1)}**"
    running = " so far" if period == "today" else ""
    value = wording.number(seconds / 3600, 1)
    return Tile(f"Active {period}{running}", value, "h", note, _course(past, "active"), bars=True)


def share_tile(pcs: Sequence[PC], past: Sequence[PC], period: str) -> Tile:
    """The active share of what is recorded."""
    sums, before = sums_of(pcs), sums_of(past)
    if not sums.recorded:
        return Tile(f"Active share {period}", "–", "", "nothing is recorded")
    share = sums.active / sums.recorded
    note = "of recorded"
    if before.recorded > sums.recorded:
        change = 100 * (share - before.active / before.recorded)
        note += f"; **{wording.number(change, signed=True)}** points on 4 weeks"
    active, away = _course(past, "active"), _course(past, "away")
    course = [
        None if in_use is None or rest is None or not in_use + rest else 100 * in_use / (in_use + rest)
        for in_use, rest in zip(active, away, strict=True)
    ]
    return Tile(f"Active share {period}", wording.number(100 * share), "%", note, course)


def longest_tile(pcs: Sequence[PC], period: str) -> Tile:
    """The longest stretch of activity."""
    stretches = [
        (piece.lasted_s, pc.name, piece)
        for pc in pcs
        for day in pc.days
        for piece in day.pieces
        if piece.state == "active"
    ]
    if not stretches:
        return Tile(f"Longest stretch {period}", "–", "", "nobody was active")
    seconds, name, piece = max(stretches, key=lambda stretch: stretch[0])
    span = f"{wording.clock(piece.start)}{wording.DASH}{wording.clock(piece.end)}"
    day = "" if period == "today" else f"{wording.short_weekday(piece.start)} "
    note = f"{day}{span}" if len(pcs) == 1 else f"{name}, {day}{span}"
    return Tile(f"Longest stretch {period}", wording.duration(seconds), "", note)


def unknown_tile(pcs: Sequence[PC], past: Sequence[PC], period: str) -> Tile:
    """Hours of which nothing is known, between first and last record of each day."""
    sums = sums_of(pcs)
    whole = sums.recorded + sums.unknown
    note = "between first and last record"
    if sums.unknown >= 60 and whole:
        _, name = max((pc.sum_s("unknown"), pc.name) for pc in pcs)
        note = f"**{wording.percent(sums.unknown / whole)}** of the span" + (f"; {name}" if len(pcs) > 1 else "")
    value = wording.number(sums.unknown / 3600, 1)
    return Tile(f"Unknown {period}", value, "h", note, _course(past, "unknown"), bars=True)


def _reporting_tile(pcs: Sequence[PC], levels: Any, now: dt.datetime) -> Tile:
    newest: dict[str, dt.datetime] = {}
    for row in rows(levels, "device_id", "observed_at"):
        newest[row["device_id"]] = max(row["observed_at"], newest.get(row["device_id"], row["observed_at"]))
    reporting = [at for at in newest.values() if now - at < _AWAY_LONG]
    if not newest:
        return Tile("PCs reporting", f"0 of {len(pcs)}", "", "no record in 24 hours", state="warning")
    note = f"newest record **{wording.ago(max(newest.values()), now)}**"
    few = len(reporting) < len(pcs)
    return Tile("PCs reporting", str(len(reporting)), f"of {len(pcs)}", note, state="warning" if few else "")


def team_text(team: Any, *, k: int, people: int, period: str, timezone: str) -> str:
    """A team in a sentence, or why nothing is said.

    Args:
        team: by day (`tt.activity.team`).
        k: fewer people than this are not shown.
        people: how many have ever been heard.
        period: such as `today`.
        timezone: the site's zone.
    """
    table = rows(team, "start", "people", "active_s", "active_share")
    if not table:
        heard = wording.count(people, "person", "people")
        return (
            f"**No activity is shown here**: it is that of {heard} {period}, and of fewer than "
            f"{wording.in_words(k)} nothing is told. Whoever has a token of their own sees the page of their PC."
        )
    last = table[-1]
    day = wording.short_date(local(last["start"], timezone))
    return (
        f"On {day} **{last['people']} people** were active for **{wording.duration(last['active_s'])}** each on "
        f"average, **{wording.percent(last['active_share'])}** of the time that is known."
    )
