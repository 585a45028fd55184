"""devices.csv: the names, places, zones and limits of devices, kept by hand or by a spreadsheet.

Limits stand in columns: `low` and `high` for the main quantity of a device, `low:<quantity>` and `high:<quantity>` for
another, `low:<channel>:<quantity>` and `high:<channel>:<quantity>` for one channel; the narrowest wins, each side by
itself. Ids are taken in any spelling (`telltale.identity`), the file as a spreadsheet saves it (`telltale.csv_text`).
"""

import csv
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from telltale import identity
from telltale.contract import ConfigError
from telltale.csv_text import decoded, lines, number
from telltale.settings.model import Settings

DEVICES_FILE = "devices.csv"


class Limit(NamedTuple):
    """The limits of one quantity of a device; None where nothing is said."""

    quantity: str
    channel: str = ""
    """Empty is every channel."""
    low: float | None = None
    high: float | None = None


class Device(NamedTuple):
    """One line of devices.csv; texts are empty and numbers None where nothing is said."""

    device_id: str
    name: str = ""
    place: str = ""
    zone: str = ""
    role: str = ""
    item: str = ""
    person: str = ""
    same_as: str = ""
    """The PC a modem serves."""
    expected_interval_s: float | None = None
    low: float | None = None
    high: float | None = None
    limits: tuple[Limit, ...] = ()
    """Those of columns that name a quantity."""


COLUMNS = tuple(name for name in Device._fields if name != "limits")
"""The columns of devices.csv, but those of limits that name a quantity."""
_NUMBERS = ("expected_interval_s", "low", "high")
_SIDES = ("low", "high")
_Scope = tuple[str, str]
"""Quantity and channel of a limit."""


def devices(settings: Settings) -> list[Device]:
    """The listed devices in file order; none when there is no devices.csv.

    Raises:
        ConfigError: an unknown column or one twice, a line without an id, an id twice (in whatever spelling), a number
            that is none, a low limit above the high one; names the line.
    """
    data = settings.file(DEVICES_FILE)
    return [] if data is None else devices_in(data)


def devices_in(data: bytes) -> list[Device]:
    """The same of the bytes of such a file.

    Raises:
        ConfigError: as `devices`.
    """
    try:
        return list(_parsed(data))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{DEVICES_FILE}: not UTF-8 ({error.reason}); save it as CSV UTF-8") from error
    except csv.Error as error:
        raise ConfigError(f"{DEVICES_FILE}: not a table ({error}); write a quote inside quotes twice") from error


@lru_cache(4)
def _parsed(content: bytes) -> tuple[Device, ...]:
    """The devices of a file, taken apart once for as long as its bytes are the same: a page asks eighty times."""
    return tuple(_rows(lines(decoded(content))))


def _rows(reader: Any) -> Iterator[Device]:
    columns = _columns(next((cells for cells in reader if any(cells)), ()), reader.line_num or 1)
    scopes = {column: scope for column in columns if (scope := _scope(column))}
    line_of: dict[str, int] = {}
    for cells in reader:
        line = reader.line_num
        if any(cells[len(columns) :]):
            raise ConfigError(
                f"{DEVICES_FILE} line {line}: more values than columns; put texts with separators in quotes"
            )
        texts: dict[str, Any] = dict.fromkeys(columns, "") | dict(zip(columns, map(str.strip, cells), strict=False))
        written = texts["device_id"]
        if written.startswith("#") or not any(texts.values()):
            continue
        device_id = texts["device_id"] = identity.device_id(written)
        texts["same_as"] = identity.device_id(texts.get("same_as", ""))
        if not device_id:
            raise ConfigError(f"{DEVICES_FILE} line {line}: device_id is empty; expected the device's id")
        if device_id in line_of:
            also = f", which is {device_id}," if written != device_id else ""
            raise ConfigError(
                f'{DEVICES_FILE} line {line}: device_id "{written}"{also} stands on line {line_of[device_id]} too; '
                "keep one of the two"
            )
        line_of[device_id] = line
        numbers = {key: _number(texts.get(key, ""), line, key) for key in (*_NUMBERS, *scopes)}
        fixed = {key: texts[key] for key in texts if key in COLUMNS} | {key: numbers[key] for key in _NUMBERS}
        _check(numbers, scopes, line)
        yield Device(**fixed, limits=_limits(numbers, scopes))


def _columns(cells: Sequence[str], line: int) -> list[str]:
    """The names of the columns, without the empty ones that a spreadsheet writes behind them."""
    named = [at for at, cell in enumerate(cells, 1) if cell]
    columns = list(cells[: max(named, default=0)])
    twice = sorted(name for name, count in Counter(columns).items() if count > 1)
    if twice:
        raise ConfigError(f'{DEVICES_FILE} line {line}: column "{twice[0]}" stands there twice; keep one')
    unknown = sorted(column for column in columns if column not in COLUMNS and _scope(column) is None)
    if unknown or "device_id" not in columns:
        seen = f"unknown column {unknown[0]!r}" if unknown else "no column device_id"
        raise ConfigError(
            f"{DEVICES_FILE} line {line}: {seen}; expected {', '.join(COLUMNS)}, "
            "or limits of one quantity, such as low:humidity or high:2:humidity"
        )
    return columns


def _scope(column: str) -> _Scope | None:
    """The quantity and channel that a column's limits hold for; None where it is no such column."""
    side, *rest = column.split(":")
    if side not in _SIDES or not 1 <= len(rest) <= 2 or not all(rest) or any(part != part.strip() for part in rest):
        return None
    return rest[-1], rest[0] if len(rest) == 2 else ""


def _column(side: str, scope: _Scope) -> str:
    quantity, channel = scope
    return ":".join(part for part in (side, channel, quantity) if part)


def _limits(numbers: Mapping[str, float | None], scopes: Mapping[str, _Scope]) -> tuple[Limit, ...]:
    found = {
        scope: tuple(numbers.get(_column(side, scope)) for side in _SIDES) for scope in sorted(set(scopes.values()))
    }
    return tuple(Limit(*scope, *both) for scope, both in found.items() if both != (None, None))


def _check(numbers: Mapping[str, float | None], scopes: Mapping[str, _Scope], line: int) -> None:
    """Refuse a low limit above the high one that holds beside it."""
    plain: _Scope = ("", "")
    for scope in dict.fromkeys([plain, *scopes.values()]):
        wider = dict.fromkeys([scope, (scope[0], "")])
        (low, low_name), (high, high_name) = (
            next(
                ((value, name) for each in wider if (value := numbers.get(name := _column(side, each))) is not None),
                (None, ""),
            )
            for side in _SIDES
        )
        if low is not None and high is not None and low > high:
            raise ConfigError(
                f"{DEVICES_FILE} line {line}: {low_name} = {low:g} is above {high_name} = {high:g}; "
                "expected the lower limit first, perhaps the two are exchanged"
            )


def _number(text: str, line: int, key: str) -> float | None:
    if not text:
        return None
    try:
        value = number(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(f'{DEVICES_FILE} line {line} {key} = "{text}": expected a number, such as 900 or 4.5')
    return value
