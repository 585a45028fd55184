"""The figures of the analysis beside what the simulator knows."""

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from telltale.contract import Scenario
from telltale.presence import calls as presence
from telltale.workbench.project import Project

FIGURES = ("seen", "visitors", "passers_by", "visits", "bounced", "dwell_median_s")
KINDS = ("global", "local", "all")


class Compared(NamedTuple):
    """One figure of one local day; `true` is the simulator's."""

    day: str
    address_kind: str
    figure: str
    found: float | None
    true: float | None

    @property
    def agrees(self) -> bool:
        """Equal counts; durations equal to the microsecond they are stored with."""
        if self.found is None or self.true is None:
            return self.found is self.true
        return math.isclose(self.found, self.true, abs_tol=1e-6)


def compared(project: Project, plan: Scenario, truth: Mapping[str, Any]) -> list[Compared]:
    """Every figure of every whole day of the plan, and its truth; the running day is still open and left out."""
    whole = {day: told for day, told in truth["days"].items() if told["end_s"] <= plan.end_s}
    if not whole:
        return []
    last = date.fromordinal(date.fromisoformat(max(whole)).toordinal() + 1)
    rows = presence.figures(since=min(whole), until=last.isoformat(), project=project).to_dict("records")
    by_cell = {(str(row["label"]), str(row["address_kind"])): row for row in rows}
    return list(_cells(whole, by_cell))


def _cells(whole: Mapping[str, Any], by_cell: Mapping[tuple[str, str], Mapping[Any, Any]]) -> Iterator[Compared]:
    for day, told in whole.items():
        for kind in KINDS:
            found = by_cell.get((day, kind), {})
            for figure in FIGURES:
                yield Compared(day, kind, figure, _number(found.get(figure)), _number(told["figures"][kind][figure]))


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)  # noqa: PLR0124 - NaN is how pandas says null
