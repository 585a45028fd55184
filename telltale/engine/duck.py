"""DuckDB in this process: the engine of a notebook, a page, a report, and of one machine."""

# ruff: noqa: S608 - texts are composed of names of ours; values go through `with_values`
import itertools
import threading
from collections.abc import Mapping, Sequence

import pyarrow as pa

from telltale.arrow import schema
from telltale.engine.parted import whole
from telltale.engine.protocol import Kernel, Parts, Relation, RemoteFiles, Value
from telltale.engine.texts import literal, with_values
from telltale.tables import Table

PRELUDE = """
set timezone = 'UTC';
set default_null_order = 'nulls_first_on_asc_last_on_desc';
set autoinstall_known_extensions = false;
set enable_progress_bar = false;
set enable_external_file_cache = false;
create macro unix_micros(t) as epoch_us(t);
create macro timestamp_micros(n) as make_timestamptz(n);
create macro sequence(a, b) as range(a, b + 1);
create macro explode(l) as unnest(l);
create macro percentile(x, p) as quantile_cont(x, p);
create macro regexp_like(s, p) as regexp_matches(s, p);
"""
"""What makes DuckDB read the Spark dialect; by default its zone is the machine's and its nulls sort otherwise.

Its cache of what it read from files is off: the system holds local files anyway, 100 M sightings left 290 MB in it, and
an upkeep that reads new files all day grew by gigabytes. So is that of where columns lie, 19 kB of each file ever read.
"""


_TYPES = {"int64": "bigint", "int32": "integer", "float64": "double", "string": "varchar", "bool": "boolean"}
"""DuckDB's names of the types a column that came later may have."""
FETCHED_ROWS = 65_536
"""Rows DuckDB makes room for at once: with its own million, a table of 35,000 rows held 70 MB while it lived."""


