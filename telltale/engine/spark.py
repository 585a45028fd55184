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
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from typing import Any

import pyarrow as pa

from telltale.arrow import schema
from telltale.engine import session as sessions
from telltale.engine import stages
from telltale.engine.duck import DuckEngine
from telltale.engine.lost import is_lost
from telltale.engine.parted import whole
from telltale.engine.protocol import Kernel, Parts, Relation, Value
from telltale.engine.texts import literal, with_values
from telltale.masters import is_remote, shown
from telltale.tables import Table

EVERYTHING = 1 << 62
"""Rows one step takes at most: Spark bounds its memory itself, and many steps would be many jobs."""


class SparkEngine:
    """The engine of a cluster, or of a Java machine beside this process.

    Args:
        master: where Spark is, see `telltale.engine.session`.
        memory: of a Java machine that is started here.
        tell: where the stages of long work are shown, see `telltale.engine.stages`; None is nowhere.

    Raises:
        ConfigError: it cannot be opened.
        SparkLost: nothing answers there.
    """

    batch_rows = EVERYTHING

    def __init__(self, master: str, *, memory: str = "2g", tell: stages.Tell | None = None) -> None:
        self.master = master
        self._tell = tell
        self._memory = memory
        sessions.session(master, memory=memory)
        self._numbers = itertools.count()
        self._tag = os.urandom(4).hex()
        self._dropped: list[str] = []
        self._keeps = True

    @property
    def session(self) -> Any:
        """The session of the master: another one after it was lost."""
        return sessions.session(self.master, memory=self._memory)

    @property
    def words(self) -> str:
        """What answers, as a footer says it."""
        return f"Spark {self.session.version} ({shown(self.master)})"

    @cached_property
    def here(self) -> DuckEngine:
        """DuckDB in this process, of one thread: sums are added in one order."""
        return DuckEngine(threads=1)

    def from_arrow(self, rows: pa.Table) -> "SparkRelation":
        """The rows of an Arrow table; none are a text, which Spark follows through all that is made of it."""
        rows = _known_types(rows)
        with sessions.lost_said(self.master):
            if not rows.num_rows:
                return SparkRelation(self, self.session.sql(_no_rows(rows.schema)))
            return SparkRelation(self, self.session.createDataFrame(rows, _spark_schema(rows.schema)))

    def table(self, table: Table, parts: Parts) -> "SparkRelation":
        """A table of the lake, each natural key once; an empty relation where there are no parts."""
        return whole(self, table, parts)

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
        with self.working():
            made = rows.df.repartition(*by).mapInArrow(_on_workers(kernel, schema), _spark_schema(schema))
            return self._kept(SparkRelation(self, made, (rows,)))

    def keep(self, relation: Relation) -> "SparkRelation":
        """The same rows, computed now and once."""
        with self.working():
            return self._kept(_ours(relation))

    @contextmanager
    def working(self) -> Iterator[None]:
        """Inside the block Spark computes: its stages are told, and what tells of a lost session is a sentence."""
        remote = is_remote(self.master)
        with sessions.lost_said(self.master), stages.told(self.session, self._tell, is_remote=remote):
            yield

    def discard(self, view: str) -> None:
        """Remember a view to drop before the next text (a finaliser may run in the middle of one)."""
        self._dropped.append(view)

    def _kept(self, relation: "SparkRelation") -> "SparkRelation":
        if self._keeps:
            try:
                return SparkRelation(self, _in_session(relation.df.localCheckpoint(eager=True), relation.df))
            except Exception as error:
                if is_lost(error):
                    raise
                made = self.from_arrow(relation.arrow())  # where it is the rows that fail, they fail here again
                self._keeps = False  # a server without a place for checkpoints, such as Sail's as it comes
                return made
        return self.from_arrow(relation.arrow())

    def files(self, table: Table, paths: Sequence[str]) -> "SparkRelation":
        """The rows of files as they lie, null where a file does not have a column."""
        with sessions.lost_said(self.master):
            reader = self.session.read.schema(_spark_schema(schema(table)))
            return SparkRelation(self, reader.parquet(*map(_of_hadoop, paths)).select(*table.names))

    def union(self, relations: Sequence["SparkRelation"]) -> "SparkRelation":
        """The rows of all of them."""
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
        with self._engine.working():
            rows = self.df.toArrow()
        return rows.cast(_nullable(rows.schema))

    def lasting(self) -> Any:
        """The DataFrame for those who keep it: it, and what is made of it, holds the views it reads.

        A server of Spark Connect looks a view up each time rows are asked for, not when the DataFrame was made.
        """
        holder = getattr(self.df, "_plan", self.df)  # what is made of a DataFrame of Connect holds its plan
        holder.telltale_relation = self
        return self.df

    def view(self) -> str:
        """The name of its temporary view, made when it is first asked for."""
        if not self._view:
            self._view = self._engine.named(self)
        return self._view


def _in_session(made: Any, source: Any) -> Any:
    """A checkpoint, in the session of the DataFrame that it was made of.

    PySpark's client (4.2, 4.3) gives it to the session that is active in this thread: somebody else's, or one of a
    server that is gone.
    """
    if (plan := getattr(made, "_plan", None)) is not None:
        made._session = plan._spark_session = source.sparkSession
    return made


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


def _no_rows(schema: pa.Schema) -> str:
    """The text of no rows: by PySpark's own way each would be a job, to be run for everything that is made of it."""
    columns = ", ".join(
        f"cast(null as {each.dataType.simpleString()}) as `{each.name}`" for each in _spark_schema(schema)
    )
    return f"select {columns} where false"


def _spark_schema(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_type
    from pyspark.sql.types import StructField, StructType

    return StructType([StructField(field.name, from_arrow_type(field.type), True) for field in schema])
