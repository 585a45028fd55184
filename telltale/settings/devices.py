"""devices.csv: the names, places, zones and limits of devices, kept by hand or by a spreadsheet."""

import csv
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from telltale.contract import ConfigError
from telltale.settings.model import Settings

DEVICES_FILE = "devices.csv"


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


_NUMBERS = ("expected_interval_s", "low", "high")


def devices(settings: Settings) -> list[Device]:
    """The listed devices in file order; none when there is no devices.csv.

    Raises:
        ConfigError: an unknown column, a line without an id, an id twice, a number that is none; names the line.
    """
    path = settings.root / DEVICES_FILE
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_rows(csv.DictReader(file, strict=True)))
    except (csv.Error, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{DEVICES_FILE}: not a UTF-8 comma-separated file ({error}); save it as CSV UTF-8"
        ) from error


def _rows(reader: "csv.DictReader[str]") -> Iterator[Device]:
    unknown = sorted(set(reader.fieldnames or ()) - set(Device._fields))
    if unknown or "device_id" not in (reader.fieldnames or ()):
        seen = f"unknown column {unknown[0]!r}" if unknown else "no column device_id"
        raise ConfigError(f"{DEVICES_FILE} line 1: {seen}; expected {', '.join(Device._fields)}")
    line_of: dict[str, int] = {}
    for row in reader:
        line = reader.line_num
        if None in row:
            raise ConfigError(f"{DEVICES_FILE} line {line}: more values than columns; put texts with commas in quotes")
        texts: dict[str, Any] = {key: (value or "").strip() for key, value in row.items()}
        device_id = texts["device_id"]
        if device_id.startswith("#") or not any(texts.values()):
            continue
        if not device_id:
            raise ConfigError(f"{DEVICES_FILE} line {line}: device_id is empty; expected the device's id")
        if device_id in line_of:
            raise ConfigError(
                f'{DEVICES_FILE} line {line}: device_id "{device_id}" stands on line {line_of[device_id]} too'
            )
        line_of[device_id] = line
        yield Device(**(texts | {key: _number(texts.get(key, ""), line, key) for key in _NUMBERS}))


def _number(text: str, line: int, key: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(f'{DEVICES_FILE} line {line} {key} = "{text}": expected a number, such as 900 or 4.5')
    return value
