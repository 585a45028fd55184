"""What records decode to, and how much of one is kept."""

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any, NamedTuple

SECOND_US = 1_000_000


class Chunk(NamedTuple):
    """Rows of one table, as equally long lists by column name.

    Columns the pipeline adds (`raw_id`, `source`, `received_at`) are absent; a missing nullable column is null.
    A column marked `station` in `telltale.tables` carries the address as a 48-bit integer; the pipeline turns it into a
    pseudonym. Times are integer microseconds UTC.
    """

    table: str
    columns: dict[str, list[Any]]


class Scaled(NamedTuple):
    """A column of numbers in short: (first of its run + number) / divisor of its run."""

    numbers: list[int]
    """One a row."""
    firsts: list[int]
    """One a run."""
    divisors: list[int]
    """One a run."""
    holes: list[int]
    """The rows that have no value, whatever their number."""


class Runs(NamedTuple):
    """Columns in short: what holds for each run of rows, and how long each run is."""

    columns: dict[str, list[Any]]
    """The value of each run."""
    lengths: Sequence[int]
    ramps: Mapping[str, tuple[list[int], list[int]]] = {}
    """Of whole numbers at equal steps: the first of each run, and the step to the next."""
    scaled: Mapping[str, Scaled] = {}
    seconds: Mapping[str, list[int]] = {}
    """Of times in whole seconds since 1970, one a row."""

    def spelt_out(self) -> dict[str, list[Any]]:
        """The same columns, with a value for each row."""
        columns: dict[str, list[Any]] = {
            name: list(chain.from_iterable(map(repeat, values, self.lengths))) for name, values in self.columns.items()
        }
        for name, (firsts, steps) in self.ramps.items():
            ramps = zip(firsts, steps, self.lengths, strict=True)
            columns[name] = [first + step * place for first, step, length in ramps for place in range(length)]
        for name, (numbers, firsts, divisors, holes) in self.scaled.items():
            shared = chain.from_iterable(map(repeat, zip(firsts, divisors, strict=True), self.lengths))
            values: list[float | None] = [
                (first + number) / divisor for number, (first, divisor) in zip(numbers, shared, strict=True)
            ]
            for row in holes:
                values[row] = None
            columns[name] = values
        return columns | {name: [stamp * SECOND_US for stamp in stamps] for name, stamps in self.seconds.items()}


class Bulk(NamedTuple):
    """A chunk with the rows of several raw records, in their order."""

    chunk: Chunk
    counts: Sequence[int]
    """How many of the rows each record gave."""
    runs: Runs | None = None
    """Further columns of the rows, where one value holds for many of them."""

    def spelt_out(self) -> Chunk:
        """All columns of the rows, each with a value for each row."""
        if self.runs is None:
            return self.chunk
        return self.chunk._replace(columns={**self.chunk.columns, **self.runs.spelt_out()})


class Many(NamedTuple):
    """What many raw records decode to at once."""

    bulks: Sequence[Bulk]
    odd: Sequence[int] = ()
    """The places of those that have no rows in a bulk, because only `decode` understands them."""


class Reject(NamedTuple):
    """A part of a record that could not be decoded."""

    part: str
    """Where in the record: `row 3`, `envelope`."""
    reason: str
    """A short name, such as `group_address`."""
    excerpt: str
    """The bytes or value seen, station addresses masked, at most 200 characters."""


class Limits(NamedTuple):
    """What is kept of one record: a body of a few megabytes could come to millions of rows or rejects."""

    rows: int = 100_000
    """Rows at most, the first of the body: more than a sensor can store, far more than a report of any source has."""
    rejects: int = 100
    """Rejects at most, the first."""


class Shortened(NamedTuple):
    """A body that lacks its last entries."""

    body: bytes
    left_out: int
    """How many entries it lacks; 0 of one that is as it came."""
