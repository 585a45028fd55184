"""What every platform is to the loop: it sends one row, or says in one of three ways why not."""

from collections.abc import Iterable
from typing import Protocol

from telltale.contract import TelltaleError
from telltale.forward.outbox import Row, Sent


class Unreachable(TelltaleError):
    """The platform takes nothing at the moment: every row of it waits.

    Args:
        sentence: what was seen, and what to do.
        wait_s: how long it asks to be left alone; None leaves that to the loop.
    """

    def __init__(self, sentence: str, wait_s: float | None = None) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s


class NotNow(TelltaleError):
    """This row did not get through; it is tried again, others need not wait.

    Args:
        sentence: what was seen.
        wait_s: how long the platform asks to wait.
        is_suspect: the row itself may be what the platform cannot bear.
    """

    def __init__(self, sentence: str, wait_s: float | None = None, *, is_suspect: bool = False) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s
        self.is_suspect = is_suspect


class Never(TelltaleError):
    """The platform refuses this row for good: it is parked with what was said."""


class Target(Protocol):
    """A platform."""

    name: str
    per_second: float
    acknowledged: int
    """How many messages of any kind the platform has confirmed so far."""

    def send(self, row: Row, sent: Sent) -> None:
        """Send a row and return when it is confirmed; `sent` is what its lane has had confirmed before.

        Raises:
            Unreachable: nothing can be sent at the moment.
            NotNow: this row did not get through.
            Never: this row never will.
        """
        ...

    def shown(self, row: Row, sent: Sent) -> list[dict[str, str]]:
        """Exactly what `send` would send, without secrets; Never where it would not."""
        ...

    def idle(self) -> None:
        """Called every second or so while there is nothing to send; Unreachable where the connection was lost."""
        ...

    def close(self) -> None:
        """Let go of the connection; it is opened again when needed."""
        ...


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets: what a platform answers may repeat what it was told."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text
