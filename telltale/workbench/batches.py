"""A table a part after the other, so that no more than a day of it, or an hour of a large day, is in memory."""

from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa

from telltale.arrow import DAY_US, day_of
from telltale.tables import TABLES, Table
from telltale.workbench.times import Span
from telltale.workbench.view import View

HOUR_US = 3_600_000_000
MOST_ROWS = 2_000_000
"""A day whose files have more is read by hours."""


class Held(NamedTuple):
    """How many rows lie in a stretch at the most, and when."""

    rows: int
    since_us: int
    until_us: int
    """Exclusive."""


def held(view: View, name: str, span: Span | None) -> Held:
    """The rows of the files that are read for a stretch and of what is not settled, by the catalog."""
    files = view.files(name, span)
    hot = view.hot.get(name)
    days = _hot_days(TABLES[name], hot)
    times = [(file.min_time, file.max_time + 1) for file in files]
    times += [(min(days) * DAY_US, (max(days) + 1) * DAY_US)] if days else []
    rows = sum(file.rows for file in files) + (0 if hot is None else hot.num_rows)
    if not times:
        return Held(0, 0, 0)
    since_us, until_us = min(first for first, _ in times), max(last for _, last in times)
    if span is not None:
        since_us, until_us = max(since_us, span.since_us), min(until_us, span.until_us)
    return Held(rows, since_us, until_us)


def parts(view: View, name: str, span: Span | None) -> Iterator[Span]:
    """The stretches to read one after the other: UTC days, hours of large ones; those without a file are left out."""
    whole = held(view, name, span)
    files = view.files(name, span)
    days = {number for file in files for number in range(file.min_time // DAY_US, file.max_time // DAY_US + 1)}
    days |= _hot_days(TABLES[name], view.hot.get(name))
    for number in sorted(days):
        day = Span(number * DAY_US, (number + 1) * DAY_US)
        step = HOUR_US if sum(file.rows for file in view.files(name, day)) > MOST_ROWS else DAY_US
        for since_us in range(day.since_us, day.until_us, step):
            part = Span(max(since_us, whole.since_us), min(since_us + step, whole.until_us))
            if part.since_us < part.until_us:
                yield part


def _hot_days(table: Table, hot: pa.Table | None) -> set[int]:
    """UTC days since 1970 that rows not settled yet are filed under."""
    if hot is None or not hot.num_rows:
        return set()
    return set(day_of(table, hot).cast(pa.int32()).unique().to_pylist())
