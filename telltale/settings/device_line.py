"""The line that puts a device into devices.csv, in the columns of the project's own file."""

import csv
import io

from telltale.settings.devices import DEVICES_FILE
from telltale.settings.model import Settings

_DELIMITERS = ",;\t"
_TO_FILL = "…"


def device_line(settings: Settings, device_id: str) -> str:
    """`efento:282c0240fd34,…,,`: the name is to be filled in, the rest may stay empty.

    Args:
        settings: of the project.
        device_id: of the device.
    """
    header = _first_line(settings)
    delimiter = max(_DELIMITERS, key=header.count)
    columns = [name.strip().strip('"') for name in header.split(delimiter)]
    if "device_id" not in columns:
        columns, delimiter = ["device_id", "name"], ","
    text = io.StringIO()
    cells = [{"device_id": device_id, "name": _TO_FILL}.get(name, "") for name in columns]
    csv.writer(text, delimiter=delimiter, lineterminator="").writerow(cells)
    return text.getvalue()


def _first_line(settings: Settings) -> str:
    path = settings.root / DEVICES_FILE
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        begin = file.read(4_000)
    text = begin.decode("utf-16" if begin[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", errors="replace")
    return text.partition("\n")[0].strip()
