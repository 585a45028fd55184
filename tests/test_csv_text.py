"""CSV that a spreadsheet may open, and a program reads back."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.csv_text import decoded, lines, number, read, written

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


def test_what_telltale_alone_reads_stays_as_it_is() -> None:
    assert written(["name"], [{"name": "-x"}, {"name": None}], is_ours=True) == 'name\n-x\n""\n'


def test_nothing_else_writes_csv() -> None:
    modules = [*(ROOT / "telltale").rglob("*.py"), *(ROOT / "collectors").rglob("*.py")]
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in modules}
    writers = {
        name
        for name, text in texts.items()
        if any(word in text for word in ("csv.writer", "DictWriter", "to_csv", "write_csv"))
    }
    assert writers == {"telltale/csv_text.py"}


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("a,b\n1,2\n", ["1", "2"]),
        ("a;b\r\n1;2,5\r\n", ["1", "2,5"]),
        ("a\tb\r\n1\tx, y; z\r\n", ["1", "x, y; z"]),
        ("a, b; c, d\n1,2\n", ["1", "2"]),
        ('"a;b;c",d\n1,2\n', ["1", "2"]),
        ("# x; y; z\n\na,b\n1,2\n", ["1", "2"]),
        ("a\n1\n", ["1"]),
    ],
)
def test_the_line_of_names_tells_what_separates(text: str, second: list[str]) -> None:
    assert list(lines(text))[-1] == second


@pytest.mark.parametrize("told", ["sep=;", "SEP=;", '"sep=;"', "sep=;,,"])
def test_a_first_line_may_name_the_separator_and_lines_keep_their_numbers(told: str) -> None:
    reader = lines(f"{told}\r\na,b;c\r\n")
    assert [row for row in reader if row] == [["a,b", "c"]]
    assert reader.line_num == 2


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_is_read_as_a_spreadsheet_saves_it(code: str) -> None:
    mark = "\ufeff" if code in {"utf-16-le", "utf-16-be"} else ""
    assert decoded(f"{mark}Küche;4,5".encode(code)) == "Küche;4,5"


def test_another_code_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        decoded("Küche".encode("cp1252"))


@pytest.mark.parametrize(
    ("text", "value"),
    [("4.5", 4.5), ("4,5", 4.5), ("-0,125", -0.125), ("12,50", 12.5), ("1e3", 1000), ("1,2345", 1.2345)],
)
def test_a_number_may_have_a_decimal_comma(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["1,500", "12,000", "1,234,5", "4,5,6", "1.000,5", ",5", "x"])
def test_what_might_be_two_numbers_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        number(text)
