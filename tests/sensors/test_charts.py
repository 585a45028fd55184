"""Charts of sensors: limits, excursions and gaps are there to see; nothing missing is bridged or zero."""

import datetime as dt
from functools import partial
from itertools import pairwise
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from telltale.health.charts.missing import missing_by_day
from telltale.look.tokens import DARK_OF, LIGHT
from telltale.sensors import charts
from telltale.sensors.charts.panels import SERIES, panels_of
from telltale.sensors.charts.scale import scale
from tests.presence.test_charts import _colours

T0 = dt.datetime(2026, 11, 19, 6, tzinfo=dt.UTC)
TEN = dt.timedelta(minutes=10)
FRIDGE = {"device_id": "sigfox:1", "name": "Fridge", "channel": "", "quantity": "temperature"}


def series(values: list[float | None], **other: Any) -> pd.DataFrame:
    told = FRIDGE | {"unit": "°C", "low": 2.0, "high": 8.0} | other
    rows = [told | {"start": T0 + n * TEN, "end": T0 + n * TEN, "value_mean": value} for n, value in enumerate(values)]
    return pd.DataFrame([row for row in rows if row["value_mean"] is not None])


def excursion(first: int, last: int, peak: float, **other: Any) -> pd.DataFrame:
    told = FRIDGE | {"side": "above", "limit_value": 8.0, "outside_s": 1800.0, "peak": peak}
    told |= {"is_begin_known": True, "is_end_known": True, "is_open": False}
    told |= {"started_at": T0 + first * TEN, "ended_at": T0 + last * TEN, "peak_at": T0 + last * TEN}
    return pd.DataFrame([told | other])


def gap(after: int, before: int) -> pd.DataFrame:
    return pd.DataFrame([FRIDGE | {"after_at": T0 + after * TEN, "before_at": T0 + before * TEN}])


VALUES: list[float | None] = [4, 5, 6, 7, 9, 10.4, 9, 6, *[None] * 12, 5, 4, 4]


@pytest.fixture(scope="module")
def drawn() -> go.Figure:
    return charts.readings(series(VALUES), excursion(4, 6, 10.4), gap(7, 20), timezone="Europe/Berlin")


def traces(figure: go.Figure, colour: str) -> list[Any]:
    return [trace for trace in figure.data if trace.mode == "lines" and trace.line.color == colour]


def test_colours_are_roles_and_numbers_stand_behind(drawn: go.Figure) -> None:
    assert set(_colours(drawn.to_plotly_json())) <= {*DARK_OF, "rgba(0,0,0,0)"}
    assert drawn.layout.meta["numbers"]["rows"] == [
        ["Fridge", "temperature", "Thu\xa019\xa0Nov", "4.0\xa0°C", "6.3\xa0°C", "10.4\xa0°C"]
    ]


def test_limits_are_a_band_and_ticks(drawn: go.Figure) -> None:
    (band,) = drawn.layout.shapes
    assert (band.y0, band.y1, band.fillcolor) == (2, 8, LIGHT.faint)
    assert {2, 8} <= set(drawn.layout.yaxis.tickvals)
    assert [text for text in drawn.layout.yaxis.ticktext if "°C" in text] == [drawn.layout.yaxis.ticktext[-1]]


def test_an_excursion_is_thick_from_limit_to_limit_with_peak_and_duration(drawn: go.Figure) -> None:
    (thick,) = traces(drawn, LIGHT.alarm)
    assert (thick.line.width, list(thick.y)) == (3.2, [8, 9, 10.4, 9, 8])
    assert "<b>10.4\xa0°C</b>, 30\xa0min above" in [note.text for note in drawn.layout.annotations]


def test_a_gap_is_open_and_hatched_and_named(drawn: go.Figure) -> None:
    (line,) = traces(drawn, LIGHT.accent)
    assert line.y[8] is None
    assert line.connectgaps is None or not line.connectgaps
    assert sum(trace.fillpattern.shape == "/" for trace in drawn.data if trace.fill) == 1
    assert "no readings" in [note.text for note in drawn.layout.annotations]


