"""Write a new project's files; nothing that is there already is touched."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from telltale.settings.buttons import BUTTONS_FILE, DEFAULT_BUTTONS
from telltale.settings.defaults import DEFAULT_DEVICES, new_secrets, new_toml
from telltale.settings.devices import DEVICES_FILE
from telltale.settings.model import SETTINGS_FILE
from telltale.settings.secrets import SECRETS_FILE

_OWNER_ONLY = 0o600
_EVERYONE_READS = 0o644


class Written(NamedTuple):
    """A file of the project, and whether it is new."""

    path: Path
    is_new: bool


def create_project(
    folder: Path, *, options: Iterable[str] = (), secrets: Iterable[str] = (), zone: str = "", mine: bool = False
) -> list[Written]:
    """Write telltale.toml, secrets.toml (600), devices.csv and buttons.csv; the folder is made where it is missing.

    Args:
        folder: where.
        options: the parts of the sources in telltale.toml.
        secrets: and in secrets.toml.
        zone: the site's time zone; empty leaves the default.
        mine: whether all PCs recorded are of the person who makes the project.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _write(folder / SETTINGS_FILE, new_toml(options, zone=zone, mine=mine), _EVERYONE_READS),
        _write(folder / SECRETS_FILE, new_secrets(secrets), _OWNER_ONLY),
        _write(folder / DEVICES_FILE, DEFAULT_DEVICES, _EVERYONE_READS),
        _write(folder / BUTTONS_FILE, DEFAULT_BUTTONS, _EVERYONE_READS),
    ]


def _write(path: Path, text: str, mode: int) -> Written:
    """Create the file with its mode from the first byte on; leave one that exists."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        return Written(path, is_new=False)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return Written(path, is_new=True)
