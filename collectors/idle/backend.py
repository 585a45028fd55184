"""What every way of asking for the idle time has in common."""

from typing import Protocol


class Unavailable(Exception):
    """This way does not work here; says why."""


class Backend(Protocol):
    """One way of asking, connected."""

    @property
    def name(self) -> str:
        """Its name in settings and records."""

    def idle_s(self) -> float | None:
        """Seconds since the last input; None where it cannot be told at this moment.

        Raises:
            Unavailable: it works no longer: the desktop ended.
        """

    def close(self) -> None:
        """Disconnect."""
