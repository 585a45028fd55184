"""`tt.kanban.weeks`: pulls of seven days at a time, the newest ending with the stretch, and how they compare."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from telltale.arrow import TIMESTAMP
from telltale.kanban.analysis.coverage import ENOUGH
from telltale.kanban.question import Demand, table

WEEK = 7
WEEKS = pa.schema(
    [
        ("start", TIMESTAMP),
        ("end", TIMESTAMP),
        ("days", pa.int64()),
        ("pulls", pa.int64()),
        ("observed_s", pa.float64()),
        ("working_s", pa.float64()),
        ("working_day_s", pa.float64()),
        ("heard_share", pa.float64()),
        ("is_heard", pa.bool_()),
        ("weeks_before", pa.int64()),
        ("usual", pa.float64()),
        ("change", pa.float64()),
    ]
)


class Week(NamedTuple):
    """Seven local days, or as many as there are since the first capture."""

    start: int
    end: int
    days: int
    pulls: int
    observed_s: float
    working_s: float

    @property
    def heard_share(self) -> float | None:
        """How much of its working time was heard; None where there was none."""
        return self.observed_s / self.working_s if self.working_s else None

    @property
    def is_heard(self) -> bool:
        """Whether nearly all of it was: only then its pulls say how much is demanded."""
        return self.working_s > 0 and self.observed_s >= ENOUGH * self.working_s


def weeks_table(demand: Demand) -> pa.Table:
    """The columns of `tt.kanban.weeks`."""
    rows: list[dict[str, Any]] = []
    before: list[int] = []
    for week in _weeks(demand):
        usual = sum(before) / len(before) if before and week.is_heard and week.days == WEEK else None
        rows.append(
            week._asdict()
            | {
                "working_day_s": demand.clock.kept_day_s,
                "heard_share": week.heard_share,
                "is_heard": week.is_heard,
                "weeks_before": len(before),
                "usual": usual,
                "change": None if usual is None else week.pulls - usual,
            }
        )
        before += [week.pulls] if week.is_heard and week.days == WEEK else []
    return table(rows, WEEKS)


def _weeks(demand: Demand) -> list[Week]:
    days = _days(demand)
    if len(days) < WEEK:
        return [_together(days)] if days else []
    return [_together(days[end - WEEK : end]) for end in range(len(days), WEEK - 1, -WEEK)][::-1]


def _together(days: Sequence[Week]) -> Week:
    sums = (sum(getattr(day, name) for day in days) for name in ("days", "pulls", "observed_s", "working_s"))
    return Week(days[0].start, days[-1].end, *sums)


def _days(demand: Demand) -> list[Week]:
    """The local days of the stretch since the first capture or pull: what lies before is no week of few pulls.

    A press counts at once; that the capture was alive then is known with its next heartbeat only.
    """
    periods = demand.periods("day")
    starts = np.maximum(periods["start_us"].to_numpy(), demand.span.since_us)
    ends = np.minimum(periods["end_us"].to_numpy(), demand.span.until_us)
    moments = np.sort(np.concatenate([np.empty(0, np.int64), *(item.pulled_us for item in demand.items)]))
    counts = np.searchsorted(moments, ends) - np.searchsorted(moments, starts)
    observed, working = (each.between_us(starts, ends) / 1e6 for each in (demand.clock.observed, demand.clock.working))
    known = np.flatnonzero((counts > 0) | (observed > 0))
    first = int(known[0]) if len(known) else len(counts)
    columns = (starts, ends, [1] * len(counts), counts, observed, working)
    return [Week(*row) for row in zip(*(list(np.asarray(column).tolist()) for column in columns), strict=True)][first:]
