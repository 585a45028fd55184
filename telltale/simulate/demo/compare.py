"""The figures of visitors beside what the simulator knows."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from telltale.contract import Scenario
from telltale.presence import calls as presence
from telltale.simulate.demo.figure import Figure
from telltale.workbench.project import Project

FIGURES = ("seen", "visitors", "passers_by", "visits", "bounced", "dwell_median_s")
KINDS = ("global", "local", "all")
_STORED_S = 1e-6
"""Durations are equal to the microsecond they are stored with."""


def compared(project: Project, plan: Scenario, truth: Mapping[str, Any]) -> list[Figure]:
    """Every figure of every whole day of the plan; the running day is still open and left out.

    A day is the name; figures of one kind of address say so, those of all have no addition.
    """
    whole = {day: told for day, told in truth["days"].items() if told["end_s"] <= plan.end_s}
    if not whole:
        return []
    last = date.fromordinal(date.fromisoformat(max(whole)).toordinal() + 1)
    rows = presence.figures(since=min(whole), until=last.isoformat(), project=project).to_dict("records")
    by_cell = {(str(row["label"]), str(row["address_kind"])): row for row in rows}
    return list(_cells(whole, by_cell))


def _cells(whole: Mapping[str, Any], by_cell: Mapping[tuple[str, str], Mapping[Any, Any]]) -> Iterator[Figure]:
    for day, told in whole.items():
        for kind in KINDS:
            row, true = by_cell.get((day, kind), {}), told["figures"][kind]
            for name in FIGURES:
                figure = name if kind == "all" else f"{name} {kind}"
                yield Figure(day, figure, _number(row.get(name)), _number(true[name]), _STORED_S)


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)  # noqa: PLR0124 - NaN is how pandas says null
