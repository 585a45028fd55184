"""Today beside a usual day, where both are recorded up to the same clock; where they are not, nothing is said."""

import datetime as dt
from typing import Any, NamedTuple

import pyarrow as pa

from telltale.activity.claims.days import PC, Day, passed, pcs_of
from telltale.page.usual import ROUND_MIN, usual_by_now

COMPARISON = pa.schema(
    [
        *((name, pa.float64()) for name in ("change_s", "today_s", "usual_s")),
        ("basis", pa.string()),
        ("days", pa.int64()),
    ]
)
Comparison = dict[str, Any]
_MOST_UNKNOWN = 0.1
"""With a larger share unknown, a day is recorded in part only."""
_HEARD = dt.timedelta(hours=1)
"""A PC of which nothing is known for longer up to the clock that is compared may be off, or not recorded."""


class _Sums(NamedTuple):
    active_s: float
    known_s: float
    unknown_s: float
    last: dt.datetime | None
    """Until when something is known."""

    @property
    def is_whole(self) -> bool:
        return self.known_s > 0 and self.unknown_s <= _MOST_UNKNOWN * (self.known_s + self.unknown_s)


def compared(history: Any, *, now: dt.datetime, timezone: str, starts_at: dt.time = dt.time()) -> Comparison | None:
    """Today's activity beside that of a usual day, up to the newest quarter of an hour of which something is known.

    A day counts where every PC that is recorded today is recorded on it too, with at most a tenth unknown in between.

    Args:
        history: strips of earlier weeks and of today (`tt.activity.strips`).
        now: the present on the site's clock.
        timezone: the site's zone.
        starts_at: when a day begins.

    Returns:
        change_s, today_s, usual_s, basis, days; None where today or too many days before it are recorded in part only.
    """
    pcs, today = pcs_of(history, timezone), day_of(now, starts_at)
    cut = _cut(pcs, today, now)
    if cut is None:
        return None
    over = (cut.date() - today).days

    def sums(day: Day) -> _Sums:
        date = day.date + dt.timedelta(days=over)
        return _until(day, dt.datetime.combine(date, cut.time(), cut.tzinfo))

    by_day: dict[dt.date, dict[str, _Sums]] = {}
    for pc in pcs:
        for day in pc.days:
            if (told := sums(day)).known_s:
                by_day.setdefault(day.date, {})[pc.device_id] = told
    own = by_day.pop(today, {})
    if not own or not all(told.is_whole and told.last and passed(told.last, cut) <= _HEARD for told in own.values()):
        return None
    alike = {
        day: round(sum(told[pc].active_s for pc in own))
        for day, told in by_day.items()
        if own.keys() <= told.keys() and all(told[pc].is_whole for pc in own)
    }
    usual = usual_by_now(alike, dt.datetime.combine(today, cut.time(), cut.tzinfo), k=0)
    if usual is None:
        return None
    today_s = sum(told.active_s for told in own.values())
    return {
        "change_s": today_s - usual.value,
        "today_s": today_s,
        "usual_s": float(usual.value),
        "basis": usual.basis,
        "days": usual.days,
    }


def day_of(now: dt.datetime, starts_at: dt.time) -> dt.date:
    """The day a moment belongs to, where days begin at `starts_at`."""
    return now.date() if now.time() >= starts_at else now.date() - dt.timedelta(days=1)


def _cut(pcs: list[PC], today: dt.date, now: dt.datetime) -> dt.datetime | None:
    """The newest quarter of an hour up to which something is known today."""
    ends = [
        piece.end
        for pc in pcs
        for day in pc.days
        if day.date == today
        for piece in day.pieces
        if piece.state != "unknown"
    ]
    if not ends:
        return None
    newest = min(max(ends, key=lambda end: passed(now, end)), now, key=lambda end: passed(now, end))
    return newest.replace(minute=newest.minute // ROUND_MIN * ROUND_MIN, second=0, microsecond=0)


def _until(day: Day, cut: dt.datetime) -> _Sums:
    sums, last = {"active": 0.0, "away": 0.0, "unknown": 0.0}, None
    for piece in day.pieces if day.is_known else ():
        if (before_s := passed(piece.start, cut).total_seconds()) <= 0:
            continue
        sums[piece.state] += min(piece.lasted_s, before_s)
        if piece.state != "unknown":
            last = min(piece.end, cut, key=lambda end: passed(cut, end))
    return _Sums(sums["active"], sums["active"] + sums["away"], sums["unknown"], last)
