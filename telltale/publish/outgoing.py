"""What a way is given and gives back: a message as it leaves, and why one did not."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from telltale.contract import TelltaleError


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
