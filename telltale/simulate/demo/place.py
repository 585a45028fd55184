"""The demo's own project: settings, secret and device list, so that nothing invented lies beside what is real."""

import secrets
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from telltale.contract import ConfigError
from telltale.csv_text import written
from telltale.settings import COLUMNS, DEVICES_FILE, SECRETS_FILE, SETTINGS_FILE
from telltale.simulate.demo import desk

NETWORK = "71234"
TIMEZONE = "Europe/Berlin"
_MARK = "# A demo project: every device in it is invented."
_TOML = """\
{mark}
# It keeps everything, because nobody in it is real; a project of your own begins with "telltale init".

[site]
name = "Harbour site"
timezone = "{timezone}"
keep = true

[webhooks]
port = {port}

[coap]
port = {coap_port}

[dashboard]
port = 0

[sources.sigfox.types.fridges]
ids = ["5d8cdc8fe833d917af81f4c1"]
payload = "temperature::float:32"
quantities = {{ temperature = {{ unit = "°C" }} }}

[sources.sigfox.types.rooms]
ids = ["5d8cdc8fe833d917af81f4d7"]
payload = "temperature::float:32 humidity::uint:8"
quantities = {{ temperature = {{ unit = "°C" }}, humidity = {{ unit = "%" }} }}

[activity]
show_everyone = true

[kanban]
working_hours = ["Mon-Fri 06:00-22:00"]

[reports.cold_chain]
notebook = "sensor_report"
period = "day"
grace = ""

[alerts.cold_chain]
on = "excursion"
lasts = "15min"

{desk}"""


def place(folder: Path, *, port: int, coap_port: int = 0) -> Path:
    """An empty demo project in `folder`; an older demo there is removed.

    Raises:
        ConfigError: the folder holds something that is not a demo.
    """
    settings = folder / SETTINGS_FILE
    if settings.is_file() and settings.read_text(encoding="utf-8").startswith(_MARK):
        shutil.rmtree(folder)
    elif folder.is_dir() and any(folder.iterdir()):
        raise ConfigError(f"{folder} is not empty and no demo; give another one: telltale demo --folder FOLDER")
    folder.mkdir(parents=True, exist_ok=True)
    told = {"mark": _MARK, "timezone": TIMEZONE, "port": port, "coap_port": coap_port, "desk": desk.SETTINGS}
    settings.write_text(_TOML.format(**told), encoding="utf-8")
    secret = folder / SECRETS_FILE
    secret.touch(mode=0o600)
    named = (("cloudtrax", NETWORK), ("sigfox", "backend"))
    lines = [f'[{source}]\n{key} = "{secrets.token_urlsafe(24)}"\n' for source, key in named]
    secret.write_text("\n".join(lines), encoding="utf-8")
    return folder


def list_devices(folder: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write the simulated devices with their names, zones and limits into the demo's devices.csv."""
    (folder / DEVICES_FILE).write_text(written(COLUMNS, rows), encoding="utf-8")
