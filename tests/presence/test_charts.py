"""Charts: small counts withheld, missing hatched, colours by role, and the same numbers as a table."""

import datetime as dt
from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pyarrow as pa
import pytest

from telltale.look.tokens import DARK_OF, LIGHT
from telltale.presence import charts
from tests.presence import frames as week

K = 5
visitors_by_day = partial(charts.visitors_by_day, k=K)
occupancy = partial(charts.occupancy, k=K)
dwell_histogram = partial(charts.dwell_histogram, k=K)
moves_matrix = partial(charts.moves_matrix, k=K)

FIGURES = {
    "visitors": lambda: visitors_by_day(week.days(), timezone=week.ZONE),
    "occupancy": lambda: occupancy(week.bins(), week.nodes(), timezone=week.ZONE),
    "dwell": lambda: dwell_histogram(week.visits()),
    "moves": lambda: moves_matrix(week.moves()),
}


@pytest.fixture(scope="module", params=FIGURES)
def drawn(request: pytest.FixtureRequest) -> go.Figure:
    return FIGURES[request.param]()


def test_colours_are_roles(drawn: go.Figure) -> None:
    """Every colour in the figure is one the page can swap in the dark, or none at all."""
    used = set(_colours(drawn.to_plotly_json()))
    assert used
    assert used <= {*DARK_OF, "rgba(0,0,0,0)"}


def _colours(value: Any, name: str = "") -> list[str]:
    if isinstance(value, dict):
        return [colour for key, part in value.items() for colour in _colours(part, key)]
    if isinstance(value, list | tuple):
        return [colour for part in value for colour in _colours(part, name)]
    return [value] if isinstance(value, str) and ("color" in name or value.startswith("#")) else []


def test_numbers_stand_behind_every_chart(drawn: go.Figure) -> None:
    numbers = drawn.layout.meta["numbers"]
    assert len(numbers["rows"]) > 5
    assert all(len(row) == len(numbers["columns"]) for row in numbers["rows"])


def test_no_title_legend_or_zoom_inside_the_plot(drawn: go.Figure) -> None:
    layout = drawn.layout.template.layout
    assert (layout.showlegend, layout.dragmode, layout.xaxis.fixedrange) == (False, False, True)
    assert drawn.layout.title.text is None


@pytest.mark.parametrize(
    ("draw", "frame"),
    [
        (visitors_by_day, week.days()),
        (occupancy, week.bins(1)),
        (dwell_histogram, week.visits()),
        (moves_matrix, week.moves()),
    ],
)
def test_no_rows_give_a_sentence_with_the_next_step(draw: Any, frame: pd.DataFrame) -> None:
    assert "." in draw(frame.head(0)).layout.meta["empty"]


def test_frames_may_be_pandas_or_arrow() -> None:
    frame = week.days()
    assert visitors_by_day(frame) == visitors_by_day(pa.Table.from_pandas(frame))


def test_a_missing_column_is_named_with_those_there() -> None:
    with pytest.raises(ValueError, match=r"needs column day, .* the frame has a, b"):
        visitors_by_day(pd.DataFrame({"a": [1], "b": [2]}))


# Visitors by day: what a row of presence_day may show, k = 5.
DAY = {"day": week.midnight(0), "address_kind": "all", "node_share": 1.0}


@pytest.mark.parametrize(
    ("counts", "cells", "above"),
    [
        ((230, 58, 172, 58 / 230), ["58", "172", "230", "25\xa0%"], "25\xa0%"),
        ((230, 3, 227, 3 / 230), ["withheld", "withheld", "230", "–"], "–"),  # 230 − 227 would tell the 3
        ((60, 57, 3, 57 / 60), ["withheld", "withheld", "60", "–"], "–"),
        ((4, 0, 4, 0.0), ["withheld", "withheld", "withheld", "–"], "–"),
        ((230, None, None, None), ["withheld", "withheld", "230", "–"], "–"),
        ((0, 0, 0, None), ["0", "0", "0", "–"], ""),
    ],
)
def test_days_withhold_small_counts_and_what_gives_them_away(
    counts: tuple[Any, ...], cells: list[str], above: str
) -> None:
    row = dict(zip(("seen", "visitors", "passers_by", "capture_rate"), counts, strict=True))
    figure = visitors_by_day(pa.Table.from_pylist([DAY | row], schema=DAYS))
    assert figure.layout.meta["numbers"]["rows"][0][1:] == cells
    assert figure.data[2].text[0] == above


DAYS = pa.schema(
    [
        ("day", pa.timestamp("us", "UTC")),
        ("address_kind", pa.string()),
        ("node_share", pa.float64()),
        ("seen", pa.int64()),
        ("visitors", pa.int64()),
        ("passers_by", pa.int64()),
        ("capture_rate", pa.float64()),
    ]
)


