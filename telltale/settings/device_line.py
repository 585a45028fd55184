"""The line that puts a device into devices.csv, in the columns of the project's own file."""

import csv

from telltale import csv_text
from telltale.settings.devices import DEVICES_FILE
from telltale.settings.model import Settings

_TO_FILL = "…"


def device_line(settings: Settings, device_id: str) -> str:
    """`efento:282c0240fd34,…,,`: the name is to be filled in, the rest may stay empty.

    Args:
        settings: of the project.
        device_id: of the device.
    """
    columns, separator = _header(settings)
    if "device_id" not in columns:
        columns, separator = ["device_id", "name"], ","
    line = csv_text.written(columns, [{"device_id": device_id, "name": _TO_FILL}], head=False, separator=separator)
    return line.rstrip("\n")


def _header(settings: Settings) -> tuple[list[str], str]:
    """The columns of devices.csv and what parts them; none of a file that is missing or cannot be read."""
    try:
        reader = csv_text.lines(csv_text.decoded((settings.root / DEVICES_FILE).read_bytes()))
        named = (cells for cells in reader if any(cells) and not cells[0].startswith("#"))
        return [name.strip() for name in next(named, [])], reader.dialect.delimiter
    except (OSError, UnicodeDecodeError, csv.Error):
        return [], ","
