"""The texts that DuckDB was given, with the shapes of their rows: what another engine has to understand alike."""

import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa
from pyspark.sql.pandas.types import to_arrow_schema

from telltale.engine import DuckEngine, DuckRelation, Kernel, Relation, Value
from telltale.engine.spark import SparkEngine, _nullable, _on_workers


class Text(NamedTuple):
    """A text as it was run."""

    text: str
    rows: Mapping[str, pa.Schema]
    values: Mapping[str, Value]
    gives: pa.Schema

    def problem(self, engine: SparkEngine, empty: dict[pa.Schema, Relation], *, runs: bool) -> str:
        """What Spark makes of it otherwise; empty where it is the same columns of the same types.

        Args:
            engine: what reads it.
            empty: relations of no rows that others were given already; those made here are added.
            runs: it is run too, of no rows; else it is only understood.
        """
        for shape in self.rows.values():
            if shape not in empty:
                empty[shape] = engine.from_arrow(shape.empty_table())
        relations = {name: empty[shape] for name, shape in self.rows.items()}
        try:
            relation = engine.run(self.text, relations, **self.values)
            made = relation.arrow().schema if runs else _nullable(to_arrow_schema(relation.df.schema, timezone="UTC"))
        except Exception as error:  # noqa: BLE001 - all that are refused are told at once
            return f"{self.text}: {error!r:.300}"
        return "" if made.equals(self.gives) else f"{self.text}: {made} instead of {self.gives}"


class Worked(NamedTuple):
    """A kernel, what it was given and what it made."""

    kernel: Kernel
    rows: pa.Table
    made: pa.Table

    def elsewhere(self) -> str:
        """What another process makes of it that has no telltale: `True` where it is the same, else its error."""
        on_part = _on_workers(self.kernel, self.made.schema)
        cells = [cell.cell_contents for cell in on_part.__closure__ or ()]
        (packed,) = [each for each in cells if isinstance(each, bytes)]
        given = pickle.dumps((packed, self.rows, self.made))
        done = subprocess.run([sys.executable, "-c", _ELSEWHERE], input=given, capture_output=True, check=False)
        return (done.stdout.decode() or done.stderr.decode()).strip()


_ELSEWHERE = """
import pickle, sys
sys.modules["telltale"] = None
packed, rows, made = pickle.load(sys.stdin.buffer)
print(pickle.loads(packed)(rows).equals(made))
"""


class Heard(DuckEngine):
    """DuckDB, which remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, Text] = {}
        self.worked: dict[str, Worked] = {}

    def apply(self, kernel: Kernel, relation: Relation, *, by: Sequence[str], schema: pa.Schema) -> DuckRelation:
        """The same as ever, and the most rows of each kernel remembered."""
        rows = relation.arrow()
        made = kernel(rows)
        function = getattr(kernel, "func", kernel)
        name = f"{function.__module__}.{function.__qualname__}"
        if name not in self.worked or self.worked[name].rows.num_rows < rows.num_rows:
            self.worked[name] = Worked(kernel, rows, made)
        return self.from_arrow(made)

    def run(self, text: str, relations: Mapping[str, Relation], /, **values: Value) -> DuckRelation:
        """The same as ever, and remembered."""
        made = super().run(text, relations, **values)
        if text not in self.texts:
            rows = {name: self._shape(relation) for name, relation in relations.items()}
            self.texts[text] = Text(text, rows, values, self._shape(made))
        return made

    def _shape(self, relation: Relation) -> pa.Schema:
        assert isinstance(relation, DuckRelation)
        return self.fetch(f"select * from ({relation.text}) shape limit 0").schema
