"""What a change of the project's files touches of what runs: whose settings it alters, and nothing else.

`devices.csv` and `buttons.csv` are read whenever they are needed, so a change of them starts nothing again; the capture
of buttons begins with the first listed one. Values of secrets are compared and never shown.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from telltale.settings import DEVICES_FILE, SETTINGS_FILE, Settings
from telltale.settings.secrets import SECRETS_FILE

Secrets = Mapping[str, Mapping[str, str]]
_RECEIVED = frozenset(("landing", "log", "sources", "site"))
"""What every collector is told, beside its own section: of the site, its clock, by which a reading's line tells it."""
_ALSO = {"arp": frozenset(("kanban",)), "webhooks": frozenset(("dashboard", "privacy"))}
"""Webhooks let in requests to the host of [dashboard] public_url, lead to it from /graph, and may offer the opt-out."""
_SECRETS = {
    "mqtt": {"mqtt"},
    "cumulocity": {"forward"},
    "thingworx": {"forward"},
    "activity": {"dashboard"},
    "publish": {"schedule", "alerts"},
    "s3": {"upkeep", "dashboard", "schedule", "alerts", "forward"},
}
"""Secrets that are no source's, and whose they are."""
_OF_SOURCES = frozenset(("webhooks", "coap", "mqtt", "upkeep", "dashboard"))
_OF_TOKEN = frozenset(("webhooks", "dashboard"))
_LEAVING = frozenset(("publish", "reports", "alerts"))
"""What leaves by itself, and how."""
_NEVER = frozenset(("root", "idle"))
"""What nothing here is told: the agent of a PC is started by itself."""

State = tuple[int, ...] | None


class Told(NamedTuple):
    """What a project is told at one time."""

    settings: Settings
    secrets: Secrets


class Files:
    """The files that tell a project what to do, and which of them changed since.

    Args:
        settings: where they are.
    """

    def __init__(self, settings: Settings) -> None:
        self._paths = {
            name: settings.root / name for name in (SETTINGS_FILE, SECRETS_FILE, DEVICES_FILE, settings.arp.allow_list)
        }
        self._seen = self._states()
        self._last = self._seen

    def changed(self) -> set[str]:
        """The names of those that changed, once they have stayed as they are since the look before.

        An editor may write a file in two steps; what it is in between is nobody's wish.
        """
        before, self._last = self._last, self._states()
        found = {name for name, state in self._last.items() if state != self._seen[name] and state == before[name]}
        self._seen = {name: self._last[name] if name in found else state for name, state in self._seen.items()}
        return found

    def _states(self) -> dict[str, State]:
        return {name: _state(path) for name, path in self._paths.items()}


def touched(before: Told, now: Told, parts: Collection[str]) -> set[str]:
    """The parts that must start again to do as they are told now."""
    sections = {name for name in Settings.model_fields if getattr(before.settings, name) != getattr(now.settings, name)}
    found = {part for part in parts if sections & _told(part)}
    for source in before.secrets.keys() | now.secrets.keys():
        if before.secrets.get(source) != now.secrets.get(source):
            found |= _SECRETS.get(source, _OF_SOURCES) & set(parts)
    if before.settings.token != now.settings.token:
        found |= _OF_TOKEN & set(parts)
    return found


def _told(part: str) -> set[str]:
    """The sections a part is told."""
    if part in {"webhooks", "coap", "arp", "mqtt"}:
        return {part, *_RECEIVED, *_ALSO.get(part, ())}
    others = {"upkeep": {"dashboard", *_LEAVING}, "forward": {"dashboard", *_LEAVING}}
    return set(Settings.model_fields) - _NEVER - others.get(part, set())


def _state(path: Path) -> State:
    try:
        found = path.stat()
    except OSError:
        return None
    # Secrets that others may read are taken once their mode is put right, which changes nothing of what they say.
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode, found.st_uid
