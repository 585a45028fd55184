"""buttons.csv: the devices whose frames are kept, and what a press of each means.

    column            is                                                            empty means
    Name              what people call it; two of one name feed one item            an error
    MAC-Address       aa:bb:cc:dd:ee:ff, aa-bb-…, aabb.ccdd.eeff or aabbccddeeff    an error
    role              button, ack (acknowledges a delivery), presence (a phone)     button
    item              what its press asks for                                       the name; of an ack its ack_for
    ack_for           the item whose delivery an ack acknowledges                   -
    container_qty     pieces in a container                                         not known
    dead_time_s       frames so close to a press belong to it                       [kanban] dead_time_s
    cards             containers of the item in use                                 not known
    lead_time_days    from the pull to the delivery                                 measured by ack presses
    away_after_s      silence after which a phone counts as gone                    [kanban] away_after_min

A list with the first two columns alone (`Name, MAC-Address`) is complete. Names of columns are compared without case,
blanks and dashes; blank lines and lines that begin with # are skipped. Semicolons and tabs may separate too, and a
spreadsheet's UTF-16 is read (`telltale.csv_text`).

Source: wire/kanban.md section 3.
"""

import csv
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from telltale.address import BAD, GROUP, LOCAL_BIT, ZERO, spelled, station
from telltale.contract import ConfigError, did_you_mean
from telltale.csv_text import decoded, lines, number
from telltale.settings.devices import DEVICES_FILE, devices
from telltale.settings.model import Settings

BUTTONS_FILE = "buttons.csv"
ROLES = ("button", "ack", "presence")
HEADER = (
    "Name",
    "MAC-Address",
    "role",
    "item",
    "ack_for",
    "container_qty",
    "dead_time_s",
    "cards",
    "lead_time_days",
    "away_after_s",
)

DEFAULT_BUTTONS = f"""\
{", ".join(HEADER)}
# Devices whose frames are kept; those of all others are only counted. Name and MAC-Address are enough.
# role: button, ack (acknowledges a delivery of ack_for), presence (a phone or laptop; needs [kanban] presence = true).
# Anyone on the network can send with a listed address: a press is a hint, never an authorisation.
# Bolts line 1, 02:7e:11:a0:00:01, button, bolts M8,, 200, 60, 6
# Bolts delivered, 02:7e:11:a0:00:02, ack,, bolts M8
"""

_SHOWN = ", ".join(HEADER)
_BROADCAST = (1 << 48) - 1
_WILDCARDS = "*?xX"


class Button(NamedTuple):
    """One line of buttons.csv; numbers are None where nothing is said."""

    device_id: str
    """Its address, lower-case with colons."""
    name: str
    role: str = "button"
    item: str = ""
    ack_for: str = ""
    container_qty: float | None = None
    dead_time_s: float | None = None
    cards: int | None = None
    lead_time_days: float | None = None
    away_after_s: float | None = None
    line: int = 0


class AllowList(NamedTuple):
    """The listed devices in file order, and what is odd about the list, each in a sentence."""

    buttons: tuple[Button, ...] = ()
    warnings: tuple[str, ...] = ()


class _Number(NamedTuple):
    fits: Callable[[float], bool]
    expected: str


_YEAR_S, _MOST_DAYS = 366 * 86_400, 3_660
"""Beyond these a comma is missing; and microseconds must fit into 64 bits."""
_NUMBERS = {
    "container_qty": _Number(lambda value: value > 0, "a number above 0, such as 200"),
    "dead_time_s": _Number(lambda value: 0 <= value <= _YEAR_S, "seconds of at least 0, such as 60"),
    "cards": _Number(lambda value: value in range(1, 100_001), "a whole number from 1 to 100000, such as 4"),
    "lead_time_days": _Number(lambda value: 0 <= value <= _MOST_DAYS, "days of at least 0, such as 2.5"),
    "away_after_s": _Number(lambda value: 0 < value <= _YEAR_S, "seconds above 0, such as 1800"),
}
_COLUMNS = {
    "name": "name",
    "macaddress": "device_id",
    "mac": "device_id",
    "deviceid": "device_id",
    "role": "role",
    "item": "item",
    "ackfor": "ack_for",
    **{name.replace("_", ""): name for name in _NUMBERS},
}
_OF_ITEM = ("container_qty", "cards", "lead_time_days")


def buttons(settings: Settings) -> AllowList:
    """The list of the project, `[arp] allow_list`; an empty one where there is no file.

    Raises:
        ConfigError: the list is wrong, or an address of it stands in devices.csv too.
    """
    path = settings.root / settings.arp.allow_list
    with _readable(path):
        data = settings.file(settings.arp.allow_list)
    if data is None:
        return AllowList()
    found = _listed(path.name, data)
    others = {station(device.device_id) for device in devices(settings)}
    for button in found.buttons:
        if station(button.device_id) in others:
            raise ConfigError(
                f"{path.name} line {button.line}: {button.device_id} stands in {DEVICES_FILE} too; "
                "keep it in one of the two"
            )
    return found


def read_buttons(path: Path) -> AllowList:
    """The listed devices of a file.

    Raises:
        ConfigError: it cannot be read, a column is unknown, or a value is wrong; names the line.
    """
    with _readable(path):
        data = path.read_bytes()
    return _listed(path.name, data)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check its path, owner and mode") from error


def _listed(name: str, data: bytes) -> AllowList:
    try:
        text = decoded(data)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{name} line {line}: not UTF-8 ({error.reason}); save it as CSV UTF-8") from error
    reader = lines(text)
    try:
        found = tuple(_rows(name, reader))
    except csv.Error as error:
        where = f"{name} line {reader.line_num}"
        raise ConfigError(f"{where}: not a table ({error}); write a quote inside quotes twice") from error
    _no_address_twice(name, found)
    return AllowList(found, tuple(_warnings(name, found)))


