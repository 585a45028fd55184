"""A table of the lake from its parts, of any engine: what may repeat is read once, what cannot is read as it lies."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

import pyarrow as pa

from telltale.arrow import empty
from telltale.engine.protocol import Parts, Relation, Value
from telltale.engine.texts import deduplication
from telltale.tables import Table

R = TypeVar("R", bound=Relation)


class Reads(Protocol[R]):
    """What of an engine reads files and rows."""

    def from_arrow(self, rows: pa.Table) -> R:
        """The rows of an Arrow table."""
        ...

    def run(self, text: str, relations: Mapping[str, Relation], /, **values: Value) -> R:
        """The result of a text."""
        ...

    def files(self, table: Table, paths: Sequence[str]) -> R:
        """The rows of files of a table as they lie, in its columns; at least one file."""
        ...

    def union(self, relations: Sequence[R]) -> R:
        """The rows of several relations with the same columns; at least one."""
        ...


def whole(engine: Reads[R], table: Table, parts: Parts) -> R:
    """The table, each natural key once; no rows where there are no parts."""
    branches = [engine.files(table, parts.unique)] if parts.unique else []
    doubtful = [engine.files(table, parts.mixed)] if parts.mixed else []
    if parts.hot is not None and parts.hot.num_rows:
        doubtful.append(engine.from_arrow(parts.hot.select(list(table.names))))
    if doubtful:
        branches.append(engine.run(deduplication(table), {"rows_in": engine.union(doubtful)}))
    return engine.union(branches or [engine.from_arrow(empty(table))])
