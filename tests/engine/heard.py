"""The texts that DuckDB was given, with the shapes of their rows: what another engine has to understand alike."""

from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa

from telltale.engine import DuckEngine, DuckRelation, Relation, Value
from telltale.engine.spark import SparkEngine


class Text(NamedTuple):
    """A text as it was run."""

    text: str
    rows: Mapping[str, pa.Schema]
    values: Mapping[str, Value]
    gives: pa.Schema

    def problem(self, engine: SparkEngine) -> str:
        """What Spark makes of it otherwise; empty where it is the same columns of the same types."""
        relations = {name: engine.from_arrow(shape.empty_table()) for name, shape in self.rows.items()}
        try:
            made = engine.run(self.text, relations, **self.values).arrow().schema
        except Exception as error:  # noqa: BLE001 - all that are refused are told at once
            return f"{self.text}: {str(error)[:300]}"
        return "" if made.equals(self.gives) else f"{self.text}: {made} instead of {self.gives}"


class Heard(DuckEngine):
    """DuckDB, which remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, Text] = {}

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