def several(*names: str) -> go.Figure:
    """Sensors of the same limits that end at 5.0, 5.1 …, the second one with a gap."""
    shown = [
        series([4, 4, 5, *[None] * 17, 5 + n / 10], device_id=f"sigfox:{n}", name=name) for n, name in enumerate(names)
    ]
    return charts.readings(pd.concat(shown), None, gap(2, 20).assign(device_id="sigfox:1"), timezone="UTC")


def labels(figure: go.Figure, *, narrow: bool) -> list[tuple[str, float]]:
    """The names at the lines' ends, from below, as a page shows them."""
    told = figure.layout.meta["narrow"]
    notes = [
        (
            told.get(f"annotations.{number}.text", note.text) if narrow else note.text,
            told.get(f"annotations.{number}.y", note.y) if narrow else note.y,
        )
        for number, note in enumerate(figure.layout.annotations)
        if note.xref == "x domain"
    ]
    return sorted(notes, key=lambda one: one[1])


def test_names_at_the_ends_are_whole_or_in_rows_and_never_on_each_other() -> None:
    figure = several("Cold store 1", "Vaccine fridge", "Deep freezer", "Dock", "Laboratory refrigerator")
    wide, narrow = labels(figure, narrow=False), labels(figure, narrow=True)
    assert [text for text, _ in wide] == [
        *("Cold store 1", "Vaccine fridge", "Deep freezer", "Dock", "Laboratory refriger…"),
    ]
    assert figure.layout.margin.r == 12 + 134  # 20 characters of 6.7 px
    assert [text for text, _ in narrow] == [
        *("Cold<br>store 1", "Vaccine<br>fridge", "Deep<br>freezer", "Dock", "Laboratory<br>refrigera…"),
    ]
    low, high = figure.layout.yaxis.range
    row = 15 * (high - low) / 190
    for shown in (wide, narrow):
        half = [(text.count("<br>") + 1) * row / 2 for text, _ in shown]
        edges = [(at - h, at + h) for (_, at), h in zip(shown, half, strict=True)]
        assert all(below[1] <= above[0] + 1e-9 for below, above in pairwise(edges))
        assert edges[-1][1] <= high + row / 2 + 1e-9


def test_names_that_do_not_fit_in_rows_are_cut_on_a_narrow_page() -> None:
    """Two panels: the second is 116 px high, five names of two rows need 150."""
    cold = series([4, 5], device_id="sigfox:f", name="Fridge")
    rooms = [
        series([20, 21], device_id=f"sigfox:r{n}", name=f"Meeting room {n}", quantity="voltage", unit="V",
               low=None, high=None)
        for n in range(5)
    ]  # fmt: skip
    all_of = pd.concat([*[cold.assign(device_id=f"sigfox:{n}") for n in range(5)], *rooms])
    shown = labels(charts.readings(all_of, timezone="UTC"), narrow=True)
    assert [text for text, _ in shown if text.startswith("Meeting")] == ["Meeting r…"] * 5


def test_a_channel_is_beside_the_name_and_only_where_there_are_two() -> None:
    both = [series([4, 5], name="Vaccine fridge", channel=channel) for channel in ("1", "2")]
    figure = charts.readings(pd.concat(both), timezone="UTC")
    assert [text for text, _ in labels(figure, narrow=False)] == [
        "Vaccine fridge, channel 1",
        "Vaccine fridge, channel 2",
    ]
    assert [text for text, _ in labels(figure, narrow=True)] == ["Vaccine f…<br>channel 1", "Vaccine f…<br>channel 2"]
    assert [row[0] for row in figure.layout.meta["numbers"]["rows"]] == [
        "Vaccine fridge, channel 1", "Vaccine fridge, channel 2",
    ]  # fmt: skip
    alone = charts.readings(both[0], timezone="UTC")
    assert [text for text, _ in labels(alone, narrow=False)] == ["Vaccine fridge"]


