"""Too few to say is said: few pulls, an hour of capture, a button tried out, an item that has just come into use."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import telltale as tt
from telltale.kanban.analysis.limits import u_point, usual
from telltale.kanban.answers import answers
from telltale.kanban.words.limits import pulls_title
from telltale.kanban.words.tables import pull_trends_title
from tests.kanban.test_calls import beats, by_hand, small

DAY = 24.0


def daily(*, days: int, first: int = 0, each: int = 1) -> list[float]:
    return [DAY * day + 8 + hour for day in range(first, first + days) for hour in range(each)]


@pytest.mark.parametrize(
    ("counts", "most", "is_known"),
    [
        ([0.0] * 27 + [1.0], 20, False),  # one pull in four weeks: limits 0.0–0.0 would make it one too many
        ([1.0, 0, 1, 0, 1, 0, 1, 0], 20, False),  # four pulls
        ([1.0, 0, 1, 0, 1, 0, 1, 0, 1], 20, True),
        ([5.0, 5, 5, 5], 20, False),  # four buckets
        ([1.0] + [0.0] * 27, None, False),  # dated: 1/28 + 3 √(1/28) = 0.60, one pull would leave that
        ([1.0, 1, 1], None, True),  # dated: 1 + 3 = 4
    ],
)
def test_a_baseline_of_few_pulls_sets_no_limits(counts: list[float], most: int | None, is_known: bool) -> None:
    assert (usual(counts, [1.0] * len(counts), [True] * len(counts), most=most) is not None) is is_known


@given(st.lists(st.integers(0, 3).map(float), max_size=40), st.sampled_from([20, None]))
def test_a_single_pull_is_never_one_too_many(counts: list[float], most: int | None) -> None:
    found = usual(counts, [1.0] * len(counts), [True] * len(counts), most=most)
    assert found is None or not u_point(1.0, 1.0, found.mean).value > u_point(1.0, 1.0, found.mean).upper


def test_one_pull_in_four_weeks_is_too_few_to_say(tmp_path: Path) -> None:
    project = small(tmp_path, [*beats((0, 28 * DAY)), *by_hand("pull", "bolts", 27 * DAY - 12)], days=28)
    for kind in ("c", "u", "ewma", "cusum"):
        found = tt.kanban.control("4w", kind=kind, item="bolts", project=project)
        assert not found["signal"].any()
        assert found["upper"].isna().all()
    about = answers("4w", bucket="day", project=project)
    assert pulls_title(about.counts) == "Pulls by week; too few to say what is usual"
    verdicts = tt.kanban.trends("4w", item="bolts", project=project)["verdict"]
    assert set(verdicts) == {"too few"}


def test_before_its_first_pull_an_item_is_not_tested(tmp_path: Path) -> None:
    """Bolts come into use after two weeks, twelve pulls a day from then on: the empty days are no fall below."""
    hours = daily(days=26, first=14, each=12)
    project = small(tmp_path, [*beats((0, 40 * DAY)), *by_hand("pull", "bolts", *hours)], days=40)
    found = tt.kanban.control("40d", item="bolts", project=project)
    assert set(found["center"]) == {12.0}
    assert not found["signal"].any()
    assert not found["is_tested"].head(14).any()
    verdicts = tt.kanban.trends("40d", item="bolts", project=project).set_index("test")["verdict"]
    assert verdicts["laplace"] == "none"  # steady since its first pull, however empty the days before it
    assert verdicts["two_periods"] == "too few"


@pytest.mark.parametrize(
    ("hours", "pulls", "more", "note"),
    [
        ((0.0, 1.0), (0.1, 0.2, 0.4, 0.6, 0.8), "", "too little data: observed for less than a day"),
        (
            (0.0, 4 * DAY),
            (1.0, 20.0, 40.0, 60.0, 80.0),
            '[kanban]\nformula = "statistical"\n',
            "too little data: 4 of the 5 whole days the formula needs",
        ),
        ((0.0, 2 * DAY), (1.0, 20.0, 25.0, 30.0, 40.0), "", ""),
    ],
)
def test_an_hour_does_not_tell_a_day_and_few_days_not_how_they_differ(
    tmp_path: Path, hours: tuple[float, float], pulls: tuple[float, ...], more: str, note: str
) -> None:
    project = small(tmp_path, [*beats(hours), *by_hand("pull", "bolts", *pulls)], more=more)
    (tmp_path / "buttons.csv").write_text(
        "Name, MAC-Address, role, item, cards, lead_time_days\nBolts, 02:7e:11:a0:00:01, button, bolts, 3, 0.01\n"
    )
    row = tt.kanban.items("14d", item="bolts", project=project).iloc[0]
    assert row["note"] == note
    assert pd.isna(row["cards_recommended"]) == bool(note)


def test_gaps_of_a_button_that_was_tried_out_set_no_limits(tmp_path: Path) -> None:
    """Six pulls within an hour, then one in two days: a pause of two days is not odd yet."""
    project = small(tmp_path, [*beats((0, 72)), *by_hand("pull", "bolts", 1, 1.2, 1.4, 1.6, 1.8, 2, 9)], days=3)
    found = tt.kanban.control("3d", kind="t", item="bolts", project=project)
    assert not found["signal"].any()
    assert found["upper"].isna().all()


def test_trends_of_items_without_enough_pulls_are_not_called_steady(tmp_path: Path) -> None:
    project = small(tmp_path, [*beats((0, 14 * DAY)), *by_hand("pull", "bolts", 1, 30, 60)])
    about = answers("14d", project=project)
    assert pull_trends_title(about.trends) == "Trends of pulls: too few to say"
