"""What a usual day came to by this hour, from the days before."""

import datetime as dt
from statistics import median
from typing import NamedTuple

from telltale import wording

SAME_WEEKDAYS = 4
"""Look at so many of the same weekday before today …"""
FEWEST_SAME = 2
"""… and when fewer than this are known, at all days."""
FEWEST_DAYS = 2
"""With fewer earlier days than this there is no usual one."""
ROUND_MIN = 15


class Usual(NamedTuple):
    """What a usual day came to by this hour, and what that is called."""

    value: float
    basis: str
    """Such as `a usual Friday by 14:30`."""
    days: int


def usual_by_now(counts: dict[dt.date, int], now: dt.datetime, *, k: int) -> Usual | None:
    """The median of the same weekdays before today, else of all days before; None where too little is known.

    Args:
        counts: by day, as they stood at the clock of `now`.
        now: the present on the site's clock.
        k: a usual day of fewer is not told; 0 tells each.
    """
    earlier = {day: count for day, count in counts.items() if day < now.date()}
    same = sorted((day for day in earlier if day.weekday() == now.weekday()), reverse=True)[:SAME_WEEKDAYS]
    alike, name = (same, wording.weekday(now)) if len(same) >= FEWEST_SAME else (sorted(earlier), "day")
    if len(alike) < FEWEST_DAYS:
        return None
    value = median([earlier[day] for day in alike])
    rounded = now.replace(minute=now.minute // ROUND_MIN * ROUND_MIN)
    return Usual(value, f"a usual {name} by {wording.clock(rounded)}", len(alike)) if value >= k else None
