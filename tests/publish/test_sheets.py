"""Tables as files: no formula, units and zone in the head, and every value read back as it was."""

import csv
import datetime as dt
import io
import re
import zipfile
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale import csv_text
from telltale.contract import ConfigError, TelltaleError
from telltale.publish import sheets

ZONE = "Europe/Berlin"
UTC = dt.UTC
BEFORE, AGAIN = (dt.datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
"""02:30 by the clock of Berlin, twice."""
NOON = dt.datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
FORMULA = '=HYPERLINK("http://evil.example","x")'


def table(**columns: Any) -> pa.Table:
    return pa.table(columns)


def written(rows: pa.Table, form: str) -> bytes:
    file = io.BytesIO()
    sheets.write(rows, file, form, zone=ZONE, about={"Of": "readings", "Zone": ZONE})
    return file.getvalue()


def cells(data: bytes, sheet: int = 1) -> str:
    """The XML of a sheet, with its strings in place."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        names = book.namelist()
        assert not [name for name in names if "external" in name.lower()]
        texts = (
            [
                re.sub(r"<[^>]+>", "", one)
                for one in re.findall(r"<si>(.*?)</si>", book.read("xl/sharedStrings.xml").decode(), re.DOTALL)
            ]
            if "xl/sharedStrings.xml" in names
            else []
        )
        xml = book.read(f"xl/worksheets/sheet{sheet}.xml").decode()
    return re.sub(r't="s"><v>(\d+)</v>', lambda found: f't="s"><t>{texts[int(found[1])]}</t>', xml)


MOMENT, COUNT, VALUE = pa.timestamp("us", "UTC"), pa.int64(), pa.float64()
UNITS = [
    ("dwell_s", VALUE, "s"),
    ("rssi_max_dbm", COUNT, "dBm"),
    ("dwell_median_s", VALUE, "s"),
    ("battery_v", VALUE, "V"),
    ("rate_per_day", VALUE, "1/d"),
    ("observed_at", MOMENT, ZONE),
    ("lasted", pa.duration("s"), "s"),
    ("value_min", VALUE, ""),
    ("value_max", VALUE, ""),
    ("radius_m", VALUE, "m"),
    ("visits", COUNT, ""),
    ("rests", pa.bool_(), ""),
    ("source_s", pa.string(), ""),
    ("s", COUNT, ""),
]


@pytest.mark.parametrize(("name", "kind", "unit"), UNITS)
def test_the_head_says_what_values_are_in(name: str, kind: pa.DataType, unit: str) -> None:
    assert sheets.unit_of(pa.field(name, kind), ZONE) == unit


def test_csv_has_local_times_with_their_offset() -> None:
    rows = table(observed_at=pa.array([BEFORE, AGAIN, NOON, None], MOMENT), dwell_s=[1.5, float("nan"), None, 4.0])
    assert written(rows, "csv").decode() == (
        "observed_at [Europe/Berlin],dwell_s [s]\n"
        "2026-10-25T02:30:00+02:00,1.5\n"
        "2026-10-25T02:30:00+01:00,\n"
        "2026-11-20T12:00:00+01:00,\n"
        ",4.0\n"
    )


@pytest.mark.parametrize("text", [FORMULA, "+1-1", "@SUM(1)", "-2+3", "\t=1", "\uff1d1", "'=1", "a\r\nb", '"', "a,b"])
def test_no_text_becomes_a_formula(text: str) -> None:
    rows = table(name=[text], count=[-3])
    (row,) = list(csv.reader(io.StringIO(written(rows, "csv").decode(), newline="")))[1:]
    assert not row[0].startswith(("=", "+", "@", "-", "\t", "\uff1d")), row
    assert row[1] == "-3"
    assert csv_text.read(written(rows, "csv").decode())[0]["name"] == text
    xml = cells(written(rows, "xlsx"))
    assert "<f>" not in xml
    assert "hyperlink" not in xml


def test_a_sheet_shows_local_times_as_times_and_a_repeated_one_as_text() -> None:
    rows = table(at=pa.array([NOON, BEFORE, AGAIN], MOMENT), n=[1, 2**60, 3], fine=[True, False, None])
    xml = cells(written(rows, "xlsx"))
    assert "<v>46346.5</v>" in xml, "20 November 2026, noon, in days since the end of 1899"
    assert "<t>2026-10-25T02:30:00+02:00</t>" in xml
    assert "<t>2026-10-25T02:30:00+01:00</t>" in xml
    assert f"<t>{2**60}</t>" in xml, "a double would be another number"
    about = cells(written(rows, "xlsx"), sheet=2)
    assert "<t>readings</t>" in about
    assert "Times by the clock of Europe/Berlin" in about


def test_parquet_keeps_types_with_zone_and_units() -> None:
    rows = table(observed_at=pa.array([NOON], MOMENT), temperature_c=[4.5], tags=[["a", "b"]], raw=[b"\x01\xff"])
    found = pq.read_table(io.BytesIO(written(rows, "parquet")))
    assert found.schema.field("observed_at").type == pa.timestamp("us", ZONE)
    assert found["observed_at"].to_pylist() == [NOON.astimezone(ZoneInfo(ZONE))]
    assert found.schema.field("temperature_c").metadata[b"unit"] == "°C".encode()
    assert found.schema.metadata[b"of"] == b"readings"
    assert found["tags"].to_pylist() == ["['a', 'b']"]
    assert found["raw"].to_pylist() == ["01ff"]


def test_what_no_sheet_holds_is_refused_and_csv_holds_it() -> None:
    rows = table(n=pa.array(range(sheets.MOST_ROWS + 1), COUNT))
    with pytest.raises(TelltaleError, match=r"1,048,576 rows are more than a sheet holds \(1,048,575\); take --csv"):
        written(rows, "xlsx")
    assert written(rows, "csv").count(b"\n") == rows.num_rows + 1
    with pytest.raises(ConfigError, match='format "ods": expected one of csv, xlsx, parquet'):
        written(rows.slice(0, 1), "ods")


@pytest.mark.parametrize("form", sheets.FORMATS)
def test_nothing_in_is_a_head_and_no_row(form: str) -> None:
    rows = table(observed_at=pa.array([], MOMENT), name=pa.array([], pa.string()))
    data = written(rows, form)
    if form == "csv":
        assert data == b"observed_at [Europe/Berlin],name\n"
    elif form == "parquet":
        assert pq.read_table(io.BytesIO(data)).num_rows == 0
    else:
        assert cells(data).count("<row ") == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=12), st.integers(-(2**53), 2**53)), max_size=12))
def test_what_is_written_as_csv_is_read_back(rows: list[tuple[str, int]]) -> None:
    texts = [text for text, _ in rows]
    if any("\x00" in text or _is_alone(text) for text in texts):
        return
    data = written(table(name=pa.array(texts, pa.string()), n=pa.array([n for _, n in rows], COUNT)), "csv").decode()
    assert [(row["name"], int(row["n"])) for row in csv_text.read(data)] == rows


def _is_alone(text: str) -> bool:
    """Whether it has half of a pair, which is no text of any file."""
    return any("\ud800" <= char <= "\udfff" for char in text)