def hatched(figure: go.Figure) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.type == "scatter" and trace.fillpattern.shape]


def drawn_in(figure: go.Figure, colour: str) -> go.Scatter:
    return next(trace for trace in figure.data if trace.line.color == colour and not trace.line.dash)


def test_a_day_without_a_living_node_is_hatched_and_not_zero() -> None:
    frame = week.days()
    frame.loc[frame["label"] == "2026-11-12", ["node_share", "seen", "visitors", "passers_by"]] = 0
    figure = visitors_by_day(frame, timezone=week.ZONE)
    assert figure.data[0].y[3] is None
    assert [trace.x for trace in hatched(figure)] == [(2.67, 2.67, 3.33, 3.33)]
    assert figure.layout.meta["numbers"]["rows"][3][1:] == ["no records"] * 4


def test_the_running_day_is_marked() -> None:
    figure = visitors_by_day(week.days(), timezone=week.ZONE, running=dt.date(2026, 11, 15))
    assert figure.layout.xaxis.ticktext[-1] == "Sun 15<br>so far"


def test_occupancy_hatches_the_gap_and_leaves_the_lines_open_there() -> None:
    figure = occupancy(week.bins(), week.nodes(), timezone=week.ZONE)
    (gap,) = hatched(figure)
    assert gap.x[0] == "2026-11-12T02:15:00.000000"  # 03:15 in Berlin
    solid = drawn_in(figure, LIGHT.accent)
    inside = [y for x, y in zip(solid.x, solid.y, strict=True) if gap.x[0] < x < gap.x[2]]
    assert len(inside) == 9
    assert set(inside) == {None}


def test_occupancy_is_dotted_while_nodes_are_silent() -> None:
    figure = occupancy(week.bins(), timezone=week.ZONE)
    dotted = [trace for trace in figure.data if trace.line.dash]
    assert len(dotted) == 2
    # Quarter hours 401 … 429 lack two nodes; one more at each side joins the dotted line to the solid one.
    drawn = [index for index, _ in enumerate(dotted[0].x) if 399 < index < 431]
    outside = [y for index, y in enumerate(dotted[0].y) if index not in drawn]
    assert set(outside) == {None}


def test_occupancy_below_k_is_withheld_but_zero_is_not() -> None:
    start = week.midnight(0)
    cells = [(12, 12.0), (4, 3.9), (0, 0.0), (None, None)]
    frame = pa.Table.from_pylist(
        [
            {
                "address_kind": "local",
                "start": start + n * dt.timedelta(hours=1),
                "end": start + (n + 1) * dt.timedelta(hours=1),
                "devices": devices,
                "mean": mean,
                "peak": devices,
                "nodes": 2,
                "expected": 2,
            }
            for n, (devices, mean) in enumerate(cells)
        ]
    )
    figure = occupancy(frame)
    line, box = drawn_in(figure, LIGHT.accent), next(trace for trace in figure.data if trace.fillcolor == LIGHT.sunk)
    assert list(line.y) == [12.0, None, 0.0, None]
    assert [x[11:13] for x in box.x if x] == [
        "00",
        "00",
        "01",
        "01",
        "02",
        "02",
        "03",
        "03",
    ]  # 01:00 and 03:00 in Berlin
    assert set(box.y) == {0, figure.layout.yaxis.range[1], None}, "of one kind nobody says that it was below k"
    assert [row[1] for row in figure.layout.meta["numbers"]["rows"]] == ["12.0", "withheld", "0.0", "withheld"]
    assert ["sunk", "withheld: fewer than 5, or it would tell"] in figure.layout.meta["key"]


@pytest.mark.parametrize(
    ("small", "kinds"), [(False, ["randomised", "global"]), (True, ["randomised and global together"])]
)
def test_kinds_are_drawn_apart_unless_too_little_of_them_may_be_shown(small: bool, kinds: list[str]) -> None:
    apart = week.bins(1)
    whole = apart[apart["address_kind"] == "local"].assign(address_kind="all", mean=10.0, devices=10)
    if small:
        apart[["devices", "mean", "peak"]] = None
    figure = occupancy(pd.concat([apart, whole]), timezone=week.ZONE)
    assert [words for role, words in figure.layout.meta["key"] if role in ("accent", "gold")] == kinds


def test_a_node_silent_at_the_end_carries_a_triangle() -> None:
    nodes = week.nodes(1)
    nodes = nodes[nodes["start"] < week.midnight(1)]
    nodes.loc[nodes["node_id"] == "d1", "end"] = week.midnight(1) - dt.timedelta(hours=2)
    figure = occupancy(week.bins(1), nodes, timezone=week.ZONE)
    marked = [trace for trace in figure.data if trace.marker.symbol == "triangle-up"]
    assert [list(trace.hovertext) for trace in marked] == [["d1 silent since then"]]


