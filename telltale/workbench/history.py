"""What all that is kept says, however long that is: of days that have ended nothing is read again.

What a history is asked for is split into blocks of days. Each is made once, and again only where a row of it is added
or removed; the day that goes on is read anew.
"""

import datetime as dt
from collections.abc import Callable, Hashable, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import day_of
from telltale.tables import TABLES
from telltale.workbench.times import DAY, FOREVER, Span
from telltale.workbench.view import View

BLOCK_D = 128
"""So few blocks that years cost few queries, so short that one late row costs no year."""
_EPOCH = dt.date(1970, 1, 1)


def pieces(
    view: View, key: Hashable, read: Callable[[Span], pa.Table], *, tables: Sequence[str], with_today: bool = True
) -> list[pa.Table]:
    """What `read` gives of each stretch of all that is kept, in order; at least one table.

    Args:
        view: the snapshot.
        key: all that `read` depends on but the rows; never the present.
        read: of a stretch, by the own time of its rows; what it gives of two stretches can be put together.
        tables: whose rows it reads.
        with_today: also of what is of today, by UTC, and of days to come.
    """
    today = view.now_us // DAY
    days = {number for name in tables for number in _days(view, name)}
    blocks = {number // BLOCK_D for number in days if number < today}
    spans = [Span(block * BLOCK_D * DAY, min((block + 1) * BLOCK_D, today) * DAY) for block in sorted(blocks)]
    if with_today or not spans:
        spans.append(Span(today * DAY, FOREVER))
    return [view.kept((key, span), partial(read, span), tables=tables, span=span) for span in spans]


def _days(view: View, name: str) -> set[int]:
    """The days there are rows of, counted from 1970."""
    days = view.snapshot.listing.once(("days", name), lambda: frozenset(file.day for file in view.snapshot.of(name)))
    if (hot := view.hot.get(name)) is not None:
        days |= frozenset(pc.unique(day_of(TABLES[name], hot)).to_pylist())
    return {(day - _EPOCH).days for day in days}
