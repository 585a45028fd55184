"""When somebody is told of an episode: at once, at the end of quiet hours if it still lasts, or never."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from telltale.workbench.times import day_begins, local_time

MOST_STEPS = 16
"""Quiet hours that join each other are gone through; those without an end are none."""
DROPPED = "over before the quiet hours were"
BEFORE = "over before this alert began"


class Plan(NamedTuple):
    """When an episode is told, and its end; None while it is not known yet, or never."""

    tell_us: int | None
    recovery_us: int | None
    dropped: str = ""
    """Why nobody is ever told; empty where somebody is."""


def plan(
    known_us: int, recovered_us: int | None, *, quiet: Sequence[str] = (), zone: str = "UTC", started_us: int = 0
) -> Plan:
    """When an episode is told.

    Args:
        known_us: when it was known.
        recovered_us: when its end was known; None while it lasts.
        quiet: hours without messages, as in telltale.toml.
        zone: of the clock they go by.
        started_us: when the alert was first looked at: what was over by then is not told, what lasted is told then.
    """
    if recovered_us is not None and recovered_us < started_us:
        return Plan(None, None, BEFORE)
    at_us = max(known_us, started_us)
    tell_us = after_quiet(at_us, quiet, zone)
    if recovered_us is not None and tell_us > at_us and recovered_us <= tell_us:
        return Plan(None, None, DROPPED)
    recovery_us = None if recovered_us is None else after_quiet(max(recovered_us, tell_us), quiet, zone)
    return Plan(tell_us, recovery_us)


def after_quiet(at_us: int, quiet: Sequence[str], zone: str) -> int:
    """The first moment from `at_us` on that lies in no quiet hours; a stretch ends as the local clock reads its end."""
    for _ in range(MOST_STEPS):
        later = max((end for start, end in _around(at_us, quiet, zone) if start <= at_us < end), default=at_us)
        if later == at_us:
            break
        at_us = later
    return at_us


def _around(at_us: int, quiet: Sequence[str], zone: str) -> list[tuple[int, int]]:
    today = local_time(at_us, zone).date()
    found = []
    for text in quiet:
        start, end = text.split("-")
        for day in (today - dt.timedelta(days=1), today):
            ends_on = day if _clock(end) > _clock(start) else day + dt.timedelta(days=1)
            found.append((_moment(day, start, zone), _moment(ends_on, end, zone)))
    return found


def _moment(day: dt.date, clock: str, zone: str) -> int:
    if clock == "24:00":
        return day_begins(day + dt.timedelta(days=1), zone)
    return day_begins(day, zone, dt.time.fromisoformat(clock))


def _clock(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(":"))