def _rows(file: str, reader: Any) -> Iterator[Button]:
    columns: list[str] | None = None
    for cells in reader:
        texts = [cell.strip() for cell in cells]
        if not any(texts) or texts[0].startswith("#"):
            continue
        where = f"{file} line {reader.line_num}"
        if columns is None:
            columns = _columns(where, texts)
            continue
        if any(texts[len(columns) :]):
            raise ConfigError(f"{where}: more values than columns; put texts with separators in quotes")
        yield _button(where, dict(zip_longest(columns, texts[: len(columns)], fillvalue="")), reader.line_num)


def _columns(where: str, texts: Sequence[str]) -> list[str]:
    if any(station(text) > 0 for text in texts):
        raise ConfigError(f"{where}: a device before the line with the names of the columns; begin with {_SHOWN}")
    columns = []
    for text in texts:
        column = _COLUMNS.get(_bare(text))
        if column is None:
            hint = did_you_mean(_bare(text), _COLUMNS)
            raise ConfigError(f'{where}: unknown column "{text}"; expected {_SHOWN}{hint}')
        if column in columns:
            raise ConfigError(f'{where}: column "{text}" stands there twice; keep one')
        columns.append(column)
    if not {"name", "device_id"} <= set(columns):
        raise ConfigError(f"{where}: no column Name and MAC-Address; expected {_SHOWN}")
    return columns


def _bare(text: str) -> str:
    return text.lower().replace(" ", "").replace("-", "").replace("_", "")


def _button(where: str, texts: dict[str, str], line: int) -> Button:
    device_id = _device_id(where, texts["device_id"])
    name, role = texts["name"], texts.get("role", "").lower() or "button"
    if not name:
        raise ConfigError(f"{where}: Name is empty; expected what people call {device_id}")
    if role not in ROLES:
        raise ConfigError(f'{where} role = "{texts["role"]}": expected {", ".join(ROLES)}')
    item, ack_for = texts.get("item", ""), texts.get("ack_for", "")
    if role == "ack":
        ack_for = ack_for or item
        if not ack_for:
            raise ConfigError(f"{where} ack_for is empty; expected the item whose delivery {name} acknowledges")
        item = item or ack_for
    numbers = {column: _number(where, column, texts.get(column, "")) for column in _NUMBERS}
    cards = numbers.pop("cards")
    return Button(
        device_id,
        name,
        role,
        item or name,
        ack_for,
        cards=None if cards is None else int(cards),
        line=line,
        **numbers,
    )


def _device_id(where: str, text: str) -> str:
    address = station(text)
    if address > 0:
        return spelled(address)
    if address == GROUP:
        # `station` does not tell which group; the broadcast address is written with digits f alone.
        is_broadcast = not text.lower().strip("f:.-")
        expected = f"{'the broadcast' if is_broadcast else 'a multicast'} address; expected that of one device"
    elif address == ZERO:
        expected = "all zeros; expected the address of a device"
    elif set(text) & set(_WILDCARDS):
        expected = "wildcards are not taken; list each device, telltale discover prints its line"
    else:
        assert address == BAD  # noqa: S101 - the only code left
        expected = "expected six pairs of hex digits, such as 02:7e:11:a0:00:01"
    raise ConfigError(f'{where} MAC-Address = "{text}": {expected}')


def _number(where: str, column: str, text: str) -> float | None:
    if not text:
        return None
    rule = _NUMBERS[column]
    try:
        value = number(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or not rule.fits(value):
        raise ConfigError(f'{where} {column} = "{text}": expected {rule.expected}')
    return value


def _no_address_twice(file: str, found: Iterable[Button]) -> None:
    line_of: dict[str, int] = {}
    for button in found:
        if button.device_id in line_of:
            first = line_of[button.device_id]
            raise ConfigError(f"{file} line {button.line}: {button.device_id} stands on line {first} too; keep one")
        line_of[button.device_id] = button.line


def _warnings(file: str, found: Sequence[Button]) -> Iterator[str]:
    if not found:
        yield f"{file}: no device is listed, so no frame is kept"
    first_of: dict[str, Button] = {}
    asked_for = {button.item for button in found if button.role == "button"}
    for button in found:
        where = f"{file} line {button.line}"
        first = first_of.setdefault(button.name, button)
        if first is not button:
            yield f'{where}: the name "{button.name}" stands on line {first.line} too'
        if station(button.device_id) & LOCAL_BIT:
            yield f"{where}: {button.name} has a locally administered address, which a phone or laptop may change daily"
        if button.role == "ack" and button.ack_for not in asked_for:
            yield f'{where}: {button.name} acknowledges "{button.ack_for}", which no listed button asks for'
        if button.role != "ack" and button.ack_for:
            yield f"{where}: ack_for of {button.name} has no effect, its role is {button.role}"
    yield from _disagreements(file, found)


def _disagreements(file: str, found: Sequence[Button]) -> Iterator[str]:
    """Buttons that feed one item and say different things of it."""
    of_item: dict[str, list[Button]] = defaultdict(list)
    for button in found:
        if button.role == "button":
            of_item[button.item].append(button)
    for item, fed_by in of_item.items():
        for column in _OF_ITEM:
            told = {getattr(button, column): button.line for button in fed_by if getattr(button, column) is not None}
            if len(told) > 1:
                lines = " and ".join(map(str, sorted(told.values())))
                yield f'{file}: {column} of "{item}" differs on lines {lines}; let them agree'
