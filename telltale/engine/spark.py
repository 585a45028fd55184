"""Spark as an engine: the same texts and the same kernels, where data outgrow one machine.

Only DataFrames, SQL and `mapInArrow`, which is what Spark Connect has, and so what every place has where Spark runs.

Source: DESIGN section 7; Spark 4.2 and 4.3, PySpark API reference, Spark SQL.
"""

# ruff: noqa: S608 - texts are composed of names of ours; values go through `with_values`
import itertools
import os
import re
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import pyarrow as pa

from telltale.arrow import empty, schema
from telltale.engine import session as sessions
from telltale.engine.protocol import Kernel, Parts, Relation, Value
from telltale.engine.texts import deduplication, literal, with_values
from telltale.tables import Table

EVERYTHING = 1 << 62
"""Rows one step takes at most: Spark bounds its memory itself, and many steps would be many jobs."""


class SparkEngine:
    """The engine of a cluster, or of a Java machine beside this process.

    Args:
        master: where Spark is, see `telltale.engine.session`.
        memory: of a Java machine that is started here.

    Raises:
        ConfigError: it cannot be opened.
        SparkLost: nothing answers there.
    """

    batch_rows = EVERYTHING

    def __init__(self, master: str, *, memory: str = "2g") -> None:
        self.master = master
        self.session = sessions.session(master, memory=memory)
        self._numbers = itertools.count()
        self._tag = os.urandom(4).hex()
        self._dropped: list[str] = []
        self._keeps = True

    @property
    def words(self) -> str:
        """What answers, as a footer says it."""
        return f"Spark {self.session.version} ({sessions.shown(self.master)})"

    def from_arrow(self, rows: pa.Table) -> "SparkRelation":
        """The rows of an Arrow table."""
        rows = _known_types(rows)
        with sessions.lost_said(self.master):
            if not rows.num_rows:
                return SparkRelation(self, self.session.createDataFrame([], _spark_schema(rows.schema)))
            return SparkRelation(self, self.session.createDataFrame(rows, _spark_schema(rows.schema)))

    def table(self, table: Table, parts: Parts) -> "SparkRelation":
        """A table of the lake, each natural key once; an empty relation where there are no parts."""
        branches = [self._files(table, parts.unique)] if parts.unique else []
        doubtful = [self._files(table, parts.mixed)] if parts.mixed else []
        if parts.hot is not None and parts.hot.num_rows:
            doubtful.append(self.from_arrow(parts.hot.select(list(table.names))))
        if doubtful:
            branches.append(self.run(deduplication(table), {"rows_in": self._union(doubtful)}))
        return self._union(branches or [self.from_arrow(empty(table))])

    def run(self, text: str, relations: Mapping[str, Relation], /, **values: Value) -> "SparkRelation":
        """The result of a text, computed when it is asked for."""
        inputs = {name: _ours(relation) for name, relation in relations.items()}
        body = with_values(text, values, _literal)
        with sessions.lost_said(self.master):
            self._sweep()
            named = ", ".join(f"{name} as (select * from {relation.view()})" for name, relation in inputs.items())
            whole = f"with {named} select * from ({body}) result" if named else body
            return SparkRelation(self, self.session.sql(whole), tuple(inputs.values()))

    def apply(self, kernel: Kernel, relation: Relation, *, by: Sequence[str], schema: pa.Schema) -> "SparkRelation":
        """What a kernel makes of the rows: one call for each part of them, and equal `by` are in one part.

        The kernel goes to the workers with all that it names of telltale, so that they need pyarrow and numpy only.
        """
        rows = _ours(relation)
        with sessions.lost_said(self.master):
            made = rows.df.repartition(*by).mapInArrow(_on_workers(kernel, schema), _spark_schema(schema))
            return self._kept(SparkRelation(self, made, (rows,)))

    def keep(self, relation: Relation) -> "SparkRelation":
        """The same rows, computed now and once."""
        with sessions.lost_said(self.master):
            return self._kept(_ours(relation))

    def discard(self, view: str) -> None:
        """Remember a view to drop before the next text (a finaliser may run in the middle of one)."""
        self._dropped.append(view)

    def _kept(self, relation: "SparkRelation") -> "SparkRelation":
        if self._keeps:
            try:
                return SparkRelation(self, relation.df.localCheckpoint(eager=True))
            except Exception as error:
                if sessions.is_lost(error):
                    raise
                made = self.from_arrow(relation.arrow())  # where it is the rows that fail, they fail here again
                self._keeps = False  # a server without a place for checkpoints, such as Sail's as it comes
                return made
        return self.from_arrow(relation.arrow())

    def _files(self, table: Table, paths: Sequence[str]) -> "SparkRelation":
        reader = self.session.read.schema(_spark_schema(schema(table)))
        return SparkRelation(self, reader.parquet(*map(_of_hadoop, paths)).select(*table.names))

    def _union(self, relations: Sequence["SparkRelation"]) -> "SparkRelation":
        df = relations[0].df
        for other in relations[1:]:
            df = df.unionByName(other.df)
        return SparkRelation(self, df, tuple(relations))

    def named(self, relation: "SparkRelation") -> str:
        """A new temporary view of a relation; it goes with the relation."""
        name = f"telltale_{self._tag}_{next(self._numbers)}"
        relation.df.createOrReplaceTempView(name)
        weakref.finalize(relation, self.discard, name)
        return name

    def _sweep(self) -> None:
        while self._dropped:
            self.session.catalog.dropTempView(self._dropped.pop())


