"""A table as a file that another program opens: CSV, XLSX, Parquet; times on a clock that its head names.

CSV and XLSX hold no formula, whatever a device called itself (`telltale.csv_text`). A time in CSV has its offset. A
sheet knows none, so there a time of the hour that a clock repeats in autumn is text with its offset. Parquet keeps
every type, with the zone in the schema and units in the fields' metadata.
"""

import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from telltale import csv_text
from telltale.contract import ConfigError, TelltaleError

FORMATS = ("csv", "xlsx", "parquet")
ROWS_AT_ONCE = 10_000
MOST_ROWS = 1_048_575
"""Of a sheet, below its head. Source: Microsoft, Excel specifications and limits."""
LONGEST_CELL = 32_767
LARGEST_WHOLE = 2**53
"""A sheet's numbers are doubles: a whole number beyond it would become another one."""
UNITS = {
    "s": "s",
    "h": "h",
    "days": "d",
    "us": "µs",
    "m": "m",
    "mv": "mV",
    "v": "V",
    "dbm": "dBm",
    "db": "dB",
    "pct": "%",
    "c": "°C",
    "hpa": "hPa",
    "per_day": "1/d",
    "ppm": "ppm",
}
"""Units by how the names of columns end."""
_UNIT = re.compile(rf".+?_({'|'.join(sorted(UNITS, key=len, reverse=True))})(_(min|max|mean|median|p90))?")


def write(table: pa.Table, file: BinaryIO, form: str, *, zone: str, about: Mapping[str, str]) -> None:
    """Write a table.

    Args:
        table: any columns; times with a zone, or in UTC without one.
        file: what is written to.
        form: of `FORMATS`.
        zone: by whose clock times are told.
        about: what the file is of, by name: a sheet of its own in XLSX, metadata in Parquet. CSV has its head alone.

    Raises:
        ConfigError: no such format.
        TelltaleError: more rows than a sheet holds.
    """
    if form not in FORMATS:
        raise ConfigError(f'format "{form}": expected one of {", ".join(FORMATS)}')
    {"csv": _csv, "xlsx": _xlsx, "parquet": _parquet}[form](_plain(table), file, zone, about)


def heads(schema: pa.Schema, zone: str) -> list[str]:
    """The columns' names with what their values are in: `dwell_s [s]`, `observed_at [Europe/Berlin]`."""
    return [f"{field.name} [{unit}]" if (unit := unit_of(field, zone)) else field.name for field in schema]


def unit_of(field: pa.Field, zone: str) -> str:
    """The unit of a column, the zone of a time; empty for texts, counts and flags."""
    if pa.types.is_timestamp(field.type):
        return zone
    if pa.types.is_duration(field.type):
        return "s"
    matched = _UNIT.fullmatch(field.name)
    is_number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
    return UNITS[matched[1]] if matched and is_number else ""


def _plain(table: pa.Table) -> pa.Table:
    """Lists and structures as text, dictionaries as what they stand for: a cell holds one value."""
    for at, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(at, field.name, table[field.name].cast(field.type.value_type))
        elif pa.types.is_nested(field.type):
            texts = [None if value is None else str(value) for value in table[field.name].to_pylist()]
            table = table.set_column(at, field.name, pa.array(texts, pa.string()))
        elif pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            texts = [None if value is None else value.hex() for value in table[field.name].to_pylist()]
            table = table.set_column(at, field.name, pa.array(texts, pa.string()))
    return table


def _rows(table: pa.Table, zone: str) -> Iterator[list[dict[str, Any]]]:
    """The rows, some at once, with times on the clock of the zone."""
    clock = ZoneInfo(zone)
    for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
        yield [{name: _local(value, clock) for name, value in row.items()} for row in batch.to_pylist()]


