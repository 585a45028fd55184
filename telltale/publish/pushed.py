"""Every way but mail: chat, SMS, webhooks and a hundred more, by Apprise and an address of its own in secrets.toml.

Such an address is a secret in itself, and Apprise and the library below it log it, in parts and with what they got
back. So while it sends, their lines are caught here, and of them only kind and code are told.
"""

import logging
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from telltale.contract import ConfigError
from telltale.extras import not_installed
from telltale.publish.outgoing import NotSent, Outgoing, Session

_ONE = threading.Lock()
"""Loggers are the process's: whoever changes them in a second thread would put back what is not its own."""
_LOGGERS = ("apprise", "urllib3", "urllib3.connectionpool", "requests", "requests_oauthlib", "paho", "slixmpp")
_CODE = re.compile(r"\berror ?= ?(\d{3})\b")
_UNREACHABLE = re.compile(r"connection|timed? ?out|socket", re.IGNORECASE)


@dataclass(frozen=True)
class Pushed:
    """A way of Apprise.

    Args:
        name: below `[publish]` in secrets.toml.
        plugin: Apprise's object for its address.
    """

    name: str
    plugin: Any = field(repr=False)

    @classmethod
    def of(cls, name: str, address: str) -> "Pushed":
        """The way that an address means.

        Raises:
            ConfigError: Apprise is not installed, or does not know such an address.
        """
        try:
            from apprise import Apprise
        except ImportError:
            raise ConfigError(f'recipient "{name}": {not_installed("apprise", what="Apprise")}') from None
        with _caught(), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of plugins, loaded by the first address
            plugin = Apprise.instantiate(address, suppress_exceptions=True)
        if not plugin:
            raise ConfigError(
                f"secrets.toml [publish] {name}: Apprise does not know such an address; expected one of its own, as "
                "https://appriseit.com/services lists them (it is not shown here, since it holds a secret)"
            )
        return cls(name, plugin)

    @contextmanager
    def opened(self) -> Iterator[Session]:
        """Ready: every message has a connection of its own."""
        yield self

    def send(self, outgoing: Outgoing) -> str:
        """Hand it over, with its files where such a way takes any."""
        files = [*map(_attachable, outgoing.files)] if self.plugin.attachment_support else []
        with _caught() as lines:
            try:
                is_sent = self._notified(outgoing, files)
            except Exception as error:  # noqa: BLE001 - a plugin's fault is no end of ours, and its text may hold the address
                raise NotSent(f'"{self.name}": Apprise failed with {type(error).__name__}') from None
        if not is_sent:
            raise NotSent(f'"{self.name}": {_why(lines)}')
        return f'Apprise has handed it over to "{self.name}"'

    def _notified(self, outgoing: Outgoing, files: list[str]) -> bool:
        from apprise import Apprise, NotifyFormat

        sender = Apprise()
        sender.add(self.plugin)
        body, title, attached = outgoing.body, outgoing.subject, files or None
        return bool(sender.notify(body=body, title=title, body_format=NotifyFormat.TEXT, attach=attached))


def _attachable(path: Path) -> str:
    return path.resolve().as_uri()


def _why(lines: list[str]) -> str:
    """What may be told of the lines that were caught."""
    for line in lines:
        if code := _CODE.search(line):
            return f"the other side answered {code[1]}"
    if any(map(_UNREACHABLE.search, lines)):
        return "the other side cannot be reached, or gave no answer in time"
    return "Apprise could not send it"


class _Catch(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line of Apprise that is no mere detail."""
        if record.levelno >= logging.WARNING:
            self.lines.append(record.getMessage())


@contextmanager
def _caught() -> Iterator[list[str]]:
    """Catch what Apprise and what it sends by log in the block: nothing of it reaches any other log."""
    with _ONE:
        yield from _alone()


def _alone() -> Iterator[list[str]]:
    catch, before = _Catch(), []
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        before.append((logger, logger.handlers[:], logger.propagate))
        logger.handlers[:], logger.propagate = [catch], False
    try:
        yield catch.lines
    finally:
        for logger, handlers, propagates in before:
            logger.handlers[:], logger.propagate = handlers, propagates
