"""What a capture gives, whatever system it runs on: frames of one interface, and the moment each was received."""

import time
from typing import NamedTuple, Protocol


class Frame(NamedTuple):
    """A captured frame, its VLAN tags in place, at most 1,514 bytes of it."""

    at_us: int
    """Microseconds since 1970, UTC, as the kernel stamped it."""
    data: bytes


class Moment(NamedTuple):
    """A moment by two clocks: the wall clock in UTC, and one that never steps."""

    wall_us: int
    steady_s: float


def moment() -> Moment:
    """Now."""
    return Moment(time.time_ns() // 1000, time.monotonic())


class Capture(Protocol):
    """An open capture of one interface, which may go away and come back."""

    interface: str

    def fileno(self) -> int:
        """What to wait on for frames; −1 where nothing can be waited on."""

    def read(self) -> list[Frame]:
        """Frames that wait, some at a time; empty when none does. Never blocks."""

    def drops(self) -> int:
        """Frames lost since the last call because nobody read them in time."""

    def link(self) -> bool:
        """Whether frames can arrive just now; finds the interface again when it has come back."""

    def close(self) -> None:
        """End the capture."""
