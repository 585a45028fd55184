"""Local days along an axis."""

import datetime as dt
from collections.abc import Sequence


def day_heads(days: Sequence[dt.date]) -> list[str]:
    """`16`, `17`, …; over more than a month with the month, so that heads stay different."""
    if len(days) <= 28:
        return [f"{day.day}" for day in days]
    return [f"{day.day}.{day.month}." for day in days]
