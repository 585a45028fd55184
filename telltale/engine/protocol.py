"""What an analysis knows of an engine: the protocols, what a kernel is, and what a table of the lake consists of."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import pyarrow as pa

from telltale.tables import Table

Value = bool | int | float | str | None
"""What a text may be given by name: `:gap_us`."""


Kernel = Callable[[pa.Table], pa.Table]
"""A pure function for what no text says well: work that goes row by row in order."""


class Relation(Protocol):
    """Rows of an engine, not yet fetched."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names, in order."""
        ...

    def arrow(self) -> pa.Table:
        """The rows as an Arrow table, in the order the text gives them."""
        ...


class Parts(NamedTuple):
    """What a table of the lake consists of at one moment, sorted by whether keys may repeat."""

    unique: tuple[str, ...] = ()
    """Files of days that have one file and no hot rows: scanned as they are."""
    mixed: tuple[str, ...] = ()
    """Files of days with several files or hot rows: de-duplicated on read."""
    hot: pa.Table | None = None
    """Rows decoded on the fly; their days' files are in `mixed`."""


class RemoteFiles(Protocol):
    """What reads files whose paths are URLs."""

    def dataset(self, columns: pa.Schema, paths: Sequence[str]) -> object:
        """The files as a `pyarrow.dataset.Dataset` of these columns, null where a file does not have one."""
        ...

    def failure(self, error: Exception) -> Exception | None:
        """What to raise in place of an error met while it was scanned; None where the error says it well."""
        ...


class Engine(Protocol):
    """Runs texts in the Spark dialect over named relations."""

    @property
    def batch_rows(self) -> int:
        """How many rows one step of a long job should take at most, so that memory stays bounded."""
        ...

    @property
    def here(self) -> "Engine":
        """The engine of this process, for many small questions to rows that it holds: each costs a cluster a second."""
        ...

    def from_arrow(self, rows: pa.Table) -> Relation:
        """The rows of an Arrow table."""
        ...

    def table(self, table: Table, parts: Parts) -> Relation:
        """A table of the lake, each natural key once."""
        ...

    def run(self, text: str, relations: Mapping[str, Relation], /, **values: Value) -> Relation:
        """The result of a text: its tables are the names of `relations`, its `:name`s are the values."""
        ...

    def apply(self, kernel: Kernel, relation: Relation, *, by: Sequence[str], schema: pa.Schema) -> Relation:
        """What a kernel makes of the rows, of `schema`: rows equal in `by` reach the same call, in any order."""
        ...

    def keep(self, relation: Relation) -> Relation:
        """The same rows, computed now and once."""
        ...