def _local(value: Any, clock: ZoneInfo) -> Any:
    if isinstance(value, dt.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=dt.UTC)).astimezone(clock)
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _csv(table: pa.Table, file: BinaryIO, zone: str, _about: Mapping[str, str]) -> None:
    """UTF-8 with commas; a time as 2026-11-20T08:15:00+01:00."""
    names = table.column_names
    shown = dict(zip(names, heads(table.schema, zone), strict=True))
    file.write(csv_text.written(list(shown.values()), []).encode())
    for rows in _rows(table, zone):
        texts = [{name: _csv_value(value) for name, value in row.items()} for row in rows]
        file.write(csv_text.written(names, texts, head=False).encode())


def _csv_value(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, dt.datetime | dt.date) else value


def _xlsx(table: pa.Table, file: BinaryIO, zone: str, about: Mapping[str, str]) -> None:
    """A sheet with the rows, and one that says what they are."""
    import xlsxwriter  # type: ignore[import-untyped]

    if table.num_rows > MOST_ROWS:
        raise TelltaleError(
            f"{table.num_rows:,} rows are more than a sheet holds ({MOST_ROWS:,}); take --csv or --parquet, "
            "or a shorter --since"
        )
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, {"constant_memory": True, "in_memory": False, **as_text}) as book:
        sheet = book.add_worksheet("Rows")
        forms = {kind: book.add_format(how) for kind, how in _SHEET_FORMS.items()}
        sheet.freeze_panes(1, 0)
        for column, head in enumerate(heads(table.schema, zone)):
            sheet.set_column(column, column, max(10, min(40, len(head) + 2)))
            sheet.write_string(0, column, head, forms["head"])
        at = 0
        for rows in _rows(table, zone):
            for row in rows:
                at += 1
                _sheet_row(sheet, at, row.values(), forms)
        _about(book.add_worksheet("About"), about, zone, forms)


_SHEET_FORMS = {
    "head": {"bold": True},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "day": {"num_format": "yyyy-mm-dd"},
}


def _sheet_row(sheet: Any, at: int, values: Iterable[Any], forms: Mapping[str, Any]) -> None:
    for column, value in enumerate(values):
        if value is None:
            continue
        if isinstance(value, bool):
            sheet.write_boolean(at, column, value)
        elif isinstance(value, int | float) and abs(value) <= LARGEST_WHOLE:
            sheet.write_number(at, column, value)
        elif isinstance(value, dt.datetime) and value.year >= 1900 and not _is_repeated(value):
            sheet.write_datetime(at, column, value.replace(tzinfo=None), forms["time"])
        elif isinstance(value, dt.date) and not isinstance(value, dt.datetime) and value.year >= 1900:
            sheet.write_datetime(at, column, dt.datetime.combine(value, dt.time()), forms["day"])
        else:
            text = value.isoformat() if isinstance(value, dt.date) else str(value)
            sheet.write_string(at, column, text[:LONGEST_CELL])


def _is_repeated(moment: dt.datetime) -> bool:
    """Whether the clock shows it twice, an hour apart."""
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()


def _about(sheet: Any, about: Mapping[str, str], zone: str, forms: Mapping[str, Any]) -> None:
    clock = f"Times by the clock of {zone}; one of the hour it repeats in autumn is text with its offset from UTC."
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 100)
    for at, (name, text) in enumerate({**about, "Times": clock}.items()):
        sheet.write_string(at, 0, name, forms["head"])
        sheet.write_string(at, 1, text)


def _parquet(table: pa.Table, file: BinaryIO, zone: str, about: Mapping[str, str]) -> None:
    fields = [_described(field, zone) for field in table.schema]
    typed = table.cast(pa.schema(fields))
    told = {name.lower().encode(): text.encode() for name, text in about.items()}
    pq.write_table(typed.replace_schema_metadata(told), file, compression="zstd")


def _described(field: pa.Field, zone: str) -> pa.Field:
    unit = unit_of(field, zone)
    if pa.types.is_timestamp(field.type):
        field = field.with_type(pa.timestamp(field.type.unit, tz=zone))
    return field.with_metadata({"unit": unit} if unit else {})
