"""The listed devices while a capture runs: read again when the file changes, all of it or nothing."""

import logging

from telltale.contract import ConfigError
from telltale.settings import Settings
from telltale.settings.buttons import buttons
from telltale.sources.button.listed import PRESENCE

log = logging.getLogger("telltale.arp")


class Listed:
    """The list that holds just now.

    Args:
        settings: say where the list is.

    Raises:
        ConfigError: the list is wrong; names the line.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = settings.root / settings.arp.allow_list
        self._seen = self._state()
        self._list = buttons(settings)
        self._say("")

    @property
    def roles(self) -> dict[str, str]:
        """The role of each device, by its address."""
        return {button.device_id: button.role for button in self._list.buttons}

    @property
    def people(self) -> frozenset[str]:
        """The addresses of phones and laptops: the log, which no retention reaches, does not tell who was there."""
        return frozenset(button.device_id for button in self._list.buttons if button.role == PRESENCE)

    def refresh(self) -> bool:
        """Whether the file has changed and holds another list now; a wrong or vanished file keeps the old list."""
        state = self._state()
        if state == self._seen:
            return False
        self._seen = state
        before = self._list
        try:
            self._list = buttons(self._settings) if state else before
            wrong = "" if state else f"{self._path.name} is gone; put it back, or one without devices to list none"
        except ConfigError as error:
            wrong = str(error)
        if wrong:
            log.error("%s; the former list (%d listed) stays in force", wrong, len(before.buttons))
            return False
        self._say(" now")
        return self._list.buttons != before.buttons

    def _state(self) -> tuple[int, int, int] | None:
        """What tells one version of the file from another; None where there is no file."""
        try:
            seen = self._path.stat()
        except OSError:
            return None
        return seen.st_mtime_ns, seen.st_size, seen.st_ino

    def _say(self, when: str) -> None:
        for warning in self._list.warnings:
            log.warning("%s", warning)
        count = len(self._list.buttons)
        if count:
            log.info("%s: %d listed%s", self._path.name, count, when)
        else:
            log.warning("no device is listed in %s, frames are counted only; find yours: telltale discover", self._path)