def dwell(*minutes: float) -> pd.DataFrame:
    return pd.DataFrame({"dwell_s": [60 * m for m in minutes]})


@pytest.mark.parametrize(
    ("minutes", "rows"),
    [
        # Edges: the lower one belongs to the bar.
        ([5] * 6 + [9.99] + [10] * 6 + [60] * 6, {"5–10 min": "7", "10–15 min": "6", "60–65 min": "6"}),
        # One small bar alone would be n minus the others: the next smallest goes with it.
        ([5] * 9 + [10] * 3 + [15] * 8, {"5–10 min": "9", "10–15 min": "withheld", "15–20 min": "withheld"}),
        # From the first small bar of the tail on, one open bar.
        ([5] * 9 + [61] * 2 + [100] * 4, {"60 min and more": "6"}),
        # A device that associated is a visitor however short it stayed.
        ([0] * 5 + [5] * 5, {"0–5 min": "5", "5–10 min": "5"}),
    ],
)  # fmt: skip
def test_dwell_bars(minutes: list[float], rows: dict[str, str]) -> None:
    figure = dwell_histogram(dwell(*minutes))
    found = {row[0]: row[1] for row in figure.layout.meta["numbers"]["rows"]}
    assert {name: found[name] for name in rows} == rows


def test_dwell_leaves_open_visits_out_and_says_too_few() -> None:
    frame = dwell(*[6] * 8)
    frame["open"] = [True] * 4 + [False] * 4
    assert "Too few" in dwell_histogram(frame).layout.meta["empty"]


def test_dwell_counts_devices_and_not_their_visits() -> None:
    """Nine visits of three devices are a bar of few; it is a band alone, so another band goes, and a bar of it."""
    frame = dwell(*[6] * 9, *[12] * 9, *[22] * 9).assign(device=[*range(9), *range(9), *[1, 2, 3] * 3])
    rows = {row[0]: row[1] for row in dwell_histogram(frame).layout.meta["numbers"]["rows"]}
    assert (rows["5–10 min"], rows["10–15 min"], rows["20–25 min"]) == ("withheld", "9", "withheld")
    few = dwell(*[6] * 9).assign(device=[1, 2, 3] * 3)
    assert "Too few" in dwell_histogram(few).layout.meta["empty"]


def test_dwell_withholds_the_share_of_a_small_band_and_one_that_would_tell_it() -> None:
    """Two of 62 visits last an hour: their share goes, and with it the next smallest, as the shares add up to one."""
    texts = [note.text for note in dwell_histogram(dwell(*[6] * 40, *[30] * 20, *[70] * 2)).layout.annotations]
    assert texts[:2] == ["20–60 min<br><b>withheld</b>", "1 h and more<br><b>withheld</b>"]
    texts = [note.text for note in dwell_histogram(dwell(*[6] * 40, *[30] * 20, *[70] * 20)).layout.annotations]
    assert texts[:2] == ["20–60 min<br><b>25\xa0%</b>", "1 h and more<br><b>25\xa0%</b>"]


def test_dwell_draws_the_median_where_it_is() -> None:
    figure = dwell_histogram(dwell(*[6] * 5, *[30] * 6))
    solid = [shape for shape in figure.layout.shapes if shape.line.dash is None and shape.x0 == shape.x1]
    assert solid[0].x0 == 30
    assert any(note.text == "median <b>30\xa0min</b>" for note in figure.layout.annotations)


def test_moves_withhold_cells_of_few_devices_and_give_no_totals() -> None:
    figure = moves_matrix(week.moves(), zones=("Entrance", "Hall", "Canteen", "Workshop"))
    matrix = figure.data[0]
    assert list(matrix.y) == ["Entrance", "Hall", "Canteen", "Workshop"]
    assert matrix.text[3][2] == "<5"
    assert matrix.z[3][2] is None
    assert [matrix.text[n][n] for n in range(4)] == [""] * 4


def test_on_a_phone_many_bars_have_no_number_inside() -> None:
    """They are too thin: white digits would stand on the page's white; the table has them."""
    days = [
        DAY | {"day": dt.datetime(2026, 11, day, tzinfo=dt.UTC), "seen": 90, "visitors": 40, "passers_by": 50}
        for day in range(1, 15)
    ]
    many, few = (visitors_by_day(pa.Table.from_pylist(days[:count], schema=DAYS)) for count in (14, 7))
    assert set(many.data[0].text) == {"40"}
    assert list(many.layout.meta["narrow"]["data.0.text"]) == []
    assert "data.0.text" not in few.layout.meta["narrow"]
