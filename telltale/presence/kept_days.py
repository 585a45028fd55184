"""How many sightings are kept, of when they are, and the newest of them, without reading all.

Of a day with one file the catalog knows how many rows it has, and `telltale.lake.facts` of when they are; a day with
several files, or with records that are not settled yet, is read.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from telltale.arrow import day_of
from telltale.engine import Relation
from telltale.lake import File
from telltale.tables import CLOCK_SET_US, SIGHTING
from telltale.workbench.view import View

AGES = """
select count(*) as total, count(case when last_seen >= timestamp_micros(:since_us)
    and last_seen <= timestamp_micros(:until_us) then 1 end) as recent,
  min(case when last_seen < timestamp_micros(:since_us) or last_seen > timestamp_micros(:until_us) then last_seen end)
    as first_at,
  max(case when last_seen < timestamp_micros(:since_us) or last_seen > timestamp_micros(:until_us) then last_seen end)
    as last_at,
  count(case when last_seen < timestamp_micros(:set_us) then 1 end) as unset,
  min(case when last_seen >= timestamp_micros(:set_us) and (last_seen < timestamp_micros(:since_us)
    or last_seen > timestamp_micros(:until_us)) then last_seen end) as set_at
from sighting
"""
COUNT = """
select count(*) as n, min(unix_micros(last_seen)) as first_us, max(unix_micros(last_seen)) as last_us from sighting
"""


class Day(NamedTuple):
    """The sightings of a day of the lake (UTC)."""

    day: dt.date
    rows: int
    """Each natural key once."""
    first_us: int
    """By their last_seen, which may be of another day where a clock was wrong."""
    last_us: int


def days(view: View) -> list[Day]:
    """Every day there are sightings of, in order."""
    name, found = SIGHTING.name, []
    files: dict[dt.date, list[File]] = defaultdict(list)
    for file in view.snapshot.of(name):
        files[file.day].append(file)
    hot = view.hot.get(name)
    hot_days = set() if hot is None else set(day_of(SIGHTING, hot).to_pylist())
    alone = [each[0] for day, each in files.items() if len(each) == 1 and each[0].is_unique and day not in hot_days]
    ends = view.project.facts.of(alone)
    for file in alone:
        for first_us, last_us in ends[file.path]:
            found.append(Day(file.day, file.rows, first_us, last_us))
    for day in hot_days | (files.keys() - {file.day for file in alone}):
        row = view.project.engine.run(COUNT, {"sighting": view.of_days(name, [day])}).arrow().to_pylist()[0]
        if row["n"]:
            found.append(Day(day, row["n"], row["first_us"], row["last_us"]))
    return sorted(found)


def newest(view: View, every: Sequence[Day], number: int) -> Relation:
    """Sightings of which the newest are the newest of all, by their last_seen.

    Args:
        view: the snapshot.
        every: what `days` gave.
        number: so many at least, where there are as many.
    """
    by_end = sorted(every, key=lambda day: -day.last_us)
    # What begins after the end of all that is left out is newer than it.
    rows, taken = 0, 0
    while taken < len(by_end) and rows < number:
        taken += 1
        later = by_end[taken].last_us if taken < len(by_end) else None
        rows = sum(day.rows for day in by_end[:taken] if later is None or day.first_us > later)
    return view.of_days(SIGHTING.name, [day.day for day in by_end[:taken]])


def ages(view: View, since_us: int, until_us: int) -> dict[str, Any]:
    """How many are kept (`total`), and of them last seen in a stretch, ends included (`recent`).

    Also `first_at` and `last_at` of the others: UTC, null without any; how many of all are of a clock that was never
    set (`unset`), and the first of the others that is not (`set_at`).
    """
    every = days(view)
    plain = [day for day in every if day.first_us >= CLOCK_SET_US or day.last_us < CLOCK_SET_US]
    inside = [day for day in plain if day.first_us >= since_us and day.last_us <= until_us]
    outside = [day for day in plain if day.last_us < since_us or day.first_us > until_us]
    sorted_out = {day.day for day in (*inside, *outside)}
    rest = view.of_days(SIGHTING.name, [day.day for day in every if day.day not in sorted_out])
    bounds = {"since_us": since_us, "until_us": until_us, "set_us": CLOCK_SET_US}
    row: dict[str, Any] = view.project.engine.run(AGES, {"sighting": rest}, **bounds).arrow().to_pylist()[0]
    ends = [_at(each) for day in outside for each in (day.first_us, day.last_us)]
    ends += [at for at in (row["first_at"], row["last_at"]) if at is not None]
    are_set = [_at(day.first_us) for day in outside if day.first_us >= CLOCK_SET_US]
    are_set += [row["set_at"]] if row["set_at"] is not None else []
    return {
        "total": sum(day.rows for day in every),
        "recent": row["recent"] + sum(day.rows for day in inside),
        "first_at": min(ends, default=None),
        "last_at": max(ends, default=None),
        "unset": row["unset"] + sum(day.rows for day in (*inside, *outside) if day.last_us < CLOCK_SET_US),
        "set_at": min(are_set, default=None),
    }


def _at(us: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=us)
