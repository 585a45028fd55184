"""Tables as CSV that a spreadsheet may open, no text in it becomes a formula; and those that a spreadsheet writes.

Texts may come from anyone who can reach a collector, and a spreadsheet takes a cell for a formula by its first
character, quoted or not. Such a text gets an apostrophe in front, as OWASP advises; numbers stay numbers. Who reads the
file with a program takes one apostrophe off a cell that begins with some and then one of `= + - @`: `read` does.

A spreadsheet saves a list as its country does: with commas, semicolons or tabs, as UTF-8 or UTF-16, with a mark at the
beginning or a first line `sep=;`, and 4.5 as 4,5. `decoded`, `lines` and `number` take all of these.

Source: OWASP, CSV Injection; The Unicode Standard 23.8 (byte order mark).
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

_FORMULA = re.compile("'*[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]")
"""How a cell begins that a spreadsheet may compute, also in full width; and what was made safe before."""
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)

SEPARATORS = ",;\t"
_TOLD = re.compile(r'"?sep=(.)"?[ ,;\t]*\r?\n', re.IGNORECASE)
"""The first line by which Excel is told its separator."""
_QUOTED = re.compile('"[^"]*"')
_DECIMAL_COMMA = re.compile(r"[+-]?(?:0|[0-9]+(?!,[0-9]{3}$)),[0-9]+", re.ASCII)
"""A number of a country that writes 4,5; not 1,500, which is another number elsewhere."""


def decoded(data: bytes) -> str:
    """The text of a file that a spreadsheet or an editor saved: UTF-8, or UTF-16 with its mark at the beginning.

    Raises:
        UnicodeDecodeError: it is neither.
    """
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_wide else "utf-8-sig")


def lines(text: str) -> Any:
    """A `csv.reader` of a text, by commas, semicolons or tabs, as its first line with names has most of.

    A line `sep=;` at the beginning decides, and is read as a blank one. Cells may have blanks before them; a quote that
    does not end, or that something follows, is a `csv.Error` when it is reached.
    """
    told = _TOLD.match(text)
    text = f"\n{text[told.end() :]}" if told else text
    separator = told[1] if told and told[1] in SEPARATORS else _separator(text)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)


def number(text: str) -> float:
    """A number as a spreadsheet writes it: 4.5, or 4,5.

    Raises:
        ValueError: it is none, or might be two: 1,500 is 1.5 in one country and 1500 in another.
    """
    return float(text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text)


def written(
    names: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    *,
    head: bool = True,
    separator: str = ",",
    is_ours: bool = False,
) -> str:
    """The rows as CSV, a line feed at the end of each; what is None is empty.

    Args:
        names: of the columns, in their order; what else a row has is left out.
        rows: values by column.
        head: whether the names stand in the first line.
        separator: what parts the cells.
        is_ours: no spreadsheet opens it, telltale alone reads it: texts stay as they are.
    """
    cell: Callable[[Any], Any] = (lambda value: value) if is_ours else _safe
    lines = [map(cell, names)] if head else []
    cells = [*lines, *([cell(row.get(name)) for name in names] for row in rows)]
    return "".join(_line(line, separator) for line in cells)


def read(text: str) -> list[dict[str, str]]:
    """The rows of a text of `written`, values as they were before; numbers are texts."""
    lines = [[_as_it_was(cell) for cell in line] for line in csv.reader(io.StringIO(text, newline=""))]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def _separator(text: str) -> str:
    """What separates the first line that is neither blank nor a comment; a comma where nothing does."""
    names = next(
        (line for line in text.splitlines() if line.strip(" \t\ufeff") and not line.startswith(("#", '"#'))), ""
    )
    bare = _QUOTED.sub("", names)
    return max(SEPARATORS, key=bare.count)


def _line(cells: Iterable[Any], separator: str) -> str:
    text = io.StringIO()
    # With "\n" as its end csv leaves a "\r" unquoted, where a spreadsheet begins a new line and with it a new cell.
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerow(cells)
    return f"{text.getvalue()[:-2]}\n"


def _safe(value: Any) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _as_it_was(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
