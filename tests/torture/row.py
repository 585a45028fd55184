"""A row of the table: one fault, and what the senders were told against what is there afterwards."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

ALONE = "by itself"


class Row(NamedTuple):
    """What one fault did, in all its rounds."""

    fault: str
    rounds: int
    acknowledged: int
    """Records whose senders were told that they are stored."""
    lost: int
    """Of those, the ones that are not there, as bytes or as rows."""
    doubled: int
    """Rows that are there more often than they were sent."""
    recover_s: float | None
    """The longest time until records were taken again; None where they were all the time."""
    memory_mb: float
    """The most that the processes in question took together."""
    recovers: str = ALONE
    """Or the one command."""
    note: str = ""
    is_control: bool = False
    """A control is there to lose: it shows that the loss would be seen."""

    @property
    def is_good(self) -> bool:
        """Whether something was acknowledged, and nothing lost or doubled; a control has to lose."""
        if self.is_control:
            return self.lost > 0
        return self.lost == 0 and self.doubled == 0 and (self.acknowledged > 0 or self.recover_s is None)


class Fault(NamedTuple):
    """Something that happens to a project, and how it is tried in an empty folder."""

    name: str
    run: Callable[[Path, int], Iterable[Row]]
    """In a folder, so many rounds; several rows where several parts are struck."""
    rounds: int
    """In the long form; the short one has one."""
    is_short: bool = True
    """Whether the short form has it."""


def table(rows: Iterable[Row]) -> str:
    """The rows for people."""
    heads = ("fault", "rounds", "acknowledged", "lost", "doubled", "recovered", "memory", "recovers")
    cells = [heads] + [
        (
            row.fault,
            f"{row.rounds:,}",
            f"{row.acknowledged:,}",
            f"{row.lost:,}" + (" (control)" if row.is_control else ""),
            f"{row.doubled:,}",
            "–" if row.recover_s is None else f"{row.recover_s:.1f} s",
            f"{row.memory_mb:.0f} MB",
            row.recovers,
        )
        for row in rows
    ]
    widths = [max(len(line[at]) for line in cells) for at in range(len(heads))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)
