"""Activity in sentences and tiles: how long were the PCs in use, who is away, what is not known?"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from telltale import wording
from telltale.activity import claims
from telltale.activity.claims.days import PC, passed, pcs_of
from telltale.activity.words.ranges import hours
from telltale.frames import local, rows
from telltale.page import said
from telltale.page.claims import About, Claim
from telltale.page.pieces import Tile, Tiles
from telltale.page.said import Said, say

_AWAY_LONG = dt.timedelta(hours=1)
"""Shorter absences at the end are not worth a sentence."""
_UNKNOWN_S = 900.0
_LIKE = 0.05
"""Within this share of a usual day it is "as on" one."""
_COURSE_DAYS = 14
_NAMED = 3
"""More PCs than this are counted, not named."""


def activity_text(
    strips: Any,
    totals: Any,
    *,
    listed: Any,
    now: dt.datetime,
    period: str,
    timezone: str,
    usual: Any = None,
    about: About = claims.ANY,
) -> Said:
    """The page in a sentence: time in use of the time recorded, against a usual day, who is away, what is unknown.

    Args:
        strips: of the period (`tt.activity.strips`), of every PC meant.
        totals: device_id, active_lo_s, active_hi_s of the same days (`tt.activity.totals`).
        listed: device_id, name, is_heard (`tt.activity.listed`).
        now: the present on the site's clock.
        period: such as `today` or `in the last 7 days`.
        timezone: the site's zone.
        usual: change_s, usual_s, basis, days (`tt.activity.usual`), for a running day only.
        about: what the claims share.
    """
    every = pcs_of(strips, timezone)
    pcs = [pc for pc in every if _is_known(pc)]
    never = _never(listed, about)
    if not pcs:
        nothing = f"**Nothing is known** of any PC {period}: no sample, level or minute has arrived."
        return nothing + _sentence(never)
    most = "at most " if is_bounded(totals) else ""
    text = say(
        "{} in use for {}**{}** of the **{}** recorded {}",
        _subject(pcs, claims.known_pcs(about, every), claims.listed_pcs(about, listed)),
        most,
        hours(claims.active(about, pcs)),
        hours(claims.recorded(about, pcs)),
        period,
    )
    text += _as_usual(usual, about)
    rest = [*_away_now(pcs, now, about), *_unknown(pcs, about), *_silent(every), *never]
    return text + "." + _sentence(rest)


def _subject(pcs: Sequence[PC], known: Claim, of: Claim) -> str:
    """`The two PCs were`, `Two of the three PCs were`, `Front desk was`."""
    if len(pcs) == 1:
        return f"{pcs[0].name} was"
    if known.value == of.value:
        return say("The {} PCs were", said.in_words(known))
    return say("{} of the {} PCs were", said.sentence_case(said.in_words(known)), said.in_words(of))


def _sentence(parts: Sequence[str]) -> Said:
    return say(" {}.", said.sentence_case(said.together(parts, "; "))) if parts else Said()


def activity_tiles(
    strips: Any,
    totals: Any,
    history: Any,
    listed: Any,
    *,
    now: dt.datetime,
    timezone: str,
    period: str,
    about: About = claims.ANY,
    looking_back: About = claims.ANY,
) -> Tiles:
    """Active so far, active share, longest stretch, unknown, PCs reporting.

    Args:
        strips: of the period.
        totals: of the period, by day.
        history: strips of the last weeks, today included.
        listed: device_id, heard_at, is_reporting (`tt.activity.listed`).
        now: the present on the site's clock.
        timezone: the site's zone.
        period: what the figures are of.
        about: what the claims share.
        looking_back: the same of the last weeks.
    """
    pcs, past = pcs_of(strips, timezone), pcs_of(history, timezone)
    return Tiles(
        (
            active_tile(pcs, past, totals, period, about),
            share_tile(pcs, past, period, about, looking_back),
            longest_tile(pcs, period, about),
            unknown_tile(pcs, past, period, about),
            _reporting_tile(listed, now, about),
        )
    )


def is_bounded(totals: Any) -> bool:
    """Whether what is active is partly only possible: levels and minutes bound it."""
    table = rows(totals, "active_lo_s", "active_hi_s")
    return sum((row["active_hi_s"] or 0) - (row["active_lo_s"] or 0) for row in table) > 300


def _is_known(pc: PC) -> bool:
    return any(day.is_known for day in pc.days)


def _as_usual(usual: Any, about: About) -> Said:
    table = [] if usual is None else rows(usual, "change_s", "usual_s", "basis", "days")
    if not table:
        return Said()
    (told,) = table
    change = claims.change(about, told)
    if abs(told["change_s"]) <= max(_LIKE * told["usual_s"], 60):
        return said.claimed(change, f", as on {told['basis']}")
    by = said.claimed(change, wording.duration(abs(told["change_s"])))
    return say(", **{}** {} than on {}", by, "more" if told["change_s"] > 0 else "less", told["basis"])


def _away_now(pcs: Sequence[PC], now: dt.datetime, about: About) -> list[str]:
    """The PC that is away for longest, if it is for an hour and still heard."""
    lasts = [(pc, pc.days[-1].pieces[-1]) for pc in pcs if pc.days and pc.days[-1].is_known]
    ends = [
        (passed(now, last.start), pc.name, pc, last)
        for pc, last in lasts
        if last.state == "away" and passed(last.end, now) < _AWAY_LONG <= passed(last.start, last.end)
    ]
    if not ends:
        return []
    *_, pc, last = min(ends, key=lambda end: end[:2])
    when = wording.clock(last.start) if last.start.date() == now.date() else wording.short_moment(last.start)
    since = said.claimed(claims.away_since(about, pc, last), when)
    return [say("{} has been away since **{}**", pc.name, since)]


def _unknown(pcs: Sequence[PC], about: About) -> list[str]:
    most = max(pcs, key=lambda pc: (pc.sum_s("unknown"), pc.name))
    if most.sum_s("unknown") < _UNKNOWN_S:
        return []
    of = f" of {most.name}" if len(pcs) > 1 else ""
    lost = hours(claims.unknown(about, pcs, most))
    return [say("**{}**{} between first and last record are unknown", lost, of)]


def _silent(every: Sequence[PC]) -> list[str]:
    """Of whom nothing is known in the period."""
    names = [pc.name for pc in every if not _is_known(pc)]
    if not names:
        return []
    who = wording.joined(names) if len(names) <= _NAMED else f"{wording.in_words(len(names))} others"
    return [f"nothing is known of {who}"]


def _never(listed: Any, about: About) -> list[str]:
    names = [row["name"] for row in rows(listed, "name", "is_heard") if not row["is_heard"]]
    if not names:
        return []
    if len(names) <= _NAMED:
        return [f"{wording.joined(names)} {'is' if len(names) == 1 else 'are'} listed and never heard"]
    return [say("{} listed PCs were never heard", said.in_words(claims.never_heard(about, listed)))]


def _course(past: Sequence[PC], state: str) -> list[float | None]:
    """Hours of a state by day, all PCs together, of the last two weeks."""
    days = sorted({day.date for pc in past for day in pc.days})[-_COURSE_DAYS:]
    by_date = {date: [day for pc in past for day in pc.days if day.date == date and day.is_known] for date in days}
    return [sum(day.sum_s(state) for day in own) / 3600 if own else None for own in by_date.values()]


def in_hours(claim: Claim) -> Said:
    """`12.6` of seconds; the unit stands beside it."""
    return said.claimed(claim, wording.number(_h(claim), 1))


def _h(claim: Claim) -> float | None:
    return None if claim.value is None else claims.value_of(claim) / 3600


def _quantity(claim: Claim) -> Said:
    return said.claimed(claim, wording.quantity(_h(claim), "h", 1))


def active_tile(pcs: Sequence[PC], past: Sequence[PC], totals: Any, period: str, about: About = claims.ANY) -> Tile:
    """Hours of activity, with the lower bound where they are bounded."""
    note = say("of **{}** recorded", _quantity(claims.recorded(about, pcs)))
    if is_bounded(totals):
        note = say("at most; at least **{}**", _quantity(claims.total(about, totals, "active_lo_s")))
    running = " so far" if period == "today" else ""
    value = in_hours(claims.active(about, pcs))
    return Tile(f"Active {period}{running}", value, "h", note, _course(past, "active"), bars=True)


def share_tile(
    pcs: Sequence[PC], past: Sequence[PC], period: str, about: About = claims.ANY, looking_back: About = claims.ANY
) -> Tile:
    """The active share of what is recorded."""
    own, before = claims.share(about, pcs), claims.share(looking_back, past)
    if own.value is None:
        return Tile(f"Active share {period}", "–", "", "nothing is recorded")
    note: str = "of recorded"
    if claims.recorded(about, pcs).value != claims.recorded(looking_back, past).value:
        note = say("of recorded; **{}** in 4 weeks", said.percent(before))
    active, away = _course(past, "active"), _course(past, "away")
    course = [
        None if in_use is None or rest is None or not in_use + rest else 100 * in_use / (in_use + rest)
        for in_use, rest in zip(active, away, strict=True)
    ]
    percent = said.claimed(own, wording.number(100 * claims.value_of(own)))
    return Tile(f"Active share {period}", percent, "%", note, course)


def longest_tile(pcs: Sequence[PC], period: str, about: About = claims.ANY) -> Tile:
    """The longest stretch of activity."""
    found = claims.longest(about, pcs)
    if found is None:
        return Tile(f"Longest stretch {period}", "–", "", "nobody was active")
    longest, pc, piece = found
    day = "" if period == "today" else f"{wording.short_weekday(piece.start)} "
    span = f"{day}{wording.clock(piece.start)}{wording.DASH}{wording.clock(piece.end)}"
    when = said.claimed(claims.began(about, pc, piece), span)
    note = when if len(pcs) == 1 else say("{}, {}", pc.name, when)
    return Tile(f"Longest stretch {period}", said.duration(longest), "", note)


def unknown_tile(pcs: Sequence[PC], past: Sequence[PC], period: str, about: About = claims.ANY) -> Tile:
    """Hours of which nothing is known, between first and last record of each day."""
    lost, whole = claims.unknown(about, pcs), claims.spanned(about, pcs)
    note: str = "between first and last record"
    if claims.value_of(lost) >= 60:
        most = max(pcs, key=lambda pc: (pc.sum_s("unknown"), pc.name))
        of = f"; most of {most.name}" if len(pcs) > 1 else ""
        note = say("of **{}** between first and last record{}", _quantity(whole), of)
    return Tile(f"Unknown {period}", in_hours(lost), "h", note, _course(past, "unknown"), bars=True)


def _reporting_tile(listed: Any, now: dt.datetime, about: About) -> Tile:
    """How many told something within the hour; one that is off tells nothing, which is no fault."""
    newest, within = claims.newest(about, listed), f"within 1{wording.NBSP}h"
    note: str = "no record in 24 hours"
    if isinstance(newest.value, dt.datetime):
        note = say("{}; newest **{}**", within, said.claimed(newest, wording.ago(newest.value, now)))
    of = say("of {}", said.number(claims.listed_pcs(about, listed)))
    return Tile("PCs reporting", said.number(claims.reporting(about, listed)), "", say("{}, {}", of, note))


def team_text(team: Any, *, k: int, over: str, timezone: str, about: About = claims.ANY) -> Said:
    """A team in a sentence, or why nothing is said.

    Args:
        team: by day that has ended (`tt.activity.team`).
        k: fewer people than this are not shown.
        over: of which days it is, such as `of 4 weeks`.
        timezone: the site's zone.
        about: what the claims share.
    """
    table = rows(team, "label", "start", "people", "active_s", "active_share")
    if not table:
        few = wording.in_words(k)
        return Said(
            f"**No activity is shown here**: of no whole day {over} are {few} people or more recorded, and of fewer "
            "nothing is told. Whoever has a token of their own sees the page of their PC."
        )
    last = table[-1]
    return say(
        "On {} **{} people** were active for **{}** each on average, **{}** of the time that is known.",
        wording.short_date(local(last["start"], timezone)),
        said.number(claims.of_team(about, last, "people")),
        said.duration(claims.of_team(about, last, "active_s", "s")),
        said.percent(claims.of_team(about, last, "active_share")),
    )