class DuckEngine:
    """The engine of one process: DuckDB in memory.

    One thread at a time asks it. DuckDB lets two use a connection, but one that hands Arrow's rows over while the other
    waits for its own would wait for ever: each for what the other holds, the connection or Python itself.

    Args:
        threads: how many DuckDB may use; None leaves it to DuckDB.
        batch_rows: rows one step of a long job takes at most.
        remote: what reads files whose paths are URLs.
    """

    def __init__(
        self, *, threads: int | None = None, batch_rows: int = 1_000_000, remote: RemoteFiles | None = None
    ) -> None:
        import duckdb

        self._remote = remote

        self.batch_rows = batch_rows
        self._alone = threading.RLock()
        self._connection = duckdb.connect()
        self._connection.execute(PRELUDE)
        if threads is not None:
            self._connection.execute(f"set threads = {int(threads)}")
        self._numbers = itertools.count()
        self._dropped: list[str] = []

    @property
    def here(self) -> "DuckEngine":
        """Itself."""
        return self

    def from_arrow(self, rows: pa.Table) -> "DuckRelation":
        """The rows of an Arrow table, read in place."""
        name = self._name()
        with self._alone:
            self._connection.register(name, rows)
        return self._pinned(name, tuple(rows.column_names))

    def table(self, table: Table, parts: Parts) -> "DuckRelation":
        """A table of the lake, each natural key once; an empty relation where there are no parts."""
        return whole(self, table, parts)

    def run(self, text: str, relations: Mapping[str, Relation], /, **values: Value) -> "DuckRelation":
        """The result of a text, computed when it is asked for."""
        self._sweep()
        inputs = {name: _ours(relation) for name, relation in relations.items()}
        named = ", ".join(f"{name} as not materialized ({relation.text})" for name, relation in inputs.items())
        body = with_values(text, values)
        whole = f"with {named} select * from ({body}) result" if named else body
        return DuckRelation(self, whole, None, tuple(inputs.values()))

    def apply(self, kernel: Kernel, relation: Relation, *, by: Sequence[str], schema: pa.Schema) -> "DuckRelation":  # noqa: ARG002 - one call sees every row
        """What a kernel makes of the rows, in one call.

        Raises:
            ValueError: the kernel's result is not of `schema`.
        """
        made = kernel(relation.arrow())
        if not made.schema.equals(schema):
            raise ValueError(
                f"kernel gave the columns {made.schema.names}, expected {schema.names} of the types declared"
            )
        return self.from_arrow(made)

    def keep(self, relation: Relation) -> "DuckRelation":
        """The same rows as an Arrow table: less memory than a temporary table, and as fast to read."""
        return self.from_arrow(relation.arrow())

    def fetch(self, text: str) -> pa.Table:
        """The rows of a DuckDB text; an error of what reads URLs is its own.

        Not by `execute`: what it gives is filled while the text runs, and of a union whose third part begins when the
        second has ended the second may wait for room that nobody makes; it could not even be interrupted.
        """
        self._sweep()
        try:
            with self._alone:
                return self._connection.sql(text).to_arrow_table(FETCHED_ROWS)
        except Exception as error:
            failure = self._remote.failure(error) if self._remote is not None else None
            if failure is None:
                raise
            raise failure from error

    def discard(self, view: str) -> None:
        """Remember a view to drop before the next statement (a finaliser may run in the middle of one)."""
        self._dropped.append(view)

    def files(self, table: Table, paths: Sequence[str]) -> "DuckRelation":
        """The rows of files as they lie, null where a file does not have a column."""
        name = self._name()
        if self._remote is not None and "://" in paths[0]:
            # Without its extension for them, DuckDB reads no URLs; Arrow gets its columns and conditions.
            with self._alone:
                self._connection.register(name, self._remote.dataset(schema(table), paths))
            return self._pinned(name, table.names)
        listed = ", ".join(literal(path) for path in paths)
        # By name only where files may differ: it reads the end of every file before the first row.
        read = f"read_parquet([{listed}], hive_partitioning = false, union_by_name = {bool(table.added)})"
        there = {*self.describe(f"select * from {read}")} if table.added else {*table.names}
        columns = ", ".join(
            f'"{column}"' if column in there else f'cast(null as {_TYPES[table.column(column).type]}) as "{column}"'
            for column in table.names
        )
        with self._alone:
            self._connection.execute(f"create temp view {name} as select {columns} from {read}")
        return self._pinned(name, table.names)

    def union(self, relations: Sequence["DuckRelation"]) -> "DuckRelation":
        """The rows of all of them."""
        if len(relations) == 1:
            return relations[0]
        text = " union all ".join(f"select * from ({relation.text}) part" for relation in relations)
        return DuckRelation(self, text, None, tuple(relations))

    def _name(self) -> str:
        return f"telltale_{next(self._numbers)}"

    def _pinned(self, name: str, columns: tuple[str, ...]) -> "DuckRelation":
        return DuckRelation(self, f"select * from {name}", columns, (_Pin(self, name),))

    def describe(self, text: str) -> tuple[str, ...]:
        """The column names of a DuckDB text."""
        self._sweep()
        with self._alone:
            return tuple(row[0] for row in self._connection.execute(f"describe {text}").fetchall())

    def _sweep(self) -> None:
        with self._alone:
            while self._dropped:
                self._connection.execute(f"drop view if exists {self._dropped.pop()}")


class DuckRelation:
    """Rows of a DuckEngine: the text that makes them, and what must live as long as it does."""

    def __init__(
        self, engine: DuckEngine, text: str, columns: tuple[str, ...] | None, needs: tuple[object, ...]
    ) -> None:
        self.text = text
        self._engine = engine
        self._columns = columns
        self._needs = needs

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names; asking DuckDB for them costs as much as planning the text, so it is asked when needed."""
        if self._columns is None:
            self._columns = self._engine.describe(self.text)
        return self._columns

    def arrow(self) -> pa.Table:
        """The rows, computed now."""
        return self._engine.fetch(self.text)


class _Pin:
    """Keeps a view while a relation needs it."""

    def __init__(self, engine: DuckEngine, view: str) -> None:
        self._engine = engine
        self._view = view

    def __del__(self) -> None:
        self._engine.discard(self._view)


def _ours(relation: Relation) -> DuckRelation:
    if not isinstance(relation, DuckRelation):
        raise TypeError(f"relation is a {type(relation).__name__}, expected one of this engine; use from_arrow")
    return relation
