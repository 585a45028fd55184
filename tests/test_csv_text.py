"""CSV that a spreadsheet may open, and a program reads back."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.csv_text import read, written

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+49 170", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("x")'],
)
def test_no_text_is_a_formula_and_it_reads_back(text: str) -> None:
    table = written(["name"], [{"name": text}])
    assert list(csv.reader(io.StringIO(table, newline="")))[1] == [f"'{text}"]
    assert read(table) == [{"name": text}]


@pytest.mark.parametrize("value", [-2, -2.5, "-2.5", "+3", "1e-7", "-.5", True, None, "door", "'quoted'", "a=b", ""])
def test_numbers_and_other_texts_stay_as_they_are(value: object) -> None:
    (_, (cell,)) = csv.reader(io.StringIO(written(["value"], [{"value": value}]) or "\n", newline=""))
    assert cell == ("" if value is None else str(value))


@given(st.lists(st.tuples(st.text(alphabet=st.sampled_from("=+-@'\t\r\n\",;a1 ＝")), st.text()), min_size=1))
def test_any_text_reads_back_and_none_is_a_formula(rows: list[tuple[str, str]]) -> None:
    told = [{"one": one.replace("\0", ""), "other": other.replace("\0", "")} for one, other in rows]
    table = written(["one", "other"], told)
    assert read(table) == told
    for line in csv.reader(io.StringIO(table, newline="")):
        assert not any(cell[:1] in tuple("=@\t\r\n＝") for cell in line if cell)


def test_names_of_columns_are_made_safe_too() -> None:
    assert written(["=x"], []) == "'=x\n"


def test_nothing_else_writes_csv() -> None:
    modules = [*(ROOT / "telltale").rglob("*.py"), *(ROOT / "collectors").rglob("*.py")]
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in modules}
    writers = {
        name
        for name, text in texts.items()
        if any(word in text for word in ("csv.writer", "DictWriter", "to_csv", "write_csv"))
    }
    assert writers == {"telltale/csv_text.py"}