def test_two_sensors_of_one_name_are_told_apart() -> None:
    figure = several("Fridge", "Fridge")
    assert [text for text, _ in labels(figure, narrow=False)] == ["Fridge (0)", "Fridge (1)"]


def test_words_stand_at_a_hatch_only_where_no_other_line_is() -> None:
    assert not [note.text for note in several("A", "B").layout.annotations if "no readings" in note.text]
    assert several("A", "B").layout.meta["key"] == [["hatched", "no readings"]]


def test_a_peak_that_means_hide_is_a_triangle() -> None:
    figure = charts.readings(series([4, 5, 6, 5, 4]), excursion(2, 2, 9.5), timezone="UTC")
    marks = [trace for trace in figure.data if trace.marker.symbol == "triangle-up"]
    assert [list(mark.y) for mark in marks] == [[9.5]]


def test_one_reading_is_a_point_in_the_middle_of_ten_minutes() -> None:
    figure = charts.readings(series([4]), timezone="UTC")
    assert [list(trace.y) for trace in figure.data if trace.mode == "markers" and trace.marker.opacity is None] == [[4]]
    at = [dt.datetime.fromisoformat(text) for text in figure.layout.xaxis.range]
    assert at[1] - at[0] == TEN
    assert figure.layout.xaxis.ticktext


def test_a_reading_between_two_gaps_is_a_point_too() -> None:
    figure = charts.readings(series([4, 5, *[None] * 9, 6, *[None] * 40, *[5] * 40]), None,
                             pd.concat([gap(1, 11), gap(11, 52)]), timezone="UTC")  # fmt: skip
    assert [list(trace.y) for trace in figure.data if trace.mode == "markers" and trace.marker.opacity is None] == [[6]]


def test_means_stand_in_the_shade_of_what_they_are_of() -> None:
    """A mean of 6 may be of 9 and 3: the shade reaches them, and the axis reaches the shade."""
    bins = series([5, 6, 5]).assign(value_min=[4.0, 3.0, 4.0], value_max=[6.0, 9.0, 6.0])
    bins["end"] = bins["start"] + TEN
    figure = charts.readings(bins, timezone="UTC")
    (shade,) = [trace for trace in figure.data if trace.fill == "toself" and trace.fillcolor == LIGHT.accent]
    assert list(shade.y) == [6, 6, 9, 9, 6, 6, 4, 4, 3, 3, 4, 4]
    assert figure.layout.yaxis.range[1] > 9
    assert ["", "shade: lowest to highest"] in figure.layout.meta["key"]


def test_sensors_of_the_same_limits_share_a_panel_of_five_at_most() -> None:
    frames = [series([4, 5], device_id=f"sigfox:{n}", name=f"Fridge {n}") for n in range(6)]
    frames.append(series([20, 21], device_id="sigfox:a", name="Lab", low=18.0, high=26.0))
    frames.append(
        series([40, 41], device_id="sigfox:a", name="Lab", quantity="humidity", unit="%", low=None, high=None)
    )
    table = pd.concat(frames)[list(SERIES)].astype(object).where(lambda frame: frame.notna(), None).to_dict("records")
    panels = panels_of(table)  # type: ignore[arg-type]
    assert [(panel.quantity, len(panel.lines), panel.high) for panel in panels] == [
        ("temperature", 5, 8.0), ("temperature", 1, 8.0), ("temperature", 1, 26.0), ("humidity", 1, None),
    ]  # fmt: skip
    assert len({line.colour for line in panels[0].lines}) == 5


@pytest.mark.parametrize(
    ("values", "limits", "ticks", "text"),
    [
        ([3, 10.4], [2, 8], [2, 5, 8, 10], "10\xa0°C"),
        ([20, 24], [], [20, 22, 24], "24\xa0°C"),
        ([5, 5], [], [4, 5, 6], "6\xa0°C"),
        ([0.1, 0.4], [], [0.1, 0.2, 0.3, 0.4], "0.4\xa0°C"),
        ([-20, -18], [-25, -15], [-25, -20, -15], "−15\xa0°C"),
    ],
)
def test_scales_are_round_and_show_their_limits(
    values: list[float], limits: list[float], ticks: list[float], text: str
) -> None:
    made = scale(values, limits, unit="°C")
    assert made.ticks == pytest.approx(ticks)
    assert made.text[-1] == text
    assert made.low <= min(values + limits)
    assert made.high >= max(values + limits)


