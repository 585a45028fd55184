"""What charts and sentences say alike: when an item is above its target, how a risk and a bucket are written."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from telltale import wording
from telltale.frames import local
from telltale.wording import is_known

DAY_S = 86_400.0
TOO_FEW = "too few pulls to say"
RECENT = 2
"""A signal among so many of the last whole buckets is news."""
FEWEST_WHOLE = 5
"""Fewer whole buckets do not tell what is usual."""


def is_above(row: Mapping[str, Any], target: float) -> bool:
    """Whether the risk is above the target for sure: the whole interval is."""
    return is_known(row["risk_lo"]) and row["risk_lo"] > target


def is_unsure(row: Mapping[str, Any], target: float) -> bool:
    """Whether the risk may be above the target, and may not."""
    return not is_above(row, target) and is_known(row["risk_hi"]) and row["risk_hi"] > target


def runs_short(row: Mapping[str, Any], target: float) -> bool:
    """Whether an item is above the risk one accepts for sure, and more cards are recommended."""
    used, wanted = row["cards"], row["cards_recommended"]
    return is_known(row["risk"]) and is_above(row, target) and is_known(used) and is_known(wanted) and wanted > used


def risk_words(row: Mapping[str, Any]) -> str:
    """`17 % (10–26)`."""
    if not is_known(row["risk"]):
        return "unknown"
    low, high = row["risk_lo"], row["risk_hi"]
    spread = f" ({wording.number_range(100 * low, 100 * high)})" if is_known(low) and is_known(high) else ""
    return f"{wording.percent(row['risk'])}{spread}"


def bucket_name(label: str, start: dt.datetime, zone: str) -> str:
    """`W47` of a week (label `2026-W47`), `20 Nov` of a day."""
    _, is_week, week = label.partition("-W")
    return f"W{int(week)}" if is_week else day_name(start, zone)


def day_name(moment: dt.datetime, zone: str) -> str:
    """`20 Nov`."""
    return wording.short_date(local(moment, zone).date()).partition(wording.NBSP)[2]
