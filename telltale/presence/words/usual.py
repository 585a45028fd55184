"""What a usual day is made of."""

import datetime as dt
from typing import Any

from telltale import wording
from telltale.frames import local, rows

FEWEST_DAYS = 3
"""With fewer days like today, all days are a usual one; with fewer of these, there is none."""


def usual_days(earlier: Any, now: dt.datetime) -> tuple[list[dt.date], str]:
    """The same weekdays as today where there are enough, else all days; and what they are called.

    Args:
        earlier: start, nodes of the intervals of the days before (`tt.presence.occupancy`).
        now: the present on the site's clock.
    """
    zone = str(now.tzinfo)
    reported = (local(row["start"], zone).date() for row in rows(earlier, "start", "nodes") if row["nodes"])
    days = sorted(set(reported) - {now.date()})
    same = [day for day in days if day.weekday() == now.weekday()]
    if len(same) >= FEWEST_DAYS:
        return same, f"usual {wording.weekday(now)}"
    return days, "usual day"
