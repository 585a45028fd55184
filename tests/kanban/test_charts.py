"""Charts of kanban: limits, hollow buckets, doubts and alarms are there to see; colours are roles, numbers a table."""

from functools import partial
from itertools import pairwise
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pyarrow as pa
import pytest

from telltale.charts.base import shortened
from telltale.kanban import charts
from telltale.kanban.charts.control import spread
from telltale.kanban.charts.grid import Grid
from telltale.look.tokens import DARK_OF, LIGHT
from tests.kanban import frames as k
from tests.presence.test_charts import _colours

cards_needed = partial(charts.cards_needed, target=0.05)
stock_out_risk = partial(charts.stock_out_risk, target=0.05)
risk_curves = partial(charts.risk_curves, target=0.05)

DRAWN = {
    "control": lambda: charts.control_charts(k.chart(), k.items(), timezone=k.ZONE),
    "gaps": lambda: charts.control_charts(k.gaps(), kind="t", timezone=k.ZONE),
    "cards": lambda: cards_needed(k.items()),
    "risk": lambda: stock_out_risk(k.items()),
    "silence": lambda: charts.button_silence(k.items()),
    "rates": lambda: charts.pull_rates(k.rates(), timezone=k.ZONE),
    "leads": lambda: charts.lead_times(k.leads(), timezone=k.ZONE),
    "curves": lambda: risk_curves(k.risks(), k.items()),
}


@pytest.fixture(scope="module", params=DRAWN)
def drawn(request: pytest.FixtureRequest) -> go.Figure:
    return DRAWN[request.param]()


def test_colours_are_roles_and_numbers_stand_behind(drawn: go.Figure) -> None:
    assert set(_colours(drawn.to_plotly_json())) <= {*DARK_OF, "rgba(0,0,0,0)"}
    numbers = drawn.layout.meta["numbers"]
    assert len(numbers["rows"]) >= 4
    assert all(len(row) == len(numbers["columns"]) for row in numbers["rows"])


@pytest.mark.parametrize(
    ("draw", "frame"),
    [
        (charts.control_charts, k.chart()),
        (cards_needed, k.items()),
        (stock_out_risk, k.items()),
        (charts.button_silence, k.items()),
        (charts.pull_rates, k.rates()),
        (charts.lead_times, k.leads()),
        (lambda none: risk_curves(none, k.items()), k.risks()),
    ],
)
def test_no_rows_give_a_sentence_with_the_next_step(draw: Any, frame: pd.DataFrame) -> None:
    assert "." in draw(frame.head(0)).layout.meta["empty"]


@pytest.mark.parametrize(("draw", "frame"), [(charts.control_charts, k.chart()), (cards_needed, k.items())])
def test_frames_may_be_pandas_or_arrow(draw: Any, frame: pd.DataFrame) -> None:
    assert draw(frame) == draw(pa.Table.from_pandas(frame))


def markers(figure: go.Figure, **having: Any) -> list[Any]:
    """Traces of points with a colour or symbol."""
    return [
        trace
        for trace in figure.data
        if trace.mode == "markers" and all(trace.marker[name] == value for name, value in having.items())
    ]


