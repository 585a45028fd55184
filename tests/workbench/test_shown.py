"""Tables of `tt` as a notebook shows them; the frames themselves stay as they are."""

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

from telltale.workbench import shown
from telltale.workbench.tidy import tidy

SEEN = dt.datetime(2026, 11, 20, 12, 30, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "_zone", "Europe/Berlin")


def wide(**more: list[object]) -> pd.DataFrame:
    """Twenty columns, the name among the last, some without any value."""
    columns: dict[str, list[object]] = {f"c{number}": [number] for number in range(14)}
    columns |= {
        "empty": [None],
        "blank": [""],
        "gap_s": [1.2345],
        "last_seen": [SEEN],
        "state": ["late"],
        "name": ["Door <1>"],
        "source": ["x"],
        **more,
    }
    types: dict[str, pa.DataType] = {"empty": pa.float64(), "last_seen": pa.timestamp("us", "UTC")}
    return tidy(pa.table({name: pa.array(values, types.get(name)) for name, values in columns.items()}))


def test_a_wide_table_shows_what_identifies_a_row_first() -> None:
    columns = shown.chosen(wide())
    assert columns[:4] == ["name", "source", "state", "last_seen"]
    assert len(columns) == shown.MOST_COLUMNS
    assert {"empty", "blank"}.isdisjoint(columns), "those without a value stand behind"


def test_numbers_are_short() -> None:
    frame = tidy(pa.table({"gap_s": [1.2345], "share": [0.123456]}))
    assert "1.2<" in shown.looks(frame)
    assert "0.123<" in shown.looks(frame)
    assert frame["share"].iloc[0] == 0.123456


def test_times_are_on_the_sites_clock_and_what_is_left_out_is_named() -> None:
    frame = wide()
    text = shown.looks(frame)
    assert "2026-11-20 13:30:00" in text
    assert "times: Europe/Berlin; 9 more columns: c8, c9, c10, c11, c12, c13, empty, blank, gap_s" in text
    assert "Door &lt;1&gt;" in text
    assert frame["last_seen"].iloc[0] == SEEN, "the frame itself is as it was"
    assert len(frame.columns) == 21


def test_a_small_table_is_whole_in_its_own_order() -> None:
    frame = tidy(pa.table({"state": ["late"], "name": ["Door"]}))
    assert shown.chosen(frame) == ["state", "name"]
    assert "more columns" not in shown.looks(frame)
    assert "times" not in shown.looks(frame)


def test_what_pandas_makes_of_a_table_looks_so_and_other_frames_do_not() -> None:
    assert "more columns" in shown.looks(wide().head(1))
    other = pd.DataFrame({f"c{number}": [number] for number in range(30)})
    assert shown.looks(other) == other._repr_html_()  # type: ignore[operator]


def test_a_shell_is_told_once() -> None:
    shell = pytest.importorskip("IPython.core.interactiveshell", reason="notebooks need the extra lab")
    from traitlets.config import Config

    told = shell.InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    try:
        frame = wide()
        data, _ = told.display_formatter.format(frame, include={"text/html"})
        assert "more columns: " in data["text/html"]
    finally:
        shell.InteractiveShell.clear_instance()
