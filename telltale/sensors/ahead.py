"""From when on each chart of the sensors says something."""

import datetime as dt

import pyarrow.compute as pc

from telltale import wording
from telltale.page.lines import Ahead
from telltale.sensors.answers import Answers
from telltale.sensors.days import measured
from telltale.workbench.times import local_time

PAGE = "sensors"


def ahead(answers: Answers) -> list[Ahead]:
    """The charts of the sensors.

    Args:
        answers: of the last 24 hours (`sensors.answers.recent`).

    Source: charts by day have a whole one once the day of the first reading is over; limits stand in devices.csv.
    """
    began = _began(answers)
    if began is None:
        return []
    points = int(pc.sum(answers.stats["readings"]).as_py() or 0)
    limited, left = answers.coverage.num_rows > 0, answers.excursions.num_rows > 0
    return [
        Ahead(
            "Curves of sensors", f"now: {wording.count(points, 'point')} in 24{wording.NBSP}h", 1.0, PAGE, "readings"
        ),
        _by_day("Minutes outside limits by day", "outside", began, answers.now, "" if limited else NO_LIMITS),
        _by_day("Messages missing by day", "missing", began, answers.now),
        Ahead("When limits were left", "now" if left else "once one is left", float(left), PAGE, "excursions"),
    ]


NO_LIMITS = "once devices.csv has low and high"


def began_us(answers: Answers) -> int | None:
    """When the first reading was taken; None before it."""
    first: int | None = pc.min(measured(answers.question).arrow()["first_us"]).as_py()
    return first


def _began(answers: Answers) -> dt.datetime | None:
    first = began_us(answers)
    return None if first is None else local_time(first, answers.zone)


def _by_day(name: str, cell: str, began: dt.datetime, now: dt.datetime, lacks: str = "") -> Ahead:
    """A chart by day: it has a whole one once the day of the first reading is over."""
    if lacks:
        return Ahead(name, lacks, 0.0, PAGE, cell)
    if began.date() < now.date():
        return Ahead(name, "now", 1.0, PAGE, cell)
    tomorrow = dt.datetime.combine(now.date() + dt.timedelta(days=1), dt.time(), now.tzinfo)
    share = min(0.99, (now - began) / (tomorrow - began)) if began < now else 0.0
    return Ahead(name, f"{wording.short_date(tomorrow)}, after the first day", share, PAGE, cell)
