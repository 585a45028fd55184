"""Which numbers moved, as people read it."""

import pytest

from telltale.publish.changes import SHOWN, Moved, lines, moved

FRIDGE = ["Vaccine fridge", "outside_s", 720, "s"]


def test_what_differs_is_told_and_what_is_gone_comes_last() -> None:
    before = {"a": FRIDGE, "b": ["Lab", "mean_c", 4.0, "°C"], "c": ["Lab", "doors", 3, ""]}
    after = {"a": [*FRIDGE[:2], 2820, "s"], "c": ["Lab", "doors", 3, ""], "d": ["Lab", "new", 1, ""]}
    assert moved(before, after) == [
        Moved("Vaccine fridge", "outside_s", 720, 2820, "s"),
        Moved("Lab", "new", None, 1, ""),
        Moved("Lab", "mean_c", 4.0, None, "°C"),
    ]
    assert moved(before, before) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (Moved("Vaccine fridge", "outside_s", 720, 2820, "s"), "Vaccine fridge, outside: 12 min → 47 min"),
        (Moved("Lab", "mean_c", 4.0, 4.25, "°C"), "Lab, mean: 4 °C → 4.25 °C"),
        (Moved("", "visits", 1200, None, ""), "visits: 1,200 → unknown"),
        (Moved("Lab", "is_open", True, False, ""), "Lab, is open: yes → no"),
        (Moved("Lab", "busiest", "Mon", "Tue", ""), "Lab, busiest: Mon → Tue"),
    ],
)
def test_a_number_is_told_from_and_to(change: Moved, line: str) -> None:
    assert [each.replace("\N{NO-BREAK SPACE}", " ") for each in lines([change, change])] == [line]


def test_many_are_counted() -> None:
    told = lines([Moved("Lab", f"n{number}", 1, 2, "") for number in range(SHOWN + 3)])
    assert (len(told), told[-1].replace("\N{NO-BREAK SPACE}", " ")) == (SHOWN + 1, "and 3 more numbers")
