"""A project in which something is set otherwise: nothing of it is written anywhere."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from telltale.contract import ConfigError, did_you_mean
from telltale.csv_text import written
from telltale.sensors.analysis.steps import MAIN
from telltale.settings import COLUMNS, DEVICES_FILE, Button, Device, Settings, buttons, devices
from telltale.settings.section import Section

SECTIONS = ("sensors", "kanban")
"""Not `[presence]`: days that have closed were counted by it, so that its thresholds are arguments of each call."""
OF_DEVICE = ("low", "high", "expected_interval_s")
OF_BUTTON = ("cards", "container_qty", "lead_time_days", "dead_time_s", "away_after_s")
ALIASES = {"dead_time": "dead_time_s", "lead_time": "lead_time_days"}


class Place(NamedTuple):
    """Where something is set."""

    file: str
    """telltale.toml, devices.csv, buttons.csv."""
    section: str
    name: str


def place_of(name: str, settings: Settings) -> Place:
    """Where a name that people write is set: a column of devices.csv or buttons.csv, or a key of telltale.toml.

    Raises:
        ConfigError: nowhere.
    """
    name = ALIASES.get(name, name)
    if name in OF_DEVICE or name.split(":")[0] in ("low", "high"):
        return Place(DEVICES_FILE, "", name)
    if name in OF_BUTTON:
        return Place(settings.arp.allow_list, "", name)
    for section in SECTIONS:
        if name in type(getattr(settings, section)).model_fields:
            return Place("telltale.toml", section, name)
    known = [*OF_DEVICE, *OF_BUTTON, *(key for each in SECTIONS for key in type(getattr(settings, each)).model_fields)]
    raise ConfigError(
        f'tt.compare: no "{name}" is set anywhere{did_you_mean(name, known)}; expected an argument of the call, '
        "a column of devices.csv or buttons.csv, or a key of [sensors] or [kanban]"
    )


def with_setting(settings: Settings, name: str, value: Any, *, only: str | None = None) -> Settings:
    """The settings with another value.

    Args:
        settings: those of today.
        name: see `place_of`.
        value: what is tried; of a list that of every line, or of `only`.
        only: the device (id or name), or the item, whose line is meant.

    Raises:
        ConfigError: no such name or line, or a value that cannot stand there.
    """
    place = place_of(name, settings)
    if place.section:
        section: Section = getattr(settings, place.section)
        try:
            tried = type(section).model_validate(section.model_dump() | {place.name: value})
        except ValidationError as error:
            said = error.errors()[0]["msg"].removeprefix("Input should be ")
            raise ConfigError(f"tt.compare: {name} = {value!r}: expected {said}") from error
        return settings.model_copy(update={place.section: tried})
    if place.file == DEVICES_FILE:
        text = _devices_text(devices(settings), place.name, value, only)
    else:
        text = _buttons_text(buttons(settings).buttons, place.name, value, only)
    changed = settings.with_files({place.file: text.encode()})
    devices(changed), buttons(changed)  # what cannot stand there is said now
    return changed


def _devices_text(listed: Sequence[Device], column: str, value: Any, only: str | None) -> str:
    rows = [{**_limits(device), **{name: getattr(device, name) for name in COLUMNS}} for device in listed]
    meant = [
        row
        for row in rows
        if (only in (row["device_id"], row["name"]) if only else column in row and row[column] is not None)
    ]
    if listed or only:  # where nothing is listed, nothing differs
        _some(meant, f"{DEVICES_FILE}: no device {only or f'with {column}'}")
    for row in meant:
        if counts := _counts_instead(row, column):
            raise ConfigError(
                f'tt.compare: {DEVICES_FILE}: of {row["name"]} the column "{counts}" counts, not "{column}"; '
                f'try **{{"{counts}": […]}}, of one device by device="…"'
            )
        row[column] = value
    names = dict.fromkeys([*COLUMNS, *(name for row in rows for name in row)])
    return written(list(names), rows, is_ours=True)


def _counts_instead(row: Mapping[str, Any], column: str) -> str:
    """The column whose limit counts where another one is tried; empty where that one does, as far as a list can tell.

    A limit without a quantity is that of the temperature, or of the only quantity that is measured.
    """
    own = [name for name, value in row.items() if name.startswith(f"{column}:") and value is not None]
    of_main = [name for name in own if name.rpartition(":")[2] == MAIN]
    if column not in ("low", "high") or not own:
        return ""
    return (of_main or [own[0] if row[column] is None else ""])[0]


def _limits(device: Device) -> dict[str, Any]:
    return {
        ":".join(part for part in (side, limit.channel, limit.quantity) if part): getattr(limit, side)
        for limit in device.limits
        for side in ("low", "high")
    }


def _buttons_text(listed: Sequence[Button], column: str, value: Any, only: str | None) -> str:
    rows = [{name: getattr(button, name) for name in Button._fields if name != "line"} for button in listed]
    asked = [row for row in rows if row["role"] == "button"] if column != "away_after_s" else rows
    meant = [row for row in asked if only is None or only in (row["item"], row["name"], row["device_id"])]
    if listed or only:
        _some(meant, f"the list of buttons: none {f'of {only}' if only else 'in it'}")
    for row in meant:
        row[column] = value
    return written([name for name in Button._fields if name != "line"], rows, is_ours=True)


def _some(rows: Sequence[Any], sentence: str) -> None:
    if not rows:
        raise ConfigError(f"tt.compare: {sentence}; expected one that is listed")
