"""Tables as CSV that a spreadsheet may open: no text in it becomes a formula.

Texts may come from anyone who can reach a collector, and a spreadsheet takes a cell for a formula by its first
character, quoted or not. Such a text gets an apostrophe in front, as OWASP advises; numbers stay numbers. Who reads the
file with a program takes one apostrophe off a cell that begins with some and then one of `= + - @`: `read` does.

Source: OWASP, CSV Injection.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_FORMULA = re.compile("'*[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]")
"""How a cell begins that a spreadsheet may compute, also in full width; and what was made safe before."""
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)


def written(names: Sequence[str], rows: Iterable[Mapping[str, Any]], *, head: bool = True) -> str:
    """The rows as CSV, a line feed at the end of each; what is None is empty.

    Args:
        names: of the columns, in their order; what else a row has is left out.
        rows: values by column.
        head: whether the names stand in the first line.
    """
    lines = [map(_safe, names)] if head else []
    return "".join(map(_line, [*lines, *([_safe(row.get(name)) for name in names] for row in rows)]))


def read(text: str) -> list[dict[str, str]]:
    """The rows of a text of `written`, values as they were before; numbers are texts."""
    lines = [[_as_it_was(cell) for cell in line] for line in csv.reader(io.StringIO(text, newline=""))]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def _line(cells: Iterable[Any]) -> str:
    text = io.StringIO()
    # With "\n" as its end csv leaves a "\r" unquoted, where a spreadsheet begins a new line and with it a new cell.
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return f"{text.getvalue()[:-2]}\n"


def _safe(value: Any) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _as_it_was(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