def days(*values: float | None, column: str = "missing_share", **other: Any) -> pd.DataFrame:
    start = dt.datetime(2026, 11, 15, 23, tzinfo=dt.UTC)
    day = dt.timedelta(days=1)
    told = {"device_id": "sigfox:1", "name": "Dock", "due": 130.0, "received": 100, "readings": 100}
    told |= {"so_far": False, "unknown_s": 0.0} | other
    rows = [told | {"start": start + n * day, "end": start + (n + 1) * day, column: v} for n, v in enumerate(values)]
    return pd.DataFrame(rows)


def test_missing_is_a_heat_table_with_numbers_from_three_percent() -> None:
    figure = missing_by_day(days(None, 0.0, 0.02, 0.38, 1.0), timezone="Europe/Berlin")
    (heat,) = figure.data
    assert list(heat.x) == ["17", "18", "19", "20"]  # nothing was due before it was first heard
    assert list(heat.text[0]) == ["", "", "38", "100"]
    assert figure.layout.meta["numbers"]["rows"][2][-1] == "38\xa0%"


def test_many_devices_are_those_that_miss_most() -> None:
    frames = [days(0.01 * n, device_id=f"sigfox:{n}", name=f"Sensor {n:02}") for n in range(20)]
    figure = missing_by_day(pd.concat(frames))
    assert list(figure.data[0].y) == [f"Sensor {n:02}" for n in range(6, 20)]


@pytest.mark.parametrize(
    ("minutes", "at"),
    [
        ([0, 50, *[0] * 7, 50, 0, 50, 40, 0], 1.55),  # six of 14 days, above which the words fit
        ([21, 0, 50, 0, 35, 0, 30, 21, 0, 50, 0, 50, 40, 0], None),
        ([9, 9], None),
    ],
)
def test_what_is_tolerated_covers_no_bar(minutes: list[float], at: float | None) -> None:
    frame = days(*(60.0 * each for each in minutes), column="outside_s")
    figure = charts.outside_by_day(frame, tolerated_min=15, timezone="Europe/Berlin")
    words = "tolerated: 15\xa0min a day"
    assert [each.x for each in figure.layout.annotations if each.text == words] == ([] if at is None else [at])
    assert figure.layout.meta.get("key", []) == ([["dotted", words]] if at is None else [])


def test_minutes_outside_alarm_above_what_is_tolerated() -> None:
    frame = days(0.0, 540.0, None, 2820.0, column="outside_s")
    frame["readings"] = [100, 100, 0, 100]
    frame["unknown_s"] = [0.0, 43_200.0, 86_400.0, 0.0]
    frame["so_far"] = [False, False, False, True]
    figure = charts.outside_by_day(frame, tolerated_min=15, timezone="Europe/Berlin")
    bars = next(trace for trace in figure.data if trace.type == "bar")
    assert list(bars.y) == [0, 9, 0, 47]
    assert list(bars.marker.color) == [*[LIGHT.accent] * 3, LIGHT.alarm]
    assert sum(trace.type == "scatter" for trace in figure.data) == 1  # the hatch of the day without a reading
    assert [row[1].replace("\xa0", " ") for row in figure.layout.meta["numbers"]["rows"]] == [
        "0 s outside", "9 min outside, 12 h unknown", "no readings", "47 min outside so far",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("draw", "frame"),
    [
        (partial(charts.readings, timezone="UTC"), series([4.0])),
        (missing_by_day, days(0.5)),
        (partial(charts.outside_by_day, tolerated_min=0, timezone="UTC"), days(5.0, column="outside_s")),
    ],
)
def test_no_rows_give_a_sentence(draw: Any, frame: pd.DataFrame) -> None:
    assert "." in draw(frame.head(0)).layout.meta["empty"]
