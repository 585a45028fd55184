"""What a table of the lake is: columns, types, units, natural key, and which of several rows of one key is kept.

Standard library only. Types are `int64`, `int32`, `float64`, `string`, `bool` and `timestamp` (microseconds, UTC).
"""

from dataclasses import dataclass
from typing import NamedTuple


class Column(NamedTuple):
    """A column: its type, one line of meaning; the unit is the name's suffix."""

    name: str
    type: str
    doc: str
    nullable: bool = False
    station: bool = False
    """The decoder yields a 48-bit station address here; the pipeline stores a signed 64-bit pseudonym."""


ORIGIN = (
    Column("raw_id", "int64", "raw record the row was decoded from"),
    Column("source", "string", "source that decoded it"),
    Column("received_at", "timestamp", "when the record reached the collector"),
)

CLOCK_WRONG = ("clock_ahead", "clock_unset")
"""Flags that keep a row out of sessions and file it under the day it was received (wire/presence.md R8)."""

CLOCK_SET_US = 1_262_304_000_000_000
"""2010-01-01; a row with a time of its own before it came from a clock that was never set: `clock_unset`."""
AHEAD_US = 300 * 1_000_000
"""A row's own time later than received_at by more than this is flagged `clock_ahead`."""
LATE_US = 24 * 3600 * 1_000_000
"""A row's own time earlier than received_at by more than this is flagged `late`."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the lake.

    Of rows with equal keys one is kept. Whatever the order of arrival it says at least as much as each of them.

    Args:
        key: natural key; NULLs in it are equal; files are sorted by it.
        time: the row's own time. Its UTC day is the partition (`received_at` where `flags` says the clock is wrong).
        prefer: of rows with equal keys that with the larger value of these columns wins, NULL being the least; then
            larger received_at, then larger raw_id.
        by_column: each column is of the first of them in that order in which it is not null.
        largest: columns that keep the largest value of all of them, whichever wins; none of `prefer` but its first.
        smallest: columns that keep the smallest; none of `prefer`.
        added: nullable columns that came later: files of before are read as if they held nulls.
        because: why these rows say the most; every table that a decoder fills has its reason.
        derived: written when a day closes, not by a decoder.
        personal: rows concern people's devices: the presence retention applies.
    """

    name: str
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    time: str
    prefer: tuple[str, ...] = ()
    by_column: bool = False
    largest: tuple[str, ...] = ()
    smallest: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    because: str = ""
    derived: bool = False
    personal: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name!r}; it has {', '.join(self.names)}")
