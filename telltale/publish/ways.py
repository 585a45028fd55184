"""The way a recipient is reached by: mail for an address, Apprise for a name of `[publish]` in secrets.toml.

Mail is sent by the standard library: Apprise tells neither what a mail server answered, which decides whether a try is
worth repeating, nor lets a message keep one Message-ID over its repetitions. Every other way is Apprise's.
"""

from collections.abc import Iterator, Sequence

from telltale.contract import ConfigError, did_you_mean
from telltale.publish.mail import Mail
from telltale.publish.outgoing import Way
from telltale.publish.pushed import Pushed
from telltale.settings import Settings

MAIL_PASSWORD = "mail_password"  # noqa: S105 - the key's name, not a password
SECTION = "publish"


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
        return Mail.of(settings, secrets.get(MAIL_PASSWORD, ""))
    if recipient == MAIL_PASSWORD or recipient not in secrets:
        raise ConfigError(_unknown(recipient, names(settings)))
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
