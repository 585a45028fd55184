"""Who is making a backup at a place, and what nobody needs there.

Several projects may share a place, and a store knows only of its own. So whoever makes a backup first puts an empty
file into its folder. What has neither a manifest nor such a file of the last hours was never finished. A place may be a
disk with folders of those names that are somebody's own: only what bears a name that is given here is looked at.
"""

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pyarrow as pa

from telltale.contract import StoreError
from telltale.operate.backup.place import BACKUPS, FILES, Place

LEASE_US = 6 * 3600 * 10**6
"""Longer than a backup takes; should its process die, others go on then."""
_MARKER = "making-"
_NAME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z(?:-[0-9a-f]{8})?"
_TEMPORARY = r"(?:\.[0-9a-f]{32}\.tmp)?"
_OF_LAKE = re.compile(
    rf"{FILES}/[a-z_]+/(?:[a-z_]+=[^/]+/)+\.?[0-9a-f]{{32}}(?:-[0-9]+)?\.parquet{_TEMPORARY}", re.ASCII
)
_OF_BACKUP = re.compile(
    rf"{BACKUPS}/({_NAME})/(?:spool/[^/]+|settings/.+|\.?(?:store\.db|manifest\.json|making-[0-9a-f-]+){_TEMPORARY})"
)


@contextmanager
def claimed(place: Place, moment: str, now_us: int) -> Iterator[str]:
    """Have a name of one's own at a place while a backup is made: the moment, or that with some letters."""
    token = secrets.token_hex(4)
    name, marker = moment, f"{_MARKER}{now_us}-{token}"
    _put(place, name, marker, now_us)
    if any(path != _path(name, marker) for path in _in_folder(place, name)):
        place.delete([_path(name, marker)])
        name = f"{moment}-{token}"
        _put(place, name, marker, now_us)
    try:
        yield name
    except BaseException:  # its folder stays, empty: by it the store's note is known to be of something
        with suppress(OSError, StoreError):
            place.delete(_in_folder(place, name))
        raise
    finally:
        with suppress(OSError, StoreError):
            place.delete([_path(name, marker)])


def claims(place: Place, now_us: int, *, but: str = "") -> list[str]:
    """The names of backups that are being made at a place, as far as is known; without the one named `but`."""
    finished = {each.name for each in place.manifests()}
    running = set()
    for found in place.root.walk():
        folder, _, rest = found.path.partition("/")
        name, _, file = rest.partition("/")
        at = file.removeprefix(_MARKER).partition("-")[0]
        is_recent = file.startswith(_MARKER) and at.isdecimal() and int(at) + LEASE_US > now_us
        if folder == BACKUPS and is_recent and name not in finished and name != but:
            running.add(name)
    return sorted(running)


def unfinished(place: Place) -> tuple[list[str], set[str]]:
    """The files at a place that no manifest lists, and the names of the backups without one."""
    manifests, unread = place.read()
    whole = {each.name for each in manifests} | {each.name for each in unread}
    listed = {f"{FILES}/{each.path}" for manifest in manifests for each in manifest.lake}
    files, names = [], set()
    for found in place.root.walk():
        if _OF_LAKE.fullmatch(found.path) and found.path not in listed and not unread:
            files.append(found.path)
        elif (of := _OF_BACKUP.fullmatch(found.path)) and of[1] not in whole:
            files.append(found.path)
            names.add(of[1])
    return files, names


def _put(place: Place, name: str, marker: str, now_us: int) -> None:
    place.put({_path(name, marker): pa.py_buffer(json.dumps({"at": now_us}).encode())}, now_us=now_us)


def _in_folder(place: Place, name: str) -> list[str]:
    return [found.path for found in place.root.walk() if found.path.startswith(f"{BACKUPS}/{name}/")]


def _path(name: str, marker: str) -> str:
    return f"{BACKUPS}/{name}/{marker}"