def words(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def test_a_panel_an_item_on_one_scale_with_limits_and_mean_as_ticks() -> None:
    figure = DRAWN["control"]()
    ranges = {figure.layout[f"yaxis{n or ''}"].range for n in ("", 2, 3, 4, 5, 6)}
    assert len(ranges) == 1
    # Gaskets: mean 11.5, limits 11.5 ± 3 √11.5 = 11.5 ± 10.17; zero lies too near the lower one to be a tick.
    assert figure.layout.yaxis2.tickvals == pytest.approx((1.327, 11.5, 21.673), abs=0.001)
    assert figure.layout.yaxis2.ticktext == ("1", "12", "22")


def test_only_a_tested_signal_is_loud_and_open_buckets_are_hollow() -> None:
    figure = DRAWN["control"]()
    (signal,) = markers(figure, symbol="triangle-up")
    assert (list(signal.y), signal.marker.color, signal.yaxis) == ([24], LIGHT.alarm, "y2")
    hollow = markers(figure, color=LIGHT.surface)
    assert [list(trace.x) for trace in hollow] == [[7, 15]] * 6
    assert "not tested" in hollow[0].hovertext[1]
    assert "▲ above its limit, W46" in words(figure)
    assert "▲ no press for 6\xa0d\xa02\xa0h" in words(figure)
    assert words(figure).count("steady") == 4


def test_a_bucket_without_a_value_is_hatched_and_too_few_is_said() -> None:
    frame = k.chart()
    one = frame[frame["item"] == "Cable ties"].copy()
    one.loc[one.index[[0, 3]], "value"] = None
    one["is_tested"] = False
    one[["center", "lower", "upper"]] = None
    figure = charts.control_charts(one, timezone=k.ZONE)
    # Week 35 was not captured; week 32 lies before the capture began.
    assert sum(trace.fillpattern.shape == "/" for trace in figure.data if trace.fill) == 1
    assert "too few pulls to say" in words(figure)
    numbers = figure.layout.meta["numbers"]["rows"]
    assert len(numbers) == 15
    assert numbers[2][2:] == ["not captured", "–", "not tested"]


def test_buckets_that_set_the_limits_are_filled_and_not_called_tested() -> None:
    frame = k.chart().assign(is_baseline=lambda f: f["label"] < "2026-W44")
    frame.loc[frame["is_baseline"], "is_tested"] = False
    figure = charts.control_charts(frame, timezone=k.ZONE)
    assert [list(trace.x) for trace in markers(figure, color=LIGHT.surface)] == [[15]] * 6
    results = [row[4] for row in figure.layout.meta["numbers"]["rows"][:16]]
    assert results == ["sets the limits"] * 12 + ["within"] * 3 + ["not tested"]


def test_a_signal_below_points_down() -> None:
    frame = k.chart().assign(signal=lambda f: (f["item"] == "Gloves L") & (f["label"] == "2026-W36"))
    (mark,) = markers(charts.control_charts(frame), color=LIGHT.alarm)
    assert (mark.marker.symbol, list(mark.y)) == ("triangle-down", [2])


def test_a_long_course_is_a_line_with_its_newest_pauses() -> None:
    pauses = [{"item": "Bolts", "label": "", "value": 3600.0 * n, "center": 3600.0, "lower": 5.0, "upper": 250_000.0,
               "start": k.FIRST + n * k.WEEK, "end": k.FIRST + (n + 1) * k.WEEK, "signal": n == 79,
               "is_tested": True} for n in range(80)]  # fmt: skip
    figure = charts.control_charts(pd.DataFrame(pauses), kind="t")
    (course,) = [trace for trace in figure.data if trace.mode == "lines" and trace.line.color == LIGHT.accent]
    assert len(course.y) == 60
    assert [trace.marker.opacity for trace in markers(figure)] == [0, None]


def test_gaps_between_pulls_are_told_in_days_at_the_moment_they_ended() -> None:
    figure = DRAWN["gaps"]()
    assert figure.layout.yaxis.ticktext[-1] == "5.8\xa0d"  # 4.8 × 29 h = 139.2 h
    assert "▲ above its limit, 17\xa0Aug" in words(figure)
    assert figure.layout.meta["numbers"]["columns"][1] == "Until"


def test_panels_stand_in_columns_and_below_each_other_where_it_is_narrow() -> None:
    grid = Grid(6)
    narrow = grid.narrow()
    assert (grid.columns, Grid(4).columns, Grid(1).columns) == (3, 2, 1)
    assert narrow["height"] == 3 * grid.height
    domains = [narrow[f"yaxis{n or ''}.domain"] for n in ("", 2, 3, 4, 5, 6)]
    assert all(lower[1] < upper[0] for upper, lower in pairwise(domains))
    assert all(0 <= low < high <= 1 for low, high in domains)


@pytest.mark.parametrize(("count", "places"), [(1, [0]), (2, [0, 1]), (3, [0, 1, 2]), (16, [0, 5, 10, 15])])
def test_labels_include_first_and_last(count: int, places: list[int]) -> None:
    assert spread(count) == places


def test_long_names_are_cut_so_that_they_fit() -> None:
    assert shortened("Gaskets") == "Gaskets"
    assert shortened("A very long name of an item in a store") == "A very long name of an…"


def test_the_difference_of_cards_is_written_and_more_is_loud() -> None:
    figure = DRAWN["cards"]()
    told = {note.y: (note.text, note.font.color) for note in figure.layout.annotations}
    assert told == {
        1: ("+2", LIGHT.alarm_text), 2: ("−1", LIGHT.ink2), 4: ("not known yet", LIGHT.ink2),
    }  # fmt: skip
    lines = [list(trace.x) for trace in figure.data if trace.mode == "lines"]
    assert lines == [[5, 7], [3, 2]]
    assert figure.layout.meta["numbers"]["rows"][1] == ["Gaskets 40 mm", "5", "7", "6–8", "–"]


def test_cards_in_use_may_be_unknown() -> None:
    figure = cards_needed(k.items().assign(cards=None).head(1))
    assert words(figure) == ["3; in use not listed"]


def test_risk_stands_with_its_interval_against_the_target() -> None:
    figure = DRAWN["risk"]()
    (band,) = figure.layout.shapes
    assert (band.x0, band.x1, band.fillcolor) == (0, 0.05, LIGHT.faint)
    (loud,) = markers(figure, color=LIGHT.alarm)
    assert (list(loud.x), list(loud.y)) == ([0.17], [1])
    assert words(figure) == ["17\xa0% (10–26)"]
    assert figure.layout.xaxis.ticktext[-1].endswith("\xa0%")


def test_risk_that_is_not_known_is_said_not_drawn() -> None:
    frame = k.items().head(2).assign(risk=None, risk_lo=None, risk_hi=None, note="no lead time")
    figure = stock_out_risk(frame)
    assert not figure.data
    assert words(figure) == ["not known yet"] * 2


def test_a_risk_of_which_only_the_bounds_are_known_has_no_label_of_its_own() -> None:
    """A button that may be dead: nothing is recommended, though even the lower bound is above the target."""
    figure = stock_out_risk(k.items().head(1).assign(risk=None, risk_lo=0.1, risk_hi=0.3, note="silent"))
    assert words(figure) == ["not known yet"]


def test_silence_is_a_bar_against_its_own_limit() -> None:
    figure = DRAWN["silence"]()
    usual, silence, limit = figure.data
    assert list(silence.marker.color).index(LIGHT.alarm) == 4
    assert usual.x[4] == limit.x[4] == pytest.approx(5.83)
    assert silence.x[4] == pytest.approx(6.08)
    assert words(figure) == ["<b>6\xa0d\xa02\xa0h</b>"]
    assert figure.layout.xaxis.range[0] == 0


@pytest.mark.parametrize(("days", "suffix"), [(6, "\xa0d"), (0.9, "\xa0h"), (0.05, "\xa0min")])
def test_silence_is_told_in_a_unit_that_suits(days: float, suffix: str) -> None:
    frame = k.items().head(1).assign(silent_s=days * k.DAY_S, silence_limit_s=0.5 * days * k.DAY_S)
    assert charts.button_silence(frame).layout.xaxis.ticksuffix == suffix


def test_buttons_without_a_press_or_limit_say_so() -> None:
    frame = k.items().head(2)
    frame.loc[frame.index[0], ["silent_s", "last_press_at"]] = None
    frame.loc[frame.index[1], "silence_limit_s"] = None
    assert words(charts.button_silence(frame)) == ["no press yet", "no limit yet"]


def test_rates_have_intervals_cut_weeks_are_hollow_and_lost_ones_hatched() -> None:
    figure = DRAWN["rates"]()
    hollow = markers(figure, color=LIGHT.surface)
    assert [list(trace.x) for trace in hollow] == [[7, 15]] * 6
    assert sum(trace.fillpattern.shape == "/" for trace in figure.data if trace.fill) == 6
    whole = markers(figure, color=LIGHT.accent)[0]
    # Eight pulls in seven days: 8/7, from (8 − 2√8)/7 to (8 + 2√8 + 2)/7.
    assert (whole.y[0], whole.error_y.arrayminus[0]) == pytest.approx((1.1429, 0.8081), abs=1e-4)
    assert "not captured" in [row[3] for row in figure.layout.meta["numbers"]["rows"]]


def test_refills_are_dots_open_pulls_rings_and_orphans_left_out() -> None:
    figure = DRAWN["leads"]()
    assert list(figure.layout.yaxis.ticktext) == ["Gaskets 40 mm", "Gloves L", "Labels A6", "M6 screws"]
    assert sum(len(trace.x) for trace in markers(figure, opacity=0.55)) == 9
    assert [list(trace.x) for trace in markers(figure, size=9)] == [[pytest.approx(2.13)], [pytest.approx(0.4)]]
    medians = [trace.x[0] for trace in markers(figure, symbol="line-ns")]
    assert medians == pytest.approx([2.4, 2.6])


def test_curves_mark_the_cards_in_use() -> None:
    figure = DRAWN["curves"]()
    rings = [(list(trace.x), list(trace.y)) for trace in markers(figure, size=11)]
    assert rings == [([5], [0.17]), ([4], [0.02])]
    assert "17\xa0% now" in words(figure)


def test_words_beside_a_ring_far_to_the_right_stand_left_of_it() -> None:
    """Beyond the plot they would be cut."""
    frame = k.items().head(2).assign(cards=[6, 24], cards_recommended=[5, float("nan")])
    sides = {note.text: note.xanchor for note in cards_needed(frame).layout.annotations}
    assert sides == {"\N{MINUS SIGN}1": "left", "not known yet": "right"}
