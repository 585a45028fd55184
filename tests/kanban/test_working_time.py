"""Working time is not calendar time: a type of its own, told on both bases."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale import wording
from telltale.kanban.words.working_time import WorkingTime, basis, mean, median, scale

H, D = 3600.0, 86_400.0
SHIFT = 16 * H
ROOT = Path(__file__).parents[2]


def plain(text: str) -> str:
    return text.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (WorkingTime(6 * D + 2 * H), "6 d 2 h"),  # no calendar: all time counts
        (WorkingTime(15 * SHIFT, SHIFT, 22 * D), "15 working days (22 d)"),
        (WorkingTime(2.12 * SHIFT, SHIFT, 37.4 * H), "2.1 working days (37 h 24 min)"),
        (WorkingTime(SHIFT, SHIFT, 24 * H), "1 working day (24 h)"),
        (WorkingTime(6 * H, SHIFT, 52 * H), "6 h of working time (2 d 4 h)"),
        (WorkingTime(3 * H, SHIFT, 3 * H), "3 h"),  # within a shift
        (WorkingTime(5 * SHIFT, SHIFT), "5 working days"),  # a limit has no beginning
        (WorkingTime(4 * D, None, 6 * D), "4 d heard (6 d)"),
        (WorkingTime(6 * D - 60, None, 6 * D), "6 d"),  # a restart of the capture is no other basis
    ],
)
def test_both_bases_are_told_where_they_differ(time: WorkingTime, said: str) -> None:
    assert plain(time.text) == said


@pytest.mark.parametrize(
    ("time", "figure"),
    [
        (WorkingTime(2.8 * D), ("2.8", "d")),
        (WorkingTime(2.1 * SHIFT, SHIFT), ("2.1", "working days")),
        (WorkingTime(5.5 * H, SHIFT), ("5.5", "working h")),
        (WorkingTime(600.0), ("10", "min")),
    ],
)
def test_a_figure_has_its_unit(time: WorkingTime, figure: tuple[str, str]) -> None:
    assert time.figure == figure
    assert scale(time)[0] == figure[1]


def test_means_are_taken_on_each_basis() -> None:
    times = [WorkingTime(SHIFT, SHIFT, D), WorkingTime(3 * SHIFT, SHIFT, 5 * D)]
    assert mean(times) == WorkingTime(2 * SHIFT, SHIFT, 3 * D)
    assert median([*times, WorkingTime(0.0, SHIFT, 0.0)]) == WorkingTime(SHIFT, SHIFT, D)
    assert mean([WorkingTime(SHIFT, SHIFT)]).calendar_s is None


@given(st.floats(0, 1e7), st.floats(0, 1e7), st.floats(H, D))
def test_working_seconds_are_never_told_as_days_by_the_calendar(seconds: float, more: float, day_s: float) -> None:
    """Where the two differ, the counted time is called working time and the calendar's stands beside it."""
    time = WorkingTime(seconds, day_s, seconds + more)
    if not time.is_alike:
        assert "working" in time.text
        assert time.text.endswith(")")


def test_the_basis_is_said_where_a_calendar_is_kept() -> None:
    assert plain(basis(SHIFT)) == "Working time by the calendar of [kanban]; a working day is 16 h."
    assert basis(None) == ""


def test_a_duration_of_working_time_is_refused() -> None:
    with pytest.raises(TypeError):
        wording.duration(WorkingTime(SHIFT, SHIFT))  # type: ignore[arg-type] # the type checker refuses it: the point


COUNTED = {"observed_s", "lead_time_s", "age_s", "silent_s", "silence_limit_s", "value", "center", "lower", "upper"}
"""Columns of working seconds."""


@pytest.mark.parametrize("path", sorted((ROOT / "telltale/kanban").rglob("*.py")), ids=lambda path: path.stem)
def test_no_column_of_working_seconds_is_worded_as_a_duration(path: Path) -> None:
    """A row's values have no type: what counts working time goes through `working_time`."""
    for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "duration":
            named = {node.value for node in ast.walk(call) if isinstance(node, ast.Constant)}
            assert not named & COUNTED, f"{path.name}:{call.lineno}"
