"""The line that puts a device into devices.csv, in the columns of the project's own file."""

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
    header = _first_line(settings)
    delimiter = max(csv_text.SEPARATORS, key=header.count)
    columns = [name.strip().strip('"') for name in header.split(delimiter)]
    if "device_id" not in columns:
        columns, delimiter = ["device_id", "name"], ","
    line = csv_text.written(columns, [{"device_id": device_id, "name": _TO_FILL}], head=False, separator=delimiter)
    return line.rstrip("\n")


def _first_line(settings: Settings) -> str:
    path = settings.root / DEVICES_FILE
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        begin = file.read(4_000)
    text = begin.decode("utf-16" if begin[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", errors="replace")
    return text.partition("\n")[0].strip()