class SparkRelation:
    """Rows of a SparkEngine: a DataFrame, and the relations whose views it reads."""

    def __init__(self, engine: SparkEngine, df: Any, needs: tuple[object, ...] = ()) -> None:
        self.df = df
        self._engine = engine
        self._needs = needs
        self._view = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names."""
        with sessions.lost_said(self._engine.master):
            return tuple(self.df.columns)

    def arrow(self) -> pa.Table:
        """The rows, computed now."""
        with sessions.lost_said(self._engine.master):
            rows = self.df.toArrow()
        return rows.cast(_nullable(rows.schema))

    def view(self) -> str:
        """The name of its temporary view, made when it is first asked for."""
        if not self._view:
            self._view = self._engine.named(self)
        return self._view


def _on_workers(kernel: Kernel, schema: pa.Schema) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The kernel as `mapInArrow` calls it; it knows nothing of telltale that does not come with it."""
    from pyspark import cloudpickle as untyped

    cloudpickle: Any = untyped

    package = import_module("telltale")
    cloudpickle.register_pickle_by_value(package)
    try:
        packed = cloudpickle.dumps(kernel)
    finally:
        cloudpickle.unregister_pickle_by_value(package)

    def on_part(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pickle

        import pyarrow as pa

        held = list(batches)
        if not held:
            return
        rows = pa.Table.from_batches(held)
        fields = [
            pa.field(field.name, pa.timestamp("us", "UTC") if pa.types.is_timestamp(field.type) else field.type)
            for field in rows.schema
        ]
        made = pickle.loads(packed)(rows.cast(pa.schema(fields)))  # noqa: S301 - packed above
        if not made.schema.equals(schema):
            raise ValueError(
                f"kernel gave the columns {made.schema.names}, expected {schema.names} of the types declared"
            )
        yield from made.combine_chunks().to_batches()

    return on_part


def _literal(value: Value) -> str:
    """A value as it stands in a text of Spark, where a backslash begins an escape."""
    if not isinstance(value, str):
        return literal(value)
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _ours(relation: Relation) -> SparkRelation:
    if not isinstance(relation, SparkRelation):
        raise TypeError(f"relation is a {type(relation).__name__}, expected one of this engine; use from_arrow")
    return relation


def _of_hadoop(path: str) -> str:
    """A path as Spark reads it: no name of ours is a pattern, and S3 is called s3a."""
    return re.sub(r"([\\{}\[\]*?])", r"\\\1", re.sub(r"^s3://", "s3a://", path))


def _known_types(rows: pa.Table) -> pa.Table:
    """The rows in types that Spark has: no dictionaries, no column of nothing, microseconds."""
    fields = []
    for field in rows.schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_null(kind) or pa.types.is_large_string(kind):
            kind = pa.string()
        elif pa.types.is_timestamp(kind):
            kind = pa.timestamp("us", tz="UTC")
        fields.append(pa.field(field.name, kind))
    return rows.replace_schema_metadata(None).cast(pa.schema(fields)).combine_chunks()


def _nullable(schema: pa.Schema) -> pa.Schema:
    """The same columns as DuckDB gives them: each may be null, and times are of UTC."""
    return pa.schema([pa.field(field.name, _plain(field.type)) for field in schema])


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC")
    if pa.types.is_large_string(kind):
        return pa.string()
    return pa.list_(_plain(kind.value_type)) if pa.types.is_list(kind) else kind


def _spark_schema(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_type
    from pyspark.sql.types import StructField, StructType

    return StructType([StructField(field.name, from_arrow_type(field.type), True) for field in schema])
