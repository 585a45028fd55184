"""Answers to one question beside each other: as a tidy table, one column a choice, or drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from telltale.contract import ConfigError, did_you_mean
from telltale.what_if.apart import numeric
from telltale.what_if.measures import CHOICE, Measures
from telltale.workbench.tidy import tidy

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


@dataclass(frozen=True)
class Comparison:
    """What a call says as everything is set, and otherwise.

    Args:
        name: of the call.
        measures: how its answers stand beside each other.
        rows: the answers one below the other, with `choice` first.
        hidden: groups of counts that are withheld beside the others.
    """

    name: str
    measures: Measures
    rows: pa.Table
    hidden: int = 0

    @classmethod
    def of(
        cls, name: str, measures: Measures, found: Sequence[tuple[str, pa.Table]], *, hidden: int = 0
    ) -> "Comparison":
        """The answers by what was tried, in words."""
        parts = [rows.add_column(0, CHOICE, pa.array([words] * rows.num_rows, pa.string())) for words, rows in found]
        return cls(name, measures, pa.concat_tables(parts, promote_options="permissive"), hidden)

    @property
    def table(self) -> "pd.DataFrame":
        """All answers, one below the other: `choice` says what was tried, `as set` is what telltale says."""
        return tidy(self.rows)

    def beside(self, column: str = "") -> "pd.DataFrame":
        """One column of the answers: a row a thing, a column a choice, the first is `as set`.

        What one answer has no row of is null there.

        Args:
            column: what is looked at; empty is what `chart` draws.

        Raises:
            ConfigError: the answers have no such column.
        """
        column, choices = self._column(column), list(dict.fromkeys(self.rows[CHOICE].to_pylist()))
        key = [name for name in self.measures.key if name in self.rows.column_names]
        cells: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in self.rows.select([CHOICE, *key, column]).to_pylist():
            cells.setdefault(tuple(row[name] for name in key), {})[row[CHOICE]] = row[column]
        kind = self.rows.schema.field(column).type
        made = {name: [each[at] for each in cells] for at, name in enumerate(key)}
        made |= {choice: pa.array([each.get(choice) for each in cells.values()], kind) for choice in choices}
        return tidy(pa.table(made))

    def chart(self, column: str = "") -> "go.Figure":
        """One column of the answers, drawn: a group of bars a thing, a color a choice.

        Args:
            column: see `beside`.
        """
        from telltale.what_if.chart import bars

        return bars(self.rows, self.measures, self._column(column))

    def __repr__(self) -> str:
        choices = list(dict.fromkeys(self.rows[CHOICE].to_pylist()))
        return f"tt.{self.name}: {'; '.join(choices)}{self._note()}"

    def _repr_html_(self) -> str:
        from telltale.workbench.shown import looks

        return f"{looks(self.beside())}<p>{self._column('')}{self._note()}</p>"

    def _note(self) -> str:
        if not self.hidden:
            return ""
        return (
            f"; {self.hidden} groups of counts withheld: beside another answer they would tell of fewer than k devices"
        )

    def _column(self, name: str) -> str:
        name = name or self.measures.drawn
        known = numeric(self.rows, self.measures.key)
        if name not in self.rows.column_names or name == CHOICE:
            raise ConfigError(f'tt.compare: no column "{name}"; known: {", ".join(known)}{did_you_mean(name, known)}')
        return name
