"""Who may read what a project keeps: what is open to others than its owner, and the command that closes it."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from telltale import private
from telltale.settings import SETTINGS_FILE, Settings

_STRANGERS = 0o007
"""Outside the data folder a group may be meant, such as that of a shared lake; everybody is not."""
_VARIABLE = "TELLTALE_PATHS__STORE_URL"


class Open(NamedTuple):
    """Something others may read; `is_kept` where a folder above keeps them out all the same."""

    found: str
    fix: str
    is_kept: bool = False


def mend(settings: Settings) -> private.Mended:
    """Close the data folder and all in it, as former versions left it open; what lies elsewhere may be meant so."""
    return private.Mended(0, 0) if _holds_project(settings) else private.mend(settings.data)


def open_to_others(settings: Settings) -> Iterator[Open]:
    """Everything of the project that others may read, a line for each place."""
    if _holds_project(settings):
        yield Open(f"[paths] data = {settings.data} holds the settings too", "choose a folder of its own", is_kept=True)
    else:
        yield from _data(settings.data, settings.keys)
    for path in _elsewhere(settings):
        if private.is_loose(path, _STRANGERS):
            flag = "-R " if path.is_dir() else ""
            yield Open(f"{path} is readable by everybody", f"chmod {flag}o= {shlex.quote(str(path))}")
    if said := open_password(settings):
        yield said


def open_password(settings: Settings) -> Open | None:
    """The password of the store in a telltale.toml that others may read."""
    path = settings.root / SETTINGS_FILE
    if os.environ.get(_VARIABLE) or not settings.paths.store_url or not private.is_loose(path):
        return None
    if not sa.make_url(settings.paths.store_url).password:
        return None
    fix = f"chmod 600 {shlex.quote(str(path))}, or leave the password out and set {_VARIABLE}"
    return Open(f"{path} holds the password of [paths] store_url and is readable by others", fix)


def _holds_project(settings: Settings) -> bool:
    return settings.root.resolve().is_relative_to(settings.data.resolve())


def _data(data: Path, keys: Path) -> Iterator[Open]:
    """Those of the keys are counted only where the whole folder is open: alone they are said by themselves."""
    if not data.is_dir():
        return
    is_open = private.is_loose(data.resolve())
    count = sum(1 for path in private.loose(data) if is_open or not path.is_relative_to(keys))
    if not count:
        return
    fix = f"chmod -R go= {shlex.quote(str(data))}; telltale up does so too, where they are its user's"
    if is_open:
        yield Open(f"{data} is open to others, with {count - 1:,} paths in it", fix)
    else:
        first = next(path for path in private.loose(data) if not path.is_relative_to(keys))
        yield Open(f"{count:,} paths in {data}, such as {first.name}, are kept from others by its mode only", fix, True)


def _elsewhere(settings: Settings) -> Iterator[Path]:
    """Store and lake where they do not lie below the data."""
    url = sa.make_url(settings.store_url)
    places = [settings.lake_root] if isinstance(settings.lake_root, Path) else []
    if url.get_backend_name() == "sqlite" and url.database:
        places += [Path(f"{url.database}{ending}") for ending in ("", "-wal", "-shm")]
    data = settings.data.resolve()
    yield from (place for place in places if not place.resolve().is_relative_to(data))
