"""The answers of a comparison without those that would tell of a few people beside the others."""

from collections import defaultdict
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from telltale.analysis.apart import Cells, shown_beside
from telltale.what_if.measures import Measures

Answered = Sequence[tuple[str, pa.Table]]
Group = tuple[str, ...]


def withheld(found: Answered, measures: Measures, *, k: int) -> tuple[list[tuple[str, pa.Table]], int]:
    """The answers with null in each group of cells that may not be seen beside the others, and how many groups.

    Args:
        found: what was tried, in words, and the answer to it; the first is shown in any case.
        measures: of the call.
        k: the smallest difference that is shown, apart from 0.
    """
    cells = [_by_group(rows, measures) for _, rows in found]
    groups = list(dict.fromkeys(group for each in cells for group in each))
    hidden: list[set[Group]] = [set() for _ in found]
    for group in groups:
        shown = shown_beside([each.get(group, {}) for each in cells], measures.devices, k=k)
        for at, is_shown in enumerate(shown):
            if not is_shown:
                hidden[at].add(group)
    made = [(words, _without(rows, measures, hidden[at])) for at, (words, rows) in enumerate(found)]
    return made, sum(map(len, hidden))


def numeric(rows: pa.Table, key: Sequence[str]) -> list[str]:
    """The columns that say how much."""
    kinds = (pa.types.is_integer, pa.types.is_floating)
    return [field.name for field in rows.schema if field.name not in key and any(is_a(field.type) for is_a in kinds)]


def _by_group(rows: pa.Table, measures: Measures) -> dict[Group, Cells]:
    names = numeric(rows, measures.key)
    groups: dict[Group, dict[Group, dict[str, float | None]]] = defaultdict(dict)
    for row in rows.to_pylist():
        group, key = (tuple(str(row[name]) for name in of) for of in (measures.group, measures.key))
        groups[group][key] = {name: row[name] for name in names}
    return dict(groups)


def _without(rows: pa.Table, measures: Measures, hidden: set[Group]) -> pa.Table:
    if not hidden:
        return rows
    groups = zip(*(rows[name].cast(pa.string()).to_pylist() for name in measures.group), strict=True)
    mask = pa.array([group in hidden for group in groups], pa.bool_())
    for name in numeric(rows, measures.key):
        at = rows.schema.get_field_index(name)
        rows = rows.set_column(at, pa.field(name, rows.schema.field(at).type), pc.if_else(mask, None, rows[name]))
    return rows
