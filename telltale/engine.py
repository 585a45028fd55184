"""One way to run an analysis: a text in the Spark dialect or an Arrow table in, a relation out.

Analysis modules know only the protocols `Engine` and `Relation`. `DuckEngine` runs the texts in this process; the
texts obey the rules that let Spark run them unchanged: integer microseconds, no time zone in SQL, a total order in
every window, and only the functions the linter of the tests allows.

Source: DESIGN section 7; measured in research/engine.md sections 3 and 4.
"""

# ruff: noqa: S608 - texts are composed of names of ours; values go through `with_values`
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import pyarrow as pa

from telltale.arrow import empty
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


class Engine(Protocol):
    """Runs texts in the Spark dialect over named relations."""

    @property
    def batch_rows(self) -> int:
        """How many rows one step of a long job should take at most, so that memory stays bounded."""
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


PRELUDE = """
set timezone = 'UTC';
set default_null_order = 'nulls_first_on_asc_last_on_desc';
set autoinstall_known_extensions = false;
set enable_progress_bar = false;
create macro unix_micros(t) as epoch_us(t);
create macro timestamp_micros(n) as make_timestamptz(n);
create macro sequence(a, b) as range(a, b + 1);
create macro explode(l) as unnest(l);
create macro percentile(x, p) as quantile_cont(x, p);
create macro regexp_like(s, p) as regexp_matches(s, p);
"""
"""What makes DuckDB read the Spark dialect; by default its zone is the machine's and its nulls sort otherwise."""


class DuckEngine:
    """The engine of one process and one thread: DuckDB in memory.

    Args:
        threads: how many DuckDB may use; None leaves it to DuckDB.
        batch_rows: rows one step of a long job takes at most.
    """

    def __init__(self, *, threads: int | None = None, batch_rows: int = 1_000_000) -> None:
        import duckdb

        self.batch_rows = batch_rows
        self._connection = duckdb.connect()
        self._connection.execute(PRELUDE)
        if threads is not None:
            self._connection.execute(f"set threads = {int(threads)}")
        self._numbers = itertools.count()
        self._dropped: list[str] = []

    def from_arrow(self, rows: pa.Table) -> "DuckRelation":
        """The rows of an Arrow table, read in place."""
        name = self._name()
        self._connection.register(name, rows)
        return self._pinned(name, tuple(rows.column_names))

    def table(self, table: Table, parts: Parts) -> "DuckRelation":
        """A table of the lake, each natural key once; an empty relation where there are no parts."""
        branches = []
        if parts.unique:
            branches.append(self._files(table, parts.unique))
        doubtful = [self._files(table, parts.mixed)] if parts.mixed else []
        if parts.hot is not None and parts.hot.num_rows:
            doubtful.append(self.from_arrow(parts.hot.select(list(table.names))))
        if doubtful:
            branches.append(self.run(deduplication(table), {"rows_in": self._union(doubtful)}))
        return self._union(branches or [self.from_arrow(empty(table))])

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
        """The rows of a DuckDB text."""
        self._sweep()
        return self._connection.execute(text).to_arrow_table()

    def discard(self, view: str) -> None:
        """Remember a view to drop before the next statement (a finaliser may run in the middle of one)."""
        self._dropped.append(view)

    def _files(self, table: Table, paths: tuple[str, ...]) -> "DuckRelation":
        name = self._name()
        listed = ", ".join(_literal(path) for path in paths)
        # By name only where files may differ: it reads the end of every file before the first row.
        read = f"read_parquet([{listed}], hive_partitioning = false, union_by_name = {bool(table.added)})"
        there = {*self.describe(f"select * from {read}")} if table.added else {*table.names}
        columns = ", ".join(
            f'"{column}"' if column in there else f'cast(null as {_TYPES[table.column(column).type]}) as "{column}"'
            for column in table.names
        )
        self._connection.execute(f"create temp view {name} as select {columns} from {read}")
        return self._pinned(name, table.names)

    def _union(self, relations: list["DuckRelation"]) -> "DuckRelation":
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
        return tuple(row[0] for row in self._connection.execute(f"describe {text}").fetchall())

    def _sweep(self) -> None:
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


def deduplication(table: Table) -> str:
    """The text that keeps one row of each natural key of `rows_in`, the same whatever the order of arrival."""
    ranked = dict.fromkeys((*table.prefer, "received_at", "raw_id", *table.names))  # the rest: one record may repeat
    order = ", ".join(f"{name} desc nulls last" for name in ranked if name not in table.key)
    if table.by_column:
        return _column_by_column(table, order)
    key = f"partition by {', '.join(table.key)}"
    extremes = {name: f"max({name})" for name in table.largest} | {name: f"min({name})" for name in table.smallest}
    given = ", ".join(f"{extremes[name]} over ({key}) as {name}" if name in extremes else name for name in table.names)
    names, rank = ", ".join(table.names), f"row_number() over ({key} order by {order}) as rank_in_key"
    ranking = f"select *, {rank} from rows_in"
    if extremes:
        ranking = f"select {given}, rank_in_key from ({ranking}) numbered"
    return f"select {names} from ({ranking}) ranked where rank_in_key = 1"


def _column_by_column(table: Table, order: str) -> str:
    """The first value of each column that is not null: the one at which the count of such values becomes 1."""
    key, names = ", ".join(table.key), ", ".join(table.names)
    values = [name for name in table.names if name not in table.key]
    window = f"over (partition by {key} order by {order} rows between unbounded preceding and current row)"
    counts = ", ".join(f"count({name}) {window} as n_{name}" for name in values)
    firsts = ", ".join(
        name if name in table.key else f"max(case when n_{name} = 1 then {name} end) as {name}" for name in table.names
    )
    return f"select {firsts} from (select {names}, {counts} from rows_in) counted group by {key}"


_TYPES = {"int64": "bigint", "int32": "integer", "float64": "double", "string": "varchar", "bool": "boolean"}
"""DuckDB's names of the types a column that came later may have."""
_NAME_OR_QUOTED = re.compile(r"'(?:[^']|'')*'|(?<![:\w]):([a-z]\w*)")


def with_values(text: str, values: Mapping[str, Value]) -> str:
    """The text with each `:name` replaced by its value as a literal; KeyError for a name without a value."""

    def replaced(match: re.Match[str]) -> str:
        return _literal(values[match[1]]) if match[1] else match[0]

    return _NAME_OR_QUOTED.sub(replaced, text)


def named_values(text: str) -> list[str]:
    """The names that stand in a text for values, in their order."""
    return [match[1] for match in _NAME_OR_QUOTED.finditer(text) if match[1]]


def _literal(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"cast({value} as bigint)"
    if isinstance(value, float):
        return f"cast({value!r} as double)"
    return "'" + value.replace("'", "''") + "'"


def _ours(relation: Relation) -> DuckRelation:
    if not isinstance(relation, DuckRelation):
        raise TypeError(f"relation is a {type(relation).__name__}, expected one of this engine; use from_arrow")
    return relation
