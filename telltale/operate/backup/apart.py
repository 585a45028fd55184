"""Whether a place lies apart from what a backup is of: what lies within the lake goes with its next gc."""

import posixpath
from pathlib import Path
from urllib.parse import unquote, urlsplit

from telltale.contract import ConfigError
from telltale.lake.files import Root
from telltale.operate.backup.keys import Locker
from telltale.operate.backup.place import BACKUPS, FILES, Place
from telltale.settings import Settings


def check_apart(settings: Settings, lake: Root, place: Place, locker: Locker | None) -> None:
    """Refuse a place within the data or the lake, one that holds them among its files, and keys that lie with either.

    Raises:
        ConfigError: it is one of these.
    """
    where, data = _spot(place.root), settings.data.resolve()
    for spot, shown in ((data, str(settings.data)), (_spot(lake), lake.shown)):
        if _is_within(where, spot):
            raise ConfigError(
                f"backup {place.shown}: it lies within {shown}, which is what it is of; name another disk"
            )
        if any(_is_within(spot, _below(where, folder)) for folder in (FILES, BACKUPS)):
            raise ConfigError(f"backup {place.shown}: {shown} lies where it keeps its files; name another disk")
    if locker is None:
        return
    for near in (settings.data, place.root.folder):
        if near is not None and locker.file.resolve().is_relative_to(near.resolve()):
            raise ConfigError(f"--keys {locker.file}: it lies within {near}; keep it apart from what it opens")


def _spot(root: Root) -> Path | str:
    """Where a root is, links followed; of a URL that is no folder of this machine its plainest form."""
    if root.folder is not None:
        return root.folder.resolve()
    parts = urlsplit(root.shown)
    if parts.scheme == "file":
        return Path(unquote(parts.path)).resolve()
    path = posixpath.normpath(f"{parts.netloc}/{parts.path.lstrip('/')}")
    return f"{parts.scheme}://{path}"


def _below(spot: Path | str, folder: str) -> Path | str:
    return spot / folder if isinstance(spot, Path) else f"{spot}/{folder}"


def _is_within(spot: Path | str, other: Path | str) -> bool:
    if isinstance(spot, Path) and isinstance(other, Path):
        return spot.is_relative_to(other)
    return f"{spot}/".startswith(f"{other}/") if isinstance(spot, str) and isinstance(other, str) else False
