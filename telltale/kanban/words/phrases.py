"""What charts and sentences say alike: when an item is above its target, how a risk and a bucket are written."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from telltale import wording
from telltale.frames import local
from telltale.kanban.words.claims import ABOUT, Items, of_item, spread, time
from telltale.kanban.words.working_time import DAY_S, WorkingTime, working_time
from telltale.page import said
from telltale.page.claims import Claim
from telltale.page.said import Said, say
from telltale.wording import is_known

TOO_FEW = "too few pulls to say"
TOO_LITTLE = "too little known to say"
RECENT = 2
"""A signal among so many of the last whole buckets is news."""
FEWEST_WHOLE = 5
"""Fewer whole buckets do not tell what is usual."""


def silence(row: Mapping[str, Any]) -> WorkingTime | None:
    """How long an item's buttons have been silent, as far as it was heard; None where that is not known."""
    return working_time(row["silent_s"], row, row["silent_calendar_s"])


def limit(row: Mapping[str, Any]) -> WorkingTime | None:
    """How long their silence is still usual; None where there is too little to say."""
    return working_time(row["silence_limit_s"], row)


def is_judged(row: Mapping[str, Any]) -> bool:
    """Whether one can say that a button was pressed within its usual time: a capture listens, and there is a limit."""
    return bool(row["is_heard"]) and is_known(row["silence_limit_s"])


def lead_time(row: Mapping[str, Any]) -> WorkingTime | None:
    """The lead time an item is sized by: measured, with its calendar time, or as listed in working days."""
    if not is_known(row["lead_time_days"]):
        return None
    by_calendar = row["lead_time_calendar_days"]
    calendar_s = by_calendar * DAY_S if is_known(by_calendar) else None
    day_s = row["working_day_s"] if is_known(row["working_day_s"]) else DAY_S
    return working_time(row["lead_time_days"] * day_s, row, calendar_s)


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


def risk_words(row: Mapping[str, Any], about: Items = ABOUT) -> str:
    """`17 % (10–26)`."""
    if not is_known(row["risk"]):
        return "unknown"
    risk = said.percent(of_item(about, row, "risk"))
    if not (is_known(row["risk_lo"]) and is_known(row["risk_hi"])):
        return risk
    return say("{} ({})", risk, spread(of_item(about, row, "risk_lo"), of_item(about, row, "risk_hi"), factor=100))


def silence_words(row: Mapping[str, Any], about: Items = ABOUT) -> str:
    """How long an item's buttons have been silent: `4 working days (11 d)`."""
    return time(silence(row), of_item(about, row, "silent_s"), of_item(about, row, "silent_calendar_s"))


def limit_words(row: Mapping[str, Any], about: Items = ABOUT) -> str:
    """How long is still usual: `5 working days`."""
    return time(limit(row), of_item(about, row, "silence_limit_s"))


def lead_words(row: Mapping[str, Any], about: Items = ABOUT) -> str:
    """The lead time an item is sized by: `2.1 working days (37 h)`."""
    n = int(row["lead_time_n"]) if is_known(row["lead_time_n"]) else None
    counted = of_item(about, row, "lead_time_days", n=n)
    return time(lead_time(row), counted, of_item(about, row, "lead_time_calendar_days", n=n))


def items_count(count: int, claim: Claim | None = None) -> Said:
    """`one item`, `five items`."""
    words = wording.in_words(count) if claim is None else said.in_words(claim)
    return say("{} item{}", words, "" if count == 1 else "s")


def bucket_name(label: str, start: dt.datetime, zone: str) -> str:
    """`W47` of a week (label `2026-W47`), `20 Nov` of a day."""
    _, is_week, week = label.partition("-W")
    return f"W{int(week)}" if is_week else day_name(start, zone)


def day_name(moment: dt.datetime, zone: str) -> str:
    """`20 Nov`."""
    return wording.short_date(local(moment, zone).date()).partition(wording.NBSP)[2]


def spelt(item: str) -> str:
    """An item's name as it stands in the address of the page."""
    return "-".join(item.casefold().split())
