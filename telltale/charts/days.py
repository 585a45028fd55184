"""Local days along an axis."""

import datetime as dt
from collections.abc import Sequence

from telltale import wording

FEW = 3
"""Days whose weekday has room beside the number, on a phone too."""


def day_heads(days: Sequence[dt.date]) -> list[str]:
    """`16`, `17`, …; of few with the weekday, of more than a month with the month, so that heads stay different."""
    if len(days) <= FEW:
        return [f"{wording.short_weekday(day)} {day.day}" for day in days]
    if len(days) <= 28:
        return [f"{day.day}" for day in days]
    return [f"{day.day}.{day.month}." for day in days]
