"""The way a recipient is reached by: mail for an address, Apprise for a name of `[publish]` in secrets.toml.

Mail is sent by the standard library: Apprise tells neither what a mail server answered, which decides whether a try is
worth repeating, nor lets a message keep one Message-ID over its repetitions. Every other way is Apprise's.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from telltale.contract import ConfigError, TelltaleError, did_you_mean
from telltale.settings import Settings

MAIL_PASSWORD = "mail_password"  # noqa: S105 - the key's name, not a password
SECTION = "publish"


class Outgoing(NamedTuple):
    """A message as it leaves."""

    message_id: str
    """The same each time it is sent, so that a repetition can be recognised; letters and digits."""
    recipient: str
    subject: str
    body: str
    html: str
    files: Sequence[Path]
    now_us: int


class NotSent(TelltaleError):
    """A message did not leave.

    Args:
        why: one sentence, without a secret.
        for_good: whether the same message will be refused again.
        ends: whether the session is over, and another must be opened for further messages.
    """

    def __init__(self, why: str, *, for_good: bool = False, ends: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good
        self.ends = ends


class Session(Protocol):
    """An open way."""

    def send(self, outgoing: Outgoing) -> str:
        """Send it, and return what the other side answered.

        Raises:
            NotSent: it did not leave.
        """


class Way(Protocol):
    """How messages reach their recipients."""

    @property
    def name(self) -> str:
        """`mail`, or the name below `[publish]` in secrets.toml."""

    def opened(self) -> AbstractContextManager[Session]:
        """Ready to send several messages.

        Raises:
            NotSent: the other side cannot be reached, or does not let us in.
        """


def is_mail(recipient: str) -> bool:
    """Whether it is a mail address and no name of secrets.toml."""
    return "@" in recipient


def way_name(recipient: str) -> str:
    """What recipients have in common that one session can serve."""
    return "mail" if is_mail(recipient) else recipient


def way_to(settings: Settings, recipient: str) -> Way:
    """The way to a recipient.

    Raises:
        ConfigError: `[publish]` is not complete, or secrets.toml has no such name.
    """
    secrets = settings.source(SECTION).secrets
    if is_mail(recipient):
        from telltale.publish.mail import Mail

        return Mail.of(settings, secrets.get(MAIL_PASSWORD, ""))
    if recipient == MAIL_PASSWORD or recipient not in secrets:
        raise ConfigError(_unknown(recipient, names(settings)))
    from telltale.publish.pushed import Pushed

    return Pushed.of(recipient, secrets[recipient])


def names(settings: Settings) -> list[str]:
    """The names of `[publish]` in secrets.toml that may stand in `to`."""
    return sorted(set(settings.source(SECTION).secrets) - {MAIL_PASSWORD})


def troubles(settings: Settings, recipients: Sequence[str]) -> Iterator[str]:
    """Why some of the recipients cannot be reached as the settings stand, a sentence each; nothing is sent."""
    seen = set()
    for recipient in recipients:
        try:
            way_to(settings, recipient)
        except ConfigError as error:
            if str(error) not in seen:
                seen.add(str(error))
                yield str(error)


def _unknown(recipient: str, known: Sequence[str]) -> str:
    hint = did_you_mean(recipient, known) or f"; known: {', '.join(known) or 'none yet'}"
    return (
        f'recipient "{recipient}": expected a mail address, or a name of [publish] in secrets.toml, where its address '
        f'for Apprise stands: {recipient or "name"} = "..."{hint}'
    )
